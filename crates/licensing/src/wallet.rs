//! What a wallet held and what happened to it, signed by the vendor: proof for whoever was not there.

use scrip_domain::{Sha256, Timestamp, TransferId, UserId};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::claims::numeric_date;
use crate::statement::{self, Statement, StatementKind, VendorStatement};
use crate::{Error, KeySet, KeySetStatement};

/// The format of [`StatementFile`].
const FORMAT: &str = "scrip-statement/1";

/// A statement of a wallet (`scrip-statement+jwt`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletStatement {
    /// The vendor's address.
    pub iss: String,
    /// When it was signed.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// The account.
    pub sub: UserId,
    /// The account's e-mail address when it was signed.
    pub email: String,
    /// The first instant of the period.
    #[serde(with = "numeric_date")]
    pub from: Timestamp,
    /// The first instant after it.
    #[serde(with = "numeric_date")]
    pub until: Timestamp,
    /// What the wallet held at the beginning, in tokens.
    pub opening: i64,
    /// What it held at the end, in tokens.
    pub closing: i64,
    /// What happened, the oldest first; 10,000 transfers at most.
    pub entries: Vec<StatementEntry>,
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementEntry {
    /// The ledger's transfer.
    pub transfer: TransferId,
    /// When it happened.
    #[serde(with = "numeric_date")]
    pub at: Timestamp,
    /// Why: `grant`, `order` and the like.
    pub kind: String,
    /// Tokens that came in (positive) or went out (negative).
    pub amount: i64,
    /// What it was for, in words.
    pub reason: String,
}

impl WalletStatement {
    /// The most entries.
    pub const MAX_ENTRIES: usize = 10_000;

    /// Reads a statement of `issuer`, signed with one of `keys`.
    pub fn open(text: &str, issuer: &str, keys: &KeySet) -> Result<Self, Error> {
        statement::open(text, issuer, keys)
    }
}

impl Statement for WalletStatement {
    const KIND: StatementKind = StatementKind::Wallet;

    fn contradiction(&self) -> Option<&'static str> {
        if self.entries.len() > Self::MAX_ENTRIES {
            return Some("it has 10,000 entries at most");
        }
        let sum: i128 = self.entries.iter().map(|entry| i128::from(entry.amount)).sum();
        if i128::from(self.opening) + sum != i128::from(self.closing) {
            return Some("its entries do not lead from one balance to the other");
        }
        (self.until < self.from).then_some("its period ends before it begins")
    }
}

impl VendorStatement for WalletStatement {
    fn issuer(&self) -> &str {
        &self.iss
    }

    fn issued_at(&self) -> Timestamp {
        self.iat
    }
}

/// The lines around a statement inside of a document, in the manner of RFC 7468.
const BEGIN: &str = "-----BEGIN SCRIP STATEMENT-----";
const END: &str = "-----END SCRIP STATEMENT-----";
/// Between the statement and the keys; no character of either.
const BETWEEN: char = '~';
const COLUMNS: usize = 64;

/// A statement as a file: with the vendor's keys, so that it verifies without the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementFile {
    /// `scrip-statement/1`.
    pub format: String,
    /// What the statement says, to be read without a program. Only the signed text counts.
    pub content: WalletStatement,
    /// The signed statement (`scrip-statement+jwt`).
    pub statement: String,
    /// The vendor's keys, signed by its root key (`scrip-keys+jwt`), which the vendor's address pins.
    pub keys: String,
}

impl StatementFile {
    /// The largest file, in bytes.
    pub const MAX_BYTES: usize = 12 * 1024 * 1024;

    /// The file of a signed statement.
    pub fn new(content: WalletStatement, statement: String, keys: String) -> Self {
        Self {
            format: FORMAT.to_owned(),
            content,
            statement,
            keys,
        }
    }

    /// The signed statement and the keys as lines of text, to be put into a document such as a PDF file, where they are found
    /// again by their first and last line ([`StatementFile::text_in`]).
    pub fn armored(&self) -> String {
        let mut text =
            String::with_capacity(self.statement.len() + self.keys.len() + self.statement.len() / COLUMNS + 200);
        text.push_str(BEGIN);
        let letters = self.statement.chars().chain([BETWEEN]).chain(self.keys.chars());
        for (at, letter) in letters.enumerate() {
            if at % COLUMNS == 0 {
                text.push('\n');
            }
            text.push(letter);
        }
        text.push('\n');
        text.push_str(END);
        text.push('\n');
        text
    }

    /// The text of a statement's file, whether that is JSON or a document (PDF) that holds one. Nothing of it is believed yet:
    /// [`StatementFile::verify`] reads it.
    pub fn text_in(file: &[u8]) -> Result<String, Error> {
        let malformed = |why: &str| Error::malformed_statement(StatementKind::Wallet, why);
        if file.len() > Self::MAX_BYTES {
            return Err(malformed("the file is larger than any that is made"));
        }
        if !file.starts_with(b"%PDF-") {
            return match std::str::from_utf8(file) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => Err(malformed("it is neither text nor a PDF file")),
            };
        }
        let find = |what: &str, from: usize| {
            let rest = file.get(from..).unwrap_or_default();
            let place = rest.windows(what.len()).position(|part| part == what.as_bytes());
            place.map(|at| from + at)
        };
        let begin = find(BEGIN, 0).ok_or_else(|| malformed("there is no signed statement in the document"))?;
        let end =
            find(END, begin).ok_or_else(|| malformed("the signed statement in the document is cut off"))? + END.len();
        if find(BEGIN, begin + BEGIN.len()).is_some() {
            return Err(malformed("there is more than one statement in the document"));
        }
        let text = file.get(begin..end).map(std::str::from_utf8);
        match text {
            Some(Ok(text)) => Ok(text.to_owned()),
            _ => Err(malformed("the signed statement in the document is damaged")),
        }
    }

    /// The SHA-256 of the signed statement, which stands in print on the document that holds it.
    pub fn digest(&self) -> Sha256 {
        digest_of(&self.statement)
    }

    /// The same of the text of a file.
    pub fn digest_in(text: &str) -> Result<Sha256, Error> {
        if text.trim_start().starts_with(BEGIN) {
            return Ok(digest_of(&Self::parts(text)?.0));
        }
        let file: Self = serde_json::from_str(text)
            .map_err(|why| Error::malformed_statement(StatementKind::Wallet, why.to_string()))?;
        Ok(file.digest())
    }

    /// The statement and the keys between the lines that begin and end them.
    fn parts(text: &str) -> Result<(String, String), Error> {
        let malformed = |why: &str| Error::malformed_statement(StatementKind::Wallet, why);
        let inner = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let inner = inner.ok_or_else(|| malformed("the line that ends it is missing"))?;
        let mut text = String::with_capacity(inner.len());
        for letter in inner.chars().filter(|letter| !matches!(letter, '\n' | '\r')) {
            if !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | BETWEEN)) {
                return Err(malformed("only letters, digits, dash, underscore and dot are expected"));
            }
            text.push(letter);
        }
        match text.split_once(BETWEEN) {
            Some((statement, keys)) if !keys.contains(BETWEEN) => Ok((statement.to_owned(), keys.to_owned())),
            _ => Err(malformed("a statement and its keys are expected")),
        }
    }

    /// Reads the text of a file and proves that the vendor at `issuer` signed all that it says; with no network and no server.
    pub fn verify(text: &str, issuer: &str) -> Result<WalletStatement, Error> {
        let malformed = |why: String| Error::malformed_statement(StatementKind::Wallet, why);
        if text.len() > Self::MAX_BYTES {
            return Err(malformed("the file is larger than any that is made".to_owned()));
        }
        if text.trim_start().starts_with(BEGIN) {
            let (statement, keys) = Self::parts(text)?;
            let keys = KeySetStatement::open(&keys, issuer)?.key_set()?;
            return WalletStatement::open(&statement, issuer, &keys);
        }
        let file: Self = serde_json::from_str(text).map_err(|why| malformed(why.to_string()))?;
        if file.format != FORMAT {
            return Err(malformed(format!("its format is not {FORMAT}")));
        }
        let keys = KeySetStatement::open(&file.keys, issuer)?.key_set()?;
        let signed = WalletStatement::open(&file.statement, issuer, &keys)?;
        if signed != file.content {
            return Err(malformed("what can be read in it is not what was signed".to_owned()));
        }
        Ok(signed)
    }
}

fn digest_of(statement: &str) -> Sha256 {
    Sha256(sha2::Sha256::digest(statement).into())
}
