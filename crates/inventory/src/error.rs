//! What can go wrong, for one source or for one program.

use std::io;
use std::path::{Path, PathBuf};

use scrip_domain::{Coded, ErrorCode};
use serde::{Deserialize, Serialize};

use crate::Source;
use crate::program::lossy;

/// What could not be read or started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder is there but cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file or folder is larger than any real one.
    #[error("{} is too large: more than {limit} {unit}", path.display())]
    TooLarge {
        /// The file or folder.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
        /// What the limit counts: `bytes`, `entries` …
        unit: &'static str,
    },
    /// A file is not what its place says.
    #[error("{} is damaged: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A package database in a format that is not read.
    #[error("{} is a package database in the old {format} format, which is not read", path.display())]
    Unsupported {
        /// The database.
        path: PathBuf,
        /// The format's name.
        format: &'static str,
    },
    /// Nothing is known that would start the program.
    #[error("{id} has nothing to start: no desktop entry and no program of its own was found")]
    NothingToLaunch {
        /// The program's id.
        id: String,
    },
}

impl Error {
    /// The file or folder concerned.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Read { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Malformed { path, .. }
            | Self::Unsupported { path, .. } => Some(path),
            Self::NothingToLaunch { .. } => None,
        }
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Read { .. } | Self::TooLarge { .. } | Self::Malformed { .. } | Self::Unsupported { .. } => {
                ErrorCode::InventoryIo
            }
            Self::NothingToLaunch { .. } => ErrorCode::LaunchFailed,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Read { .. } => "Check that you may read it; the other sources were read.",
            Self::TooLarge { .. } | Self::Malformed { .. } => {
                "Let your package manager repair it; the other sources were read."
            }
            Self::Unsupported { .. } => "Run \"rpm --rebuilddb\" to bring it to the present format.",
            Self::NothingToLaunch { .. } => "Start it from a terminal, or from the menu of your desktop.",
        };
        vec![hint.to_owned()]
    }
}

/// A source that could not be read, or not wholly. What it would have told is missing from the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "InventoryWarning"))]
pub struct Warning {
    /// The source concerned.
    pub source: Source,
    /// The stable error code, such as `inventory.io`.
    pub code: String,
    /// The file or folder concerned.
    #[serde(serialize_with = "lossy")]
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub path: PathBuf,
    /// What happened, in a sentence's words.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Warning {
    pub(crate) fn new(source: Source, error: &Error) -> Self {
        Self {
            source,
            code: error.code().as_str().to_owned(),
            path: error.path().map(Path::to_owned).unwrap_or_default(),
            message: error.to_string(),
            hints: error.hints(),
        }
    }
}
