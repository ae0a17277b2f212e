//! Programs of the person's own: in `~/.local/bin`, in the caller's prefix, and what the caller knows from its receipts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::appimage::is_appimage;
use super::files::{is_executable, is_known, known_files};
use crate::inventory::{Findings, Leftover};
use crate::watch::Watch;
use crate::{Error, Launch, Program, Roots, Source};

/// Reads the programs. An AppImage is told by its own source.
pub(crate) fn scan(roots: &Roots, watch: &mut Watch) -> Findings {
    let mut findings = Findings::default();
    for program in &roots.known {
        match &program.location {
            Some(location) if watch.stat(location).is_none() => {
                let missing = location.display().to_string();
                findings.leftovers.push(Leftover {
                    id: program.id.clone(),
                    missing,
                });
            }
            _ => findings.programs.push(Program {
                source: Source::Prefix,
                ..program.clone()
            }),
        }
    }
    let known = known_files(roots, watch);
    let home_bin = roots.home.as_ref().map(|home| home.join(".local/bin"));
    let prefix_bin = roots
        .prefix
        .as_ref()
        .map(|prefix| prefix.join("bin"))
        .filter(|dir| Some(dir) != home_bin.as_ref());
    for dir in [home_bin, prefix_bin].into_iter().flatten() {
        if let Err(error) = read_folder(&dir, &known, watch, &mut findings) {
            findings.warn(Source::Prefix, &error);
        }
    }
    findings
}

fn read_folder(dir: &Path, known: &HashSet<PathBuf>, watch: &mut Watch, findings: &mut Findings) -> Result<(), Error> {
    for entry in watch.list(dir)? {
        let Some(name) = entry.name.to_str() else { continue };
        if !watch.stat(&entry.path).is_some_and(|metadata| is_executable(&metadata))
            || is_appimage(&entry.path, watch)
            || is_known(&entry.path, known)
        {
            continue;
        }
        findings.programs.push(Program {
            name: name.to_owned(),
            version: None,
            source: Source::Prefix,
            id: name.to_owned(),
            location: Some(entry.path.clone()),
            launch: Some(Launch::File { path: entry.path }),
        });
    }
    Ok(())
}
