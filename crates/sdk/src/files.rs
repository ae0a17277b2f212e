//! Reading files, and noticing that they changed.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::Refusal;

/// What tells one state of a file from another; for a missing file there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and when anything of the file changed last: that a program cannot set.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    /// The state of the file at `path`.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        Some(Self::new(&std::fs::metadata(path).ok()?))
    }

    fn new(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            identity: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
            },
        }
    }
}

/// The files that a decision was made from.
#[derive(Debug, Default)]
pub(crate) struct Seen(Vec<(PathBuf, Option<Stamp>)>);

impl Seen {
    /// Notes the state of `path`, to be called before it is read.
    pub(crate) fn note(&mut self, path: &Path) {
        self.0.push((path.to_owned(), Stamp::of(path)));
    }

    /// Whether every file is as it was.
    pub(crate) fn is_current(&self) -> bool {
        self.0.iter().all(|(path, stamp)| Stamp::of(path) == *stamp)
    }

    /// Reads a text of at most `max` bytes; `None` where there is no file.
    pub(crate) fn read(&mut self, path: &Path, max: usize) -> Result<Option<String>, Refusal> {
        let stamp = Stamp::of(path);
        self.0.push((path.to_owned(), stamp));
        let refuse = |why: String| Refusal::File {
            path: path.to_owned(),
            why,
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refuse(error.to_string())),
        };
        let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
        // Room for the whole and for the end of it to be noticed, so that it is read at once.
        let length = stamp.map_or(0, |stamp| stamp.length).min(limit).saturating_add(1);
        let mut text = String::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(limit)
            .read_to_string(&mut text)
            .map_err(|error| refuse(error.to_string()))?;
        if text.len() > max {
            return Err(refuse(format!("it has more than {max} bytes")));
        }
        Ok(Some(text))
    }
}
