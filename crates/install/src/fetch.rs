//! Downloads that continue where they stopped and are verified while they stream.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use scrip_domain::Sha256;
use tokio::task::spawn_blocking;

use crate::digest::Hasher;
use crate::error::io_error;
use crate::lock::Locked;
use crate::pipeline::{Pipeline, Written};
use crate::{Artifact, ArtifactSource, Body, Error, Paths, Phase, Retry, SourceError, Watch, disk, system};

/// How much is read back at a time when an earlier download is continued.
const BLOCK_BYTES: usize = 1024 * 1024;
/// How often progress is told.
const REPORT_BYTES: u64 = 512 * 1024;
/// Attempts of one download in all, however much each brings: a source that trickles must end too.
const ATTEMPTS_MAX: u32 = 1000;

/// Downloads and verifies `artifact`; answers where the verified file lies.
pub(crate) async fn fetch(
    paths: &Paths,
    artifact: &Artifact,
    source: &dyn ArtifactSource,
    retry: Retry,
    watch: &Watch,
) -> Result<PathBuf, Error> {
    artifact.check()?;
    loop {
        let (finished, part) = open_part(paths, artifact, watch).await?;
        let Some(part) = part else { return Ok(finished) };
        let continued = part.length > 0;
        let path = paths.part(&artifact.sha256);
        let written = download(&path, part, artifact, source, retry, watch).await?;
        if written.digest == artifact.sha256 {
            std::fs::rename(&path, &finished).map_err(io_error("rename", &path))?;
            return Ok(finished);
        }
        disk::remove_file(&path)?;
        // Bytes of an earlier attempt may have been lost with the power: one fresh start tells them from a wrong file.
        if !continued {
            let (expected, got) = (artifact.sha256, written.digest);
            return Err(Error::DigestMismatch {
                file: artifact.file_name.clone(),
                expected,
                got,
            });
        }
    }
}

/// The bytes of `artifact` that are on this disk already.
pub(crate) fn bytes_here(paths: &Paths, artifact: &Artifact) -> u64 {
    let length = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    let finished = length(&finished_path(paths, artifact));
    if finished == artifact.size {
        return finished;
    }
    match length(&paths.part(&artifact.sha256)) {
        part if part <= artifact.size => part,
        _ => 0,
    }
}

/// Where the verified file lies.
pub(crate) fn finished_path(paths: &Paths, artifact: &Artifact) -> PathBuf {
    paths
        .downloads()
        .join(format!("{}.{}", artifact.sha256, artifact.extension()))
}

/// A locked, partly downloaded file, positioned at its end.
pub(crate) struct Part {
    pub(crate) file: Locked,
    pub(crate) length: u64,
    pub(crate) hasher: Hasher,
}

/// Opens the part, reading back what it holds; or finds that the whole file is here, verified again.
async fn open_part(paths: &Paths, artifact: &Artifact, watch: &Watch) -> Result<(PathBuf, Option<Part>), Error> {
    let (paths, artifact, watch) = (paths.clone(), artifact.clone(), watch.clone());
    let opened = spawn_blocking(move || {
        disk::create_folder(&paths.downloads())?;
        let path = paths.part(&artifact.sha256);
        let mut file = Locked::open(&path)?;
        let finished = finished_path(&paths, &artifact);
        if let Ok(mut whole) = File::open(&finished) {
            let (length, hasher) = read_back(&mut whole, &finished, &artifact, &watch)?;
            if length == artifact.size && hasher.finish() == artifact.sha256 {
                disk::remove_file(&path)?;
                return Ok((finished, None));
            }
            disk::remove_file(&finished)?;
        }
        let (mut length, mut hasher) = read_back(file.file(), &path, &artifact, &watch)?;
        if length > artifact.size {
            file.file().set_len(0).map_err(io_error("empty", &path))?;
            file.file().rewind().map_err(io_error("empty", &path))?;
            (length, hasher) = (0, Hasher::new());
        }
        Ok((finished, Some(Part { file, length, hasher })))
    });
    opened.await.map_err(|_| Error::BrokenOff {
        operation: "reading the download back",
    })?
}

/// Reads `file` to its end, or to one byte more than it may have, into a digest.
fn read_back(file: &mut File, path: &Path, artifact: &Artifact, watch: &Watch) -> Result<(u64, Hasher), Error> {
    let (mut length, mut hasher) = (0, Hasher::new());
    let mut block = vec![0; BLOCK_BYTES];
    while length <= artifact.size {
        if watch.is_cancelled() {
            return Err(cancelled(artifact));
        }
        let count = file.read(&mut block).map_err(io_error("read", path))?;
        if count == 0 {
            break;
        }
        hasher.update(&block[..count]);
        length += count as u64;
        watch.report(Phase::Checking, length.min(artifact.size), artifact.size);
    }
    file.seek(SeekFrom::Start(length)).map_err(io_error("read", path))?;
    Ok((length, hasher))
}

/// Brings the part to its full length, over as many connections as the policy allows.
async fn download(
    path: &Path,
    part: Part,
    artifact: &Artifact,
    source: &dyn ArtifactSource,
    retry: Retry,
    watch: &Watch,
) -> Result<Written, Error> {
    let needed_bytes = artifact.size - part.length;
    let folder = path.parent().unwrap_or(path).to_owned();
    let free = system::free_bytes(&folder).map_err(io_error("measure", &folder))?;
    if let Some(free_bytes) = free.filter(|free| *free < needed_bytes) {
        return Err(Error::DiskFull {
            path: folder,
            needed_bytes,
            free_bytes,
        });
    }
    let mut done = part.length;
    let mut pipeline = Pipeline::start(part, path, artifact.size);
    let mut fruitless = 0;
    for attempt in 1.. {
        watch.report(Phase::Downloading, done, artifact.size);
        let before = done;
        let ended = tokio::select! {
            biased;
            () = watch.cancelled() => Err(Ended::Stopped(cancelled(artifact))),
            ended = attempt_once(&mut pipeline, artifact, source, retry.stall, watch, &mut done) => ended,
        };
        let failure = match ended {
            Ok(()) if done == artifact.size => return pipeline.finish().await,
            Ok(()) => None,
            Err(Ended::WriterGone) => return pipeline.finish().await,
            Err(Ended::Stopped(error)) => {
                // What has arrived is written before the part is let go.
                let removes = matches!(error, Error::SizeMismatch { .. });
                pipeline.finish().await?;
                if removes {
                    disk::remove_file(path)?;
                }
                return Err(error);
            }
            Err(Ended::Broken(error)) => Some(error),
        };
        fruitless = if done > before { 0 } else { fruitless + 1 };
        let last = failure.as_ref().is_some_and(|error| !error.retry);
        if last || fruitless >= retry.attempts || attempt >= ATTEMPTS_MAX {
            pipeline.finish().await?;
            let file = artifact.file_name.clone();
            return Err(match failure {
                Some(source) => Error::Source { file, source },
                None => Error::Truncated {
                    file,
                    expected: artifact.size,
                    got: done,
                },
            });
        }
        tracing::debug!(file = %artifact.file_name, done, attempt, "the download broke and is continued");
        let pause = retry.pause.saturating_mul(1 << fruitless.saturating_sub(1).min(5));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = watch.cancelled() => {}
        }
    }
    Err(Error::BrokenOff {
        operation: "the download",
    })
}

/// Why one attempt ended before the last byte.
enum Ended {
    /// The source failed.
    Broken(SourceError),
    /// The download itself must end.
    Stopped(Error),
    /// The disk refused a byte; the pipeline knows why.
    WriterGone,
}

async fn attempt_once(
    pipeline: &mut Pipeline,
    artifact: &Artifact,
    source: &dyn ArtifactSource,
    stall: Duration,
    watch: &Watch,
    done: &mut u64,
) -> Result<(), Ended> {
    let too_long = |got| {
        let file = artifact.file_name.clone();
        Ended::Stopped(Error::SizeMismatch {
            file,
            expected: artifact.size,
            got,
        })
    };
    if *done == artifact.size {
        return Ok(());
    }
    let Ok(opened) = tokio::time::timeout(stall, source.open(*done)).await else {
        return Ok(());
    };
    let Body {
        start,
        total,
        mut stream,
    } = opened.map_err(Ended::Broken)?;
    if let Some(total) = total.filter(|total| *total != artifact.size) {
        return Err(too_long(total));
    }
    if start != *done {
        // A source that cannot continue begins again; one that begins elsewhere is treated as broken.
        if start != 0 {
            return Ok(());
        }
        pipeline.restart().await.map_err(|()| Ended::WriterGone)?;
        *done = 0;
    }
    let mut reported = *done;
    // A stall is an end like any other: the next attempt continues.
    while let Ok(Some(chunk)) = tokio::time::timeout(stall, stream.next()).await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                pipeline.flush().await.map_err(|()| Ended::WriterGone)?;
                return Err(Ended::Broken(error));
            }
        };
        let length = chunk.len() as u64;
        if length > artifact.size - *done {
            return Err(too_long(*done + length));
        }
        *done += length;
        pipeline.push(chunk).await.map_err(|()| Ended::WriterGone)?;
        if *done - reported >= REPORT_BYTES || *done == artifact.size {
            reported = *done;
            watch.report(Phase::Downloading, *done, artifact.size);
        }
    }
    pipeline.flush().await.map_err(|()| Ended::WriterGone)
}

fn cancelled(artifact: &Artifact) -> Error {
    Error::Cancelled {
        what: format!("the download of {}", artifact.file_name),
    }
}

/// Copies `from` to a new file and makes it durable; refuses when its digest is not `expected`.
pub(crate) fn copy_verified(from: &Path, to: &Path, size: u64, expected: &Sha256) -> Result<(), Error> {
    let mut source = File::open(from).map_err(io_error("open", from))?;
    let mut target = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(to)
        .map_err(io_error("create", to))?;
    let (mut hasher, mut length) = (Hasher::new(), 0_u64);
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let count = source.read(&mut block).map_err(io_error("read", from))?;
        if count == 0 {
            break;
        }
        hasher.update(&block[..count]);
        target
            .write_all(&block[..count])
            .map_err(|error| Error::write("write", to, size.saturating_sub(length), error))?;
        length += count as u64;
    }
    target.sync_all().map_err(|error| Error::write("sync", to, 0, error))?;
    let got = hasher.finish();
    if got != *expected {
        return Err(Error::DigestMismatch {
            file: from.display().to_string(),
            expected: *expected,
            got,
        });
    }
    Ok(())
}
