//! What the disk needs to make one small write durable.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::rounds::timed;

/// What is written at a time, in bytes.
const BLOCK_BYTES: usize = 4096;

/// Appends blocks to a file in `folder`, each made durable; answers the seconds that each took.
pub(crate) fn sync_blocks(folder: &Path, count: usize) -> Result<Vec<f64>> {
    let path = folder.join("appended");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .context("creating a file to append to")?;
    let block = [7; BLOCK_BYTES];
    (0..count)
        .map(|_| {
            let (done, took) = timed(|| file.write_all(&block).and_then(|()| file.sync_data()));
            done.context("appending to a file")?;
            Ok(took)
        })
        .collect()
}
