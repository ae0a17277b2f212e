//! A rescan reads what changed, and only that.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use scrip_inventory::{Inventory, Source};

use crate::computer::{APPIMAGE, Computer, entry, ids, write, write_program};

/// A computer with something in every source, scanned until nothing counts as fresh any more.
fn settled() -> (Computer, Inventory) {
    let computer = Computer::new();
    computer.write_status(&["hello 2.10-3", "vim 9.0-1"]);
    computer.write_program("/usr/bin/calc");
    computer.write("/usr/share/applications/calc.desktop", entry("Calculator", "calc"));
    computer.write("/usr/share/applications/later.desktop", entry("Later", "later"));
    write_program(&computer.home("Applications/Krita-5.0.AppImage"), APPIMAGE);
    write_program(&computer.home(".local/bin/script"), b"#!/bin/sh\n");
    for (id, version) in [("org.x.A", "1"), ("org.x.B", "1")] {
        let app = computer.path("/var/lib/flatpak/app").join(id);
        let deployment = app.join("x86_64/stable/one");
        write(&deployment.join("metadata"), "[Application]\n");
        write(
            &deployment.join(format!("files/share/metainfo/{id}.metainfo.xml")),
            metainfo(version),
        );
        symlink("one", app.join("x86_64/stable/active")).unwrap();
        symlink("x86_64/stable", app.join("current")).unwrap();
    }
    write(
        &computer.path("/snap/core/1/meta/snap.yaml"),
        "name: core\nversion: 1\n",
    );
    symlink("1", computer.path("/snap/core/current")).unwrap();
    let mut inventory = computer.scan();
    settle(&computer, &mut inventory);
    (computer, inventory)
}

fn settle(computer: &Computer, inventory: &mut Inventory) {
    let mut tries = 0;
    while !inventory.rescan(&computer.roots).is_empty() {
        tries += 1;
        assert!(tries < 1_000_000, "an unchanged computer is read again and again");
    }
}

fn metainfo(version: &str) -> String {
    format!("<component><releases><release version=\"{version}\"/></releases></component>")
}

/// What changed must be seen by the very next rescan, and leave the inventory as a new scan would find it.
fn expect(source: Source, change: impl FnOnce(&Computer), expected: &[&str]) {
    let (computer, mut inventory) = settled();
    change(&computer);
    let changed = inventory.rescan(&computer.roots);
    assert!(
        changed.contains(&source),
        "{source:?} was not read again, only {changed:?}"
    );
    assert_eq!(ids(&inventory, source), expected);
    let fresh = computer.scan();
    assert!(
        inventory.programs().eq(fresh.programs()),
        "the rescan differs from a new scan"
    );
}

fn remove(path: impl AsRef<Path>) {
    fs::remove_file(path).unwrap();
}

#[test]
fn an_unchanged_computer_is_not_read_again() {
    let (computer, mut inventory) = settled();
    assert_eq!(inventory.rescan(&computer.roots), []);
    assert_eq!(ids(&inventory, Source::Dpkg), ["hello 2.10-3", "vim 9.0-1"]);
}

#[test]
fn packages_that_come_and_go_are_seen() {
    let all = ["hello 2.10-3", "vim 9.0-1", "new 1.0"];
    expect(Source::Dpkg, |computer| computer.write_status(&all), &all);
    expect(
        Source::Dpkg,
        |computer| computer.write_status(&["vim 9.0-1"]),
        &["vim 9.0-1"],
    );
    expect(
        Source::Dpkg,
        |computer| remove(computer.path("/var/lib/dpkg/status")),
        &[],
    );
    // As long as before, and in place.
    expect(
        Source::Dpkg,
        |computer| computer.write_status(&["hello 2.10-4", "vim 9.0-1"]),
        &["hello 2.10-4", "vim 9.0-1"],
    );
    let update = "Package: hello\nStatus: purge ok not-installed\nArchitecture: amd64\n";
    expect(
        Source::Dpkg,
        |computer| computer.write("/var/lib/dpkg/updates/0000", update),
        &["vim 9.0-1"],
    );
}

#[test]
fn desktop_entries_that_come_go_and_change_are_seen() {
    let apps = "/usr/share/applications";
    let added = |computer: &Computer| computer.write(&format!("{apps}/b.desktop"), entry("B", "calc"));
    expect(Source::DesktopEntry, added, &["b.desktop", "calc.desktop"]);
    let hidden = entry("Calculator", "calc") + "Hidden=true\n";
    expect(
        Source::DesktopEntry,
        |computer| computer.write(&format!("{apps}/calc.desktop"), hidden),
        &[],
    );
    expect(
        Source::DesktopEntry,
        |computer| remove(computer.path(&format!("{apps}/calc.desktop"))),
        &[],
    );
    // The first entry of the person's own: its folder did not even exist.
    let own = |computer: &Computer| {
        let path = computer.home(".local/share/applications/own.desktop");
        write(&path, entry("O", "calc"));
    };
    expect(Source::DesktopEntry, own, &["own.desktop", "calc.desktop"]);
}

#[test]
fn a_desktop_entry_follows_its_program() {
    expect(
        Source::DesktopEntry,
        |computer| remove(computer.path("/usr/bin/calc")),
        &[],
    );
    let added = |computer: &Computer| computer.write_program("/usr/games/later");
    expect(Source::DesktopEntry, added, &["calc.desktop", "later.desktop"]);
    let unset = |computer: &Computer| {
        fs::set_permissions(computer.path("/usr/bin/calc"), fs::Permissions::from_mode(0o644)).unwrap();
    };
    expect(Source::DesktopEntry, unset, &[]);
}

#[test]
fn appimages_and_own_programs_that_come_and_go_are_seen() {
    let image = "Applications/Krita-5.0.AppImage";
    expect(Source::Appimage, |computer| remove(computer.home(image)), &[]);
    let renamed = |computer: &Computer| {
        fs::rename(computer.home(image), computer.home("Applications/Krita-5.1.AppImage")).unwrap();
    };
    expect(Source::Appimage, renamed, &["Krita-5.1.AppImage 5.1"]);
    expect(
        Source::Appimage,
        |computer| write_program(&computer.home(image), b"no AppImage any more"),
        &[],
    );
    let first_download = |computer: &Computer| write_program(&computer.home("Downloads/A.AppImage"), APPIMAGE);
    expect(
        Source::Appimage,
        first_download,
        &["Krita-5.0.AppImage 5.0", "A.AppImage"],
    );
    expect(
        Source::Prefix,
        |computer| remove(computer.home(".local/bin/script")),
        &[],
    );
    let becomes = |computer: &Computer| write_program(&computer.home(".local/bin/script"), APPIMAGE);
    expect(Source::Prefix, becomes, &[]);
}

#[test]
fn flatpaks_and_snaps_that_change_are_seen() {
    let apps = "/var/lib/flatpak/app";
    let updated = |computer: &Computer| {
        let branch = computer.path(apps).join("org.x.A/x86_64/stable");
        write(&branch.join("two/metadata"), "[Application]\n");
        write(
            &branch.join("two/files/share/metainfo/org.x.A.metainfo.xml"),
            metainfo("2"),
        );
        symlink("two", branch.join("new")).unwrap();
        fs::rename(branch.join("new"), branch.join("active")).unwrap();
    };
    expect(Source::Flatpak, updated, &["org.x.A 2", "org.x.B 1"]);
    let removed = |computer: &Computer| fs::remove_dir_all(computer.path(apps).join("org.x.B")).unwrap();
    expect(Source::Flatpak, removed, &["org.x.A 1"]);
    let refreshed = |computer: &Computer| {
        write(
            &computer.path("/snap/core/2/meta/snap.yaml"),
            "name: core\nversion: 2\n",
        );
        remove(computer.path("/snap/core/current"));
        symlink("2", computer.path("/snap/core/current")).unwrap();
    };
    expect(Source::Snap, refreshed, &["core 2"]);
    expect(
        Source::Snap,
        |computer| remove(computer.path("/snap/core/current")),
        &[],
    );
}

#[test]
fn changes_in_quick_succession_are_all_seen() {
    let (computer, mut inventory) = settled();
    for round in 0..200 {
        let package = format!("hello {}", 100 + round);
        computer.write_status(&[&package]);
        inventory.rescan(&computer.roots);
        assert_eq!(ids(&inventory, Source::Dpkg), [package]);
    }
}

#[test]
fn other_roots_are_read_wholly() {
    let (_, mut inventory) = settled();
    let other = Computer::new();
    other.write_status(&["other 1"]);
    assert_eq!(inventory.rescan(&other.roots).len(), 7);
    assert_eq!(ids(&inventory, Source::Dpkg), ["other 1"]);
    assert_eq!(inventory.programs().count(), 1);
}
