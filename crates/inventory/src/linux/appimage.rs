//! AppImage files in the folders where people keep them.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use scrip_domain::Version;

use super::appimage_name;
use super::files::{is_executable, is_known, known_files};
use crate::inventory::Findings;
use crate::watch::Watch;
use crate::{Error, Launch, Program, Roots, Source};

/// An ELF file whose identification holds the mark of an AppImage of type 1 or 2 (AppImage specification).
const ELF: &[u8] = b"\x7fELF";
const MARK: &[u8] = b"AI";
const MARK_AT: usize = 8;
const HEAD_BYTES: usize = 11;

/// Reads the AppImage files. A file that nobody may execute is only a download, not an installed program.
pub(crate) fn scan(roots: &Roots, watch: &mut Watch) -> Findings {
    let mut findings = Findings::default();
    let home = |folder: &str| roots.home.as_ref().map(|home| home.join(folder));
    // Only of a download's name is an AppImage known before it is opened: that folder may be huge.
    let folders = [
        (home("Applications"), false),
        (home(".local/bin"), false),
        (home("Downloads"), true),
        (roots.prefix.clone(), false),
        (roots.prefix.as_ref().map(|prefix| prefix.join("bin")), false),
    ];
    let known = known_files(roots, watch);
    let mut seen: Vec<PathBuf> = Vec::new();
    for (dir, by_name) in folders {
        let Some(dir) = dir.filter(|dir| !seen.contains(dir)) else {
            continue;
        };
        if let Err(error) = read_folder(&dir, by_name, &known, watch, &mut findings) {
            findings.warn(Source::Appimage, &error);
        }
        seen.push(dir);
    }
    findings
}

fn read_folder(
    dir: &Path,
    by_name: bool,
    known: &HashSet<PathBuf>,
    watch: &mut Watch,
    findings: &mut Findings,
) -> Result<(), Error> {
    for entry in watch.list(dir)? {
        let Some(file_name) = entry.name.to_str() else { continue };
        if by_name && !appimage_name::has_ending(file_name) {
            continue;
        }
        if !is_appimage(&entry.path, watch) || is_known(&entry.path, known) {
            continue;
        }
        let (name, version) = appimage_name::parse(file_name);
        findings.programs.push(Program {
            name: name.to_owned(),
            version: version.map(Version::new),
            source: Source::Appimage,
            id: file_name.to_owned(),
            location: Some(entry.path.clone()),
            launch: Some(Launch::File { path: entry.path }),
        });
    }
    Ok(())
}

/// Whether the file is an AppImage that can be run.
pub(crate) fn is_appimage(path: &Path, watch: &mut Watch) -> bool {
    if !watch.stat(path).is_some_and(|metadata| is_executable(&metadata)) {
        return false;
    }
    let mut head = [0; HEAD_BYTES];
    let Ok(Some((mut file, _))) = watch.open(path) else {
        return false;
    };
    let is_read = file.read_exact(&mut head).is_ok();
    is_read && head.starts_with(ELF) && head[MARK_AT..].starts_with(MARK) && matches!(head[MARK_AT + 2], 1 | 2)
}
