//! A vendor's whole data in one file, and back.
//!
//! The file is a tar archive, compressed with zstd: the database as it stood at one moment, then the keys, the settings and the
//! files (which only ever grow, so that whatever the database speaks of is there), and last a list of everything with sizes and
//! SHA-256 digests. It is put back only whole, and only where nothing is.

mod archive;

use std::path::{Path, PathBuf};

use scrip_domain::{Clock as _, SystemClock, Timestamp};
use scrip_store::DatabaseCopy;
use serde::{Deserialize, Serialize};

use crate::{Config, Error};

/// The version of the file's form.
const FORMAT: u32 = 1;
/// What of the data folder is saved besides the database. The keys come back last: a server without them would make new ones.
const SAVED: [&str; 3] = ["files", "scrip-server.toml", "keys"];
/// Where the database's copy stands in the file.
const DATABASE: &str = "database";

/// What was saved or put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// How many files.
    pub files: usize,
    /// How many bytes they hold.
    pub bytes: u64,
    /// When they were saved.
    pub taken_at: Timestamp,
}

/// The list at the end of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    version: String,
    taken_at: Timestamp,
    database: DatabaseCopy,
    entries: Vec<Entry>,
}

/// One file in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    path: String,
    bytes: u64,
    sha256: String,
}

impl Manifest {
    fn report(&self) -> BackupReport {
        BackupReport {
            files: self.entries.len(),
            bytes: self.entries.iter().map(|entry| entry.bytes).sum(),
            taken_at: self.taken_at,
        }
    }
}

/// Saves the database, the keys, the settings and the files of `config` into the new file `target`, while servers go on.
pub async fn back_up(config: &Config, target: &Path) -> Result<BackupReport, Error> {
    if target.exists() {
        return Err(refused(target, "it exists already"));
    }
    let beside = folder_of(target);
    let staging = tempfile::Builder::new()
        .prefix(".scrip-backup-")
        .tempdir_in(&beside)
        .map_err(io("make a folder in", &beside))?;
    let copy = staging.path().join(DATABASE);
    std::fs::create_dir(&copy).map_err(io("create", &copy))?;
    let database = scrip_store::copy_database(&config.database_url, &copy).await?;
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: SystemClock.now(),
        database,
        entries: Vec::new(),
    };
    let (data, target) = (config.data.clone(), target.to_owned());
    on_a_thread(move || archive::write(&target, staging.path(), &data, manifest)).await
}

/// Puts the backup `source` into the data folder and the database of `config`, both of which must be empty.
pub async fn restore(config: &Config, source: &Path) -> Result<BackupReport, Error> {
    let data = config.data.clone();
    let mut there = std::fs::read_dir(&data).map_err(io("read", &data))?;
    if there.next().is_some() {
        return Err(refused(&data, "the data folder is not empty"));
    }
    let beside = folder_of(&data);
    let staging = tempfile::Builder::new()
        .prefix(".scrip-restore-")
        .tempdir_in(&beside)
        .map_err(io("make a folder in", &beside))?;
    let (staging, manifest) = {
        let source = source.to_owned();
        on_a_thread(move || {
            let manifest = archive::unpack(&source, staging.path())?;
            Ok((staging, manifest))
        })
        .await?
    };
    let copy = staging.path().join(DATABASE);
    scrip_store::restore_database(&config.database_url, &copy, &manifest.database).await?;
    for name in SAVED {
        let (from, to) = (staging.path().join(name), data.join(name));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(io("create", &to))?;
        }
    }
    Ok(manifest.report())
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::Internal {
        operation: "work on a backup",
    })?
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn io(operation: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        operation,
        path: path.clone(),
        source,
    }
}

fn refused(path: &Path, why: &str) -> Error {
    Error::BackupRefused {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}
