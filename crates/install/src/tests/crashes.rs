//! Seeded simulation: a crash after every step, also of the recovery; afterwards the old or the new version is whole.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scrip_domain::{ArtifactKind, Coded, ErrorCode, Sha256};

use super::CrashAt;
use super::fixtures::{Scratch, Tarball, appimage, artifact, listing, noise, product, request};
use crate::{Condition, Error, Installer, Outcome, Request, Watch};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Fresh,
    Upgrade,
    Again,
    Removal,
}

const SCENARIOS: [Scenario; 4] = [Scenario::Fresh, Scenario::Upgrade, Scenario::Again, Scenario::Removal];

/// The old (0) or the new (1) version of a seed's program: the seed decides kind, size and names.
fn version(seed: u64, which: u64, scenario: Scenario) -> Request {
    let number = if scenario == Scenario::Again { 0 } else { which };
    let body = noise(seed * 2 + which, 10 + usize::try_from(seed * 997 % 5000).unwrap());
    if (seed + which).is_multiple_of(3) {
        let bytes = appimage(&body);
        request(
            artifact(ArtifactKind::Appimage, "P.AppImage", &format!("{number}.0"), &bytes),
            &bytes,
        )
    } else {
        let top = if seed.is_multiple_of(2) { "painter/" } else { "" };
        let name = if which == 0 || seed.is_multiple_of(5) {
            "painter"
        } else {
            "paint"
        };
        let bytes = Tarball::default()
            .file(&format!("{top}bin/{name}"), 0o755, &body)
            .file(&format!("{top}data/{which}"), 0o644, b"data")
            .link(&format!("{top}bin/other"), name)
            .finish();
        request(
            artifact(ArtifactKind::Tar, "painter.tar", &format!("{number}.0"), &bytes),
            &bytes,
        )
    }
}

/// A world as it is before the operation.
async fn world(seed: u64, scenario: Scenario) -> Scratch {
    let scratch = Scratch::new();
    if scenario != Scenario::Fresh {
        scratch
            .installer()
            .install(version(seed, 0, scenario), &Watch::none())
            .await
            .unwrap();
    }
    scratch
}

async fn operate(installer: &Installer, seed: u64, scenario: Scenario) -> Result<(), Error> {
    if scenario == Scenario::Removal {
        installer.uninstall(&product()).await.map(drop)
    } else {
        installer
            .install(version(seed, 1, scenario), &Watch::none())
            .await
            .map(drop)
    }
}

/// Everything under the prefix, without what differs between two equal worlds: their place and a version's second folder.
fn programs(scratch: &Scratch) -> BTreeMap<PathBuf, String> {
    let (place, prefix) = (scratch.path().display().to_string(), scratch.paths().prefix);
    let plain = |text: &str| text.replace(&place, "").replace("~2", "");
    let normal = |(path, content): (PathBuf, String)| {
        let is_entry = path.extension().is_some_and(|extension| extension == "desktop");
        let content = if is_entry {
            std::fs::read_to_string(prefix.join(&path)).unwrap()
        } else {
            content
        };
        (PathBuf::from(plain(&path.display().to_string())), plain(&content))
    };
    let found: Vec<_> = listing(&prefix).into_iter().map(normal).collect();
    let count = found.len();
    let programs: BTreeMap<_, _> = found.into_iter().collect();
    assert_eq!(programs.len(), count, "two folders of one version are left");
    programs
}

/// The digest of the one whole receipt, or none.
async fn receipt(installer: &Installer) -> Option<Sha256> {
    let mut listed = installer.receipts().await.unwrap();
    assert!(
        listed.len() <= 1 && listed.iter().all(|one| one.condition == Condition::Whole),
        "{listed:?}"
    );
    listed.pop().map(|one| one.receipt.sha256)
}

struct Expected {
    old: (BTreeMap<PathBuf, String>, Option<Sha256>),
    new: (BTreeMap<PathBuf, String>, Option<Sha256>),
    steps: Vec<&'static str>,
}

async fn expected(seed: u64, scenario: Scenario) -> Expected {
    let scratch = world(seed, scenario).await;
    let installer = scratch.installer();
    let old = (programs(&scratch), receipt(&installer).await);
    operate(&installer, seed, scenario).await.unwrap();
    let new = (programs(&scratch), receipt(&installer).await);
    assert_ne!(old.1, new.1);
    Expected {
        old,
        new,
        steps: installer.crash_at.seen(),
    }
}

/// Whether `scratch` is wholly as expected; nothing half-made may be left.
async fn assert_whole(scratch: &Scratch, expected: &Expected, must_be_new: bool, context: &str) {
    let now = (programs(scratch), receipt(&scratch.installer()).await);
    assert!(
        now == expected.new || (!must_be_new && now == expected.old),
        "{context}: {now:#?}"
    );
    let state = listing(&scratch.paths().state);
    let allowed = |path: &&PathBuf| {
        path.starts_with("downloads") || path.starts_with("receipts") || path.ends_with("install.lock")
    };
    assert!(
        state.keys().filter(|path| !allowed(path)).count() == 0,
        "{context}: {state:?}"
    );
    let staged = std::fs::read_dir(scratch.paths().staging()).map_or(0, Iterator::count);
    assert_eq!(staged, 0, "{context}");
}

#[tokio::test]
async fn a_crash_after_any_step_leaves_the_old_or_the_new_version_whole() {
    for seed in 0..6 {
        for scenario in SCENARIOS {
            let expected = expected(seed, scenario).await;
            for crash in 0..expected.steps.len() {
                let context = format!(
                    "seed {seed}, {scenario:?}, crash after {:?} ({crash})",
                    expected.steps[crash]
                );
                let scratch = world(seed, scenario).await;
                let mut installer = scratch.installer();
                installer.crash_at = CrashAt::after(crash);
                let error = operate(&installer, seed, scenario).await.unwrap_err();
                assert_eq!(error.code(), ErrorCode::InternalError, "{context}");
                let settled = scratch.installer().recover().await.unwrap();
                assert!(
                    settled.iter().all(|one| !matches!(one.outcome, Outcome::Failed(_))),
                    "{context}: {settled:?}"
                );
                let receipt_was_durable = expected.steps[..=crash].contains(&"receipt durable");
                assert_whole(&scratch, &expected, receipt_was_durable, &context).await;
                assert!(scratch.installer().recover().await.unwrap().is_empty(), "{context}");
                // The operation can be repeated, or was completed.
                if receipt(&scratch.installer()).await != expected.new.1 {
                    operate(&scratch.installer(), seed, scenario).await.unwrap();
                }
                assert_whole(&scratch, &expected, true, &context).await;
            }
        }
    }
}

#[tokio::test]
async fn a_crash_of_the_recovery_is_recovered_from() {
    for seed in 6..8 {
        for scenario in SCENARIOS {
            let expected = expected(seed, scenario).await;
            for crash in 0..expected.steps.len() {
                for second in 0.. {
                    let context = format!("seed {seed}, {scenario:?}, crash after {crash}, then after {second}");
                    let scratch = world(seed, scenario).await;
                    let mut installer = scratch.installer();
                    installer.crash_at = CrashAt::after(crash);
                    operate(&installer, seed, scenario).await.unwrap_err();
                    let mut installer = scratch.installer();
                    installer.crash_at = CrashAt::after(second);
                    let crashed = installer.recover().await.is_err();
                    scratch.installer().recover().await.unwrap();
                    assert_whole(&scratch, &expected, false, &context).await;
                    if !crashed {
                        break;
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn the_next_operation_settles_what_was_interrupted() {
    for crash in 0.. {
        let scratch = world(1, Scenario::Upgrade).await;
        let mut installer = scratch.installer();
        installer.crash_at = CrashAt::after(crash);
        if operate(&installer, 1, Scenario::Upgrade).await.is_ok() {
            break;
        }
        // No recovery in between: the same installation again.
        let expected = expected(1, Scenario::Upgrade).await;
        operate(&scratch.installer(), 1, Scenario::Upgrade).await.unwrap();
        assert_whole(&scratch, &expected, true, &format!("crash after {crash}")).await;
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_set_aside_and_stops_nothing() {
    let scratch = world(1, Scenario::Upgrade).await;
    let journal = scratch.paths().journal();
    std::fs::create_dir_all(&journal).unwrap();
    std::fs::write(journal.join("0.json"), b"{ not json").unwrap();
    std::fs::write(journal.join(".1.json.tmp"), b"torn").unwrap();
    let settled = scratch.installer().recover().await.unwrap();
    assert!(
        matches!(&settled[..], [one] if matches!(one.outcome, Outcome::SetAside(_))),
        "{settled:?}"
    );
    assert!(scratch.installer().recover().await.unwrap().is_empty());
    operate(&scratch.installer(), 1, Scenario::Upgrade).await.unwrap();
    assert_eq!(
        std::fs::read_dir(journal).unwrap().count(),
        1,
        "only what was set aside"
    );
}

#[tokio::test]
async fn a_forged_receipt_removes_nothing_elsewhere() {
    let scratch = world(1, Scenario::Upgrade).await;
    let victim = scratch.path().join("victim");
    std::fs::write(&victim, "mine").unwrap();
    let path = scratch.paths().receipt(&product());
    let mut forged: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let dotted = scratch.paths().prefix.join("../victim");
    forged["files"] = serde_json::json!([victim, dotted]);
    std::fs::write(&path, forged.to_string()).unwrap();
    scratch.installer().uninstall(&product()).await.unwrap();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
}
