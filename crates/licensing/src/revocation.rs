//! Codes that no longer hold although their dates do.

use scrip_domain::{LicenseId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::claims::numeric_date;
use crate::statement::{self, Statement, StatementKind, VendorStatement};
use crate::{Error, KeySet, Thumbprint};

/// What the vendor revoked (`scrip-revocations+jwt`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationList {
    /// The vendor's address.
    pub iss: String,
    /// When it was signed.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// Grows with every list: one with a lower number than a list already known is refused.
    pub seq: u64,
    /// The codes, in any order.
    pub revoked: Vec<Revocation>,
}

/// Codes of one license that no longer hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The license.
    pub sub: LicenseId,
    /// The highest `seq` of the codes that are revoked.
    pub seq: u64,
    /// When that was decided.
    #[serde(with = "numeric_date")]
    pub at: Timestamp,
    /// Why, for a person: at most 200 characters.
    pub reason: String,
    /// The one device whose codes are revoked; absent where those of every device are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<Thumbprint>,
}

impl RevocationList {
    /// The most entries of a list.
    pub const MAX_ENTRIES: usize = 16_384;

    /// Reads a list of `issuer`, signed with one of `keys`.
    pub fn open(text: &str, issuer: &str, keys: &KeySet) -> Result<Self, Error> {
        statement::open(text, issuer, keys)
    }

    /// Reads a list that may replace `stored`: of the same vendor, and not an older one.
    pub fn open_newer(text: &str, keys: &KeySet, stored: &Self) -> Result<Self, Error> {
        let list = Self::open(text, &stored.iss, keys)?;
        if list.seq < stored.seq {
            return Err(Error::RolledBack {
                kind: StatementKind::Revocations,
                seq: list.seq,
                stored: stored.seq,
            });
        }
        Ok(list)
    }

    /// Why the code number `seq` of `license` on the device `device` no longer holds; `None` where it does.
    pub fn refuses(&self, license: LicenseId, device: Thumbprint, seq: u64) -> Option<&Revocation> {
        self.revoked
            .iter()
            .find(|entry| entry.sub == license && seq <= entry.seq && entry.jkt.is_none_or(|jkt| jkt == device))
    }
}

impl Statement for RevocationList {
    const KIND: StatementKind = StatementKind::Revocations;

    fn contradiction(&self) -> Option<&'static str> {
        if self.revoked.len() > Self::MAX_ENTRIES {
            return Some("it has more than 16,384 entries");
        }
        self.revoked
            .iter()
            .any(|entry| entry.reason.chars().count() > 200)
            .then_some("a reason has more than 200 characters")
    }
}

impl VendorStatement for RevocationList {
    fn issuer(&self) -> &str {
        &self.iss
    }

    fn issued_at(&self) -> Timestamp {
        self.iat
    }
}
