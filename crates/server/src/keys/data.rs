//! The key that seals the secrets in the database: from the environment, or a file beside the vendor's keys.

use std::path::PathBuf;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_store::DataKey;
use zeroize::Zeroizing;

use super::files::Folder;
use crate::Error;
use crate::config::Secret;

/// The key that the environment gives, or that of the folder, where it is made once.
pub(super) fn open(folder: &Folder, given: Option<&Secret>) -> Result<DataKey, Error> {
    if let Some(given) = given {
        return read(given.reveal()).ok_or_else(|| unusable("SCRIP_DATA_KEY".into()));
    }
    let path = folder.data_path();
    let text = folder.read_or_make(&path, make)?;
    read(&text).ok_or_else(|| unusable(path))
}

fn make() -> Result<Zeroizing<String>, Error> {
    let mut bytes = Zeroizing::new([0; DataKey::BYTES]);
    getrandom::fill(&mut bytes[..]).map_err(|_| Error::Internal {
        operation: "gather randomness",
    })?;
    Ok(Zeroizing::new(Base64UrlUnpadded::encode_string(&bytes[..])))
}

fn read(text: &str) -> Option<DataKey> {
    let mut bytes = Zeroizing::new([0; DataKey::BYTES]);
    let read = Base64UrlUnpadded::decode(text.trim(), &mut bytes[..]).ok()?;
    (read.len() == DataKey::BYTES).then(|| DataKey::new(&bytes))
}

fn unusable(path: PathBuf) -> Error {
    Error::KeysUnusable {
        path,
        why: format!("it is not {} bytes in base64url without padding", DataKey::BYTES),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_or_given_and_never_guessed() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::open(data.path()).unwrap();
        open(&folder, None).unwrap();
        let text = std::fs::read_to_string(folder.data_path()).unwrap();
        assert!(read(&text).is_some());
        open(&folder, None).unwrap();
        assert_eq!(std::fs::read_to_string(folder.data_path()).unwrap(), text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.data_path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_file(folder.data_path()).unwrap();
        open(&folder, Some(&Secret::new(text))).unwrap();
        assert!(!folder.data_path().exists(), "a key that is given is written nowhere");
        let short = open(&folder, Some(&Secret::new("AAAA"))).unwrap_err();
        assert!(short.to_string().contains("SCRIP_DATA_KEY"), "{short}");
    }
}
