//! Programs that desktop entries start.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use scrip_domain::Version;

use super::desktop_entry::{self, DesktopEntry};
use super::exec;
use super::files::{find_program, is_file_name};
use crate::inventory::{Findings, Leftover};
use crate::watch::Watch;
use crate::{Error, Launch, Program, Roots, Source};

/// Folders inside folders are followed this far; their names become part of the id.
const DEPTH_MAX: usize = 4;
/// How the file of an entry ends, in these letters.
pub(crate) const ENDING: &str = ".desktop";
/// The most entries that are read.
const ENTRIES_MAX: usize = 20_000;
/// Programs that start other programs: where they lie says nothing about those.
const STARTERS: [&str; 3] = ["flatpak", "snap", "env"];

/// Reads the entries, the person's own before the prefix's and the system's: the first of an id decides.
pub(crate) fn scan(roots: &Roots, watch: &mut Watch) -> Findings {
    let mut search = Search {
        roots,
        watch,
        findings: Findings::default(),
        seen: HashSet::new(),
        found_programs: HashMap::new(),
    };
    for dir in folders(roots) {
        let mut visited = Vec::new();
        search.folder(&dir, "", &mut visited);
    }
    search.findings
}

/// The entry with this id and its file, as the folders' order decides; `None` where it is not there, or hidden.
pub(crate) fn find(id: &str, roots: &Roots) -> Option<(DesktopEntry, PathBuf)> {
    let mut watch = Watch::begin();
    for dir in folders(roots) {
        if let Some((entry, path)) = find_in(&dir, id, DEPTH_MAX, &mut watch) {
            return (!entry.is_hidden).then_some((entry, path));
        }
    }
    None
}

/// The program that an entry starts, or the name of the one that is missing. `Ok(None)`: another process starts it.
pub(crate) fn program_of(
    entry: &DesktopEntry,
    mut find: impl FnMut(&str) -> Option<PathBuf>,
) -> Result<Option<PathBuf>, String> {
    if let Some(program) = &entry.try_exec
        && find(program).is_none()
    {
        return Err(program.clone());
    }
    let Some(argv) = exec::argv(entry) else {
        return if entry.is_dbus_activatable {
            Ok(None)
        } else {
            Err(entry.exec.clone().unwrap_or_default())
        };
    };
    let program = exec::program(&argv).unwrap_or_default();
    let path = find(program).ok_or_else(|| program.to_owned())?;
    let starts_others = path
        .file_name()
        .is_some_and(|name| STARTERS.iter().any(|starter| name == *starter));
    Ok((!starts_others).then_some(path))
}

fn folders(roots: &Roots) -> Vec<PathBuf> {
    let prefix = roots.prefix.as_ref().map(|prefix| prefix.join("share"));
    let mut folders: Vec<PathBuf> = Vec::new();
    for dir in roots.data_home.iter().chain(&prefix).chain(&roots.data_dirs) {
        let folder = dir.join("applications");
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

struct Search<'a> {
    roots: &'a Roots,
    watch: &'a mut Watch,
    findings: Findings,
    seen: HashSet<String>,
    found_programs: HashMap<String, Option<PathBuf>>,
}

impl Search<'_> {
    /// Reads a folder whose entries' ids begin with `prefix`. `visited` holds the folders above it: a link may lead back.
    fn folder(&mut self, dir: &Path, prefix: &str, visited: &mut Vec<(u64, u64)>) {
        let Some(metadata) = self.watch.stat(dir) else { return };
        let identity = (metadata.dev(), metadata.ino());
        if visited.len() == DEPTH_MAX || visited.contains(&identity) {
            return;
        }
        visited.push(identity);
        let entries = self.watch.list(dir).unwrap_or_else(|error| {
            self.findings.warn(Source::DesktopEntry, &error);
            Vec::new()
        });
        for entry in entries {
            let Some(name) = entry.name.to_str() else { continue };
            if name.strip_suffix(ENDING).is_some() {
                self.entry(&entry.path, format!("{prefix}{name}"));
            } else if !name.contains('.') && self.watch.stat(&entry.path).as_ref().is_some_and(Metadata::is_dir) {
                self.folder(&entry.path, &format!("{prefix}{name}-"), visited);
            }
        }
        visited.pop();
    }

    fn entry(&mut self, path: &Path, id: String) {
        if self.seen.contains(&id) {
            return;
        }
        if self.seen.len() == ENTRIES_MAX {
            let path = path.to_owned();
            self.findings.warn(
                Source::DesktopEntry,
                &Error::TooLarge {
                    path,
                    limit: ENTRIES_MAX as u64,
                    unit: "desktop entries",
                },
            );
        }
        if self.seen.len() >= ENTRIES_MAX {
            self.seen.insert(id);
            return;
        }
        let bytes = match self.watch.read(path, desktop_entry::BYTES_MAX) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => return self.findings.warn(Source::DesktopEntry, &error),
        };
        let Some(entry) = desktop_entry::parse(&bytes) else {
            return;
        };
        self.seen.insert(id.clone());
        if entry.is_hidden {
            return;
        }
        let (roots, watch, found) = (self.roots, &mut *self.watch, &mut self.found_programs);
        let find = |program: &str| {
            let known = found.get(program).cloned();
            known.unwrap_or_else(|| {
                let path = find_program(program, roots, watch);
                found.insert(program.to_owned(), path.clone());
                path
            })
        };
        match program_of(&entry, find) {
            Ok(location) => self.findings.programs.push(Program {
                name: if entry.name.is_empty() { id.clone() } else { entry.name },
                version: entry.version.as_deref().map(Version::new),
                source: Source::DesktopEntry,
                location,
                launch: Some(Launch::DesktopEntry { id: id.clone() }),
                id,
            }),
            Err(missing) => self.findings.leftovers.push(Leftover { id, missing }),
        }
    }
}

/// `a-b-c.desktop` may be that file, or `a/b-c.desktop`, `a-b/c.desktop` …
fn find_in(dir: &Path, id: &str, depth: usize, watch: &mut Watch) -> Option<(DesktopEntry, PathBuf)> {
    if !is_file_name(id) || depth == 0 {
        return None;
    }
    let path = dir.join(id);
    if let Ok(Some(bytes)) = watch.read(&path, desktop_entry::BYTES_MAX)
        && let Some(entry) = desktop_entry::parse(&bytes)
    {
        return Some((entry, path));
    }
    let dashes = id
        .match_indices('-')
        .filter(|(at, _)| is_file_name(&id[..*at]) && !id[..*at].contains('.'));
    dashes.into_iter().find_map(|(at, _)| {
        let inner = dir.join(&id[..at]);
        if inner.is_dir() {
            find_in(&inner, &id[at + 1..], depth - 1, watch)
        } else {
            None
        }
    })
}
