//! One operation at a time under one state folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::io_error;
use crate::{Error, disk};

/// An open file that no other handle may lock. The operating system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    /// Opens the file at `path`, making it where there is none, and locks it without waiting.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = open.map_err(io_error("open", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Busy {
                path: path.to_owned(),
                holder: holder(path),
            }),
            Err(TryLockError::Error(source)) => Err(io_error("lock", path)(source)),
        }
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.0
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started shares the handle until its own program is loaded.
        if let Err(error) = self.0.unlock() {
            tracing::debug!(%error, "a lock is left to the end of the process");
        }
    }
}

/// The right to change programs under one state folder, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: Locked,
}

impl Lock {
    /// Takes the lock at `path`, or says who holds it.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path.parent() {
            disk::create_folder(folder)?;
        }
        let mut locked = Locked::open(path)?;
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "process {}", std::process::id())
        };
        write(locked.file()).map_err(|error| Error::write("write", path, 40, error))?;
        Ok(Self { _file: locked })
    }
}

/// Who holds the lock at `path`, as its holder wrote it there.
fn holder(path: &Path) -> String {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(40).read_to_string(&mut text)) {
        Ok(_) if text.starts_with("process ") => text,
        _ => "another installation".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_domain::{Coded, ErrorCode};

    #[test]
    fn a_second_taker_is_told_who_holds_it_and_a_dropped_lock_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/install.lock");
        let held = Lock::take(&path).unwrap();
        let error = Lock::take(&path).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InstallBusy);
        assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
        drop(held);
        assert!(Lock::take(&path).is_ok());
    }
}
