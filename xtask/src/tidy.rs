//! The rules of the house that no compiler checks, each with its reason. Also a test of this crate.

mod arrows;
mod manifests;
mod page;
mod references;
mod text;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::read;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The file, or the crate.
    place: String,
    /// What is wrong there.
    what: String,
    /// Why the rule stands.
    reason: &'static str,
}

impl Fault {
    fn new(place: impl Into<String>, what: impl Into<String>, reason: &'static str) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            reason,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.what, self.reason)
    }
}

/// A text file of the project.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// From the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, extension)| extensions.contains(&extension))
    }

    /// Whether it was written by a program.
    fn is_generated(&self) -> bool {
        self.text
            .lines()
            .take(3)
            .any(|line| line.contains("generated") && line.contains("do not edit"))
    }

    /// Whether it only tests.
    fn is_test(&self) -> bool {
        self.path
            .split('/')
            .any(|part| part == "tests" || part == "test" || part == "testkit")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
            || self.path.ends_with(".test.ts")
    }
}

/// Everything that breaks a rule, in the order of the files.
pub(crate) fn check(root: &Path) -> Result<Vec<Fault>> {
    let sources = sources(root)?;
    let crates = manifests::read_crates(root)?;
    let mut faults = arrows::check(&crates);
    faults.extend(manifests::check(&crates)?);
    faults.extend(text::check(&sources));
    faults.extend(page::check(&sources));
    faults.extend(references::check(&sources));
    Ok(faults)
}

/// The project's own text files: what git tracks or would track.
fn sources(root: &Path) -> Result<Vec<Source>> {
    let listed = read(Command::new("git").current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
    ]))?;
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    let mut sources = Vec::new();
    for path in paths {
        let file: PathBuf = root.join(path);
        // A deleted file stays listed until the deletion is committed.
        if !file.is_file() {
            continue;
        }
        let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        if let Ok(text) = String::from_utf8(bytes) {
            sources.push(Source {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_house_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let faults = super::check(root).unwrap();
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}
