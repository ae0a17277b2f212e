//! The vendor's keys: the root key, the signing key, and the key set that ties one to the other.
//!
//! The folder `keys` of the data folder holds `signing.jwk` (the private key that signs codes), `keys.jws` (the public
//! keys, signed by the root key), `voucher.key` (the secret that vouchers are made with), `data.key` (what seals the secrets in
//! the database) and, until it is moved to a safe place, `root.jwk`. A server runs without the root key;
//! only a change of the key set needs it. A folder from before there were root keys is upgraded once: its signing key
//! becomes the root key, so that the vendor's address stays as it was, and a new signing key is made.

mod change;
mod data;
mod files;

use std::path::PathBuf;

pub use change::{KeyChange, KeyList, KeyListEntry};
use files::Folder;
use scrip_domain::Timestamp;
use scrip_licensing::{JwkSet, KeySet, KeySetStatement, PublishedKey, RootKey, SigningKey, VerifyingKey, VoucherKey};

use scrip_store::DataKey;

use crate::{Config, Error};

/// What the server signs with, and what it publishes about it.
pub(crate) struct Keys {
    pub(crate) signer: SigningKey,
    pub(crate) issuer: String,
    /// The key set as the root key signed it (`scrip-keys+jwt`).
    pub(crate) statement: String,
    /// The same keys, to verify with.
    pub(crate) set: KeySet,
    /// The same keys as a plain JWK set (RFC 7517).
    pub(crate) jwks: String,
    /// What vouchers are made with.
    pub(crate) vouchers: VoucherKey,
    /// What seals the secrets in the database.
    pub(crate) data: DataKey,
    /// Where the root key lies, when it lies on the server.
    pub(crate) root_here: Option<PathBuf>,
}

impl Keys {
    /// Reads the keys of a data folder; makes what is missing in a new one.
    pub(crate) fn open(config: &Config, now: Timestamp) -> Result<Self, Error> {
        let folder = Folder::open(&config.data)?;
        let (signer, statement, set) = match folder.read_set()? {
            Some((text, set)) => (folder.signer_of(&set)?, text, set),
            None => begin(&folder, now)?,
        };
        let publics = public_keys(&set)?;
        let root = folder.root_path();
        let vouchers = folder.voucher_path();
        let text = folder.read_or_make(&vouchers, || Ok(VoucherKey::generate()?.to_text()))?;
        let vouchers = VoucherKey::parse(&text).ok_or_else(|| Error::KeysUnusable {
            path: vouchers,
            why: "it is not the secret of vouchers".to_owned(),
        })?;
        Ok(Self {
            vouchers,
            data: data::open(&folder, config.data_key.as_ref())?,
            signer,
            issuer: set.iss.clone(),
            statement,
            jwks: JwkSet::new(&publics).to_json()?,
            set: set.key_set()?,
            root_here: root.exists().then_some(root),
        })
    }
}

/// The first key set of a folder. Two servers that start at once agree on every file.
fn begin(folder: &Folder, now: Timestamp) -> Result<(SigningKey, String, KeySetStatement), Error> {
    folder.promote_lone_signer()?;
    let root = RootKey::from_jwk(&folder.read_or_make(&folder.root_path(), || Ok(RootKey::generate()?.to_jwk()?))?)?;
    let made = || Ok(SigningKey::generate()?.to_jwk()?);
    let signer = SigningKey::from_jwk(&folder.read_or_make(&folder.signing_path(), made)?)?;
    let keys = vec![PublishedKey::current(signer.verifying_key())];
    let text = root.sign_keys(next_seq(0, now), keys, now)?;
    folder.write_new_set(text)?;
    let (text, set) = folder.read_set()?.ok_or(Error::Internal {
        operation: "read the key set that was just written",
    })?;
    Ok((folder.signer_of(&set)?, text, set))
}

/// The number of the set after `last`. It also follows the clock, so that it grows even where `keys.jws` was lost.
fn next_seq(last: u64, now: Timestamp) -> u64 {
    let clock = u64::try_from(now.seconds()).unwrap_or(0);
    clock.max(last.saturating_add(1))
}

fn public_keys(set: &KeySetStatement) -> Result<Vec<VerifyingKey>, Error> {
    let keys = set.keys.iter().filter_map(|key| key.jwk.verifying_key().transpose());
    Ok(keys.collect::<Result<_, _>>()?)
}
