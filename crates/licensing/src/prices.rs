//! Prices that the vendor stood by at a moment: what an offline cart was priced from.

use std::collections::BTreeMap;

use scrip_domain::{ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::claims::numeric_date;
use crate::digest::digest_type;
use crate::statement::{self, Statement, StatementKind, VendorStatement};
use crate::{Error, KeySet};

digest_type! {
    /// The SHA-256 of a catalog's prices, as [`price_digest`] makes it.
    PriceDigest,
}

/// The digest of a catalog's prices: SHA-256 over a line for each product, sorted by product: its id, a tab, its
/// offers as JSON, a line feed. Of a product that stands twice the last counts.
pub fn price_digest<'p>(prices: impl IntoIterator<Item = (&'p ProductId, &'p str)>) -> PriceDigest {
    let mut hash = Sha256::new();
    for (product, offers) in prices.into_iter().collect::<BTreeMap<_, _>>() {
        for part in [product.as_str(), "\t", offers, "\n"] {
            hash.update(part);
        }
    }
    PriceDigest(hash.finalize().into())
}

/// A price sheet (`scrip-prices+jwt`): the prices of one revision of the catalog, by their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceSheet {
    /// The vendor's address.
    pub iss: String,
    /// When it was signed.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// The catalog's revision.
    pub revision: u64,
    /// The digest of its prices.
    pub digest: PriceDigest,
}

impl PriceSheet {
    /// Reads a price sheet of `issuer`, signed with one of `keys`.
    pub fn open(text: &str, issuer: &str, keys: &KeySet) -> Result<Self, Error> {
        statement::open(text, issuer, keys)
    }
}

impl Statement for PriceSheet {
    const KIND: StatementKind = StatementKind::Prices;

    fn contradiction(&self) -> Option<&'static str> {
        None
    }
}

impl VendorStatement for PriceSheet {
    fn issuer(&self) -> &str {
        &self.iss
    }

    fn issued_at(&self) -> Timestamp {
        self.iat
    }
}
