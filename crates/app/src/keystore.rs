//! Where secrets are kept: the system's keyring, or by the person's explicit choice a file that only they can read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::state::StateLock;
use crate::{Error, platform, state};

/// The name under which the keyring shows our secrets.
const SERVICE: &str = "Scrip";
/// How long a person may take to unlock the keyring.
const UNLOCK_PATIENCE: Duration = Duration::from_mins(2);

/// Which keystore is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeystoreMode {
    /// The operating system's keyring: on Linux the Secret Service.
    #[default]
    Keyring,
    /// A file with mode 0600 under the home folder.
    File,
}

impl KeystoreMode {
    /// What `SCRIP_KEYSTORE` asks for: `file`, or `keyring` where it is not set.
    pub fn from_environment() -> Result<Self, Error> {
        let value = std::env::var_os("SCRIP_KEYSTORE").unwrap_or_default();
        match value.to_str() {
            Some("" | "keyring" | platform::KEYSTORE_NAME) => Ok(Self::Keyring),
            Some("file") => Ok(Self::File),
            _ => Err(Error::SettingInvalid {
                name: "SCRIP_KEYSTORE",
                value: value.to_string_lossy().into_owned(),
                allowed: "keyring, file",
            }),
        }
    }
}

/// Secrets by name.
#[derive(Clone, Debug)]
pub(crate) enum Keystore {
    /// The keyring; names get the ending, so that home folders do not share secrets.
    Keyring { realm: String },
    /// The file.
    File { path: PathBuf },
}

impl Keystore {
    pub(crate) fn new(mode: KeystoreMode, data: &Path, realm: &str) -> Self {
        match mode {
            KeystoreMode::Keyring => Self::Keyring {
                realm: realm.to_owned(),
            },
            KeystoreMode::File => Self::File {
                path: data.join("secrets.json"),
            },
        }
    }

    /// What the window shows: the keyring's name, or `file` with a warning.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Keyring { .. } => platform::KEYSTORE_NAME,
            Self::File { .. } => "file",
        }
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        match self {
            Self::Keyring { realm } => {
                keyring(format!("{name}{realm}"), |entry| match entry.get_password() {
                    Ok(secret) => Ok(Some(Zeroizing::new(secret))),
                    Err(keyring::Error::NoEntry) => Ok(None),
                    Err(error) => Err(error),
                })
                .await
            }
            Self::File { path } => Ok(read(path)?.remove(name).map(Zeroizing::new)),
        }
    }

    pub(crate) async fn set(&self, name: &str, secret: &str) -> Result<(), Error> {
        match self {
            Self::Keyring { realm } => {
                let secret = Zeroizing::new(secret.to_owned());
                keyring(format!("{name}{realm}"), move |entry| entry.set_password(&secret)).await
            }
            Self::File { path } => change(path, |secrets| {
                secrets.insert(name.to_owned(), secret.to_owned());
            }),
        }
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<(), Error> {
        match self {
            Self::Keyring { realm } => {
                keyring(format!("{name}{realm}"), |entry| match entry.delete_credential() {
                    Err(keyring::Error::NoEntry) => Ok(()),
                    outcome => outcome,
                })
                .await
            }
            Self::File { path } => change(path, |secrets| {
                secrets.remove(name);
            }),
        }
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    Ok(state::read(path)?.unwrap_or_default())
}

fn change(path: &Path, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<(), Error> {
    let _lock = StateLock::take(path.parent().unwrap_or(Path::new(".")))?;
    let mut secrets = read(path)?;
    change(&mut secrets);
    state::write(path, &secrets)
}

/// Does something with an entry of the keyring, on a thread that may wait for the person to unlock it.
async fn keyring<T: Send + 'static>(
    user: String,
    work: impl FnOnce(&keyring::Entry) -> Result<T, keyring::Error> + Send + 'static,
) -> Result<T, Error> {
    let task = tokio::task::spawn_blocking(move || {
        if let Err(error) = keyring::Entry::store_status() {
            return Err(refusal(error));
        }
        keyring::Entry::new(SERVICE, &user)
            .and_then(|entry| work(&entry))
            .map_err(|error| refusal(&error))
    });
    match tokio::time::timeout(UNLOCK_PATIENCE, task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Error::BrokenOff {
            what: "asking the keyring",
        }),
        Err(_) => Err(Error::KeystoreLocked {
            why: "it was not unlocked in two minutes".to_owned(),
        }),
    }
}

fn refusal(error: &keyring::Error) -> Error {
    match error {
        keyring::Error::NoStorageAccess(why) => Error::KeystoreLocked { why: why.to_string() },
        keyring::Error::PlatformFailure(why) => Error::KeystoreUnavailable { why: why.to_string() },
        keyring::Error::NoDefaultStore => {
            let why = "no Secret Service answers on the session bus".to_owned();
            Error::KeystoreUnavailable { why }
        }
        // The secret itself may be part of the error's data, never of its words.
        other => Error::KeystoreUnavailable { why: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_keeps_secrets_that_only_their_owner_can_read() {
        let home = tempfile::tempdir().unwrap();
        let keystore = Keystore::new(KeystoreMode::File, home.path(), "");
        assert_eq!(keystore.name(), "file");
        assert_eq!(keystore.get("a").await.unwrap(), None);
        keystore.set("a", "one").await.unwrap();
        keystore.set("b", "two").await.unwrap();
        keystore.delete("b").await.unwrap();
        assert_eq!(
            keystore.get("a").await.unwrap().as_deref().map(String::as_str),
            Some("one")
        );
        assert_eq!(keystore.get("b").await.unwrap(), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(home.path().join("secrets.json"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_locked_keyring_and_a_missing_one_are_told_apart() {
        use scrip_domain::{Coded, ErrorCode};
        let locked = refusal(&keyring::Error::NoStorageAccess("locked".into()));
        let missing = refusal(&keyring::Error::PlatformFailure("no bus".into()));
        assert_eq!(locked.code(), ErrorCode::KeystoreLocked);
        assert_eq!(missing.code(), ErrorCode::KeystoreUnavailable);
        assert!(missing.hints()[0].contains("SCRIP_KEYSTORE=file"));
    }
}
