//! Files that can be run, and ids that are safe as file names.

use std::fs::Metadata;
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
    let own = [
        roots.home.as_ref().map(|home| home.join(".local/bin")),
        roots.prefix.as_ref().map(|dir| dir.join("bin")),
    ];
    let dirs = roots.path_dirs.iter().cloned().chain(own.into_iter().flatten());
    dirs.map(|dir| dir.join(name))
        .find(|path| path.metadata().is_ok_and(|metadata| is_executable(&metadata)))
}
