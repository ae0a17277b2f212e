//! The sample's Debian package and archive. Built twice from the same program, both are the same to the byte.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{NAME, PRODUCT, Sample, VERSION};
use crate::places::Places;
use crate::process::{is_on_path, read};

/// Every file has this time, in seconds since 1970: that of the release.
const TIME: &str = "1795305600";

/// Makes both in `out` from the built `program`.
pub(super) fn package(places: &Places, sample: &Sample<'_>, program: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    let mut made = Vec::new();
    let work = out.join("work");
    if work.exists() {
        fs::remove_dir_all(&work).with_context(|| format!("clearing {}", work.display()))?;
    }
    let top = format!("{NAME}-{VERSION}-{}", std::env::consts::ARCH);
    fill(places, sample, program, &work.join(&top))?;
    made.push(archive(&work, &top, out)?);
    if is_on_path("dpkg-deb") {
        let tree = work.join("deb");
        fill(places, sample, program, &tree.join("usr"))?;
        made.push(debian(&tree, out)?);
    } else {
        println!("    no .deb: dpkg-deb is not installed (apt-get install dpkg)");
    }
    fs::remove_dir_all(&work).with_context(|| format!("clearing {}", work.display()))?;
    Ok(made)
}

/// Everything below the prefix `into`, as the Filesystem Hierarchy Standard and freedesktop.org place it.
fn fill(places: &Places, sample: &Sample<'_>, program: &Path, into: &Path) -> Result<()> {
    let sources = places.root.join("samples").join(NAME).join("package");
    put(program, &into.join("bin").join(NAME), 0o755)?;
    let share = into.join("share");
    let metainfo = format!("{PRODUCT}.metainfo.xml");
    put(
        &places.root.join("catalog/samples").join(&metainfo),
        &share.join("metainfo").join(&metainfo),
        0o644,
    )?;
    let own = |name: String, place: &str| put(&sources.join(&name), &share.join(place).join(&name), 0o644);
    own(format!("{PRODUCT}.desktop"), "applications")?;
    own(format!("{PRODUCT}.svg"), "icons/hicolor/scalable/apps")?;
    own(format!("{NAME}.1"), "man/man1")?;
    if sample.issuer.is_none() {
        own("issuer".to_owned(), NAME)?;
    }
    let manual = share.join("man/man1").join(format!("{NAME}.1"));
    read(Command::new("gzip").args(["-9", "-n"]).arg(&manual))?;
    let copyright = share.join("doc").join(NAME).join("copyright");
    put(&places.root.join("LICENSE-MIT"), &copyright, 0o644)
}

fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let folder = to.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    fs::copy(from, to).with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).with_context(|| format!("marking {}", to.display()))
}

/// An archive with one folder at its top, in which the program finds what is its own from wherever it is unpacked.
fn archive(work: &Path, top: &str, out: &Path) -> Result<PathBuf> {
    let file = out.join(format!("{top}.tar.gz"));
    let plain = work.join(format!("{top}.tar"));
    let time = format!("--mtime=@{TIME}");
    let same = [
        "--sort=name",
        &time,
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mode=u+w,go-w",
    ];
    read(
        Command::new("tar")
            .current_dir(work)
            .args(same)
            .arg("-cf")
            .arg(&plain)
            .arg(top),
    )?;
    read(Command::new("gzip").args(["-9", "-n"]).arg(&plain))?;
    let packed = plain.with_extension("tar.gz");
    fs::rename(&packed, &file).with_context(|| format!("putting {} in place", file.display()))?;
    Ok(file)
}

fn debian(tree: &Path, out: &Path) -> Result<PathBuf> {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => bail!("nobody has said how Debian calls {other}"),
    };
    let kilobytes = size(tree)?.div_ceil(1024);
    let control = format!(
        "Package: {NAME}\nVersion: {VERSION}\nArchitecture: {arch}\nMaintainer: Example Studio <studio@example.org>\n\
         Installed-Size: {kilobytes}\nDepends: libc6 (>= 2.34), libgcc-s1 (>= 4.2)\nSection: graphics\nPriority: optional\n\
         Description: photos of a folder on one page\n \
         Contact Sheet puts the photos of a folder on one page, in neat rows with a\n caption below each. \
         Each photo costs one processing where the license counts\n them.\n"
    );
    let folder = tree.join("DEBIAN");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let path = folder.join("control");
    fs::write(&path, control).with_context(|| format!("writing {}", path.display()))?;
    let file = out.join(format!("{NAME}_{VERSION}_{arch}.deb"));
    // Quick before small: it is built each time that a store is filled.
    let mut build = Command::new("dpkg-deb");
    build
        .env("SOURCE_DATE_EPOCH", TIME)
        .args(["--root-owner-group", "-Zxz", "-z3", "--build"]);
    read(build.arg(tree).arg(&file))?;
    Ok(file)
}

/// The bytes of all files below `folder`.
fn size(folder: &Path) -> Result<u64> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut bytes = 0;
    for entry in entries {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        let facts = entry
            .metadata()
            .with_context(|| format!("measuring {}", entry.path().display()))?;
        bytes += if facts.is_dir() {
            size(&entry.path())?
        } else {
            facts.len()
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in for the built program: it says where it was started.
    const PROGRAM: &str = "#!/bin/sh\necho \"$0 $*\"\n";

    fn packages(issuer: Option<&str>, out: &Path) -> Vec<PathBuf> {
        let program = out.join("built");
        fs::create_dir_all(out).unwrap();
        fs::write(&program, PROGRAM).unwrap();
        let sample = Sample { issuer, release: false };
        package(&Places::find().unwrap(), &sample, &program, &out.join("packages")).unwrap()
    }

    #[test]
    fn both_packages_hold_a_program_that_runs_and_what_belongs_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let made = packages(None, folder.path());
        let [archive, debian] = &made[..] else {
            panic!("{made:?}")
        };
        let (unpacked, installed) = (folder.path().join("unpacked"), folder.path().join("installed"));
        fs::create_dir(&unpacked).unwrap();
        read(Command::new("tar").arg("-C").arg(&unpacked).arg("-xf").arg(archive)).unwrap();
        read(Command::new("dpkg-deb").arg("-x").arg(debian).arg(&installed)).unwrap();
        let top = format!("{NAME}-{VERSION}-{}", std::env::consts::ARCH);
        for prefix in [unpacked.join(top), installed.join("usr")] {
            let program = prefix.join("bin").join(NAME);
            let said = read(Command::new(&program).arg("license")).unwrap();
            assert_eq!(said, format!("{} license\n", program.display()));
            let text = |name: &str| fs::read_to_string(prefix.join("share").join(name)).unwrap();
            assert!(text(&format!("applications/{PRODUCT}.desktop")).contains(&format!("\nExec={NAME}\n")));
            let metainfo = text(&format!("metainfo/{PRODUCT}.metainfo.xml"));
            assert!(metainfo.contains(&format!("<id>{PRODUCT}</id>")));
            assert!(
                metainfo.contains(&format!("<release version=\"{VERSION}\"")),
                "the release of this version"
            );
            assert!(
                text(&format!("{NAME}/issuer")).starts_with('#'),
                "a place for the vendor"
            );
            assert!(prefix.join(format!("share/man/man1/{NAME}.1.gz")).is_file());
            assert!(
                prefix
                    .join(format!("share/icons/hicolor/scalable/apps/{PRODUCT}.svg"))
                    .is_file()
            );
        }
        let control = read(
            Command::new("dpkg-deb")
                .arg("-f")
                .arg(debian)
                .args(["Package", "Version"]),
        )
        .unwrap();
        assert_eq!(control, format!("Package: {NAME}\nVersion: {VERSION}\n"));
    }

    #[test]
    fn a_vendor_that_is_compiled_in_needs_no_file_and_both_packages_repeat() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Some("urn:scrip:vendor:kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let made = packages(issuer, &folder.path().join("one"));
        let listed = read(Command::new("dpkg-deb").arg("-c").arg(&made[1])).unwrap();
        assert!(!listed.contains("/issuer"), "{listed}");
        let again = packages(issuer, &folder.path().join("two"));
        for (one, two) in made.iter().zip(&again) {
            assert!(fs::read(one).unwrap() == fs::read(two).unwrap(), "{}", one.display());
        }
    }
}
