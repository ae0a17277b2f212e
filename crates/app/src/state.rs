//! Durable files: written whole or not at all, private, versioned, and safe between processes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::io_error;
use crate::platform;

/// The form of the files that this version writes.
const VERSION: u32 = 1;
/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 512 << 20;

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    version: u32,
    data: T,
}

/// What every version can read of a file.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Reads the file at `path`; `None` where there is none.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let Some(text) = read_bytes(path, MAX_BYTES)? else {
        return Ok(None);
    };
    let corrupt = |why: String| Error::StateCorrupt {
        path: path.to_owned(),
        why,
    };
    let Version { version } = serde_json::from_slice(&text).map_err(|error| corrupt(error.to_string()))?;
    if version != VERSION {
        return Err(corrupt(format!(
            "it has the form {version}; this version of Scrip knows {VERSION}"
        )));
    }
    let envelope: Envelope<T> = serde_json::from_slice(&text).map_err(|error| corrupt(error.to_string()))?;
    Ok(Some(envelope.data))
}

/// Writes the file at `path` so that it is there whole, or as it was before, whatever happens.
pub(crate) fn write<T: Serialize>(path: &Path, data: &T) -> Result<(), Error> {
    let text = serde_json::to_vec(&Envelope { version: VERSION, data }).map_err(|error| Error::StateCorrupt {
        path: path.to_owned(),
        why: error.to_string(),
    })?;
    write_bytes(path, &text)
}

/// Reads at most `limit_bytes` bytes of the file at `path`; `None` where there is none.
pub(crate) fn read_bytes(path: &Path, limit_bytes: u64) -> Result<Option<Vec<u8>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(io_error("read", path)(error)),
    };
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, limit_bytes + 1), &mut bytes).map_err(io_error("read", path))?;
    if bytes.len() as u64 > limit_bytes {
        let why = format!("it has more than {limit_bytes} bytes");
        return Err(Error::StateCorrupt {
            path: path.to_owned(),
            why,
        });
    }
    Ok(Some(bytes))
}

/// [`write`] for bytes as they are.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Two processes that write at once must not share the unfinished file.
    let unfinished = folder.join(format!(
        ".{name}.{}-{}",
        std::process::id(),
        uuid::Uuid::new_v4().simple()
    ));
    let written = (|| {
        let mut file = platform::create_private_file(&unfinished).map_err(io_error("write", &unfinished))?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(io_error("write", &unfinished))?;
        fs::rename(&unfinished, path).map_err(io_error("write", path))?;
        platform::sync_folder(folder).map_err(io_error("write", folder))
    })();
    if written.is_err() && unfinished.exists() {
        fs::remove_file(&unfinished).map_err(io_error("remove", &unfinished))?;
    }
    written
}

/// Removes the file at `path`, if it is there, durably.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Ok(()) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            platform::sync_folder(folder).map_err(io_error("remove", path))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error("remove", path)(error)),
    }
}

/// Makes a folder that only its owner can enter, and those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    platform::create_private_folder(folder).map_err(io_error("make the folder", folder))
}

/// Keeps other processes from changing the state while it lives. To be held for file operations alone, never for the network.
pub(crate) struct StateLock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl StateLock {
    /// Waits until no other process holds the lock of `folder`.
    pub(crate) fn take(folder: &Path) -> Result<Self, Error> {
        make_folder(folder)?;
        let path: PathBuf = folder.join("state.lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(io_error("lock", &path))?;
        file.lock().map_err(io_error("lock", &path))?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use scrip_domain::{Coded, ErrorCode};

    use super::*;

    #[test]
    fn what_was_written_is_read_and_only_its_owner_can_read_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b/file.json");
        assert_eq!(read::<Vec<u32>>(&path).unwrap(), None);
        write(&path, &vec![1, 2]).unwrap();
        assert_eq!(read::<Vec<u32>>(&path).unwrap(), Some(vec![1, 2]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(
                fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777,
                0o700
            );
        }
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing unfinished is left"
        );
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert_eq!(read::<Vec<u32>>(&path).unwrap(), None);
    }

    #[test]
    fn a_damaged_file_is_named_and_never_a_panic() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("library.json");
        for text in [
            "",
            "{",
            "[]",
            "{\"version\":1}",
            "{\"version\":2,\"data\":[]}",
            "{\"version\":1,\"data\":{}}",
            "\0\0",
        ] {
            fs::write(&path, text).unwrap();
            let error = read::<Vec<u32>>(&path).unwrap_err();
            assert_eq!(error.code(), ErrorCode::StateCorrupt, "{text}");
            assert!(error.to_string().contains("library.json") && error.hints()[0].contains("library.json"));
        }
    }

    #[test]
    fn writers_take_turns() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("count.json");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let _lock = StateLock::take(home.path()).unwrap();
                        let count: u32 = read(&path).unwrap().unwrap_or(0);
                        write(&path, &(count + 1)).unwrap();
                    }
                });
            }
        });
        assert_eq!(read::<u32>(&path).unwrap(), Some(80));
    }
}
