//! Snaps, as snapd leaves them on the disk; snapd itself is not asked (`snap list` waits for ever where it does not run).

use std::collections::BTreeMap;
use std::path::Path;

use scrip_domain::Version;
use serde::Deserialize;

use super::files::is_file_name;
use crate::inventory::Findings;
use crate::watch::Watch;
use crate::{Error, Launch, Program, Roots, Source};

/// Where snaps are mounted: on Debian and Ubuntu, and elsewhere.
const MOUNTS: [&str; 2] = ["snap", "var/lib/snapd/snap"];
const STATE: &str = "var/lib/snapd/state.json";
const STATE_BYTES_MAX: u64 = 64 << 20;
const YAML_BYTES_MAX: u64 = 1 << 20;
/// The folder of the launchers, beside the snaps.
const LAUNCHERS: &str = "bin";

/// Reads the snaps that are active: by their link `current`, then by snapd's own record where it may be read.
pub(crate) fn scan(roots: &Roots, watch: &mut Watch) -> Findings {
    let mut findings = Findings::default();
    for mount in MOUNTS.map(|mount| roots.system.join(mount)) {
        if let Err(error) = read_mounted(&mount, watch, &mut findings) {
            findings.warn(Source::Snap, &error);
        }
    }
    match read_state(&roots.system.join(STATE), watch) {
        Ok(active) => {
            for name in active {
                if !findings.programs.iter().any(|program| program.id == name) {
                    findings.programs.push(program(&name, None, None, None));
                }
            }
        }
        Err(error) => findings.warn(Source::Snap, &error),
    }
    findings
}

fn read_mounted(mount: &Path, watch: &mut Watch, findings: &mut Findings) -> Result<(), Error> {
    for entry in watch.list(mount)? {
        let Some(name) = entry
            .name
            .to_str()
            .filter(|name| is_file_name(name) && *name != LAUNCHERS)
        else {
            continue;
        };
        let current = entry.path.join("current");
        // A file such as README, a snap that is switched off, or one that two mounts show.
        if watch.stat(&current).is_none() || findings.programs.iter().any(|program| program.id == name) {
            continue;
        }
        let described = match watch.read(&current.join("meta/snap.yaml"), YAML_BYTES_MAX) {
            Ok(yaml) => yaml.unwrap_or_default(),
            Err(error) => {
                findings.warn(Source::Snap, &error);
                Vec::new()
            }
        };
        let described = String::from_utf8_lossy(&described);
        let launcher = mount.join(LAUNCHERS).join(name);
        let launch = watch.stat(&launcher).map(|_| Launch::File { path: launcher });
        let mut found = program(name, scalar(&described, "title"), scalar(&described, "version"), launch);
        found.location = Some(current);
        findings.programs.push(found);
    }
    Ok(())
}

fn program(id: &str, title: Option<&str>, version: Option<&str>, launch: Option<Launch>) -> Program {
    Program {
        name: title.unwrap_or(id).to_owned(),
        version: version.map(Version::new),
        source: Source::Snap,
        id: id.to_owned(),
        location: None,
        launch,
    }
}

/// The text of a key of the outermost mapping. snapd writes these on one line each.
fn scalar<'a>(yaml: &'a str, key: &str) -> Option<&'a str> {
    let values = yaml
        .lines()
        .filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let value = values.into_iter().next()?.trim();
    let quoted = |quote: char| value.strip_prefix(quote)?.split_once(quote).map(|(text, _)| text);
    let plain = || value.split_once(" #").map_or(value, |(text, _)| text.trim_end());
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or_else(plain);
    (!text.is_empty() && !text.starts_with(['|', '>', '#'])).then_some(text)
}

#[derive(Deserialize)]
struct State {
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    snaps: BTreeMap<String, Snap>,
}

#[derive(Deserialize)]
struct Snap {
    #[serde(default)]
    active: bool,
}

/// The names of the snaps that snapd records as active. Only root may read the record.
fn read_state(path: &Path, watch: &mut Watch) -> Result<Vec<String>, Error> {
    let bytes = match watch.read(path, STATE_BYTES_MAX) {
        Err(Error::Read { source, .. }) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            return Ok(Vec::new());
        }
        other => other?,
    };
    let Some(bytes) = bytes else { return Ok(Vec::new()) };
    let state: State = serde_json::from_slice(&bytes).map_err(|error| Error::Malformed {
        path: path.to_owned(),
        why: error.to_string(),
    })?;
    let active = state
        .data
        .snaps
        .into_iter()
        .filter(|(name, snap)| snap.active && is_file_name(name));
    Ok(active.map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;

    use super::*;

    const YAML: &str = "name: hello\nversion: '2.10' # of the author\ntitle: \"Hello: there\"\n\
        description: |\n  version: 9\napps:\n  hello:\n    command: bin/hello\n";

    #[test]
    fn mounted_and_recorded_snaps_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::inside(dir.path());
        let mount = roots.system.join("snap");
        for name in ["hello", "off"] {
            fs::create_dir_all(mount.join(name).join("42/meta")).unwrap();
        }
        fs::write(mount.join("hello/42/meta/snap.yaml"), YAML).unwrap();
        symlink("42", mount.join("hello/current")).unwrap();
        fs::create_dir_all(mount.join("bin")).unwrap();
        symlink("/usr/bin/true", mount.join("bin/hello")).unwrap();
        fs::write(mount.join("README"), "x").unwrap();
        let state = r#"{"data":{"auth":{"x":[1]},"snaps":{"hello":{"active":true},"core22":{"type":"base","active":true},
            "off":{"active":false},"../x":{"active":true}}},"changes":{}}"#;
        fs::create_dir_all(roots.system.join("var/lib/snapd")).unwrap();
        fs::write(roots.system.join(STATE), state).unwrap();

        let findings = scan(&roots, &mut Watch::begin());
        assert!(findings.warnings.is_empty(), "{:?}", findings.warnings);
        let ids: Vec<_> = findings.programs.iter().map(|program| program.id.as_str()).collect();
        assert_eq!(ids, ["hello", "core22"]);
        let hello = &findings.programs[0];
        assert_eq!(
            (hello.name.as_str(), hello.version.as_ref().unwrap().as_str()),
            ("Hello: there", "2.10")
        );
        assert_eq!(
            hello.launch,
            Some(Launch::File {
                path: mount.join("bin/hello")
            })
        );
    }

    #[test]
    fn a_damaged_record_is_a_warning_and_the_mounted_snaps_stay() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::inside(dir.path());
        fs::create_dir_all(roots.system.join("snap/a/1")).unwrap();
        symlink("1", roots.system.join("snap/a/current")).unwrap();
        fs::create_dir_all(roots.system.join("var/lib/snapd")).unwrap();
        fs::write(roots.system.join(STATE), "{\"data\":").unwrap();
        let findings = scan(&roots, &mut Watch::begin());
        assert_eq!(findings.programs.len(), 1);
        assert_eq!(findings.warnings.len(), 1);
    }

    #[test]
    fn versions_keep_their_text() {
        assert_eq!(scalar("version: 1.10\n", "version"), Some("1.10"));
        assert_eq!(scalar("version:\n", "version"), None);
        assert_eq!(scalar("versions: 2\nversion: v3\n", "version"), Some("v3"));
        assert_eq!(scalar("  version: 1\n", "version"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(version|title)?:?[ '\"#|é\n]{0,4}\\PC{0,6}") {
            scalar(&text, "version");
        }
    }
}
