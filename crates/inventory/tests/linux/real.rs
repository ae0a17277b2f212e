//! The computer that runs the tests, and databases that the real tools write.

use std::fs;
use std::path::Path;
use std::process::Command;

use scrip_inventory::{Inventory, Roots, Source, launch_command, locate};

use crate::computer::{Computer, ids, write};

/// What a command prints; `None` where this computer does not have it.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new(program).args(arguments).env("LC_ALL", "C").output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        other => other.unwrap(),
    };
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_package_that_dpkg_reports_is_found_with_the_same_version() {
    let query = || {
        output(
            "dpkg-query",
            &["-W", "-f", "${db:Status-Abbrev}|${Package} ${Version}\n"],
        )
    };
    let installed = |report: &str| {
        let states = ["i", "t", "W"];
        let is_installed = |line: &&str| states.contains(&&line[1..2]) && &line[2..3] == " ";
        let mut packages: Vec<_> = report
            .lines()
            .filter(is_installed)
            .map(|line| line[4..].to_owned())
            .collect();
        packages.sort();
        packages
    };
    // Somebody may be installing a package just now: only a report that stayed the same can be compared.
    for _ in 0..100 {
        let Some(before) = query() else {
            assert!(
                !Path::new("/var/lib/dpkg/status").exists(),
                "dpkg's database is here but not dpkg-query"
            );
            return;
        };
        let inventory = Inventory::scan(&Roots::from_environment());
        if query().as_ref() != Some(&before) {
            continue;
        }
        let mut found = ids(&inventory, Source::Dpkg);
        found.sort();
        assert!(!found.is_empty());
        assert_eq!(found, installed(&before));
        return;
    }
    panic!("the package database never stood still");
}

#[test]
fn what_the_real_computer_has_is_really_there() {
    let roots = Roots::from_environment();
    let mut inventory = Inventory::scan(&roots);
    loop {
        let locations = inventory.programs().filter_map(|program| program.location.clone());
        let missing: Vec<_> = locations.filter(|location| !location.exists()).collect();
        // What went away just now is seen by a rescan.
        if missing.is_empty() || inventory.rescan(&roots).is_empty() {
            assert_eq!(missing, [] as [std::path::PathBuf; 0]);
            break;
        }
    }
    if let Some(dpkg) = inventory.find(Source::Dpkg, "dpkg") {
        let place = locate(dpkg, &roots).unwrap();
        assert_eq!(place, Path::new("/usr/bin/dpkg"));
        assert_eq!(launch_command(dpkg, &roots).unwrap().argv, [place.to_str().unwrap()]);
    }
}

const SPEC: &str = "Name: scrip-sample\nEpoch: 2\nVersion: 1.5~rc1\nRelease: 3\nSummary: A sample\nLicense: MIT\nBuildArch: noarch\n\
    %description\nA sample.\n%install\nmkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/doc/sample\n\
    printf '#!/bin/sh\\n' > %{buildroot}/usr/bin/scrip-sample\nchmod 755 %{buildroot}/usr/bin/scrip-sample\n\
    echo text > %{buildroot}/usr/share/doc/sample/text\n%files\n/usr/bin/scrip-sample\n/usr/share/doc/sample/text\n";

/// The database is written by rpm itself; where rpm is not installed, the hand-made one of the unit tests has to do.
#[test]
fn packages_that_rpm_itself_recorded_are_found() {
    let computer = Computer::new();
    let build = computer.path("/build");
    write(&build.join("sample.spec"), SPEC);
    let top = format!("_topdir {}", build.display());
    let spec = build.join("sample.spec");
    if output(
        "rpmbuild",
        &["-bb", "--quiet", "--define", &top, spec.to_str().unwrap()],
    )
    .is_none()
    {
        return;
    }
    let package = build.join("RPMS/noarch/scrip-sample-1.5~rc1-3.noarch.rpm");
    let database = computer.path("/usr/lib/sysimage/rpm");
    fs::create_dir_all(&database).unwrap();
    let path = database.to_str().unwrap();
    output("rpm", &["--dbpath", path, "--initdb"]).unwrap();
    assert_eq!(computer.found(Source::Rpm), [] as [&str; 0]);
    let mut inventory = computer.scan();
    output(
        "rpm",
        &[
            "--dbpath",
            path,
            "--justdb",
            "--nodeps",
            "--ignorearch",
            "-i",
            package.to_str().unwrap(),
        ],
    )
    .unwrap();
    assert!(inventory.rescan(&computer.roots).contains(&Source::Rpm));
    assert_eq!(ids(&inventory, Source::Rpm), ["scrip-sample 2:1.5~rc1-3"]);
    assert_eq!(inventory.warnings().count(), 0);

    computer.write_program("/usr/bin/scrip-sample");
    let program = inventory.find(Source::Rpm, "scrip-sample").unwrap();
    assert_eq!(
        locate(program, &computer.roots),
        Some(computer.path("/usr/bin/scrip-sample"))
    );

    // One folder is a link to the other on most systems: nothing is told twice.
    fs::create_dir_all(computer.path("/var/lib")).unwrap();
    std::os::unix::fs::symlink(&database, computer.path("/var/lib/rpm")).unwrap();
    inventory.rescan(&computer.roots);
    assert_eq!(ids(&inventory, Source::Rpm).len(), 1);

    let files = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let before = files(&database);
    computer.scan();
    assert_eq!(files(&database), before, "reading leaves no file behind");

    output("rpm", &["--dbpath", path, "--justdb", "--nodeps", "-e", "scrip-sample"]).unwrap();
    assert!(inventory.rescan(&computer.roots).contains(&Source::Rpm));
    assert_eq!(ids(&inventory, Source::Rpm), [] as [&str; 0]);
}
