//! Changing the key set: what `scrip-server keys` does. Every change needs the root key.

use std::path::{Path, PathBuf};

use scrip_domain::Timestamp;
use scrip_licensing::{JwkSet, KeySetStatement, PublishedKey, RootKey, SigningKey, Thumbprint};

use super::files::{Folder, in_use, read};
use super::next_seq;
use crate::{Config, Error};

/// What to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// Make a new signing key. The one before stays in use until it is retired, so that servers that still sign with it go on.
    Rotate,
    /// The key signs nothing from now on; what it signed before holds for ever.
    Retire(Thumbprint),
    /// The key was stolen: nothing that it signed holds any more.
    Revoke(Thumbprint),
}

/// The keys of a vendor.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyList {
    /// The vendor's address, which pins the root key.
    pub issuer: String,
    /// The number of the key set.
    pub seq: u64,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Where the root key lies, when it lies on the server.
    pub root_here: Option<PathBuf>,
    /// The keys, the newest first.
    pub keys: Vec<KeyListEntry>,
}

/// One key of a vendor.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyListEntry {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// Whether this server signs with it.
    pub signs: bool,
    /// When it was retired.
    pub retired: Option<Timestamp>,
}

impl KeyList {
    /// The keys of a data folder; those of a new one are made.
    pub fn read(config: &Config, now: Timestamp) -> Result<Self, Error> {
        drop(super::Keys::open(config, now)?);
        let folder = Folder::open(&config.data)?;
        let set = stored(&folder)?;
        Self::of(&folder, &set)
    }

    /// Changes the key set, signed with the root key in `root`, or in the data folder where no file is given.
    pub fn change(config: &Config, change: KeyChange, root: Option<&Path>, now: Timestamp) -> Result<Self, Error> {
        drop(super::Keys::open(config, now)?);
        let folder = Folder::open(&config.data)?;
        let set = stored(&folder)?;
        let root = read_root(&folder, root, &set)?;
        let mut keys = set.keys.clone();
        match change {
            KeyChange::Rotate => {
                let key = SigningKey::generate()?;
                keys.insert(0, PublishedKey::current(key.verifying_key()));
                folder.write_key(&folder.next_path(), &key.to_jwk()?)?;
            }
            KeyChange::Retire(kid) => {
                refuse_signing(&folder, &set, kid)?;
                let key = find(&mut keys, kid)?;
                key.retired = key.retired.or(Some(now));
            }
            KeyChange::Revoke(kid) => {
                refuse_signing(&folder, &set, kid)?;
                find(&mut keys, kid)?;
                let kid = kid.to_string();
                keys.retain(|key| key.jwk.kid.as_ref() != Some(&kid));
            }
        }
        if keys.len() > JwkSet::MAX_KEYS {
            return Err(Error::KeyChangeRefused {
                why: format!("the set has {} keys, the most that it can have", JwkSet::MAX_KEYS),
            });
        }
        let text = root.sign_keys(next_seq(set.seq, now), keys, now)?;
        folder.write_set(&text)?;
        let set = stored(&folder)?;
        // Puts the new key in its place.
        folder.signer_of(&set)?;
        Self::of(&folder, &set)
    }

    fn of(folder: &Folder, set: &KeySetStatement) -> Result<Self, Error> {
        let signs = folder.signer_of(set)?.verifying_key().thumbprint().to_string();
        let root = folder.root_path();
        let entry = |key: &PublishedKey| {
            let kid = key.jwk.kid.clone().unwrap_or_default();
            KeyListEntry {
                signs: kid == signs,
                kid,
                retired: key.retired,
            }
        };
        Ok(Self {
            issuer: set.iss.clone(),
            seq: set.seq,
            signed_at: set.iat,
            root_here: root.exists().then_some(root),
            keys: set.keys.iter().map(entry).collect(),
        })
    }
}

fn stored(folder: &Folder) -> Result<KeySetStatement, Error> {
    let (_, set) = folder.read_set()?.ok_or(Error::Internal {
        operation: "read the key set",
    })?;
    Ok(set)
}

fn read_root(folder: &Folder, given: Option<&Path>, set: &KeySetStatement) -> Result<RootKey, Error> {
    let path = given.map_or_else(|| folder.root_path(), Path::to_owned);
    let unusable = |why: &str| Error::KeysUnusable {
        path: path.clone(),
        why: why.to_owned(),
    };
    let text = read(&path, 4096)?.ok_or_else(|| unusable("the root key is not there; give its file with --root"))?;
    let root = RootKey::from_jwk(&text)?;
    if root.issuer() == set.iss {
        Ok(root)
    } else {
        Err(unusable("it is another vendor's root key"))
    }
}

fn find(keys: &mut [PublishedKey], kid: Thumbprint) -> Result<&mut PublishedKey, Error> {
    let text = kid.to_string();
    let found = keys.iter_mut().find(|key| key.jwk.kid.as_ref() == Some(&text));
    found.ok_or_else(|| Error::KeyChangeRefused {
        why: format!("there is no key {kid} in the set"),
    })
}

fn refuse_signing(folder: &Folder, set: &KeySetStatement, kid: Thumbprint) -> Result<(), Error> {
    let signs = folder.signer_of(set)?.verifying_key().thumbprint();
    if signs == kid && in_use(set, kid) {
        return Err(Error::KeyChangeRefused {
            why: format!("{kid} is the key that this server signs with; rotate first"),
        });
    }
    Ok(())
}
