//! What the disk needs to make one small write durable.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::rounds::timed;

/// What is written at a time, in bytes.
const BLOCK_BYTES: usize = 4096;

/// A file that grows with every write.
pub(crate) struct Appended(File);

/// A file of zeros that are on the disk already, written over from its beginning.
pub(crate) struct Overwritten(File);

impl Appended {
    /// A new file in `folder`.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let path = folder.join("appended");
        let file = OpenOptions::new().create(true).append(true).open(path);
        Ok(Self(file.context("creating a file to append to")?))
    }

    /// Appends `bytes`, durably; answers the seconds that it took.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<f64> {
        write_durably(&mut self.0, bytes).context("appending to a file")
    }
}

impl Overwritten {
    /// A new file of `length` zeros in `folder`.
    pub(crate) fn create(folder: &Path, length: usize) -> Result<Self> {
        let path = folder.join("overwritten");
        let fill = || {
            std::fs::write(&path, vec![0; length])?;
            let file = OpenOptions::new().write(true).open(&path)?;
            file.sync_all().map(|()| file)
        };
        Ok(Self(fill().context("filling a file with zeros")?))
    }

    /// Writes `bytes` over the next zeros, durably; answers the seconds that it took.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<f64> {
        write_durably(&mut self.0, bytes).context("writing over zeros")
    }
}

/// Appends blocks to a file in `folder`, each made durable; answers the seconds that each took.
pub(crate) fn sync_blocks(folder: &Path, count: usize) -> Result<Vec<f64>> {
    let mut file = Appended::create(folder)?;
    (0..count).map(|_| file.append(&[7; BLOCK_BYTES])).collect()
}

fn write_durably(file: &mut File, bytes: &[u8]) -> std::io::Result<f64> {
    let (done, took) = timed(|| file.write_all(bytes).and_then(|()| file.sync_data()));
    done.map(|()| took)
}
