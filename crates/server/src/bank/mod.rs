//! Statements of a bank: which money came in, from whom, and what was written on it.
//!
//! CAMT.053 (ISO 20022 bank-to-customer statement) in any of its versions, or a table as text (RFC 4180) with the bank's own
//! names of columns. Money that went out is passed over.

mod camt;
mod table;

use scrip_domain::{DeedKind, Money, Timestamp};
use scrip_store::{Act, BankImport, BankLine};
use sha2::{Digest as _, Sha256};

use crate::deeds::{self, Asker, IMPORT_STATEMENT, OneStatement};
use crate::{Error, Server};

/// The largest statement, in bytes, and the most lines of it.
pub(crate) const STATEMENT_BYTES_MAX: usize = 10 * 1024 * 1024;
const LINES_MAX: usize = 20_000;
/// The longest texts of a line that are kept, in characters.
const TEXT_CHARS_MAX: usize = 500;
const PAYER_CHARS_MAX: usize = 140;

/// A line of a statement, before it is told from others.
struct Line {
    booked_at: Timestamp,
    money: Money,
    payer: String,
    text: String,
    /// What the bank calls it; empty where it has no name.
    name: String,
}

/// Reads a statement and uses its money for the bills that it names.
pub async fn import_statement(server: &Server, bytes: &[u8], act: &Act<'_>) -> Result<BankImport, Error> {
    let lines = read_statement(bytes)?;
    Ok(server.0.store.import_bank_lines(&lines, act).await?)
}

/// Lets the reading of a statement wait for a second operator, where it says that more money came than one may record alone.
/// Answers what to tell who asked; `None` where it can be read.
pub async fn hold_statement(server: &Server, by: Asker<'_>, name: &str, bytes: &[u8]) -> Result<Option<String>, Error> {
    let lines = read_statement(bytes)?;
    let largest = lines.iter().map(|line| line.money).max_by_key(|money| money.minor);
    let Some(largest) = largest else { return Ok(None) };
    let sha256 = scrip_domain::Sha256(Sha256::digest(bytes).into());
    let summary = format!(
        "Read the statement {name} of {} payments, the largest {largest} (SHA-256 {sha256}).",
        lines.len()
    );
    let asked = (summary.as_str(), &OneStatement { sha256 }, "a bank's statement");
    deeds::hold(server, by, &IMPORT_STATEMENT, DeedKind::Payment(largest.minor), asked).await
}

fn read_statement(bytes: &[u8]) -> Result<Vec<BankLine>, Error> {
    if bytes.len() > STATEMENT_BYTES_MAX {
        return Err(Error::TooLarge {
            limit_bytes: STATEMENT_BYTES_MAX,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8 text"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let lines = if text.starts_with('<') {
        camt::read(text)
    } else {
        table::read(text)
    };
    let lines = lines.map_err(|why| Error::StatementUnreadable { why })?;
    if lines.len() > LINES_MAX {
        return Err(malformed("it has more than 20,000 lines"));
    }
    Ok(fingerprinted(lines))
}

fn malformed(why: &str) -> Error {
    Error::StatementUnreadable { why: why.to_owned() }
}

/// Tells each line from all others: by everything that it says, and by how many like it came before in the same statement. So
/// a statement that overlaps another counts nothing twice, and two transfers that are alike on one day count both.
fn fingerprinted(lines: Vec<Line>) -> Vec<BankLine> {
    let mut seen = std::collections::HashMap::new();
    let told = lines.into_iter().map(|line| {
        let mut digest = Sha256::new_with_prefix(b"scrip-bank-line-v1\0");
        digest.update(line.booked_at.micros().to_be_bytes());
        digest.update(line.money.minor.to_be_bytes());
        for text in [line.money.currency.as_str(), &line.payer, &line.text, &line.name] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        let alike: [u8; 32] = digest.clone().finalize().into();
        let before: &mut u64 = seen.entry(alike).or_default();
        digest.update(before.to_be_bytes());
        *before += 1;
        BankLine {
            booked_at: line.booked_at,
            money: line.money,
            payer: cut(&line.payer, PAYER_CHARS_MAX),
            text: cut(&line.text, TEXT_CHARS_MAX),
            fingerprint: digest.finalize().into(),
        }
    });
    told.collect()
}

/// Visible characters in one line.
fn cut(text: &str, chars_max: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    line.chars()
        .filter(|letter| !letter.is_control())
        .take(chars_max)
        .collect()
}

/// A day (`2026-01-31`), or an instant.
fn read_day(text: &str) -> Result<Timestamp, String> {
    let day = text.get(..10).unwrap_or(text);
    format!("{day}T00:00:00Z")
        .parse()
        .map_err(|_| format!("\"{}\" is not a day", text.chars().take(30).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_alike_are_told_apart_and_overlaps_found() {
        let csv = "date,amount,currency,payer,reference\n2026-03-01,5.00,EUR,Ada,x\n2026-03-01,5.00,EUR,Ada,x\n";
        let first = read_statement(csv.as_bytes()).unwrap();
        assert_ne!(first[0].fingerprint, first[1].fingerprint);
        let longer = format!("{csv}2026-03-02,6.00,EUR,Ada,y\n");
        let second = read_statement(longer.as_bytes()).unwrap();
        assert_eq!(first[..], second[..2]);
    }

    #[test]
    fn what_is_no_statement_is_refused() {
        for text in [
            "",
            "hello",
            "<html></html>",
            "<Document><Stmt><Ntry></Stmt></Document>",
            "<!DOCTYPE a><Document/>",
            "a,b\n1,2",
        ] {
            assert!(read_statement(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read_statement(&[0xff, 0xfe]).is_err());
    }
}
