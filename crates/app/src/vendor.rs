//! The vendors' public keys, trusted on first use and pinned since.
//!
//! A set that shares no key with the one trusted before is refused: keys rotate with overlap, so that a vendor's new set
//! always names a key of the old one, and somebody who takes over a server cannot replace them all.

use std::path::{Path, PathBuf};

use scrip_licensing::{JwkSet, KeySet, Verifier};
use serde::{Deserialize, Serialize};
use sha2::Digest;

use crate::state::StateLock;
use crate::{App, Error, state};

/// The issuer of one server's codes.
#[derive(Serialize, Deserialize)]
struct StoredVendor {
    issuer: String,
}

/// The keys of one issuer.
#[derive(Serialize, Deserialize)]
struct StoredKeys {
    issuer: String,
    /// A JWK set (RFC 7517).
    keys: String,
}

impl App {
    /// A verifier of this server's codes; its keys are fetched when they are first needed.
    pub(crate) async fn verifier(&self) -> Result<Verifier, Error> {
        match self.stored_verifier()? {
            Some(verifier) => Ok(verifier),
            None => self.refresh_keys().await,
        }
    }

    /// A verifier of this server's codes, from what is stored here.
    pub(crate) fn stored_verifier(&self) -> Result<Option<Verifier>, Error> {
        let Some(vendor) = state::read::<StoredVendor>(&self.vendor_file())? else {
            return Ok(None);
        };
        let Some(stored) = state::read::<StoredKeys>(&self.keys_file(&vendor.issuer))? else {
            return Ok(None);
        };
        verifier(&stored).map(Some)
    }

    /// Fetches this server's keys and trusts them if they continue those that were trusted before.
    pub(crate) async fn refresh_keys(&self) -> Result<Verifier, Error> {
        let info = self.noted(self.client.server_info().await).await?;
        let fetched = self.noted(self.client.keys().await).await?;
        let stored = StoredKeys {
            issuer: info.issuer,
            keys: fetched.0,
        };
        let verifier = verifier(&stored)?;
        let path = self.keys_file(&stored.issuer);
        let _lock = StateLock::take(&self.places.data)?;
        if let Some(before) = state::read::<StoredKeys>(&path)?
            && !continues(&stored, &before)?
        {
            return Err(Error::KeysReplaced { issuer: stored.issuer });
        }
        state::write(&path, &stored)?;
        state::write(&self.vendor_file(), &StoredVendor { issuer: stored.issuer })?;
        Ok(verifier)
    }

    /// Fetches this server's keys, so that codes can be verified with no network from now on.
    pub async fn learn_keys(&self) -> Result<(), Error> {
        self.refresh_keys().await.map(|_| ())
    }

    /// Verifiers of every vendor whose keys are stored here, this server's first.
    pub(crate) fn known_verifiers(&self) -> Result<Vec<Verifier>, Error> {
        let mut verifiers: Vec<_> = self.stored_verifier()?.into_iter().collect();
        let folder = self.keys_folder();
        let Ok(listing) = std::fs::read_dir(&folder) else {
            return Ok(verifiers);
        };
        let mut paths: Vec<PathBuf> = listing
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        paths.sort();
        for path in paths
            .iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        {
            if let Some(stored) = state::read::<StoredKeys>(path)? {
                verifiers.push(verifier(&stored)?);
            }
        }
        Ok(verifiers)
    }

    fn keys_folder(&self) -> PathBuf {
        self.places.data.join("keys")
    }

    fn keys_file(&self, issuer: &str) -> PathBuf {
        let digest = scrip_domain::Sha256(sha2::Sha256::digest(issuer).into());
        self.keys_folder().join(format!("{digest}.json"))
    }

    fn vendor_file(&self) -> PathBuf {
        self.folder.join("vendor.json")
    }
}

/// A verifier with the keys of the file at `path`: a JWK set, whose codes may name any issuer in `issuers`.
pub(crate) fn verifiers_of_file(path: &Path, issuers: &[String]) -> Result<Vec<Verifier>, Error> {
    let invalid = |why| Error::CodeFileInvalid {
        path: path.to_owned(),
        why,
    };
    let bytes = state::read_bytes(path, JwkSet::MAX_BYTES as u64)?.ok_or_else(|| invalid("it does not exist"))?;
    let text = String::from_utf8(bytes).map_err(|_| invalid("it is not text"))?;
    let keys = KeySet::from_jwks(&JwkSet::parse(&text)?)?;
    Ok(issuers
        .iter()
        .map(|issuer| Verifier::new(issuer.clone(), keys.clone()))
        .collect())
}

fn verifier(stored: &StoredKeys) -> Result<Verifier, Error> {
    Ok(Verifier::new(
        stored.issuer.clone(),
        KeySet::from_jwks(&JwkSet::parse(&stored.keys)?)?,
    ))
}

fn continues(new: &StoredKeys, old: &StoredKeys) -> Result<bool, Error> {
    let (new, old) = (JwkSet::parse(&new.keys)?, JwkSet::parse(&old.keys)?);
    Ok(old
        .keys
        .iter()
        .any(|key| new.keys.iter().any(|other| !key.x.is_empty() && other.x == key.x)))
}
