//! Packages: with a package manager in memory, and with the real one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scrip_domain::{ArtifactKind, Coded, ErrorCode};

use super::CrashAt;
use super::fixtures::{Memory, Scratch, Tarball, appimage, artifact, listing, product, request};
use crate::{
    CommandOutcome, Commands, Condition, Error, Installer, Invocation, Outcome, Program, Request, SystemCommands,
    Watch, deb, system,
};

/// A package manager in memory.
#[derive(Default)]
struct FakeApt {
    installed: Mutex<BTreeMap<String, String>>,
    /// What the next change answers instead of doing anything.
    failure: Mutex<Option<(i32, &'static str)>>,
    changes: Mutex<Vec<String>>,
}

impl Commands for FakeApt {
    fn run(&self, invocation: &Invocation) -> io::Result<CommandOutcome> {
        let args: Vec<_> = invocation
            .args
            .iter()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect();
        let mut installed = self.installed.lock().unwrap();
        if invocation.program == "dpkg-query" {
            let line = |(name, version): (&String, &String)| match args[0].as_str() {
                "-W" => format!("{name}\tinstalled\t{version}\n"),
                _ => format!("/usr/share/doc/{name}\n/usr/bin/{name}\n"),
            };
            let known = args.iter().filter_map(|arg| installed.get_key_value(arg));
            let output = known.map(line).collect::<Vec<_>>().concat();
            return Ok(CommandOutcome {
                status: Some(0),
                output,
            });
        }
        assert!(invocation.elevated);
        self.changes
            .lock()
            .unwrap()
            .push(format!("{} {}", invocation.program, args[0]));
        if let Some((status, output)) = self.failure.lock().unwrap().take() {
            return Ok(CommandOutcome {
                status: Some(status),
                output: output.to_owned(),
            });
        }
        match invocation.program {
            "apt-get" => {
                for file in args
                    .iter()
                    .filter(|arg| Path::new(arg).extension().is_some_and(|extension| extension == "deb"))
                {
                    let control = deb::read_control(Path::new(file), file).unwrap();
                    installed.insert(control.package, control.version.to_string());
                }
            }
            _ => installed.retain(|name, _| !args.contains(name)),
        }
        Ok(CommandOutcome {
            status: Some(0),
            output: String::new(),
        })
    }

    fn has(&self, _program: &str) -> bool {
        true
    }
}

/// A package without files, as deb(5) describes it.
fn package(name: &str, version: &str, arch: &str) -> Vec<u8> {
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {arch}\nMaintainer: x <x@example.org>\nDescription: x\n"
    );
    let control = Tarball::default().file("./control", 0o644, control.as_bytes()).finish();
    let control = zstd::encode_all(control.as_slice(), 1).unwrap();
    let mut bytes = b"!<arch>\n".to_vec();
    for (member, data) in [("debian-binary", b"2.0\n".as_slice()), ("control.tar.zst", &control)] {
        bytes.extend(
            format!(
                "{member:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
                0,
                0,
                0,
                "100644",
                data.len()
            )
            .bytes(),
        );
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    }
    bytes
}

fn wanted(id: &str, bytes: &[u8], version: &str) -> Request {
    Request {
        program: Program::new(id.parse().unwrap(), id),
        artifact: artifact(ArtifactKind::Deb, "painter.deb", version, bytes),
        source: Arc::new(Memory::new(bytes)),
    }
}

fn with(scratch: &Scratch, apt: &Arc<FakeApt>) -> Installer {
    scratch.installer().with_commands(Arc::clone(apt) as Arc<dyn Commands>)
}

#[tokio::test]
async fn a_batch_of_packages_asks_for_permission_once() {
    let (scratch, apt) = (Scratch::new(), Arc::<FakeApt>::default());
    let installer = with(&scratch, &apt);
    let (one, two, foreign) = (
        package("one", "1-1", "all"),
        package("two", "2-1", "all"),
        package("x", "1", "s390x"),
    );
    let batch = vec![
        wanted("a.one", &one, "1"),
        wanted("a.x", &foreign, "1"),
        wanted("a.two", &two, "2"),
    ];
    let results = installer.install_batch(batch, &Watch::none()).await;
    let codes: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().err().map(Coded::code))
        .collect();
    assert_eq!(codes, [None, Some(ErrorCode::InstallUnsupported), None]);
    assert_eq!(*apt.changes.lock().unwrap(), ["apt-get install"]);
    let receipt = results[0].as_ref().unwrap();
    assert_eq!(receipt.package.as_ref().unwrap().version.as_str(), "1-1");
    assert_eq!(receipt.launch.as_ref().unwrap().command, ["/usr/bin/one"]);
    apt.installed.lock().unwrap().insert("one".into(), "1-2".into());
    apt.installed.lock().unwrap().remove("two");
    let conditions: Vec<_> = installer
        .receipts()
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.condition)
        .collect();
    assert!(
        matches!(&conditions[..], [Condition::Changed { version }, Condition::Missing { .. }] if version.as_str() == "1-2")
    );
    installer.uninstall(&"a.one".parse().unwrap()).await.unwrap();
    installer.uninstall(&"a.two".parse().unwrap()).await.unwrap();
    assert_eq!(
        *apt.changes.lock().unwrap(),
        ["apt-get install", "dpkg --remove"],
        "what is gone is not removed again"
    );
    assert!(installer.receipts().await.unwrap().is_empty());
}

#[tokio::test]
async fn refusals_of_the_package_manager_leave_everything_as_it_was() {
    let cases = [
        (
            100,
            "E: Could not get lock /var/lib/dpkg/lock-frontend.",
            ErrorCode::InstallBusy,
        ),
        (
            126,
            "Error executing command as another user: Request dismissed",
            ErrorCode::InstallPermission,
        ),
        (
            100,
            "E: Unable to correct problems, you have held broken packages.",
            ErrorCode::InstallPackageManager,
        ),
    ];
    for (status, output, code) in cases {
        let (scratch, apt) = (Scratch::new(), Arc::<FakeApt>::default());
        let installer = with(&scratch, &apt);
        let bytes = package("one", "1", "all");
        *apt.failure.lock().unwrap() = Some((status, output));
        let error = installer
            .install(wanted("a.one", &bytes, "1"), &Watch::none())
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(listing(&scratch.paths().journal()).is_empty() && installer.receipts().await.unwrap().is_empty());
        installer
            .install(wanted("a.one", &bytes, "1"), &Watch::none())
            .await
            .unwrap();
        *apt.failure.lock().unwrap() = Some((status, output));
        let error = installer.uninstall(&"a.one".parse().unwrap()).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(installer.receipts().await.unwrap()[0].is_present());
    }
}

#[tokio::test]
async fn a_package_manager_that_was_interrupted_is_repaired_first() {
    let (scratch, apt) = (Scratch::new(), Arc::<FakeApt>::default());
    let said = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.";
    *apt.failure.lock().unwrap() = Some((100, said));
    let bytes = package("one", "1", "all");
    with(&scratch, &apt)
        .install(wanted("a.one", &bytes, "1"), &Watch::none())
        .await
        .unwrap();
    assert_eq!(
        *apt.changes.lock().unwrap(),
        ["apt-get install", "dpkg --configure", "apt-get install"]
    );
}

#[tokio::test]
async fn a_package_other_than_the_listing_tells_is_refused_unasked() {
    let (scratch, apt) = (Scratch::new(), Arc::<FakeApt>::default());
    let bytes = package("evil", "1", "all");
    let mut request = wanted("a.one", &bytes, "1");
    request.program.package = Some("one".to_owned());
    let error = with(&scratch, &apt).install(request, &Watch::none()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InstallArchiveInvalid);
    let damaged = with(&scratch, &apt)
        .install(wanted("a.one", &bytes[..100], "1"), &Watch::none())
        .await
        .unwrap_err();
    assert_eq!(damaged.code(), ErrorCode::InstallArchiveInvalid);
    assert!(apt.changes.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_crash_after_any_step_agrees_with_the_package_manager_afterwards() {
    let bytes = package("painter", "2", "all");
    let old = appimage(b"old");
    for (crash, removing) in (0..12).flat_map(|crash| [(crash, false), (crash, true)]) {
        let (scratch, apt) = (Scratch::new(), Arc::<FakeApt>::default());
        let installer = with(&scratch, &apt);
        // What came as an AppImage before is replaced by the package.
        let before = request(artifact(ArtifactKind::Appimage, "P.AppImage", "1", &old), &old);
        installer.install(before, &Watch::none()).await.unwrap();
        let id = product();
        if removing {
            installer
                .install(wanted(id.as_str(), &bytes, "2"), &Watch::none())
                .await
                .unwrap();
        }
        let mut crashing = with(&scratch, &apt);
        crashing.crash_at = CrashAt::after(crash);
        let crashed = if removing {
            crashing.uninstall(&id).await.is_err()
        } else {
            crashing
                .install(wanted(id.as_str(), &bytes, "2"), &Watch::none())
                .await
                .is_err()
        };
        let settled = installer.recover().await.unwrap();
        assert!(
            settled.iter().all(|one| !matches!(one.outcome, Outcome::Failed(_))),
            "{settled:?}"
        );
        let listed = installer.receipts().await.unwrap();
        let has_package = apt.installed.lock().unwrap().contains_key("painter");
        let context = format!("crash after {crash}, removing: {removing}, crashed: {crashed}");
        assert!(listing(&scratch.paths().journal()).is_empty(), "{context}");
        assert!(listed.iter().all(|one| one.condition == Condition::Whole), "{context}");
        let kinds: Vec<_> = listed.iter().map(|one| one.receipt.kind).collect();
        match (removing, has_package) {
            (_, true) => assert_eq!(kinds, [ArtifactKind::Deb], "{context}"),
            (true, false) => assert!(kinds.is_empty(), "{context}"),
            (false, false) => assert_eq!(kinds, [ArtifactKind::Appimage], "{context}"),
        }
        assert_eq!(
            listing(&scratch.paths().prefix).is_empty(),
            removing || has_package,
            "{context}"
        );
        let (wants, launch) = (has_package, listed.first().and_then(|one| one.receipt.launch.clone()));
        assert!(
            !wants || launch.is_some_and(|launch| launch.command == ["/usr/bin/painter"]),
            "{context}"
        );
    }
}

/// Holds the real package manager for one test at a time, over all processes.
fn package_manager_turn() -> fs::File {
    let file = fs::File::create(std::env::temp_dir().join("scrip-package-manager-tests.lock")).unwrap();
    file.lock().unwrap();
    file
}

/// Tries again while another program uses the package manager, for two minutes at most.
async fn patiently<T>(mut attempt: impl AsyncFnMut() -> Result<T, Error>) -> T {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        match attempt().await {
            Err(error) if error.code() == ErrorCode::InstallBusy && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other.unwrap(),
        }
    }
}

#[tokio::test]
async fn the_real_package_manager_installs_and_removes_a_real_package() {
    if !system::is_root() || !SystemCommands.has("dpkg-deb") {
        eprintln!("not run: needs the administrator's rights and dpkg-deb");
        return;
    }
    let _turn = package_manager_turn();
    let scratch = Scratch::new();
    let name = format!("scrip-test-{}", std::process::id());
    let bytes = build(scratch.path(), &name);
    let installer = scratch.installer();
    let mut receipt = None;
    patiently(async || {
        receipt = Some(
            installer
                .install(wanted("org.example.Real", &bytes, "1.5"), &Watch::none())
                .await?,
        );
        Ok(())
    })
    .await;
    let receipt = receipt.unwrap();
    let command = format!("/usr/games/{name}");
    assert_eq!(receipt.launch.unwrap().command, [command.as_str(), "--window"]);
    let output = Command::new(&command).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "hello from a package");
    assert_eq!(installer.receipts().await.unwrap()[0].condition, Condition::Whole);
    // Over itself: as when its files were damaged.
    fs::remove_file(&command).unwrap();
    patiently(async || {
        installer
            .install(wanted("org.example.Real", &bytes, "1.5"), &Watch::none())
            .await
    })
    .await;
    assert!(Path::new(&command).exists());
    patiently(async || installer.uninstall(&"org.example.Real".parse().unwrap()).await).await;
    assert!(!Path::new(&command).exists() && installer.receipts().await.unwrap().is_empty());
    let purged = Command::new("dpkg").args(["--purge", &name]).output().unwrap();
    assert!(purged.status.success());
}

/// Builds a real package with the distribution's own tool.
fn build(scratch: &Path, name: &str) -> Vec<u8> {
    let root = scratch.join("package");
    for folder in ["DEBIAN", "usr/games", "usr/share/applications"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let control = format!(
        "Package: {name}\nVersion: 1.5-2\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: a test\n"
    );
    fs::write(root.join("DEBIAN/control"), control).unwrap();
    fs::write(
        root.join("usr/games").join(name),
        "#!/bin/sh\necho hello from a package\n",
    )
    .unwrap();
    system::set_mode(&root.join("usr/games").join(name), 0o755).unwrap();
    let entry =
        format!("[Desktop Entry]\nType=Application\nName=T\nNoDisplay=false\nExec=/usr/games/{name} --window %U\n");
    fs::write(
        root.join("usr/share/applications").join(format!("{name}.desktop")),
        entry,
    )
    .unwrap();
    let file = scratch.join("package.deb");
    let args = ["--root-owner-group", "--build"].map(OsString::from);
    let built = Command::new("dpkg-deb")
        .args(args)
        .arg(&root)
        .arg(&file)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    fs::read(file).unwrap()
}
