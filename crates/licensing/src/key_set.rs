//! The vendor's keys as the vendor's root key signs them, and the address that pins that root.

use scrip_domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::claims::numeric_date;
use crate::statement::{Sealed, Statement, StatementKind};
use crate::{Error, Jwk, JwkSet, KeySet, Thumbprint, VerifyingKey};

const ISSUER_PREFIX: &str = "urn:scrip:vendor:";

/// The address of the vendor whose root key has the thumbprint `root`: `urn:scrip:vendor:` and the thumbprint.
/// Whoever knows it has pinned the root key.
pub fn issuer_of(root: Thumbprint) -> String {
    format!("{ISSUER_PREFIX}{root}")
}

/// The thumbprint of the root key that `issuer` pins; `None` for an address of another form.
pub fn root_of(issuer: &str) -> Option<Thumbprint> {
    issuer.strip_prefix(ISSUER_PREFIX)?.parse().ok()
}

/// The vendor's keys, signed by the root key (`scrip-keys+jwt`).
///
/// It carries the root's public key, so that the vendor's address is all one needs to check it. A key that is no
/// longer used stays, with the date, and verifies what it signed until then for ever; one that was stolen is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySetStatement {
    /// The vendor's address, as [`issuer_of`] makes it.
    pub iss: String,
    /// When it was signed.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// Grows with every set: one with a lower number than a set already known is refused.
    pub seq: u64,
    /// The root's public key.
    pub root: Jwk,
    /// The signing keys, the newest first.
    pub keys: Vec<PublishedKey>,
}

/// A signing key of a key set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedKey {
    /// The public key.
    #[serde(flatten)]
    pub jwk: Jwk,
    /// When it was last used to sign; absent for a key in use.
    #[serde(default, with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub retired: Option<Timestamp>,
}

impl PublishedKey {
    /// A key in use.
    pub fn current(key: &VerifyingKey) -> Self {
        Self {
            jwk: key.jwk(),
            retired: None,
        }
    }

    /// A key that signs nothing after `retired`.
    pub fn retired(key: &VerifyingKey, retired: Timestamp) -> Self {
        Self {
            jwk: key.jwk(),
            retired: Some(retired),
        }
    }
}

impl Statement for KeySetStatement {
    const KIND: StatementKind = StatementKind::KeySet;

    fn contradiction(&self) -> Option<&'static str> {
        if self.keys.is_empty() || self.keys.len() > JwkSet::MAX_KEYS {
            return Some("it has 1 to 64 keys");
        }
        let Ok(Some(root)) = self.root.verifying_key() else {
            return Some("its root is not an Ed25519 key");
        };
        if root_of(&self.iss) != Some(root.thumbprint()) {
            return Some("its issuer is not the address of its root key");
        }
        let mut seen = vec![root.thumbprint()];
        for key in &self.keys {
            match key.jwk.verifying_key() {
                Ok(Some(key)) if seen.contains(&key.thumbprint()) => {
                    return Some("a key stands in it twice, or the root among the others");
                }
                Ok(Some(key)) => seen.push(key.thumbprint()),
                Ok(None) => {}
                Err(_) => return Some("one of its keys cannot be used"),
            }
        }
        (seen.len() == 1).then_some("none of its keys is an Ed25519 key for signatures")
    }
}

impl KeySetStatement {
    /// Reads a set signed by the root key that `issuer` pins.
    pub fn open(text: &str, issuer: &str) -> Result<Self, Error> {
        let sealed = Sealed::parse(StatementKind::KeySet, text)?;
        let set: Self = sealed.read()?;
        if set.iss != issuer {
            return Err(Error::StatementIssuer {
                kind: StatementKind::KeySet,
                issuer: set.iss,
                expected: issuer.to_owned(),
            });
        }
        // `read` made sure that the root is the one whose thumbprint the address carries.
        let root = set.root.verifying_key()?.ok_or_else(|| Error::KeysInvalid {
            why: "the root is not an Ed25519 key".to_owned(),
        })?;
        sealed.check(&root)?;
        Ok(set)
    }

    /// Reads a set that may replace `stored`: of the same vendor, and not an older one.
    pub fn open_newer(text: &str, stored: &Self) -> Result<Self, Error> {
        let set = Self::open(text, &stored.iss)?;
        if set.seq < stored.seq {
            return Err(Error::RolledBack {
                kind: StatementKind::KeySet,
                seq: set.seq,
                stored: stored.seq,
            });
        }
        Ok(set)
    }

    /// The keys, checked and ready to verify with.
    pub fn key_set(&self) -> Result<KeySet, Error> {
        let mut keys = Vec::with_capacity(self.keys.len());
        for published in &self.keys {
            if let Some(key) = published.jwk.verifying_key()? {
                keys.push((key, published.retired));
            }
        }
        Ok(KeySet::with_retired(keys))
    }
}
