//! The vendor's answer to a request: codes and everything needed to check them without a network.

use scrip_domain::{OrderId, QuoteLine, Timestamp, Tokens};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::claims::numeric_date;
use crate::statement::{Sealed, Statement, StatementKind, VendorStatement};
use crate::{Claims, Confirmation, Error, KeySetStatement, RevocationList, Thumbprint, Verifier};

/// A bundle (`scrip-bundle+jwt`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The vendor's address.
    pub iss: String,
    /// When it was signed.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// The bundle's own id, 1 to 128 characters.
    pub jti: String,
    /// The device key that it is for.
    pub cnf: Confirmation,
    /// The id of the request that it answers.
    pub nonce: Uuid,
    /// The codes, at most 256.
    pub codes: Vec<String>,
    /// The vendor's keys (`scrip-keys+jwt`).
    pub keys: String,
    /// What the vendor revoked (`scrip-revocations+jwt`).
    pub revocations: String,
    /// What was paid, where something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<BundleOrder>,
    /// What the person should know, such as why a line of the request was not granted: at most 100 texts of at
    /// most 500 characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The order that a request became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleOrder {
    /// The order.
    pub id: OrderId,
    /// What was paid, in tokens.
    pub total: Tokens,
    /// What the wallet holds afterwards, in tokens.
    pub balance_after: Tokens,
    /// The order, line by line.
    pub lines: Vec<QuoteLine>,
}

/// Which bundle a computer takes.
#[derive(Clone, Copy, Debug)]
pub struct BundleExpectation<'e> {
    /// The vendor's address, which pins the root key.
    pub issuer: &'e str,
    /// The thumbprint of this computer's device key.
    pub device: Thumbprint,
    /// The ids of the requests that were made here and have no answer yet.
    pub nonces: &'e [Uuid],
    /// The key set that is stored here, if any.
    pub keys: Option<&'e KeySetStatement>,
    /// The revocation list that is stored here, if any.
    pub revocations: Option<&'e RevocationList>,
}

/// A bundle that may be taken, with all that it holds checked.
#[derive(Clone, Debug)]
pub struct OpenBundle {
    /// What it says.
    pub bundle: Bundle,
    /// Its codes and what they say. Their dates are not checked.
    pub codes: Vec<(String, Claims)>,
    /// The newer of its key set and the stored one.
    pub keys: KeySetStatement,
    /// The newer of its revocation list and the stored one.
    pub revocations: RevocationList,
}

impl Bundle {
    /// The most codes of one bundle.
    pub const MAX_CODES: usize = 256;

    /// Reads a bundle: signed with a key of its key set, which the root key signed; for this computer; the answer
    /// to a request of it; every code in it good and for this computer.
    pub fn open(text: &str, expect: &BundleExpectation<'_>) -> Result<OpenBundle, Error> {
        let kind = StatementKind::Bundle;
        let sealed = Sealed::parse(kind, text)?;
        // The set that checks the bundle lies inside it; the root's own signature is what makes it hold.
        let unchecked: Self = sealed.read()?;
        let inside = KeySetStatement::open(&unchecked.keys, expect.issuer)?;
        let newer = expect
            .keys
            .filter(|stored| stored.seq > inside.seq && stored.iss == inside.iss);
        let keys = newer.cloned().unwrap_or(inside);
        let key_set = keys.key_set()?;
        let bundle: Self = sealed.open(expect.issuer, &key_set)?;
        if bundle.cnf.jkt != expect.device {
            return Err(Error::StatementDevice { kind });
        }
        if !expect.nonces.contains(&bundle.nonce) {
            return Err(Error::BundleNonce { nonce: bundle.nonce });
        }
        let list = RevocationList::open(&bundle.revocations, expect.issuer, &key_set)?;
        let newer = expect
            .revocations
            .filter(|stored| stored.seq > list.seq && stored.iss == list.iss);
        let revocations = newer.cloned().unwrap_or(list);
        let verifier = Verifier::new(expect.issuer, key_set);
        let mut codes = Vec::with_capacity(bundle.codes.len());
        for code in &bundle.codes {
            let claims = verifier.inspect(code)?;
            if claims.cnf.jkt != expect.device {
                return Err(Error::OtherDevice {
                    product: claims.aud,
                    what: "device key",
                });
            }
            codes.push((code.clone(), claims));
        }
        Ok(OpenBundle {
            bundle,
            codes,
            keys,
            revocations,
        })
    }
}

impl Statement for Bundle {
    const KIND: StatementKind = StatementKind::Bundle;

    fn contradiction(&self) -> Option<&'static str> {
        if self.jti.is_empty() || self.jti.len() > 128 {
            Some("its id has 1 to 128 characters")
        } else if self.codes.len() > Self::MAX_CODES {
            Some("it has more than 256 codes")
        } else if self.notes.len() > 100 || self.notes.iter().any(|note| note.chars().count() > 500) {
            Some("it has more than 100 notes, or one of more than 500 characters")
        } else {
            None
        }
    }
}

impl VendorStatement for Bundle {
    fn issuer(&self) -> &str {
        &self.iss
    }

    fn issued_at(&self) -> Timestamp {
        self.iat
    }
}
