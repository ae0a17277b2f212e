//! The vendor's signing key: made once, kept in a file that only its owner can read.

use std::io::Write as _;
use std::path::Path;

use scrip_licensing::SigningKey;

use crate::Error;
use crate::config::create_private_folder;

/// Reads the signing key of a data folder, or makes one where there is none.
pub(crate) fn load_or_create(data: &Path) -> Result<SigningKey, Error> {
    let folder = data.join("keys");
    let path = folder.join("signing.jwk");
    let io = |operation| {
        let path = path.clone();
        move |source| Error::Io {
            operation,
            path,
            source,
        }
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => return Ok(SigningKey::from_jwk(&text)?),
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(io("read the signing key")(source)),
        Err(_) => {}
    }
    create_private_folder(&folder).map_err(io("create the key folder of"))?;
    let key = SigningKey::generate()?;
    // Written beside and linked into place, so that a crash leaves no half key and two first starts agree on one.
    let mut draft = tempfile::NamedTempFile::new_in(&folder).map_err(io("write the signing key"))?;
    draft
        .write_all(key.to_jwk()?.as_bytes())
        .map_err(io("write the signing key"))?;
    draft.as_file().sync_all().map_err(io("write the signing key"))?;
    match draft.persist_noclobber(&path) {
        Ok(_) => Ok(key),
        Err(lost) if lost.error.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(&path).map_err(io("read the signing key"))?;
            Ok(SigningKey::from_jwk(&text)?)
        }
        Err(lost) => Err(io("write the signing key")(lost.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = load_or_create(folder.path()).unwrap();
        let second = load_or_create(folder.path()).unwrap();
        assert_eq!(first.verifying_key().thumbprint(), second.verifying_key().thumbprint());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let file = std::fs::metadata(folder.path().join("keys/signing.jwk")).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }
}
