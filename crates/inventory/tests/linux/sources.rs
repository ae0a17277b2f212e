//! Each source on its own, with the files that systems really hold, damaged ones among them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use scrip_inventory::{Launch, Program, Source};

use crate::computer::{APPIMAGE, Computer, entry, write, write_program};

#[test]
fn an_empty_computer_has_no_programs_and_no_warnings() {
    let computer = Computer::new();
    let inventory = computer.scan();
    assert_eq!((inventory.programs().count(), inventory.warnings().count()), (0, 0));
}

#[test]
fn packages_that_are_installed_are_found() {
    let computer = Computer::new();
    computer.write(
        "/var/lib/dpkg/status",
        "Package: hello\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.10-3\n\n\
         Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1.0\n\n\
         Package: libc6\nStatus: install ok installed\nArchitecture: i386\nVersion: 2.35\n\n\
         Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\n",
    );
    assert_eq!(
        computer.found(Source::Dpkg),
        ["hello 2.10-3", "libc6 2.35", "libc6 2.36"]
    );
    let inventory = computer.scan();
    assert_eq!(
        inventory
            .find(Source::Dpkg, "libc6")
            .unwrap()
            .version
            .as_ref()
            .unwrap()
            .as_str(),
        "2.36"
    );
    assert_eq!(inventory.find(Source::Dpkg, "gone"), None);
}

#[test]
fn what_a_killed_dpkg_left_in_its_journal_counts() {
    let computer = Computer::new();
    computer.write_status(&["old 1.0", "removed 1.0", "stays 1.0"]);
    let stanza = |name: &str, status: &str| format!("Package: {name}\nStatus: {status}\nArchitecture: amd64\n");
    let updates = "/var/lib/dpkg/updates";
    computer.write(
        &format!("{updates}/0000"),
        stanza("old", "install ok unpacked") + "Version: 1.5\n",
    );
    computer.write(
        &format!("{updates}/0001"),
        stanza("old", "install ok installed") + "Version: 2.0\n",
    );
    computer.write(&format!("{updates}/0002"), stanza("removed", "purge ok not-installed"));
    computer.write(&format!("{updates}/tmp.i"), stanza("stays", "purge ok not-installed"));
    assert_eq!(computer.found(Source::Dpkg), ["stays 1.0", "old 2.0"]);
}

#[test]
fn a_damaged_database_is_a_warning_and_the_other_sources_are_read() {
    let computer = Computer::new();
    computer.write(
        "/var/lib/dpkg/status",
        "Package: hello\nStatus: install ok installed\nVersion: 2.1\n\nPackage: cut",
    );
    computer.write(
        "/usr/lib/sysimage/rpm/rpmdb.sqlite",
        "this is no database, but long enough to look at",
    );
    computer.write("/var/lib/rpm/Packages", "an old one");
    computer.write_program("/usr/bin/calc");
    computer.write("/usr/share/applications/calc.desktop", entry("Calculator", "calc"));
    let inventory = computer.scan();
    assert_eq!(inventory.programs().count(), 2);
    let warnings: Vec<_> = inventory
        .warnings()
        .map(|warning| (warning.source, warning.message.as_str()))
        .collect();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(
        warnings[0]
            .1
            .ends_with("status is damaged: it ends in the middle of a line"),
        "{warnings:?}"
    );
    assert!(warnings[1].1.contains("old Berkeley DB format"), "{warnings:?}");
    assert_eq!(warnings[2].0, Source::Rpm);
    assert!(
        inventory
            .warnings()
            .all(|warning| warning.code == "inventory.io" && !warning.hints.is_empty())
    );
}

#[test]
fn a_database_of_nonsense_is_told_to_be_damaged() {
    let computer = Computer::new();
    computer.write("/var/lib/dpkg/status", vec![0xff; 3 << 20]);
    let inventory = computer.scan();
    assert_eq!((inventory.programs().count(), inventory.warnings().count()), (0, 1));
}

#[test]
fn desktop_entries_are_found_where_their_program_is() {
    let computer = Computer::new();
    computer.write_program("/usr/bin/calc");
    computer.write_program("/opt/My App/run");
    let apps = "/usr/share/applications";
    computer.write(
        &format!("{apps}/calc.desktop"),
        entry("Calculator", "calc %U") + "Name[de]=Rechner\n",
    );
    computer.write(
        &format!("{apps}/org.x.App.desktop"),
        entry("App", "\"/opt/My App/run\" %F") + "X-AppImage-Version=2.0\n",
    );
    computer.write(
        &format!("{apps}/kde/old.desktop"),
        entry("Old", "env A=1 /usr/bin/calc"),
    );
    computer.write(&format!("{apps}/deleted.desktop"), entry("Deleted", "/opt/deleted/run"));
    computer.write(
        &format!("{apps}/tryexec.desktop"),
        entry("Try", "calc") + "TryExec=not-there\n",
    );
    computer.write(
        &format!("{apps}/hidden.desktop"),
        entry("Hidden", "calc") + "Hidden=true\n",
    );
    computer.write(
        &format!("{apps}/nodisplay.desktop"),
        entry("Quiet", "calc") + "NoDisplay=true\n",
    );
    computer.write(
        &format!("{apps}/dbus.desktop"),
        "[Desktop Entry]\nType=Application\nName=D\nDBusActivatable=true\n",
    );
    computer.write(&format!("{apps}/nul.desktop"), entry("Nul\0", "calc"));
    computer.write(
        &format!("{apps}/link.desktop"),
        "[Desktop Entry]\nType=Link\nName=L\nURL=x\n",
    );
    computer.write(
        &format!("{apps}/climbing.desktop"),
        entry("Climbing", "/usr/../usr/bin/calc"),
    );
    computer.write(&format!("{apps}/notes.txt"), "x");
    assert_eq!(
        computer.found(Source::DesktopEntry),
        [
            "calc.desktop",
            "dbus.desktop",
            "kde-old.desktop",
            "nodisplay.desktop",
            "org.x.App.desktop 2.0"
        ]
    );
    let inventory = computer.scan();
    let app = inventory.find(Source::DesktopEntry, "org.x.App.desktop").unwrap();
    assert_eq!(
        (app.name.as_str(), app.location.as_ref()),
        ("App", Some(&computer.path("/opt/My App/run")))
    );
    assert_eq!(
        app.launch,
        Some(Launch::DesktopEntry {
            id: "org.x.App.desktop".to_owned()
        })
    );
    assert_eq!(inventory.warnings().count(), 0);
}

#[test]
fn the_persons_own_desktop_entry_goes_before_the_systems() {
    let computer = Computer::new();
    computer.write_program("/usr/bin/calc");
    for id in ["a", "b"] {
        computer.write(
            &format!("/usr/share/applications/{id}.desktop"),
            entry("System", "calc"),
        );
    }
    let own = computer.home(".local/share/applications");
    write(&own.join("a.desktop"), entry("Mine", "calc"));
    write(&own.join("b.desktop"), "[Desktop Entry]\nHidden=true\n");
    let inventory = computer.scan();
    let names: Vec<_> = inventory.programs().map(|program| program.name.as_str()).collect();
    assert_eq!(names, ["Mine"]);
}

#[test]
fn links_in_circles_and_odd_names_do_no_harm() {
    let computer = Computer::new();
    computer.write_program("/usr/bin/calc");
    computer.write("/usr/share/applications/calc.desktop", entry("Calculator", "calc"));
    let apps = computer.path("/usr/share/applications");
    symlink(".", apps.join("loop")).unwrap();
    symlink("circle.desktop", apps.join("circle.desktop")).unwrap();
    symlink("nowhere", apps.join("dangling.desktop")).unwrap();
    fs::create_dir(apps.join("folder.desktop")).unwrap();
    write(&apps.join(OsStr::from_bytes(b"odd\xff.desktop")), entry("Odd", "calc"));
    let bin = computer.home(".local/bin");
    fs::create_dir_all(&bin).unwrap();
    symlink("self", bin.join("self")).unwrap();
    symlink(&bin, computer.home("Applications")).unwrap();
    write_program(&bin.join(OsStr::from_bytes(b"odd\xff")), APPIMAGE);
    let inventory = computer.scan();
    let ids: Vec<_> = inventory.programs().map(|program| program.id.as_str()).collect();
    assert_eq!(ids, ["calc.desktop"]);
    assert_eq!(
        inventory.warnings().count(),
        0,
        "{:?}",
        inventory.warnings().collect::<Vec<_>>()
    );
}

#[test]
fn appimages_are_found_where_people_keep_them() {
    let mut computer = Computer::new();
    computer.roots = computer.roots.clone().with_prefix(computer.path("/opt/scrip"));
    write_program(&computer.home("Applications/Krita-5.2.2-x86_64.AppImage"), APPIMAGE);
    write_program(&computer.home(".local/bin/nvim"), APPIMAGE);
    write_program(&computer.home("Downloads/Run-1.0.AppImage"), APPIMAGE);
    write(&computer.home("Downloads/NotExecutable-1.0.AppImage"), APPIMAGE);
    write_program(&computer.home("Downloads/unnamed"), APPIMAGE);
    write_program(&computer.path("/opt/scrip/tool.AppImage"), APPIMAGE);
    write_program(&computer.home("Applications/empty.AppImage"), b"");
    write_program(
        &computer.home("Applications/script.AppImage"),
        b"#!/bin/sh\necho a longer script\n",
    );
    assert_eq!(
        computer.found(Source::Appimage),
        [
            "Krita-5.2.2-x86_64.AppImage 5.2.2",
            "nvim",
            "Run-1.0.AppImage 1.0",
            "tool.AppImage"
        ]
    );
}

#[test]
fn own_programs_and_receipts_are_found_and_deleted_ones_are_not() {
    let mut computer = Computer::new();
    let prefix = computer.path("/opt/scrip");
    write_program(&prefix.join("bin/mine"), b"#!/bin/sh\n");
    write_program(&prefix.join("apps/tool/tool"), b"#!/bin/sh\n");
    write_program(&computer.home(".local/bin/script"), b"#!/bin/sh\n");
    write(&computer.home(".local/bin/notes.txt"), b"x");
    let known = |id: &str, path: &str| Program {
        name: id.to_owned(),
        version: Some(scrip_domain::Version::new("1.0")),
        source: Source::Prefix,
        id: id.to_owned(),
        location: Some(prefix.join(path)),
        launch: None,
    };
    computer.roots = computer
        .roots
        .clone()
        .with_prefix(prefix.clone())
        .with_known(vec![known("tool", "apps/tool/tool"), known("gone", "gone")]);
    // The links that lead to what a receipt accounts for are no programs of their own.
    symlink(prefix.join("apps/tool/tool"), prefix.join("bin/tool-command")).unwrap();
    write_program(&prefix.join("apps/image/image"), APPIMAGE);
    symlink(prefix.join("apps/image/image"), prefix.join("bin/image")).unwrap();
    assert_eq!(computer.found(Source::Prefix), ["tool 1.0", "script", "mine"]);
    assert_eq!(computer.found(Source::Appimage), ["image"]);
    computer.roots.known.push(known("org.x.Image", "apps/image/image"));
    assert_eq!(
        computer.found(Source::Prefix),
        ["tool 1.0", "org.x.Image 1.0", "script", "mine"]
    );
    assert_eq!(computer.found(Source::Appimage), [] as [&str; 0]);
    let inventory = computer.scan();
    assert_eq!(inventory.find(Source::Prefix, "image").unwrap().id, "org.x.Image");

    write(
        &prefix.join("share/applications/tool.desktop"),
        entry("Tool", prefix.join("bin/mine").to_str().unwrap()),
    );
    assert_eq!(computer.found(Source::DesktopEntry), ["tool.desktop"]);
}
