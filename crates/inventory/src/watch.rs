//! Reading files and folders while noting what was looked at, so that a later look tells whether anything changed.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use scrip_domain::{Clock, SystemClock};

use crate::Error;

/// The most entries that are read of one folder.
const ENTRIES_MAX: usize = 50_000;

/// File systems stamp with the kernel's coarse clock (a tick is at most 10 ms). A file changed so shortly before it was
/// read could change again and keep its stamp.
const SETTLE_NS: i64 = 20_000_000;

/// Everything that a scan looked at, with what the file system said.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    probes: Vec<Probe>,
    unsettled_from_ns: i64,
    settled: bool,
}

#[derive(Clone, Debug)]
struct Probe {
    path: PathBuf,
    stamp: Option<Stamp>,
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified_ns: i64,
    changed_ns: i64,
}

/// One entry of a folder.
pub(crate) struct Entry {
    pub(crate) name: OsString,
    pub(crate) path: PathBuf,
}

impl Watch {
    /// A watch that has seen nothing yet.
    pub(crate) fn begin() -> Self {
        // The kernel's time stamps are compared with the kernel's clock: a clock that a test moves would mean nothing here.
        let now_ns = SystemClock.now().micros().saturating_mul(1_000);
        Self {
            probes: Vec::new(),
            unsettled_from_ns: now_ns.saturating_sub(SETTLE_NS),
            settled: true,
        }
    }

    /// Whether everything that was looked at is as it was.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.settled
            && self
                .probes
                .iter()
                .all(|probe| Stamp::of_path(&probe.path) == probe.stamp)
    }

    /// What is at `path`, following links; `None` where nothing can be found.
    pub(crate) fn stat(&mut self, path: &Path) -> Option<Metadata> {
        self.try_stat(path).ok()
    }

    /// The bytes of the regular file `path`; `None` where there is none.
    pub(crate) fn read(&mut self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some((file, size)) = self.open(path)? else {
            return Ok(None);
        };
        if size > limit {
            return Err(Error::TooLarge {
                path: path.to_owned(),
                limit,
                unit: "bytes",
            });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| Error::Read {
                path: path.to_owned(),
                source,
            })?;
        if bytes.len() as u64 > limit {
            return Err(Error::TooLarge {
                path: path.to_owned(),
                limit,
                unit: "bytes",
            });
        }
        Ok(Some(bytes))
    }

    /// The regular file `path`, opened, and its size in bytes; `None` where there is none.
    pub(crate) fn open(&mut self, path: &Path) -> Result<Option<(File, u64)>, Error> {
        let failed = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        match self.try_stat(path) {
            // A named pipe would block the reader for ever.
            Ok(metadata) if !metadata.is_file() => Ok(None),
            Ok(metadata) => match File::open(path) {
                Ok(file) => Ok(Some((file, metadata.len()))),
                Err(error) if is_missing(&error) => Ok(None),
                Err(source) => Err(failed(source)),
            },
            Err(error) if is_missing(&error) => Ok(None),
            Err(source) => Err(failed(source)),
        }
    }

    /// The entries of the folder `dir`, sorted by name; none where there is no such folder.
    pub(crate) fn list(&mut self, dir: &Path) -> Result<Vec<Entry>, Error> {
        let failed = |source| Error::Read {
            path: dir.to_owned(),
            source,
        };
        match self.try_stat(dir) {
            Ok(metadata) if !metadata.is_dir() => return Ok(Vec::new()),
            Ok(_) => {}
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(source) => return Err(failed(source)),
        }
        let reader = match fs::read_dir(dir) {
            Ok(reader) => reader,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(source) => return Err(failed(source)),
        };
        let mut entries = Vec::new();
        for entry in reader {
            let entry = entry.map_err(failed)?;
            if entries.len() == ENTRIES_MAX {
                return Err(Error::TooLarge {
                    path: dir.to_owned(),
                    limit: ENTRIES_MAX as u64,
                    unit: "entries",
                });
            }
            entries.push(Entry {
                name: entry.file_name(),
                path: entry.path(),
            });
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn try_stat(&mut self, path: &Path) -> io::Result<Metadata> {
        let metadata = fs::metadata(path);
        let stamp = metadata.as_ref().ok().map(Stamp::of);
        self.settled &= stamp.is_none_or(|stamp| stamp.changed_ns < self.unsettled_from_ns);
        self.probes.push(Probe {
            path: path.to_owned(),
            stamp,
        });
        metadata
    }
}

impl Stamp {
    fn of_path(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().as_ref().map(Self::of)
    }

    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Self {
        let modified = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let modified_ns = modified
            .and_then(|time| i64::try_from(time.as_nanos()).ok())
            .unwrap_or(i64::MAX);
        Self {
            device: 0,
            inode: 0,
            size: metadata.len(),
            modified_ns,
            changed_ns: modified_ns,
        }
    }
}

/// Nothing is there: no such file, or a link that leads nowhere or in a circle.
fn is_missing(error: &io::Error) -> bool {
    /// `ELOOP` of Linux; the standard library names its kind only on nightly.
    const ELOOP: i32 = 40;
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(ELOOP))
}
