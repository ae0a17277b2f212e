//! Everything that was found, by source, and finding one program among it.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::sync::OnceLock;

use crate::watch::Watch;
use crate::{Error, Launch, Program, Roots, Source, Warning, platform};

/// How one source is read. A pure function of the roots and of the files that it looks at through the watch.
pub(crate) struct Scanner {
    pub(crate) source: Source,
    pub(crate) scan: fn(&Roots, &mut Watch) -> Findings,
}

/// What one source told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) programs: Vec<Program>,
    /// What is recorded as installed although its program is gone.
    pub(crate) leftovers: Vec<Leftover>,
    pub(crate) warnings: Vec<Warning>,
}

impl Findings {
    pub(crate) fn warn(&mut self, source: Source, error: &Error) {
        self.warnings.push(Warning::new(source, error));
    }
}

/// A record of a program that was deleted.
#[derive(Clone, Debug)]
pub(crate) struct Leftover {
    pub(crate) id: String,
    /// What is missing, as the record names it.
    pub(crate) missing: String,
}

/// The programs installed on this computer.
///
/// ```
/// use scrip_inventory::{Inventory, Roots};
///
/// let roots = Roots::inside(std::path::Path::new("/nonexistent"));
/// let mut inventory = Inventory::scan(&roots);
/// assert_eq!(inventory.programs().count(), 0);
/// assert!(inventory.rescan(&roots).is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Inventory {
    roots: Roots,
    parts: Vec<Part>,
}

/// One source's part of the inventory.
#[derive(Clone, Debug)]
struct Part {
    source: Source,
    watch: Watch,
    findings: Findings,
    index: OnceLock<HashMap<Box<str>, usize>>,
}

impl Part {
    fn read(scanner: &Scanner, roots: &Roots) -> Self {
        let mut watch = Watch::begin();
        let findings = (scanner.scan)(roots, &mut watch);
        Self {
            source: scanner.source,
            watch,
            findings,
            index: OnceLock::new(),
        }
    }
}

impl Inventory {
    /// Reads every source of this system. A source that cannot be read is told by [`Inventory::warnings`].
    pub fn scan(roots: &Roots) -> Self {
        let parts = platform::SCANNERS
            .iter()
            .map(|scanner| Part::read(scanner, roots))
            .collect();
        Self {
            roots: roots.clone(),
            parts,
        }
    }

    /// Reads again the sources that changed, all of them when the roots did, and tells which.
    pub fn rescan(&mut self, roots: &Roots) -> Vec<Source> {
        let moved = self.roots != *roots;
        if moved {
            self.roots = roots.clone();
        }
        let mut changed = Vec::new();
        for (part, scanner) in self.parts.iter_mut().zip(platform::SCANNERS) {
            if moved || !part.watch.is_unchanged() {
                *part = Part::read(scanner, roots);
                changed.push(part.source);
            }
        }
        changed
    }

    /// All programs, source by source. One program may be known by several sources.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        self.parts.iter().flat_map(|part| &part.findings.programs)
    }

    /// What could not be read.
    pub fn warnings(&self) -> impl Iterator<Item = &Warning> {
        self.parts.iter().flat_map(|part| &part.findings.warnings)
    }

    /// Where this inventory looked.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// The program that `source` knows as `id`; its highest version where several are installed side by side.
    pub fn find(&self, source: Source, id: &str) -> Option<&Program> {
        let part = self.part(source)?;
        let index = part.index.get_or_init(|| index(&part.findings.programs));
        index.get(id).and_then(|&at| part.findings.programs.get(at))
    }

    /// The program named `name` on the search path, or in the prefix. Looks at the disk, at each call.
    pub(crate) fn find_executable(&self, name: &str) -> Option<Program> {
        let path = platform::find_executable(name, &self.roots)?;
        Some(Program {
            name: name.to_owned(),
            version: None,
            source: Source::Executable,
            id: name.to_owned(),
            location: Some(path.clone()),
            launch: Some(Launch::File { path }),
        })
    }

    /// The names of everything in the folders where [`Inventory::find_executable`] looks; `None` where one cannot be listed.
    pub(crate) fn executable_names(&self) -> Option<HashSet<OsString>> {
        platform::executable_names(&self.roots)
    }

    /// What `source` records as `id` although its program is gone: what is missing.
    pub(crate) fn leftover(&self, source: Source, id: &str) -> Option<&str> {
        let leftovers = &self.part(source)?.findings.leftovers;
        leftovers
            .iter()
            .find(|leftover| leftover.id == id)
            .map(|leftover| leftover.missing.as_str())
    }

    fn part(&self, source: Source) -> Option<&Part> {
        self.parts.iter().find(|part| part.source == source)
    }
}

/// Where each id stands. An AppImage is found by the name inside its file name as well, in lower case, and a program of the
/// prefix by its desktop entry and its file's name.
fn index(programs: &[Program]) -> HashMap<Box<str>, usize> {
    let mut index: HashMap<Box<str>, usize> = HashMap::with_capacity(programs.len());
    let mut put = |key: &str, at: usize| match index.get_mut(key) {
        Some(other) if programs[*other].version < programs[at].version => *other = at,
        Some(_) => {}
        None => {
            index.insert(key.into(), at);
        }
    };
    for (at, program) in programs.iter().enumerate() {
        put(&program.id, at);
        match (program.source, &program.launch) {
            (Source::Appimage, _) => put(&program.name.to_ascii_lowercase(), at),
            (Source::Prefix, Some(Launch::DesktopEntry { id })) => put(id, at),
            _ => {}
        }
        if program.source == Source::Prefix
            && let Some(name) = program.location.as_ref().and_then(|path| path.file_name()?.to_str())
        {
            put(name, at);
        }
    }
    index
}
