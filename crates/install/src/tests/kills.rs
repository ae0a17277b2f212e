//! A real process, really killed: in the middle of a download, and behind every step of a commit.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use scrip_domain::{ArtifactKind, Coded, ErrorCode};

use super::CrashAt;
use super::fixtures::{Memory, Scratch, appimage, artifact, installer_in, listing, noise, product, request};
use crate::{ArtifactSource, Body, Condition, Request, SourceError, Watch};

const CHILD: &str = "SCRIP_INSTALL_TEST_CHILD";

/// Gives the first two megabytes, then nothing more and no end.
struct Stuck(Bytes);

impl ArtifactSource for Stuck {
    fn open(&self, offset: u64) -> BoxFuture<'_, Result<Body, SourceError>> {
        Box::pin(async move {
            let chunks: Vec<_> = (0..2_000_000)
                .step_by(10_000)
                .map(|at| Ok(self.0.slice(at..at + 10_000)))
                .collect();
            let stream = stream::iter(chunks).chain(stream::pending());
            Ok(Body {
                start: offset,
                total: None,
                stream: stream.boxed(),
            })
        })
    }
}

fn large() -> Vec<u8> {
    noise(9, 5_000_000)
}

fn versions() -> [Request; 2] {
    ["1", "2"].map(|version| {
        let bytes = appimage(version.as_bytes());
        request(artifact(ArtifactKind::Appimage, "P.AppImage", version, &bytes), &bytes)
    })
}

/// Not a test of its own: what the killed process does.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (task, folder) = task.split_once(':').unwrap();
    let folder = Path::new(folder);
    let mut installer = installer_in(folder);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    if task == "download" {
        let bytes = large();
        let artifact = artifact(ArtifactKind::Tar, "painter.tar", "1", &bytes);
        let source = Stuck(Bytes::from(bytes));
        runtime
            .block_on(installer.fetch(&artifact, &source, &Watch::none()))
            .unwrap();
    } else {
        installer.crash_at = CrashAt::hang_after(task.parse().unwrap(), folder.join("mark"));
        let [_, new] = versions();
        runtime.block_on(installer.install(new, &Watch::none())).unwrap();
        std::fs::write(folder.join("done"), "").unwrap();
    }
}

fn start(task: &str, folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "tests::kills::child"])
        .env(CHILD, format!("{task}:{}", folder.display()));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits for `condition`, as long as the child lives and a minute at most.
async fn wait_for(child: &mut Child, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !condition() {
        let ended = child.try_wait().unwrap();
        assert!(
            Instant::now() < deadline && (ended.is_none() || condition()),
            "{ended:?}"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_download_killed_in_the_middle_is_continued() {
    let scratch = Scratch::new();
    let bytes = large();
    let artifact = artifact(ArtifactKind::Tar, "painter.tar", "1", &bytes);
    let part = scratch.paths().part(&artifact.sha256);
    let length = || part.metadata().map_or(0, |metadata| metadata.len());
    let mut child = start("download", scratch.path());
    wait_for(&mut child, || length() >= 1_500_000).await;
    // While it lives the part is its own; its lock dies with it.
    let source = Memory::new(&bytes);
    let error = scratch
        .installer()
        .fetch(&artifact, &source, &Watch::none())
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallBusy);
    kill(child);
    let kept = length();
    let path = scratch
        .installer()
        .fetch(&artifact, &source, &Watch::none())
        .await
        .unwrap();
    assert!(std::fs::read(path).unwrap() == bytes);
    assert_eq!(source.opened(), [kept]);
}

#[tokio::test]
async fn an_upgrade_killed_behind_any_step_leaves_the_old_or_the_new_version_whole() {
    for step in 0.. {
        let scratch = Scratch::new();
        let installer = scratch.installer();
        let [old, new] = versions();
        let digests = [old.artifact.sha256, new.artifact.sha256];
        installer.install(old, &Watch::none()).await.unwrap();
        let (mark, done) = (scratch.path().join("mark"), scratch.path().join("done"));
        let mut child = start(&step.to_string(), scratch.path());
        wait_for(&mut child, || mark.exists() || done.exists()).await;
        if done.exists() {
            kill(child);
            assert!(step > 8, "a commit has more steps than {step}");
            break;
        }
        let error = installer.recover().await.unwrap_err();
        assert_eq!(
            error.code(),
            ErrorCode::InstallBusy,
            "the killed process still holds the lock"
        );
        kill(child);
        installer.recover().await.unwrap();
        let listed = installer.receipts().await.unwrap();
        assert_eq!(
            (listed.len(), &listed[0].condition),
            (1, &Condition::Whole),
            "step {step}"
        );
        let program = std::fs::read(scratch.paths().prefix.join("bin/painter")).unwrap();
        assert_eq!(crate::digest::sha256(&program), listed[0].receipt.sha256, "step {step}");
        assert!(digests.contains(&listed[0].receipt.sha256));
        assert_eq!(
            listing(&scratch.paths().prefix).len(),
            4,
            "step {step}: {:?}",
            listing(&scratch.paths().prefix)
        );
        installer.install(new, &Watch::none()).await.unwrap();
        assert_eq!(installer.receipts().await.unwrap()[0].receipt.sha256, digests[1]);
        installer.uninstall(&product()).await.unwrap();
        assert_eq!(listing(&scratch.paths().prefix).len(), 0, "step {step}");
    }
}
