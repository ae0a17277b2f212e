//! Whom this computer trusts: the vendor whose root key the first contact named, and what that vendor signed since.
//!
//! The vendor's address is made of the root key's thumbprint, so that knowing it is all that is needed to check a key
//! set. The first contact with a server pins it; a server that names another one later is refused, for good.

use std::path::{Path, PathBuf};

use scrip_licensing::clock::{Evidence, Floor};
use scrip_licensing::{JwkSet, KeySet, KeySetStatement, PriceSheet, RevocationList, StatementKind, Verifier, root_of};
use serde::{Deserialize, Serialize};
use sha2::Digest;

use crate::state::StateLock;
use crate::{App, Error, state};

/// The vendor of one server.
#[derive(Serialize, Deserialize)]
struct StoredVendor {
    issuer: String,
}

/// The keys of one vendor, as versions before the signed key set stored them.
#[derive(Serialize, Deserialize)]
struct UnsignedKeys {
    issuer: String,
    /// A JWK set (RFC 7517).
    keys: String,
}

/// What a vendor signed, as it is stored here.
pub(crate) struct Trusted {
    pub(crate) keys: KeySetStatement,
    pub(crate) key_set: KeySet,
    pub(crate) revocations: Option<RevocationList>,
}

impl Trusted {
    /// A verifier of the vendor's codes.
    pub(crate) fn verifier(&self) -> Verifier {
        let verifier = Verifier::new(self.keys.iss.clone(), self.key_set.clone());
        match &self.revocations {
            Some(list) => verifier.with_revocations(list.clone()),
            None => verifier,
        }
    }

    /// The times that the vendor's statements prove.
    pub(crate) fn floors(&self) -> Vec<Floor> {
        let keys = Floor::new(self.keys.iat, Evidence::KeySet);
        let list = self.revocations.as_ref();
        let list = list.map(|list| Floor::new(list.iat, Evidence::Revocations));
        [keys].into_iter().chain(list).collect()
    }
}

impl App {
    /// The vendor that this server belongs to, where one was pinned.
    pub(crate) fn pinned_issuer(&self) -> Result<Option<String>, Error> {
        let vendor = state::read::<StoredVendor>(&self.vendor_file())?;
        Ok(vendor
            .map(|vendor| vendor.issuer)
            .filter(|issuer| root_of(issuer).is_some()))
    }

    /// The pinned vendor; asks the server where none is pinned yet.
    pub(crate) async fn require_issuer(&self) -> Result<String, Error> {
        match self.pinned_issuer()? {
            Some(issuer) => Ok(issuer),
            None => Ok(self.refresh_keys().await?.keys.iss),
        }
    }

    /// Pins a vendor that the person named, before any contact with the server.
    pub fn pin_vendor(&self, issuer: &str) -> Result<(), Error> {
        if root_of(issuer).is_none() {
            return Err(Error::VendorInvalid {
                issuer: issuer.chars().take(200).collect(),
            });
        }
        let _lock = StateLock::take(&self.places.data)?;
        match self.pinned_issuer()? {
            Some(pinned) if pinned != issuer => Err(Error::VendorReplaced {
                pinned,
                named: issuer.to_owned(),
            }),
            Some(_) => Ok(()),
            None => self.pin(issuer),
        }
    }

    /// What the vendor signed, from what is stored here.
    pub(crate) fn trusted(&self) -> Result<Option<Trusted>, Error> {
        match self.pinned_issuer()? {
            Some(issuer) => read_trusted(&self.folder, &issuer),
            None => Ok(None),
        }
    }

    /// [`App::trusted`]; fetched where nothing is stored yet.
    pub(crate) async fn require_trusted(&self) -> Result<Trusted, Error> {
        match self.trusted()? {
            Some(trusted) => Ok(trusted),
            None => self.refresh_keys().await,
        }
    }

    /// Fetches what the vendor signed: the keys, the revocations with the time, and the prices. Sets the clock guard right.
    pub(crate) async fn refresh_keys(&self) -> Result<Trusted, Error> {
        let info = self.noted(self.client.server_info().await).await?;
        let signed = self.noted(self.client.signed_keys().await).await?.statement;
        let trusted = self.take_keys(&info.issuer, &signed)?;
        let signed = self.noted(self.client.revocations().await).await?.statement;
        self.take_revocations(&trusted, &signed)?;
        let trusted = self.trusted()?.unwrap_or(trusted);
        if let Some(list) = &trusted.revocations {
            self.correct_clock(Floor::new(list.iat, Evidence::Revocations))?;
        }
        Ok(trusted)
    }

    /// Keeps the signed digest of the prices, by which an offline cart is believed.
    pub(crate) async fn refresh_prices(&self) -> Result<(), Error> {
        let trusted = self.require_trusted().await?;
        let signed = self.noted(self.client.price_sheet().await).await?.statement;
        PriceSheet::open(signed.trim(), &trusted.keys.iss, &trusted.key_set)?;
        state::write_bytes(&self.prices_file(), signed.as_bytes())
    }

    /// The price sheet that is stored here, and its text.
    pub(crate) fn price_sheet(&self, trusted: &Trusted) -> Result<Option<(PriceSheet, String)>, Error> {
        let Some(text) = read_text(&self.prices_file(), StatementKind::Prices.max_bytes())? else {
            return Ok(None);
        };
        let sheet = PriceSheet::open(&text, &trusted.keys.iss, &trusted.key_set)?;
        Ok(Some((sheet, text)))
    }

    /// Fetches this server's keys, so that codes can be verified with no network from now on.
    pub async fn learn_keys(&self) -> Result<(), Error> {
        self.refresh_keys().await.map(|_| ())
    }

    /// Takes a key set of the vendor `issuer`, who is pinned by it where nobody was.
    pub(crate) fn take_keys(&self, issuer: &str, signed: &str) -> Result<Trusted, Error> {
        if root_of(issuer).is_none() {
            return Err(Error::VendorInvalid {
                issuer: issuer.chars().take(200).collect(),
            });
        }
        let _lock = StateLock::take(&self.places.data)?;
        if let Some(pinned) = self.pinned_issuer()?.filter(|pinned| pinned != issuer) {
            let named = issuer.to_owned();
            return Err(Error::VendorReplaced { pinned, named });
        }
        let stored = read_trusted(&self.folder, issuer)?;
        let keys = match &stored {
            // A set that is older than the stored one may come from a copy of the server: it is left, not refused.
            Some(stored) => match KeySetStatement::open_newer(signed.trim(), &stored.keys) {
                Ok(keys) => keys,
                Err(scrip_licensing::Error::RolledBack { .. }) => stored.keys.clone(),
                Err(error) => return Err(error.into()),
            },
            None => KeySetStatement::open(signed.trim(), issuer)?,
        };
        let key_set = keys.key_set()?;
        let unsigned = self.unsigned_keys()?;
        if let Some((_, before)) = &unsigned
            && stored.is_none()
            && !continues(&keys, &JwkSet::parse(&before.keys)?)
        {
            return Err(Error::KeysReplaced {
                issuer: before.issuer.clone(),
            });
        }
        if stored
            .as_ref()
            .is_none_or(|stored| keys.seq > stored.keys.seq || keys.iat > stored.keys.iat)
        {
            state::write_bytes(&self.folder.join("keys.jws"), signed.trim().as_bytes())?;
        }
        self.pin(issuer)?;
        if let Some((path, _)) = unsigned {
            state::remove(&path)?;
        }
        Ok(Trusted {
            keys,
            key_set,
            revocations: stored.and_then(|stored| stored.revocations),
        })
    }

    /// Takes a revocation list of the trusted vendor; an older one than the stored one is left.
    pub(crate) fn take_revocations(&self, trusted: &Trusted, signed: &str) -> Result<(), Error> {
        let _lock = StateLock::take(&self.places.data)?;
        let list = match &trusted.revocations {
            Some(stored) => match RevocationList::open_newer(signed.trim(), &trusted.key_set, stored) {
                Err(scrip_licensing::Error::RolledBack { .. }) => return Ok(()),
                other => other?,
            },
            None => RevocationList::open(signed.trim(), &trusted.keys.iss, &trusted.key_set)?,
        };
        let is_newer = |stored: &RevocationList| list.seq > stored.seq || list.iat > stored.iat;
        if trusted.revocations.as_ref().is_none_or(is_newer) {
            state::write_bytes(&self.folder.join("revocations.jws"), signed.trim().as_bytes())?;
        }
        Ok(())
    }

    /// Verifiers of every vendor whose keys are stored here, this server's first.
    pub(crate) fn known_verifiers(&self) -> Result<Vec<Verifier>, Error> {
        let mut verifiers: Vec<_> = self.trusted()?.iter().map(Trusted::verifier).collect();
        let Ok(listing) = std::fs::read_dir(self.places.data.join("servers")) else {
            return Ok(verifiers);
        };
        let mut folders: Vec<PathBuf> = listing
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|folder| *folder != self.folder)
            .collect();
        folders.sort();
        for folder in folders {
            let vendor = state::read::<StoredVendor>(&folder.join("vendor.json"))?;
            if let Some(vendor) = vendor.filter(|vendor| root_of(&vendor.issuer).is_some())
                && let Some(trusted) = read_trusted(&folder, &vendor.issuer)?
            {
                verifiers.push(trusted.verifier());
            }
        }
        Ok(verifiers)
    }

    /// The addresses of every vendor that this computer knows, this server's first.
    pub(crate) fn known_issuers(&self) -> Result<Vec<String>, Error> {
        let mut issuers: Vec<String> = self.pinned_issuer()?.into_iter().collect();
        let Ok(listing) = std::fs::read_dir(self.places.data.join("servers")) else {
            return Ok(issuers);
        };
        let mut others = Vec::new();
        for folder in listing.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let vendor = state::read::<StoredVendor>(&folder.join("vendor.json"))?;
            others.extend(
                vendor
                    .map(|vendor| vendor.issuer)
                    .filter(|issuer| !issuers.contains(issuer)),
            );
        }
        others.sort();
        issuers.append(&mut others);
        Ok(issuers)
    }

    fn pin(&self, issuer: &str) -> Result<(), Error> {
        let issuer = issuer.to_owned();
        state::write(&self.vendor_file(), &StoredVendor { issuer })
    }

    /// The keys that an earlier version stored of this server's vendor, and where.
    fn unsigned_keys(&self) -> Result<Option<(PathBuf, UnsignedKeys)>, Error> {
        let Some(vendor) = state::read::<StoredVendor>(&self.vendor_file())? else {
            return Ok(None);
        };
        let digest = scrip_domain::Sha256(sha2::Sha256::digest(&vendor.issuer).into());
        let path = self.places.data.join("keys").join(format!("{digest}.json"));
        Ok(state::read(&path)?.map(|keys| (path, keys)))
    }

    fn prices_file(&self) -> PathBuf {
        self.folder.join("prices.jws")
    }

    fn vendor_file(&self) -> PathBuf {
        self.folder.join("vendor.json")
    }
}

fn read_trusted(folder: &Path, issuer: &str) -> Result<Option<Trusted>, Error> {
    let Some(text) = read_text(&folder.join("keys.jws"), StatementKind::KeySet.max_bytes())? else {
        return Ok(None);
    };
    let keys = KeySetStatement::open(&text, issuer)?;
    let key_set = keys.key_set()?;
    let list = read_text(&folder.join("revocations.jws"), StatementKind::Revocations.max_bytes())?;
    // A list that cannot be read is fetched again; until then the codes' own dates bound what it would have said.
    let revocations = list.and_then(|text| RevocationList::open(&text, issuer, &key_set).ok());
    Ok(Some(Trusted {
        keys,
        key_set,
        revocations,
    }))
}

/// The text of a file, without white space around it.
pub(crate) fn read_text(path: &Path, limit_bytes: usize) -> Result<Option<String>, Error> {
    let Some(bytes) = state::read_bytes(path, limit_bytes as u64 + 1)? else {
        return Ok(None);
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(_) => Err(Error::StateCorrupt {
            path: path.to_owned(),
            why: "it is not text".to_owned(),
        }),
    }
}

/// The text of a file that a person named, which is no state of ours.
pub(crate) fn given_text(path: &Path, limit_bytes: usize) -> Result<String, Error> {
    let invalid = |why| Error::CodeFileInvalid {
        path: path.to_owned(),
        why,
    };
    let bytes = match state::read_bytes(path, limit_bytes as u64) {
        Ok(bytes) => bytes.ok_or_else(|| invalid("it does not exist"))?,
        Err(Error::StateCorrupt { .. }) => return Err(invalid("it is larger than any such file")),
        Err(other) => return Err(other),
    };
    String::from_utf8(bytes).map_err(|_| invalid("it is not text"))
}

/// A verifier with the keys of the file at `path`: a JWK set, whose codes may name any issuer in `issuers`.
pub(crate) fn verifiers_of_file(path: &Path, issuers: &[String]) -> Result<Vec<Verifier>, Error> {
    let keys = KeySet::from_jwks(&JwkSet::parse(&given_text(path, JwkSet::MAX_BYTES)?)?)?;
    Ok(issuers
        .iter()
        .map(|issuer| Verifier::new(issuer.clone(), keys.clone()))
        .collect())
}

/// Whether a signed set names a key that was trusted before there were signed sets.
fn continues(new: &KeySetStatement, old: &JwkSet) -> bool {
    old.keys
        .iter()
        .any(|key| !key.x.is_empty() && new.keys.iter().any(|other| other.jwk.x == key.x))
}
