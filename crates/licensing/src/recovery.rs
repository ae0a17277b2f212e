//! The way out for a computer whose clock was wrong: the vendor's word on what time it is.

use scrip_domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::claims::numeric_date;
use crate::statement::{self, Statement, StatementKind, VendorStatement};
use crate::{Confirmation, Error, KeySet, Thumbprint};

/// A recovery code (`scrip-clock+jwt`): at `iat` it was that time, says the vendor to one computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The vendor's address.
    pub iss: String,
    /// The time that it states.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// The code's own id, 1 to 128 characters; a computer takes each once.
    pub jti: String,
    /// The device key that it is for.
    pub cnf: Confirmation,
}

impl Recovery {
    /// Reads a recovery code of `issuer` for the computer whose key is `device`. Whether its id was used before is
    /// for the caller to know.
    pub fn open(text: &str, issuer: &str, keys: &KeySet, device: Thumbprint) -> Result<Self, Error> {
        let recovery: Self = statement::open(text, issuer, keys)?;
        if recovery.cnf.jkt != device {
            return Err(Error::StatementDevice {
                kind: StatementKind::Recovery,
            });
        }
        Ok(recovery)
    }
}

impl Statement for Recovery {
    const KIND: StatementKind = StatementKind::Recovery;

    fn contradiction(&self) -> Option<&'static str> {
        (self.jti.is_empty() || self.jti.len() > 128).then_some("its id has 1 to 128 characters")
    }
}

impl VendorStatement for Recovery {
    fn issuer(&self) -> &str {
        &self.iss
    }

    fn issued_at(&self) -> Timestamp {
        self.iat
    }
}
