//! Downloads: continued, verified, refused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use scrip_domain::{ArtifactKind, Coded, ErrorCode};
use tokio_util::sync::CancellationToken;

use super::fixtures::{Attempt, Memory, Scratch, artifact, noise};
use crate::{Artifact, Error, Phase, Watch};

fn subject(length: usize) -> (Vec<u8>, Artifact) {
    let bytes = noise(7, length);
    let artifact = artifact(ArtifactKind::Tar, "painter.tar", "1", &bytes);
    (bytes, artifact)
}

async fn fetch(scratch: &Scratch, artifact: &Artifact, source: &Memory) -> Result<Vec<u8>, Error> {
    let path = scratch.installer().fetch(artifact, source, &Watch::none()).await?;
    Ok(std::fs::read(path).unwrap())
}

fn part_length(scratch: &Scratch, artifact: &Artifact) -> Option<u64> {
    scratch
        .paths()
        .part(&artifact.sha256)
        .metadata()
        .ok()
        .map(|metadata| metadata.len())
}

#[tokio::test]
async fn a_download_arrives_whole_with_progress_and_is_not_repeated() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(3_000_000));
    let source = Memory::new(&bytes);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let watch = Watch::new(CancellationToken::new(), move |progress| {
        log.lock().unwrap().push(progress);
    });
    let installer = scratch.installer();
    assert_eq!(installer.plan(&artifact).unwrap().download_bytes, 3_000_000);
    let path = installer.fetch(&artifact, &source, &watch).await.unwrap();
    assert!(std::fs::read(path).unwrap() == bytes);
    let progress: Vec<_> = seen.lock().unwrap().clone();
    assert!(
        progress
            .iter()
            .all(|step| step.phase == Phase::Downloading && step.total_bytes == 3_000_000)
    );
    assert!(progress.windows(2).all(|pair| pair[0].done_bytes <= pair[1].done_bytes));
    assert_eq!(progress.last().unwrap().done_bytes, 3_000_000);
    assert!((4..=10).contains(&progress.len()), "{}", progress.len());
    assert_eq!(installer.plan(&artifact).unwrap().download_bytes, 0);
    installer.fetch(&artifact, &source, &watch).await.unwrap();
    assert_eq!(source.opened(), [0], "the second time nothing is downloaded");
    assert_eq!(installer.clear_downloads().await.unwrap(), 3_000_000);
}

#[tokio::test]
async fn a_broken_connection_is_continued_where_it_broke() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(1_000_000));
    let script = [
        Attempt::Breaks(300_000),
        Attempt::Fails,
        Attempt::Ends(200_000),
        Attempt::Fails,
        Attempt::Fails,
    ];
    let source = Memory::scripted(&bytes, &script);
    assert!(fetch(&scratch, &artifact, &source).await.unwrap() == bytes);
    assert_eq!(source.opened(), [0, 300_000, 300_000, 500_000, 500_000, 500_000]);
}

#[tokio::test]
async fn fruitless_attempts_end_with_the_sources_own_code_and_the_part_is_kept() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(1_000_000));
    let source = Memory::scripted(
        &bytes,
        &[Attempt::Breaks(300_000), Attempt::Fails, Attempt::Fails, Attempt::Fails],
    );
    let error = fetch(&scratch, &artifact, &source).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServerUnreachable);
    assert!(
        error
            .hints()
            .iter()
            .any(|hint| hint.contains("continues where it stopped"))
    );
    assert_eq!(part_length(&scratch, &artifact), Some(300_000));
    assert_eq!(scratch.installer().plan(&artifact).unwrap().here_bytes, 300_000);
    let source = Memory::new(&bytes);
    assert!(fetch(&scratch, &artifact, &source).await.unwrap() == bytes);
    assert_eq!(source.opened(), [300_000]);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(1000));
    let source = Memory::scripted(&bytes, &[Attempt::Refuses]);
    let error = fetch(&scratch, &artifact, &source).await.unwrap_err();
    assert_eq!((error.code(), source.opened().len()), (ErrorCode::ServerUnreachable, 1));
}

#[tokio::test]
async fn a_truncated_file_is_said_to_be_so_and_its_part_kept() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(100_000));
    let source = Memory::new(&bytes[..60_000]);
    let error = fetch(&scratch, &artifact, &source).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArtifactTruncated);
    assert!(error.to_string().contains("60000 of 100000"), "{error}");
    assert_eq!(part_length(&scratch, &artifact), Some(60_000));
}

#[tokio::test]
async fn a_tampered_file_is_refused_and_removed() {
    let (scratch, (mut bytes, artifact)) = (Scratch::new(), subject(100_000));
    bytes[50_000] ^= 1;
    let error = fetch(&scratch, &artifact, &Memory::new(&bytes)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArtifactDigestMismatch);
    assert_eq!(part_length(&scratch, &artifact), None);
    assert_eq!(std::fs::read_dir(scratch.paths().downloads()).unwrap().count(), 0);
}

#[tokio::test]
async fn more_bytes_than_announced_are_refused_as_they_come_or_before() {
    let (scratch, (bytes, mut artifact)) = (Scratch::new(), subject(100_000));
    artifact.size = 70_000;
    let error = fetch(&scratch, &artifact, &Memory::new(&bytes)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArtifactSizeMismatch);
    assert_eq!(part_length(&scratch, &artifact), None);
    let honest = Memory {
        total: Some(100_000),
        ..Memory::new(&bytes)
    };
    let error = fetch(&scratch, &artifact, &honest).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::SizeMismatch {
                expected: 70_000,
                got: 100_000,
                ..
            }
        ),
        "{error}"
    );
    artifact.size = 0;
    assert_eq!(
        fetch(&scratch, &artifact, &honest).await.unwrap_err().code(),
        ErrorCode::ArtifactSizeMismatch
    );
}

#[tokio::test]
async fn a_source_that_cannot_continue_begins_again() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(1_000_000));
    let source = Memory::scripted(&bytes, &[Attempt::Breaks(600_000), Attempt::FromStart]);
    assert!(fetch(&scratch, &artifact, &source).await.unwrap() == bytes);
    assert_eq!(source.opened(), [0, 600_000]);
}

#[tokio::test]
async fn a_part_that_was_damaged_meanwhile_is_downloaded_afresh_once() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(400_000));
    let paths = scratch.paths();
    std::fs::create_dir_all(paths.downloads()).unwrap();
    // As after a power cut: the length is there, the bytes are not.
    std::fs::write(paths.part(&artifact.sha256), vec![0; 100_000]).unwrap();
    let source = Memory::new(&bytes);
    assert!(fetch(&scratch, &artifact, &source).await.unwrap() == bytes);
    assert_eq!(source.opened(), [100_000, 0]);
    // One that is longer than the file can be is thrown away before anything is asked for.
    std::fs::remove_dir_all(paths.downloads()).unwrap();
    std::fs::create_dir_all(paths.downloads()).unwrap();
    std::fs::write(paths.part(&artifact.sha256), vec![0; 400_001]).unwrap();
    let source = Memory::new(&bytes);
    assert!(fetch(&scratch, &artifact, &source).await.unwrap() == bytes);
    assert_eq!(source.opened(), [0]);
}

#[tokio::test]
async fn a_verified_file_that_was_changed_is_downloaded_again() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(100_000));
    let path = scratch
        .installer()
        .fetch(&artifact, &Memory::new(&bytes), &Watch::none())
        .await
        .unwrap();
    std::fs::write(&path, noise(8, 100_000)).unwrap();
    let source = Memory::new(&bytes);
    assert!(fetch(&scratch, &artifact, &source).await.unwrap() == bytes);
    assert_eq!(source.opened(), [0]);
}

#[tokio::test]
async fn cancelling_stops_and_keeps_what_came() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(4_000_000));
    let cancel = CancellationToken::new();
    let (token, last) = (cancel.clone(), Arc::new(AtomicU64::new(0)));
    let seen = Arc::clone(&last);
    let watch = Watch::new(cancel, move |progress| {
        seen.store(progress.done_bytes, Ordering::SeqCst);
        if progress.done_bytes >= 1_000_000 {
            token.cancel();
        }
    });
    let script = [Attempt::Breaks(2_000_000)];
    let error = scratch
        .installer()
        .fetch(&artifact, &Memory::scripted(&bytes, &script), &watch)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallCancelled);
    let kept = part_length(&scratch, &artifact).unwrap();
    assert!((1_000_000..=2_000_000).contains(&kept), "{kept}");
    let source = Memory::new(&bytes);
    assert!(fetch(&scratch, &artifact, &source).await.unwrap() == bytes);
    assert_eq!(source.opened(), [kept]);
}

#[tokio::test]
async fn two_downloads_of_one_file_do_not_mix() {
    let (scratch, (bytes, artifact)) = (Scratch::new(), subject(100_000));
    let paths = scratch.paths();
    std::fs::create_dir_all(paths.downloads()).unwrap();
    let held = crate::lock::Locked::open(&paths.part(&artifact.sha256)).unwrap();
    let error = fetch(&scratch, &artifact, &Memory::new(&bytes)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallBusy);
    drop(held);
    assert!(fetch(&scratch, &artifact, &Memory::new(&bytes)).await.is_ok());
}

#[tokio::test]
async fn a_file_name_that_is_a_path_is_refused_before_anything_is_asked_for() {
    let (scratch, (bytes, mut artifact)) = (Scratch::new(), subject(1000));
    artifact.file_name = "../../x".to_owned();
    let source = Memory::new(&bytes);
    let error = fetch(&scratch, &artifact, &source).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallPathUnsafe);
    assert!(source.opened().is_empty() && !scratch.paths().state.exists());
}
