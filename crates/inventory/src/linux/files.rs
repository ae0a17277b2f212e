//! Files that can be run, and ids that are safe as file names.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::Roots;
use crate::watch::Watch;

/// Whether a file can be run: a regular file that somebody may execute.
pub(crate) fn is_executable(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

/// Whether `text` is one plain part of a path, so that joining it to a folder stays inside that folder.
pub(crate) fn is_file_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && text.len() <= 255 && !text.bytes().any(|byte| byte == b'/' || byte == 0)
}

/// The program that a desktop entry names: an absolute path, or a name on the search path.
pub(crate) fn find_program(program: &str, roots: &Roots, watch: &mut Watch) -> Option<PathBuf> {
    if program.starts_with('/') {
        let path = roots.resolve(Path::new(program))?;
        return watch.stat(&path).filter(is_executable).map(|_| path);
    }
    if !is_file_name(program) {
        return None;
    }
    let candidates = roots.path_dirs.iter().map(|dir| dir.join(program));
    candidates
        .into_iter()
        .find(|path| watch.stat(path).is_some_and(|metadata| is_executable(&metadata)))
}

/// The program named `name` on the search path, then in the person's own prefix.
pub(crate) fn find_executable(name: &str, roots: &Roots) -> Option<PathBuf> {
    if !is_file_name(name) {
        return None;
    }
    let candidates = executable_dirs(roots).map(|dir| dir.join(name));
    candidates
        .into_iter()
        .find(|path| path.metadata().is_ok_and(|metadata| is_executable(&metadata)))
}

/// The names of all files in the folders where [`find_executable`] looks; `None` where one of them cannot be listed.
pub(crate) fn executable_names(roots: &Roots) -> Option<HashSet<OsString>> {
    let mut watch = Watch::begin();
    let mut names = HashSet::new();
    for dir in executable_dirs(roots) {
        names.extend(watch.list(&dir).ok()?.into_iter().map(|entry| entry.name));
    }
    Some(names)
}

/// The files that the caller's receipts account for, wherever links to them lie.
pub(crate) fn known_files(roots: &Roots, watch: &mut Watch) -> HashSet<PathBuf> {
    let mut files = HashSet::new();
    for location in roots.known.iter().filter_map(|program| program.location.as_ref()) {
        if watch.stat(location).is_some() {
            files.extend(fs::canonicalize(location));
        }
    }
    files
}

/// Whether `path` is, or links to, one of the known files.
pub(crate) fn is_known(path: &Path, known: &HashSet<PathBuf>) -> bool {
    !known.is_empty() && fs::canonicalize(path).is_ok_and(|file| known.contains(&file))
}

fn executable_dirs(roots: &Roots) -> impl Iterator<Item = PathBuf> {
    let own = roots.home.as_ref().map(|home| home.join(".local/bin"));
    let prefix = roots.prefix.as_ref().map(|prefix| prefix.join("bin"));
    roots.path_dirs.iter().cloned().chain(own).chain(prefix)
}
