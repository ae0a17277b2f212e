//! Where a scan looks.

use std::env;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::Program;

/// The folders that a scan reads. All are absolute; none has to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The root of the system: `/`, or a private folder in tests.
    pub system: PathBuf,
    /// The person's home folder.
    pub home: Option<PathBuf>,
    /// `$XDG_DATA_HOME` (XDG Base Directory Specification).
    pub data_home: Option<PathBuf>,
    /// `$XDG_DATA_DIRS`, the most important first.
    pub data_dirs: Vec<PathBuf>,
    /// The folders of `$PATH`, in their order.
    pub path_dirs: Vec<PathBuf>,
    /// Where the caller installs programs for this person: AppImage files lie in it, programs in its `bin`, desktop entries in its
    /// `share/applications`.
    pub prefix: Option<PathBuf>,
    /// Programs that the caller knows from its own receipts. One whose location is gone counts as deleted. It is found by its id, by
    /// the name of the file at its location, and by its desktop entry.
    pub known: Vec<Program>,
}

impl Roots {
    /// The real folders, as the environment names them. Relative folders are ignored, as the specification asks.
    pub fn from_environment() -> Self {
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = absolute("HOME");
        let data_dirs = env::var_os("XDG_DATA_DIRS").filter(|dirs| !dirs.is_empty());
        Self {
            system: PathBuf::from("/"),
            data_home: absolute("XDG_DATA_HOME").or_else(|| home.as_ref().map(|home| home.join(".local/share"))),
            home,
            data_dirs: split(&data_dirs.unwrap_or_else(|| OsString::from("/usr/local/share:/usr/share"))),
            path_dirs: split(&env::var_os("PATH").unwrap_or_default()),
            prefix: None,
            known: Vec::new(),
        }
    }

    /// A whole computer inside the folder `dir`, with the person's home in `dir/home/person`: for tests.
    pub fn inside(dir: &Path) -> Self {
        let home = dir.join("home/person");
        Self {
            system: dir.to_owned(),
            data_home: Some(home.join(".local/share")),
            home: Some(home),
            data_dirs: vec![dir.join("usr/local/share"), dir.join("usr/share")],
            path_dirs: vec![dir.join("usr/local/bin"), dir.join("usr/bin"), dir.join("usr/games")],
            prefix: None,
            known: Vec::new(),
        }
    }

    /// With the caller's own prefix.
    #[must_use]
    pub fn with_prefix(mut self, prefix: PathBuf) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// With programs that the caller knows from its own receipts.
    #[must_use]
    pub fn with_known(mut self, known: Vec<Program>) -> Self {
        self.known = known;
        self
    }

    /// The file that the absolute path `path`, as written in a file of the system, means under these roots. `None` for
    /// a path that is relative or climbs with `..`.
    pub(crate) fn resolve(&self, path: &Path) -> Option<PathBuf> {
        if !path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
            return None;
        }
        let own = [&self.home, &self.data_home, &self.prefix];
        if path.starts_with(&self.system) || own.into_iter().flatten().any(|dir| path.starts_with(dir)) {
            return Some(path.to_owned());
        }
        Some(self.system.join(path.strip_prefix("/").unwrap_or(path)))
    }
}

/// The absolute folders of a list separated by the system's separator, each once.
fn split(list: &OsString) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = Vec::new();
    for dir in env::split_paths(list).filter(|dir| dir.is_absolute()) {
        if !dirs.contains(&dir) {
            dirs.push(dir);
        }
    }
    dirs
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_absolute_folders_once_and_in_order() {
        let dirs = split(&OsString::from("/b::relative:/a:/b:."));
        assert_eq!(dirs, [PathBuf::from("/b"), PathBuf::from("/a")]);
    }

    #[test]
    fn paths_in_files_are_taken_under_the_roots() {
        let roots = Roots::inside(Path::new("/tmp/x"));
        assert_eq!(
            roots.resolve(Path::new("/usr/bin/vim")).unwrap(),
            Path::new("/tmp/x/usr/bin/vim")
        );
        assert_eq!(
            roots.resolve(Path::new("/tmp/x/home/person/a")).unwrap(),
            Path::new("/tmp/x/home/person/a")
        );
        assert_eq!(roots.resolve(Path::new("bin/vim")), None);
        assert_eq!(roots.resolve(Path::new("/usr/../etc/shadow")), None);
    }
}
