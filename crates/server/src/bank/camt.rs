//! CAMT.053: the statement of ISO 20022, `camt.053.001.02` and later.

use quick_xml::Reader;
use quick_xml::events::Event;
use scrip_domain::{Currency, Money};

use super::{Line, read_day};

/// How many elements may stand in each other.
const DEPTH_MAX: usize = 64;
/// What is collected of one text.
const TEXT_BYTES_MAX: usize = 4000;

/// A booked entry, or one of the transactions inside of it.
#[derive(Default)]
struct Part {
    money: Option<(String, String)>,
    credit: Option<bool>,
    payer: String,
    texts: Vec<String>,
    name: String,
}

#[derive(Default)]
struct Entry {
    whole: Part,
    booked: String,
    status: String,
    reversal: bool,
    /// The transactions of a batch that is booked as one sum.
    parts: Vec<Part>,
}

/// The money that came in, of every statement in the document.
pub(super) fn read(text: &str) -> Result<Vec<Line>, String> {
    let mut reader = Reader::from_str(text);
    let (mut path, mut content) = (Vec::<String>::new(), String::new());
    let (mut lines, mut entry, mut currency) = (Vec::new(), None::<Entry>, String::new());
    let mut statements = 0;
    loop {
        match reader.read_event().map_err(|why| why.to_string())? {
            Event::Start(start) => {
                let name = local(start.name().into_inner());
                if path.len() >= DEPTH_MAX {
                    return Err("its elements are nested too deeply".to_owned());
                }
                match name.as_str() {
                    "Stmt" => statements += 1,
                    "Ntry" if path.last().is_some_and(|parent| parent == "Stmt") => entry = Some(Entry::default()),
                    "TxDtls" => entry.iter_mut().for_each(|entry| entry.parts.push(Part::default())),
                    "Amt" => {
                        let found = start.try_get_attribute("Ccy").map_err(|why| why.to_string())?;
                        let value = found.map(|found| found.value.to_string());
                        currency = value.unwrap_or_default();
                    }
                    _ => {}
                }
                path.push(name);
                content.clear();
            }
            Event::Text(text) if content.len() < TEXT_BYTES_MAX => content.push_str(&text.into_inner()),
            Event::CData(text) if content.len() < TEXT_BYTES_MAX => content.push_str(&text.into_inner()),
            Event::GeneralRef(reference) => {
                let resolved = reference.resolve_char_ref().map_err(|why| why.to_string())?;
                let letter = resolved.or(match &*reference {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "apos" => Some('\''),
                    "quot" => Some('"'),
                    _ => None,
                });
                content.push(letter.ok_or("it uses an entity that is not known")?);
            }
            Event::End(_) => {
                let name = path.pop().unwrap_or_default();
                if let Some(open) = entry.as_mut() {
                    take(open, &path, &name, content.trim(), &currency);
                }
                if name == "Ntry"
                    && let Some(closed) = entry.take()
                {
                    finish(closed, &mut lines)?;
                }
                content.clear();
            }
            Event::DocType(_) => return Err("a document type is not allowed".to_owned()),
            Event::Eof if path.is_empty() => break,
            Event::Eof => return Err("it ends in the middle".to_owned()),
            _ => {}
        }
    }
    if statements == 0 {
        return Err("there is no statement in it".to_owned());
    }
    Ok(lines)
}

/// The name without its namespace's prefix.
fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

/// Keeps the text of an element that matters.
fn take(entry: &mut Entry, path: &[String], name: &str, content: &str, currency: &str) {
    let ends =
        |end: &[&str]| path.len() >= end.len() && path[path.len() - end.len()..].iter().zip(end).all(|(a, b)| a == b);
    let in_part = path.iter().any(|parent| parent == "TxDtls");
    if ends(&["Ntry", "BookgDt"]) {
        return content.clone_into(&mut entry.booked);
    }
    if name == "Sts" && ends(&["Ntry"]) || name == "Cd" && ends(&["Ntry", "Sts"]) {
        if !content.is_empty() {
            content.clone_into(&mut entry.status);
        }
        return;
    }
    if name == "RvslInd" && ends(&["Ntry"]) {
        entry.reversal = content == "true" || content == "1";
        return;
    }
    let part = match entry.parts.last_mut() {
        Some(part) if in_part => part,
        _ => &mut entry.whole,
    };
    match name {
        "Amt" if ends(&["Ntry"]) || ends(&["TxDtls"]) || (ends(&["TxAmt"]) && part.money.is_none()) => {
            part.money = Some((content.to_owned(), currency.to_owned()));
        }
        "CdtDbtInd" if ends(&["Ntry"]) || ends(&["TxDtls"]) => part.credit = Some(content == "CRDT"),
        "Nm" if ends(&["Dbtr"]) || ends(&["Dbtr", "Pty"]) => content.clone_into(&mut part.payer),
        "Ustrd" | "EndToEndId" | "AddtlNtryInf" | "AddtlTxInf" => part.texts.push(content.to_owned()),
        "Ref" if ends(&["CdtrRefInf"]) => part.texts.insert(0, content.to_owned()),
        "AcctSvcrRef" | "TxId" | "NtryRef" if part.name.is_empty() => content.clone_into(&mut part.name),
        _ => {}
    }
}

/// The lines of an entry that was booked to the account: one, or one for each transaction of a batch.
fn finish(entry: Entry, lines: &mut Vec<Line>) -> Result<(), String> {
    let booked = entry.status.is_empty() || entry.status == "BOOK";
    if !booked || entry.reversal || entry.whole.credit != Some(true) {
        return Ok(());
    }
    let booked_at = read_day(&entry.booked)?;
    let whole = money(entry.whole.money.as_ref())?;
    let mut parts = entry.parts;
    // A batch whose parts have no sums of their own is one line, with everything that its parts say.
    if parts.len() < 2 || parts.iter().any(|part| part.money.is_none()) {
        let mut one = Part::default();
        for part in parts {
            one.texts.extend(part.texts);
            if one.payer.is_empty() {
                one.payer = part.payer;
            }
        }
        one.texts.extend(entry.whole.texts);
        if one.payer.is_empty() {
            one.payer = entry.whole.payer;
        }
        lines.push(Line {
            booked_at,
            money: whole,
            payer: one.payer,
            text: one.texts.join(" "),
            name: entry.whole.name,
        });
        return Ok(());
    }
    for (at, part) in parts.iter_mut().enumerate() {
        if part.credit == Some(false) {
            continue;
        }
        lines.push(Line {
            booked_at,
            money: money(part.money.as_ref())?,
            payer: std::mem::take(&mut part.payer),
            text: part.texts.join(" "),
            name: format!("{} {} {at}", entry.whole.name, part.name),
        });
    }
    Ok(())
}

fn money(found: Option<&(String, String)>) -> Result<Money, String> {
    let (amount, currency) = found.ok_or("an entry has no amount")?;
    let currency: Currency = currency.parse().map_err(|why: scrip_domain::Error| why.to_string())?;
    // Amounts may be written with more zeros than the currency has digits.
    let digits = usize::from(currency.digits());
    let amount = match amount.split_once('.') {
        Some((whole, fraction)) if fraction.len() > digits => {
            let (kept, zeros) = fraction.split_at_checked(digits).ok_or("an amount cannot be read")?;
            if zeros.bytes().any(|byte| byte != b'0') {
                return Err(format!("{amount} has more digits than {currency} has"));
            }
            if kept.is_empty() {
                whole.to_owned()
            } else {
                format!("{whole}.{kept}")
            }
        }
        _ => amount.clone(),
    };
    let money = Money::parse(&amount, currency).map_err(|why| why.to_string())?;
    if money.minor < 1 {
        return Err("an entry is worth nothing".to_owned());
    }
    Ok(money)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>7</Id>
 <Bal><Amt Ccy="EUR">100.00</Amt></Bal>
 <Ntry><Amt Ccy="EUR">11.90</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
  <BookgDt><Dt>2026-03-01</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>
  <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
   <RltdPties><Dbtr><Pty><Nm>Ada &amp; Co</Nm></Pty></Dbtr></RltdPties>
   <RmtInf><Ustrd>Bill INV-2026-000001</Ustrd><Ustrd>thanks</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
 <Ntry><Amt Ccy="EUR">5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-01</Dt></BookgDt></Ntry>
 <Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts><BookgDt><Dt>2026-03-01</Dt></BookgDt></Ntry>
 <Ntry><Amt Ccy="EUR">30.0000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>2026-03-02T10:00:00</DtTm></BookgDt>
  <NtryDtls>
   <TxDtls><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Nm>Bob</Nm></Dbtr></RltdPties>
    <RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>
   <TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">20.00</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>two</Ustrd></RmtInf></TxDtls>
  </NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>"#;

    #[test]
    fn money_that_was_booked_to_the_account_is_read_with_its_words() {
        let lines = read(STATEMENT).unwrap();
        let read: Vec<_> = lines
            .iter()
            .map(|line| (line.money.to_string(), line.payer.as_str(), line.text.as_str()))
            .collect();
        assert_eq!(
            read,
            [
                (
                    "11.90 EUR".to_owned(),
                    "Ada & Co",
                    "NOTPROVIDED Bill INV-2026-000001 thanks"
                ),
                ("10.00 EUR".to_owned(), "Bob", "RF18539007547034"),
                ("20.00 EUR".to_owned(), "", "two"),
            ]
        );
        assert_eq!(lines[1].booked_at.to_string(), "2026-03-02T00:00:00Z");
    }

    #[test]
    fn a_statement_that_is_cut_off_is_refused_at_every_byte() {
        for end in (0..STATEMENT.len() - 12).step_by(7) {
            assert!(read(&STATEMENT[..end]).is_err(), "{end}");
        }
        let odd = STATEMENT.replace("11.90", "11.905");
        assert!(read(&odd).is_err());
    }
}
