//! Who may use whom: the arrows between crates, and who may know which outside library.

use super::Fault;
use super::manifests::{Crate, Dependency};

/// What each crate may use of the others. Crates that are not named here may use anything: they only test, build or measure.
const ARROWS: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("licensing", &["domain"]),
    ("api", &["domain"]),
    ("appstream", &["domain"]),
    ("wal", &[]),
    ("store", &["wal", "domain"]),
    ("server", &["store", "appstream", "licensing", "api", "domain"]),
    ("client", &["api", "domain"]),
    ("inventory", &["domain"]),
    ("install", &["domain"]),
    (
        "app",
        &["client", "api", "sdk", "licensing", "inventory", "install", "domain"],
    ),
    ("cli", &["app", "domain"]),
    ("sdk", &["licensing", "domain"]),
    ("sdk-c", &["sdk"]),
    // A sample uses what a publisher has: nothing but the SDK.
    ("contact-sheet", &["sdk"]),
    ("desktop", &["app", "domain"]),
];

/// Crates that only test, build or measure.
const FREE: [&str; 4] = ["testkit", "tests", "bench", "xtask"];

/// Outside libraries that only some crates may know, with the reason.
const RESERVED: [(&[&str], &[&str], &str); 4] = [
    (&["sqlx", "sea-query", "diesel"], &["store"], "only the store knows SQL"),
    (
        &["rusqlite"],
        // rpm keeps its list of programs in an SQLite file, which is read here without rpm; the log has no tables.
        &["store", "inventory", "wal"],
        "only the store knows SQL; inventory reads rpm's own database and writes none",
    ),
    (
        &[
            "axum",
            "hyper",
            "hyper-util",
            "reqwest",
            "tower",
            "tower-http",
            "ureq",
            "http",
        ],
        &["server", "client"],
        "only the server and the client know HTTP",
    ),
    (
        &["tauri", "tauri-build", "tauri-plugin-single-instance", "wry", "tao"],
        &["desktop"],
        "only the shell knows Tauri, so that everything else works and is tested without a window",
    ),
];

/// The feature of `licensing` that signs codes, and the only crate that ships with it.
const ISSUING: (&str, &str, &str) = ("scrip-licensing", "issue", "server");

pub(super) fn check(crates: &[Crate]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for krate in crates.iter().filter(|krate| !FREE.contains(&krate.name.as_str())) {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == krate.name) else {
            let what = "has no arrows: say in xtask/src/tidy/arrows.rs and ARCHITECTURE.md what it may use";
            faults.push(Fault::new(
                &krate.name,
                what,
                "the house keeps its shape only where each room has a place",
            ));
            continue;
        };
        for dependency in krate.dependencies.iter().filter(|dependency| !dependency.is_dev) {
            faults.extend(check_dependency(krate, dependency, allowed));
        }
    }
    faults
}

fn check_dependency(krate: &Crate, dependency: &Dependency, allowed: &[&str]) -> Option<Fault> {
    let name = dependency.name.as_str();
    if let Some(ours) = name.strip_prefix("scrip-")
        && !allowed.contains(&ours)
    {
        let what = format!("may not use {name}; it may use {allowed:?}");
        return Some(Fault::new(
            &krate.name,
            what,
            "arrows point one way only, as ARCHITECTURE.md says",
        ));
    }
    if name == ISSUING.0 && krate.name != ISSUING.2 && dependency.features.iter().any(|feature| feature == ISSUING.1) {
        let what = format!("uses {name} with the feature {:?}", ISSUING.1);
        return Some(Fault::new(
            &krate.name,
            what,
            "nothing on a customer's computer contains code that signs",
        ));
    }
    let reserved = RESERVED.iter().find(|(names, _, _)| names.contains(&name));
    reserved
        .filter(|(_, owners, _)| !owners.contains(&krate.name.as_str()))
        .map(|(_, owners, reason)| Fault::new(&krate.name, format!("uses {name}, which belongs to {owners:?}"), reason))
}

#[cfg(test)]
mod tests {
    use super::super::manifests::{Crate, Dependency};
    use super::check;

    fn faults_of(name: &str, dependency: &str, is_dev: bool, features: &[&str]) -> usize {
        let features = features.iter().map(ToString::to_string).collect();
        let dependencies = vec![Dependency {
            name: dependency.to_owned(),
            is_dev,
            features,
        }];
        check(&[Crate::for_test(name, dependencies)]).len()
    }

    #[test]
    fn arrows_hold_in_one_direction() {
        assert_eq!(faults_of("store", "scrip-domain", false, &[]), 0);
        assert_eq!(faults_of("domain", "scrip-store", false, &[]), 1);
        assert_eq!(faults_of("cli", "scrip-client", false, &[]), 1);
        assert_eq!(faults_of("cli", "scrip-server", true, &[]), 0, "tests may use anything");
    }

    #[test]
    fn reserved_libraries_stay_where_they_belong() {
        assert_eq!(faults_of("store", "sqlx", false, &[]), 0);
        assert_eq!(faults_of("server", "sqlx", false, &[]), 1);
        assert_eq!(faults_of("inventory", "rusqlite", false, &[]), 0);
        assert_eq!(faults_of("app", "reqwest", false, &[]), 1);
        assert_eq!(faults_of("app", "tauri", false, &[]), 1);
    }

    #[test]
    fn only_the_server_can_sign() {
        assert_eq!(faults_of("server", "scrip-licensing", false, &["issue"]), 0);
        assert_eq!(faults_of("app", "scrip-licensing", false, &["issue"]), 1);
        assert_eq!(faults_of("app", "scrip-licensing", true, &["issue"]), 0);
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert_eq!(check(&[Crate::for_test("garage", Vec::new())]).len(), 1);
        assert_eq!(check(&[Crate::for_test("bench", Vec::new())]).len(), 0);
    }
}
