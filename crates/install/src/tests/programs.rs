//! Programs listed, upgraded, started and removed.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use scrip_domain::{ArtifactKind, Coded, ErrorCode, FixedClock, Timestamp};
use tar::EntryType;

use super::fixtures::{Memory, Scratch, Tarball, appimage, artifact, listing, noise, product, request};
use crate::{Condition, Error, Icon, Launch, Phase, Program, Receipt, Request, Watch};

fn script(words: &str) -> Vec<u8> {
    format!("#!/bin/sh\necho {words}\n").into_bytes()
}

/// A PNG's head: enough to tell its size.
fn png(side: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(side.to_be_bytes());
    bytes.extend(side.to_be_bytes());
    bytes
}

async fn install(scratch: &Scratch, request: Request) -> Receipt {
    scratch.installer().install(request, &Watch::none()).await.unwrap()
}

fn run(command: &Path) -> String {
    let output = Command::new(command).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn an_archive_becomes_a_program_in_menu_and_terminal() {
    let scratch = Scratch::new();
    let entry = b"[Desktop Entry]\nType=Application\nName=P\nExec=painter %F\nIcon=painter\n";
    let tarball = Tarball::default()
        .folder("painter-1.0")
        .file("painter-1.0/bin/painter", 0o6777, &script("one"))
        .file("painter-1.0/bin/painter-config", 0o755, b"#!/bin/sh\n")
        .file("painter-1.0/lib/libpaint.so.1", 0o755, b"x")
        .link("painter-1.0/lib/libpaint.so", "libpaint.so.1")
        .entry(
            EntryType::Link,
            "painter-1.0/bin/alias",
            "painter-1.0/bin/painter",
            0o755,
            b"",
        )
        .file("painter-1.0/share/applications/painter.desktop", 0o644, entry)
        .file("painter-1.0/share/icons/painter.png", 0o644, &png(64))
        .finish();
    let mut packed = liblzma::write::XzEncoder::new(Vec::new(), 1);
    std::io::Write::write_all(&mut packed, &tarball).unwrap();
    let bytes = packed.finish().unwrap();
    let artifact = artifact(ArtifactKind::Tar, "painter.tar.xz", "1.0", &bytes);
    let clock = std::sync::Arc::new(FixedClock::new(Timestamp::from_seconds(1_700_000_000)));
    let installer = scratch.installer().with_clock(clock);
    let receipt = installer
        .install(request(artifact, &bytes), &Watch::none())
        .await
        .unwrap();
    let prefix = scratch.paths().prefix;
    assert_eq!(run(&prefix.join("bin/painter")), "one");
    let launch = receipt.launch.clone().unwrap();
    assert_eq!(
        launch.command,
        [prefix
            .join("apps/org.example.Painter/current/bin/painter")
            .display()
            .to_string()]
    );
    let folder = prefix.join("apps/org.example.Painter/1.0");
    let mode = folder.join("bin/painter").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755, "set-user-id and write access for others are gone");
    assert_eq!(
        std::fs::read_link(folder.join("lib/libpaint.so")).unwrap(),
        Path::new("libpaint.so.1")
    );
    let icon = prefix.join("share/icons/hicolor/64x64/apps/org.example.Painter.png");
    let text = std::fs::read_to_string(prefix.join("share/applications/org.example.Painter.desktop")).unwrap();
    assert!(
        text.contains(&format!("Exec={} %F\nTryExec=", launch.command[0])),
        "{text}"
    );
    assert!(
        text.contains(&format!("Icon={}\n", icon.display())) && icon.exists(),
        "{text}"
    );
    assert_eq!(receipt.installed_at.seconds(), 1_700_000_000);
    let listed = scratch.installer().receipts().await.unwrap();
    assert_eq!(
        (listed.len(), &listed[0].receipt, &listed[0].condition),
        (1, &receipt, &Condition::Whole)
    );
    assert_eq!(listed[0].summary().version.as_str(), "1.0");
    // A real tool judges the entry, where there is one.
    if let Ok(check) = Command::new("desktop-file-validate").arg(&receipt.files[0]).output() {
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }
    scratch.installer().uninstall(&product()).await.unwrap();
    assert_eq!(listing(&prefix).len(), 0, "{:?}", listing(&prefix));
    assert!(scratch.installer().receipts().await.unwrap().is_empty());
    let error = scratch.installer().uninstall(&product()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallNotInstalled);
}

#[tokio::test]
async fn an_appimage_is_upgraded_and_the_old_version_goes() {
    let scratch = Scratch::new();
    let prefix = scratch.paths().prefix;
    for (version, body) in [("1.0", "one"), ("2:2.0/b", "two"), ("2:2.0/b", "three")] {
        let bytes = appimage(body.as_bytes());
        let artifact = artifact(ArtifactKind::Appimage, "Painter 2.AppImage", version, &bytes);
        let program = Program {
            icon: Some(Icon::Bytes(b"<svg/>".to_vec())),
            ..Program::new(product(), "Painter")
        };
        let source = std::sync::Arc::new(Memory::new(&bytes));
        let receipt = install(
            &scratch,
            Request {
                program,
                artifact,
                source,
            },
        )
        .await;
        assert_eq!(receipt.version.as_str(), version);
        let program = prefix.join("bin/painter");
        assert!(std::fs::read(&program).unwrap() == bytes);
        assert_ne!(program.metadata().unwrap().permissions().mode() & 0o111, 0);
        // Program and its icon in one folder, the switch, the command, the entry, the icon in the theme.
        assert_eq!(listing(&prefix).len(), 6, "{:?}", listing(&prefix));
        assert_eq!(std::fs::read_dir(scratch.paths().downloads()).unwrap().count(), 0);
    }
    assert!(prefix.join("apps/org.example.Painter/2%3A2.0%2Fb~2").is_dir());
}

#[tokio::test]
async fn files_of_others_are_never_replaced() {
    let scratch = Scratch::new();
    let prefix = scratch.paths().prefix;
    for folder in ["bin", "share/applications"] {
        std::fs::create_dir_all(prefix.join(folder)).unwrap();
    }
    std::fs::write(prefix.join("bin/painter"), "mine").unwrap();
    let foreign = prefix.join("share/applications/org.example.Painter.desktop");
    std::fs::write(&foreign, "[Desktop Entry]\nX-Scrip-Product=org.example.Other\n").unwrap();
    let bytes = appimage(b"one");
    let wanted = || request(artifact(ArtifactKind::Appimage, "P.AppImage", "1", &bytes), &bytes);
    let receipt = install(&scratch, wanted()).await;
    assert!(receipt.files.contains(&prefix.join("bin/org.example.Painter")));
    assert!(
        receipt
            .files
            .contains(&prefix.join("share/applications/scrip-org.example.Painter.desktop"))
    );
    scratch.installer().uninstall(&product()).await.unwrap();
    assert_eq!(std::fs::read_to_string(prefix.join("bin/painter")).unwrap(), "mine");
    assert_eq!(listing(&prefix).len(), 2);
    std::fs::write(prefix.join("bin/org.example.Painter"), "mine too").unwrap();
    let error = scratch.installer().install(wanted(), &Watch::none()).await.unwrap_err();
    assert!(matches!(error, Error::NameTaken { .. }), "{error}");
    assert_eq!(listing(&prefix).len(), 3);
}

#[tokio::test]
async fn a_deleted_program_is_not_shown_as_installed() {
    let scratch = Scratch::new();
    let bytes = appimage(b"one");
    let wanted = || request(artifact(ArtifactKind::Appimage, "P.AppImage", "1", &bytes), &bytes);
    install(&scratch, wanted()).await;
    std::fs::remove_dir_all(scratch.paths().prefix.join("apps")).unwrap();
    let listed = scratch.installer().receipts().await.unwrap();
    assert!(!listed[0].is_present(), "{listed:?}");
    install(&scratch, wanted()).await;
    assert!(scratch.installer().receipts().await.unwrap()[0].is_present());
    std::fs::remove_dir_all(scratch.paths().prefix.join("apps")).unwrap();
    scratch.installer().uninstall(&product()).await.unwrap();
    assert_eq!(listing(&scratch.paths().prefix).len(), 0);
}

#[tokio::test]
async fn a_batch_answers_in_order_and_one_failure_spares_the_others() {
    let scratch = Scratch::new();
    let named = |id: &str, bytes: &[u8], sent: &[u8]| Request {
        program: Program::new(id.parse().unwrap(), id),
        artifact: artifact(ArtifactKind::Appimage, "P.AppImage", "1", bytes),
        source: std::sync::Arc::new(Memory::new(sent)),
    };
    let (one, two, three) = (appimage(b"1"), appimage(b"2"), appimage(b"3"));
    let batch = vec![
        named("a.one", &one, &one),
        named("a.two", &two, &noise(1, two.len())),
        named("a.three", &three, &three),
    ];
    let done = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&done);
    let watch = Watch::new(tokio_util::sync::CancellationToken::new(), move |progress| {
        if progress.phase == Phase::Done {
            log.lock().unwrap().push(progress.product.unwrap().to_string());
        }
    });
    let results = scratch.installer().install_batch(batch, &watch).await;
    let codes: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().err().map(Coded::code))
        .collect();
    assert_eq!(codes, [None, Some(ErrorCode::ArtifactDigestMismatch), None]);
    assert_eq!(*done.lock().unwrap(), ["a.one", "a.three"]);
}

#[tokio::test]
async fn two_installations_at_once_queue_and_another_process_is_told_to_wait() {
    let scratch = Scratch::new();
    let installer = scratch.installer();
    let (one, two) = (appimage(b"1"), appimage(b"2"));
    let wanted = |id: &str, bytes: &[u8]| Request {
        program: Program::new(id.parse().unwrap(), id),
        artifact: artifact(ArtifactKind::Appimage, "P.AppImage", "1", bytes),
        source: std::sync::Arc::new(Memory::new(bytes)),
    };
    let (watch, other) = (Watch::none(), installer.clone());
    let (first, second) = futures_util::join!(
        installer.install(wanted("a.one", &one), &watch),
        other.install(wanted("a.two", &two), &watch)
    );
    assert!(first.is_ok() && second.is_ok());
    // Another open handle is to the lock what another process is.
    let held = crate::lock::Lock::take(&scratch.paths().lock()).unwrap();
    let error = installer.uninstall(&"a.one".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallBusy);
    drop(held);
    installer.uninstall(&"a.one".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn the_executable_is_found_by_name_by_place_or_alone() {
    let found = |files: &[&str]| {
        let mut tarball = Tarball::default()
            .file("README", 0o644, b"x")
            .file("lib/x.so", 0o755, b"x");
        for file in files {
            tarball = tarball.file(file, 0o755, b"x");
        }
        tarball.finish()
    };
    let cases: [(&[&str], &str); 5] = [
        (&["tools/helper", "painter"], "painter"),
        (&["bin/paint-now", "libexec/worker"], "bin/paint-now"),
        (&["start.sh", "data/script"], "start.sh"),
        (&["a/b/Painter-x86_64", "a/other"], "a/b/Painter-x86_64"),
        (&["deep/in/run"], "deep/in/run"),
    ];
    for (files, expected) in cases {
        let scratch = Scratch::new();
        let bytes = found(files);
        let receipt = install(
            &scratch,
            request(artifact(ArtifactKind::Tar, "p.tar", "1", &bytes), &bytes),
        )
        .await;
        let Some(Launch { command, .. }) = receipt.launch else {
            panic!("{files:?}")
        };
        assert!(command[0].ends_with(&format!("current/{expected}")), "{command:?}");
    }
}
