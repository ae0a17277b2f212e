//! Whether products of a catalog are installed, and what a person is told.

use scrip_domain::{DetectionRule, Version};
use scrip_inventory::{Detection, DetectionStatus, Launch, Program, Source, detect, detect_all};

use crate::computer::{APPIMAGE, Computer, entry, write_program};

fn package(name: &str) -> DetectionRule {
    DetectionRule::Package { name: name.to_owned() }
}

fn desktop_entry(id: &str) -> DetectionRule {
    DetectionRule::DesktopEntry { id: id.to_owned() }
}

fn executable(name: &str) -> DetectionRule {
    DetectionRule::Executable { name: name.to_owned() }
}

fn ask(computer: &Computer, rules: &[DetectionRule], latest: &str) -> Detection {
    let latest = (!latest.is_empty()).then(|| Version::new(latest));
    let inventory = computer.scan();
    let one = detect(rules, latest.as_ref(), &inventory);
    let many = detect_all([("key", rules, latest.as_ref())], &inventory);
    assert_eq!(many.len(), 1);
    assert_eq!(many[0].0, "key");
    assert_eq!(
        (many[0].1.status, &many[0].1.evidence),
        (one.status, &one.evidence),
        "one and many agree"
    );
    one
}

#[test]
fn an_installed_package_is_recognised_with_its_place_and_start() {
    let computer = Computer::new();
    computer.write_status(&["hello 1:2.10-3+b1"]);
    computer.write_program("/usr/bin/hello");
    computer.write("/var/lib/dpkg/info/hello.list", "/.\n/usr\n/usr/bin\n/usr/bin/hello\n");
    computer.write("/usr/share/applications/hello.desktop", entry("Hello", "hello"));
    let found = ask(&computer, &[package("hello"), desktop_entry("hello.desktop")], "2.10");
    assert_eq!(
        (found.status, found.source),
        (DetectionStatus::Installed, Some(Source::Dpkg))
    );
    assert_eq!(found.version.as_ref().unwrap().as_str(), "1:2.10-3+b1");
    assert_eq!(found.location, Some(computer.path("/usr/bin/hello")));
    assert_eq!(
        found.launch,
        Some(Launch::DesktopEntry {
            id: "hello.desktop".to_owned()
        })
    );
    assert_eq!(
        found.evidence,
        [
            "The package hello 1:2.10-3+b1 is installed (Debian package database).",
            "1:2.10-3+b1 is as new as 2.10 in the catalog."
        ]
    );
}

#[test]
fn an_older_package_is_outdated() {
    let computer = Computer::new();
    computer.write_status(&["hello 2.10-3"]);
    let found = ask(&computer, &[package("hello")], "2.12");
    assert_eq!(found.status, DetectionStatus::Outdated);
    assert_eq!(
        found.evidence,
        [
            "The package hello 2.10-3 is installed (Debian package database).",
            "2.10-3 is older than 2.12 in the catalog."
        ]
    );
    assert_eq!(
        ask(&computer, &[package("hello")], "").status,
        DetectionStatus::Installed
    );
}

#[test]
fn nothing_found_says_what_was_looked_for() {
    let computer = Computer::new();
    let rules = [package("hello"), desktop_entry("org.x.desktop"), executable("hello")];
    let found = ask(&computer, &rules, "1.0");
    assert_eq!((found.status, found.program()), (DetectionStatus::Absent, None));
    assert_eq!(
        found.evidence,
        ["No package hello, no desktop entry org.x.desktop, no program hello: nothing found."]
    );
    assert_eq!(
        ask(&computer, &[], "").evidence,
        ["The catalog does not say how to recognise this program."]
    );
}

#[test]
fn a_deleted_program_is_absent_although_its_entry_is_left() {
    let computer = Computer::new();
    computer.write("/usr/share/applications/gone.desktop", entry("Gone", "/opt/gone/run"));
    let found = ask(&computer, &[desktop_entry("gone.desktop")], "");
    assert_eq!(found.status, DetectionStatus::Absent);
    assert_eq!(
        found.evidence[1],
        "The desktop entry gone.desktop is left over: its program /opt/gone/run is gone."
    );
}

#[test]
fn an_unreadable_source_is_told_where_it_could_matter() {
    let computer = Computer::new();
    computer.write("/var/lib/dpkg/status", "nonsense\n");
    let found = ask(&computer, &[package("hello")], "");
    assert_eq!(found.evidence.len(), 2);
    assert!(
        found.evidence[1].starts_with("What only the Debian package database would tell is not known: "),
        "{found:?}"
    );
    assert_eq!(ask(&computer, &[executable("hello")], "").evidence.len(), 1);
}

#[test]
fn a_program_of_unknown_version_is_never_outdated() {
    let computer = Computer::new();
    computer.write_program("/usr/games/hello");
    let found = ask(&computer, &[package("hello"), executable("hello")], "99");
    assert_eq!(
        (found.status, found.source),
        (DetectionStatus::Installed, Some(Source::Executable))
    );
    assert_eq!(found.location, Some(computer.path("/usr/games/hello")));
    assert_eq!(found.evidence[1], "Its version is not known, so no update is offered.");
}

#[test]
fn a_newer_one_by_other_means_ends_the_update_loop() {
    let mut computer = Computer::new();
    computer.write_status(&["krita 4.0-1"]);
    computer.write_program("/usr/bin/krita");
    let rules = [package("krita"), executable("krita")];
    assert_eq!(
        ask(&computer, &rules, "5.2").status,
        DetectionStatus::Outdated,
        "the same old program on the path"
    );
    write_program(&computer.home("Applications/Krita-5.2.2-x86_64.AppImage"), APPIMAGE);
    let found = ask(&computer, &rules, "5.2");
    assert_eq!(
        (found.status, found.source),
        (DetectionStatus::Installed, Some(Source::Appimage))
    );

    let receipt = Program {
        name: "Krita".to_owned(),
        version: Some(Version::new("6.0")),
        source: Source::Prefix,
        id: "krita".to_owned(),
        location: None,
        launch: Some(Launch::DesktopEntry {
            id: "org.kde.krita.desktop".to_owned(),
        }),
    };
    computer.roots = computer.roots.clone().with_known(vec![receipt]);
    let found = ask(&computer, &[desktop_entry("org.kde.krita")], "7.0");
    assert_eq!(
        (found.status, found.source),
        (DetectionStatus::Outdated, Some(Source::Prefix))
    );
}

#[test]
fn flatpaks_answer_for_the_entry_that_they_export() {
    let computer = Computer::new();
    computer.write(
        "/var/lib/flatpak/app/org.x.App/current/active/metadata",
        "[Application]\n",
    );
    let found = ask(&computer, &[desktop_entry("org.x.App.desktop")], "");
    assert_eq!(
        (found.status, found.source),
        (DetectionStatus::Installed, Some(Source::Flatpak))
    );
    let found = ask(
        &computer,
        &[DetectionRule::Flatpak {
            id: "org.x.App".to_owned(),
        }],
        "",
    );
    assert_eq!(found.evidence, ["The Flatpak application org.x.App is installed."]);
}

#[test]
fn names_that_climb_find_nothing() {
    let computer = Computer::new();
    computer.write_program("/usr/bin/calc");
    for name in ["../bin/calc", "/usr/bin/calc", "", ".", "..", "a\0b"] {
        assert_eq!(
            ask(&computer, &[executable(name)], "").status,
            DetectionStatus::Absent,
            "{name:?}"
        );
    }
}

#[test]
fn answers_are_written_and_read_as_json() {
    let computer = Computer::new();
    computer.write_program("/usr/bin/calc");
    let found = ask(&computer, &[executable("calc")], "");
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(
        (json["status"].as_str(), json["source"].as_str()),
        (Some("installed"), Some("executable"))
    );
    assert_eq!(serde_json::from_value::<Detection>(json).unwrap(), found);
}

#[test]
fn thousands_of_products_are_answered_in_their_order() {
    let computer = Computer::new();
    let packages: Vec<_> = (0..3_000).map(|number| format!("p{number} 1.0")).collect();
    computer.write_status(&packages.iter().map(String::as_str).collect::<Vec<_>>());
    let inventory = computer.scan();
    let rules: Vec<_> = (0..6_000)
        .map(|number| [package(&format!("p{number}")), desktop_entry("x.desktop")])
        .collect();
    let answers = detect_all(
        rules
            .iter()
            .enumerate()
            .map(|(key, rules)| (key, rules.as_slice(), None)),
        &inventory,
    );
    assert!(
        answers
            .iter()
            .enumerate()
            .all(|(at, (key, answer))| { at == *key && (answer.status == DetectionStatus::Installed) == (at < 3_000) })
    );
}

#[test]
fn thousands_of_executables_are_answered_as_one_by_one() {
    let mut computer = Computer::new();
    computer.roots = computer.roots.clone().with_prefix(computer.path("/opt/scrip"));
    for path in ["/usr/bin/p7", "/usr/games/p1999", "/opt/scrip/bin/p1500"] {
        computer.write_program(path);
    }
    computer.write("/usr/bin/p8", "not executable");
    let inventory = computer.scan();
    let rules: Vec<_> = (0..2_000).map(|number| [executable(&format!("p{number}"))]).collect();
    let answers = detect_all(
        rules
            .iter()
            .enumerate()
            .map(|(key, rules)| (key, rules.as_slice(), None)),
        &inventory,
    );
    let found: Vec<_> = answers
        .iter()
        .filter(|(_, answer)| answer.status == DetectionStatus::Installed)
        .collect();
    assert_eq!(found.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [7, 1500, 1999]);
    for (key, answer) in found {
        assert_eq!(detect(&rules[*key], None, &inventory), *answer);
    }
}
