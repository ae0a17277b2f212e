//! What the computer signs when it hands a journal in: how far it has come.

use scrip_domain::{LicenseId, Timestamp};
use serde::{Deserialize, Serialize};

use super::anchor::Head;
use super::record::{self, RECORD_BYTES, Record, Standing};
use super::{MeteringKey, RecordKey, Records};
use crate::claims::numeric_date;
use crate::digest::digest_type;
use crate::statement::{self, Sealed, Statement, StatementKind};
use crate::{Error, Thumbprint, VerifyingKey};

digest_type! {
    /// The SHA-256 of a whole record.
    RecordHash,
}

/// A row of records as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whole records, one after the other.
    pub records: Vec<u8>,
    /// The seal on the last of them.
    pub seal: String,
}

/// The seal on a row of records (`scrip-journal+jwt`), signed by the metering key. Each record names the one before by
/// its hash, so that one signature vouches for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalSeal {
    /// The thumbprint of the metering key, which the device key certifies.
    pub iss: Thumbprint,
    /// When it was signed, by the computer's clock.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// The license that is counted.
    pub sub: LicenseId,
    /// The place of the first record.
    pub first: u64,
    /// The place of the last record.
    pub last: u64,
    /// The SHA-256 of the last record.
    pub head: RecordHash,
    /// Starts taken up to there.
    pub uses: u64,
    /// Units of work taken up to there.
    pub processings: u64,
    /// With what the records were tagged, so that the vendor can say which of them was changed.
    pub key: RecordKey,
}

impl JournalSeal {
    /// The seal on the last of `records`, for the journal of `license` under the metering key `key`.
    pub fn on(records: &Records<'_>, license: LicenseId, key: &MeteringKey, now: Timestamp) -> Self {
        let blank = &[0; RECORD_BYTES];
        let (first, end) = records.ends().unwrap_or((blank, blank));
        let first = Record::parse(first).map_or(1, |first| first.seq.max(1));
        let (last, standing) = Record::parse(end).map_or((first, Standing::default()), |end| (end.seq, end.standing()));
        Self {
            iss: key.thumbprint(),
            iat: now,
            sub: license,
            first,
            last: last.max(first),
            head: RecordHash(record::hash(end)),
            uses: standing.uses,
            processings: standing.processings,
            key: key.record_key(license),
        }
    }

    /// Reads a seal of the metering key `key`.
    pub fn open(text: &str, key: &VerifyingKey) -> Result<Self, Error> {
        let kind = StatementKind::Journal;
        let sealed = Sealed::parse(kind, text)?;
        sealed.check(key)?;
        let seal: Self = sealed.read()?;
        if seal.iss != key.thumbprint() {
            return Err(Error::StatementDevice { kind });
        }
        Ok(seal)
    }

    /// Whether the record, whose hash is `hash`, is the one that was sealed.
    pub(super) fn is_on(&self, last: &Record, hash: [u8; 32]) -> bool {
        self.sub == last.identity.license
            && self.head() == Head { seq: last.seq, hash }
            && (self.uses, self.processings) == (last.total_uses, last.total_processings)
    }

    fn head(&self) -> Head {
        Head {
            seq: self.last,
            hash: self.head.0,
        }
    }
}

impl Statement for JournalSeal {
    const KIND: StatementKind = StatementKind::Journal;

    fn contradiction(&self) -> Option<&'static str> {
        (self.first == 0 || self.last < self.first).then_some("it ends before it begins")
    }
}

impl MeteringKey {
    /// Seals a row of records of the license `sub`.
    pub fn sign_seal(&self, seal: &JournalSeal) -> Result<String, Error> {
        if seal.iss != self.thumbprint() {
            return Err(Error::StatementDevice {
                kind: StatementKind::Journal,
            });
        }
        statement::sign(self.pair(), self.thumbprint(), seal)
    }
}
