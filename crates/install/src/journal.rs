//! What is being done, written down before it is done.

use std::fs;
use std::path::{Path, PathBuf};

use scrip_domain::{ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::io_error;
use crate::{Error, Receipt, disk};

/// A record larger than this was not written by this program.
const RECORD_BYTES_MAX: u64 = 1024 * 1024;

/// One operation that has begun and is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: Uuid,
    pub(crate) product: ProductId,
    pub(crate) started_at: Timestamp,
    pub(crate) action: Action,
}

/// What an operation does, and thereby whether it is completed or taken back when it was interrupted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(crate) enum Action {
    /// A tree is being built in the staging folder: taken back.
    Stage,
    /// The tree is whole and takes its place: completed.
    Commit(Box<Commit>),
    /// A file was handed to the package manager: the package manager knows the outcome.
    InstallPackage {
        receipt: Box<Receipt>,
        previous: Option<Box<Receipt>>,
    },
    /// A package is being removed: the package manager knows the outcome.
    RemovePackage { receipt: Box<Receipt> },
    /// Files are being removed: completed.
    Remove { receipt: Box<Receipt> },
}

/// Everything needed to put a staged tree in its place, however often it is interrupted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// The staged tree.
    pub(crate) staging: PathBuf,
    /// The version's folder, which the staged tree becomes.
    pub(crate) folder: PathBuf,
    /// The link that starts the program, and what it points to.
    pub(crate) link: (PathBuf, PathBuf),
    /// The desktop entry and its text.
    pub(crate) desktop: (PathBuf, String),
    /// The icon: its place, and the file inside the version's folder of which it is a copy.
    pub(crate) icon: Option<(PathBuf, PathBuf)>,
    /// The receipt that becomes valid.
    pub(crate) receipt: Receipt,
    /// The receipt that it replaces.
    pub(crate) previous: Option<Receipt>,
}

/// The folder of records.
#[derive(Clone, Debug)]
pub(crate) struct Journal(pub(crate) PathBuf);

impl Journal {
    /// Makes `record` durable, in place of an earlier one of the same operation.
    pub(crate) fn write(&self, record: &Record) -> Result<(), Error> {
        let path = self.path(record.id);
        let corrupt = |error: serde_json::Error| Error::StateCorrupt {
            path: path.clone(),
            why: error.to_string(),
        };
        let bytes = serde_json::to_vec_pretty(record).map_err(corrupt)?;
        disk::write_durable(&path, &bytes)
    }

    /// Forgets an operation: it is finished, or nothing of it is left.
    pub(crate) fn remove(&self, id: Uuid) -> Result<(), Error> {
        disk::remove_durable(&self.path(id))
    }

    /// The unfinished operations, oldest first, and the files that could not be understood and were set aside.
    pub(crate) fn unfinished(&self) -> Result<(Vec<Record>, Vec<PathBuf>), Error> {
        let (mut records, mut damaged) = (Vec::new(), Vec::new());
        for path in json_files(&self.0)? {
            match read_json::<Record>(&path, RECORD_BYTES_MAX) {
                Ok(Some(record)) => records.push(record),
                Ok(None) => {}
                Err(Error::StateCorrupt { .. }) => {
                    let aside = path.with_extension("damaged");
                    disk::rename_durable(&path, &aside)?;
                    damaged.push(aside);
                }
                Err(error) => return Err(error),
            }
        }
        records.sort_by_key(|record| (record.started_at, record.id));
        Ok((records, damaged))
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.0.join(format!("{id}.json"))
    }
}

/// The `.json` files in `folder`, sorted. None where there is no folder.
pub(crate) fn json_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error("list", folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(io_error("list", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a JSON file of at most `limit` bytes; none where it does not exist.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(path: &Path, limit: u64) -> Result<Option<T>, Error> {
    let Some(bytes) = disk::read_bounded(path, limit)? else {
        return Ok(None);
    };
    let corrupt = |error: serde_json::Error| Error::StateCorrupt {
        path: path.to_owned(),
        why: error.to_string(),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(corrupt)
}
