//! The files of the key folder, each readable by its owner alone and replaced whole.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use scrip_licensing::{KeySetStatement, SigningKey, StatementKind, Thumbprint, root_of};
use zeroize::Zeroizing;

use crate::Error;
use crate::config::create_private_folder;

/// The largest private key that is read, in bytes.
const KEY_BYTES_MAX: u64 = 4096;

/// The folder `keys` of a data folder.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(data: &Path) -> Result<Self, Error> {
        let folder = data.join("keys");
        create_private_folder(&folder).map_err(io("create the key folder", &folder))?;
        Ok(Self(folder))
    }

    pub(super) fn root_path(&self) -> PathBuf {
        self.0.join("root.jwk")
    }

    pub(super) fn signing_path(&self) -> PathBuf {
        self.0.join("signing.jwk")
    }

    /// The secret under which vouchers are made.
    pub(super) fn voucher_path(&self) -> PathBuf {
        self.0.join("voucher.key")
    }

    /// What seals the secrets in the database.
    pub(super) fn data_path(&self) -> PathBuf {
        self.0.join("data.key")
    }

    /// Where a rotation puts the new key before the set names it.
    pub(super) fn next_path(&self) -> PathBuf {
        self.0.join("next.jwk")
    }

    fn set_path(&self) -> PathBuf {
        self.0.join("keys.jws")
    }

    /// The key set and its text; `None` in a folder without one.
    pub(super) fn read_set(&self) -> Result<Option<(String, KeySetStatement)>, Error> {
        let path = self.set_path();
        let Some(text) = read(&path, StatementKind::KeySet.max_bytes() as u64)? else {
            return Ok(None);
        };
        let text = text.trim().to_owned();
        let unusable = |why: String| Error::KeysUnusable {
            path: path.clone(),
            why,
        };
        // Whose set it is stands in it; that its root signed it is checked here.
        let issuer = issuer_in(&text).ok_or_else(|| unusable("it is not a key set".to_owned()))?;
        let set = KeySetStatement::open(&text, &issuer).map_err(|why| unusable(why.to_string()))?;
        Ok(Some((text, set)))
    }

    /// The private key that signs codes: one in use by `set`. Finishes a rotation that was cut off after the set was written.
    pub(super) fn signer_of(&self, set: &KeySetStatement) -> Result<SigningKey, Error> {
        let (path, next) = (self.signing_path(), self.next_path());
        if let Some(text) = read(&next, KEY_BYTES_MAX)?
            && in_use(set, SigningKey::from_jwk(&text)?.verifying_key().thumbprint())
        {
            std::fs::rename(&next, &path).map_err(io("put the new signing key in its place", &next))?;
        }
        let unusable = |why: &str| Error::KeysUnusable {
            path: path.clone(),
            why: why.to_owned(),
        };
        let text = read(&path, KEY_BYTES_MAX)?.ok_or_else(|| unusable("there is no signing key"))?;
        let signer = SigningKey::from_jwk(&text)?;
        if in_use(set, signer.verifying_key().thumbprint()) {
            Ok(signer)
        } else {
            Err(unusable("keys.jws does not name it as a key in use"))
        }
    }

    /// A folder from before there were root keys has a signing key alone: that becomes the root key.
    pub(super) fn promote_lone_signer(&self) -> Result<(), Error> {
        let (signing, root) = (self.signing_path(), self.root_path());
        if signing.exists() && !root.exists() {
            match std::fs::rename(&signing, &root) {
                // Another server that starts now did it.
                Err(source) if source.kind() == ErrorKind::NotFound => {}
                renamed => renamed.map_err(io("make the old signing key the root key", &signing))?,
            }
            tracing::info!("the signing key became the root key; a new signing key is made");
        }
        Ok(())
    }

    /// The text of a private key, made where there is none. Two first starts agree on one.
    pub(super) fn read_or_make(
        &self,
        path: &Path,
        make: impl FnOnce() -> Result<Zeroizing<String>, Error>,
    ) -> Result<Zeroizing<String>, Error> {
        if let Some(text) = read(path, KEY_BYTES_MAX)? {
            return Ok(text);
        }
        let text = make()?;
        match self.draft(path, &text)?.persist_noclobber(path) {
            Ok(_) => Ok(text),
            Err(lost) if lost.error.kind() == ErrorKind::AlreadyExists => {
                read(path, KEY_BYTES_MAX)?.ok_or(Error::Internal {
                    operation: "read a key that another server wrote",
                })
            }
            Err(lost) => Err(io("write the key", path)(lost.error)),
        }
    }

    /// Writes a private key, replacing what was there.
    pub(super) fn write_key(&self, path: &Path, text: &str) -> Result<(), Error> {
        let draft = self.draft(path, text)?;
        draft
            .persist(path)
            .map_err(|lost| io("write the key", path)(lost.error))?;
        Ok(())
    }

    /// Writes the first key set, unless another server was faster.
    pub(super) fn write_new_set(&self, text: String) -> Result<(), Error> {
        self.read_or_make(&self.set_path(), || Ok(Zeroizing::new(text)))
            .map(drop)
    }

    /// Writes a later key set.
    pub(super) fn write_set(&self, text: &str) -> Result<(), Error> {
        self.write_key(&self.set_path(), text)
    }

    /// A file beside `path`, durable, which only its owner can read.
    fn draft(&self, path: &Path, text: &str) -> Result<tempfile::NamedTempFile, Error> {
        let mut draft = tempfile::NamedTempFile::new_in(&self.0).map_err(io("write", path))?;
        draft.write_all(text.as_bytes()).map_err(io("write", path))?;
        draft.as_file().sync_all().map_err(io("write", path))?;
        Ok(draft)
    }
}

/// Whether `set` names the key, and not as a retired one.
pub(super) fn in_use(set: &KeySetStatement, kid: Thumbprint) -> bool {
    let kid = kid.to_string();
    set.keys
        .iter()
        .any(|key| key.retired.is_none() && key.jwk.kid.as_ref() == Some(&kid))
}

/// Reads a text of at most `bytes_max`; `None` where there is no file.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<Option<Zeroizing<String>>, Error> {
    let size = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io("read", path)(source)),
    };
    if size > bytes_max {
        return Err(Error::KeysUnusable {
            path: path.to_owned(),
            why: format!("it is larger than {bytes_max} bytes"),
        });
    }
    std::fs::read_to_string(path)
        .map(|text| Some(Zeroizing::new(text)))
        .map_err(io("read", path))
}

fn io(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        operation,
        path,
        source,
    }
}

/// The issuer that an unchecked key set names, where it has the form of one.
fn issuer_in(text: &str) -> Option<String> {
    use base64ct::{Base64UrlUnpadded, Encoding as _};

    #[derive(serde::Deserialize)]
    struct Issued {
        iss: String,
    }
    let payload = Base64UrlUnpadded::decode_vec(text.split('.').nth(1)?).ok()?;
    let issued: Issued = serde_json::from_slice(&payload).ok()?;
    root_of(&issued.iss).map(|_| issued.iss)
}
