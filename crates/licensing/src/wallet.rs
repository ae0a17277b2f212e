//! What a wallet held and what happened to it, signed by the vendor: proof for whoever was not there.

use scrip_domain::{Timestamp, TransferId, UserId};
use serde::{Deserialize, Serialize};

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

    /// Reads a file and proves that the vendor at `issuer` signed all that it says; with no network and no server.
    pub fn verify(text: &str, issuer: &str) -> Result<WalletStatement, Error> {
        let malformed = |why: String| Error::malformed_statement(StatementKind::Wallet, why);
        if text.len() > Self::MAX_BYTES {
            return Err(malformed("the file is larger than any that is made".to_owned()));
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
