//! One operation at a time under one state folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::io_error;
use crate::{Error, disk};

/// A held lock. The operating system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock at `path`, or says who holds it.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path.parent() {
            disk::create_folder(folder)?;
        }
        let open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let mut file = open.map_err(io_error("open", path))?;
        try_lock(&file, path)?;
        file.set_len(0).map_err(io_error("write", path))?;
        file.rewind().map_err(io_error("write", path))?;
        write!(file, "process {}", std::process::id()).map_err(io_error("write", path))?;
        Ok(Self { _file: file })
    }
}

/// Locks an open file for this handle alone, without waiting.
pub(crate) fn try_lock(file: &File, path: &Path) -> Result<(), Error> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let named = File::open(path).and_then(|file| file.take(40).read_to_string(&mut holder));
            if named.is_err() || !holder.starts_with("process ") {
                "another installation".clone_into(&mut holder);
            }
            Err(Error::Busy {
                path: path.to_owned(),
                holder,
            })
        }
        Err(TryLockError::Error(source)) => Err(io_error("lock", path)(source)),
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
