//! A disk that runs full, before, during and after the download.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use scrip_domain::{ArtifactKind, Coded, ErrorCode};

use super::fixtures::{Memory, Scratch, Tarball, artifact, listing, noise, request};
use crate::{ArtifactSource, Body, Error, Paths, SourceError, Watch};

/// A file system of one mebibyte, unmounted when dropped. None where this process may not mount.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(at)
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            Some(Self(at.to_owned()))
        } else {
            eprintln!("not run: this process may not mount a small disk");
            None
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[tokio::test]
async fn a_download_that_cannot_fit_is_refused_at_once_and_says_by_how_much() {
    let scratch = Scratch::new();
    let Some(_disk) = SmallDisk::mount(&scratch.paths().state) else {
        return;
    };
    let bytes = noise(1, 2_000_000);
    let artifact = artifact(ArtifactKind::Tar, "painter.tar", "1", &bytes);
    let source = Memory::new(&bytes);
    let error = scratch
        .installer()
        .fetch(&artifact, &source, &Watch::none())
        .await
        .unwrap_err();
    let Error::DiskFull {
        needed_bytes,
        free_bytes,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert!(
        *needed_bytes == 2_000_000 && (900_000..=1_048_576).contains(free_bytes),
        "{error}"
    );
    assert!(
        error.hints()[0].contains(&(needed_bytes - free_bytes).to_string()),
        "{:?}",
        error.hints()
    );
    assert!(source.opened().is_empty());
}

#[tokio::test]
async fn bytes_that_are_here_already_are_not_asked_for_again() {
    let scratch = Scratch::new();
    let Some(_disk) = SmallDisk::mount(&scratch.paths().state) else {
        return;
    };
    let bytes = noise(1, 900_000);
    let artifact = artifact(ArtifactKind::Tar, "painter.tar", "1", &bytes);
    let paths = scratch.paths();
    std::fs::create_dir_all(paths.downloads()).unwrap();
    std::fs::write(paths.part(&artifact.sha256), &bytes[..600_000]).unwrap();
    // 900,000 bytes would not fit beside the 600,000 that are here; the 300,000 to come do.
    let source = Memory::new(&bytes);
    scratch
        .installer()
        .fetch(&artifact, &source, &Watch::none())
        .await
        .unwrap();
    assert_eq!(source.opened(), [600_000]);
}

/// Fills the disk when its first bytes have been taken.
struct Greedy {
    bytes: Bytes,
    filler: PathBuf,
    opened: Mutex<Vec<u64>>,
}

impl ArtifactSource for Greedy {
    fn open(&self, offset: u64) -> BoxFuture<'_, Result<Body, SourceError>> {
        Box::pin(async move {
            self.opened.lock().unwrap().push(offset);
            let fill = offset == 0;
            let filler = self.filler.clone();
            let rest = self.bytes.slice(usize::try_from(offset).unwrap()..);
            let chunks: Vec<_> = (0..rest.len())
                .step_by(10_000)
                .map(|at| rest.slice(at..rest.len().min(at + 10_000)))
                .collect();
            let stream = stream::iter(chunks.into_iter().enumerate()).map(move |(index, chunk)| {
                if fill && index == 1 {
                    // It is meant to fail when the last byte is taken.
                    drop(std::fs::write(&filler, vec![1; 700_000]));
                }
                Ok(chunk)
            });
            Ok(Body {
                start: offset,
                total: None,
                stream: stream.boxed(),
            })
        })
    }
}

#[tokio::test]
async fn a_disk_that_runs_full_in_the_middle_keeps_what_came() {
    let scratch = Scratch::new();
    let Some(_disk) = SmallDisk::mount(&scratch.paths().state) else {
        return;
    };
    let bytes = noise(1, 800_000);
    let artifact = artifact(ArtifactKind::Tar, "painter.tar", "1", &bytes);
    let filler = scratch.paths().state.join("filler");
    let source = Greedy {
        bytes: Bytes::copy_from_slice(&bytes),
        filler: filler.clone(),
        opened: Mutex::default(),
    };
    let installer = scratch.installer();
    let error = installer.fetch(&artifact, &source, &Watch::none()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallDiskFull, "{error}");
    let kept = scratch.paths().part(&artifact.sha256).metadata().unwrap().len();
    assert!(kept > 0 && kept < 800_000, "{kept}");
    std::fs::remove_file(filler).unwrap();
    let path = installer.fetch(&artifact, &source, &Watch::none()).await.unwrap();
    assert!(std::fs::read(path).unwrap() == bytes);
    assert_eq!(*source.opened.lock().unwrap(), [0, kept]);
}

#[tokio::test]
async fn a_disk_that_runs_full_while_unpacking_leaves_nothing_behind() {
    let scratch = Scratch::new();
    let paths = Paths {
        prefix: scratch.path().join("small"),
        ..scratch.paths()
    };
    let Some(_disk) = SmallDisk::mount(&paths.prefix) else {
        return;
    };
    let tarball = Tarball::default()
        .file("bin/painter", 0o755, b"x")
        .file("data", 0o644, &vec![1; 3_000_000])
        .finish();
    let bytes = zstd::encode_all(tarball.as_slice(), 1).unwrap();
    let wanted = request(artifact(ArtifactKind::Tar, "painter.tar.zst", "1", &bytes), &bytes);
    let installer = crate::Installer::new(paths.clone());
    let error = installer.install(wanted, &Watch::none()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallDiskFull, "{error}");
    assert_eq!(listing(&paths.prefix).len(), 0);
    assert_eq!(listing(&paths.journal()).len(), 0);
}
