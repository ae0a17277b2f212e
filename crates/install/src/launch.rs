//! Finding out how a program is started.

use std::path::{Path, PathBuf};

use scrip_domain::ProductId;

use crate::desktop::{self, Parsed};
use crate::unpack::Tree;
use crate::{Launch, Program, disk};

/// How the program in an unpacked archive is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The executable, inside the tree.
    pub(crate) executable: PathBuf,
    pub(crate) takes: Option<String>,
    pub(crate) icon: Option<String>,
    pub(crate) terminal: bool,
}

/// The name under which `program` is started from a terminal, where nothing in the artifact tells a better one.
pub(crate) fn command_name(program: &Program) -> String {
    if let Some(binary) = program.binary.as_deref().and_then(|binary| binary.rsplit('/').next())
        && !binary.is_empty()
    {
        return crate::paths::segment(binary);
    }
    let id = program.product.as_str().trim_end_matches(".desktop");
    crate::paths::segment(&id.rsplit('.').next().unwrap_or(id).to_ascii_lowercase())
}

/// The program of an unpacked tree: what its own desktop entry starts, else what its name tells. None where nothing can be started.
pub(crate) fn of_tree(tree: &Tree, root: &Path, program: &Program) -> Option<Found> {
    let executables: Vec<_> = tree
        .files()
        .filter(|(path, executable)| *executable && !is_library(path))
        .map(|(path, _)| path)
        .collect();
    let entries = tree
        .files()
        .map(|(path, _)| path)
        .filter(|path| path.components().count() <= 6);
    let entry = choose_entry(entries.map(|path| root.join(path)), &program.product);
    let named = |name: &str| {
        let by_name = |path: &&&Path| path.file_name().is_some_and(|file| file == name);
        let in_bin = executables
            .iter()
            .filter(by_name)
            .find(|path| path.parent().is_some_and(|p| p.ends_with("bin")));
        in_bin
            .or_else(|| {
                executables
                    .iter()
                    .filter(by_name)
                    .min_by_key(|path| path.components().count())
            })
            .copied()
    };
    let of_entry = entry.as_ref().and_then(|entry| {
        let first = entry
            .command
            .iter()
            .find(|word| *word != "env" && !word.contains('='))?;
        named(Path::new(first).file_name()?.to_str()?)
    });
    let expected = command_name(program);
    let executable = of_entry
        .or_else(|| named(&expected))
        .or_else(|| {
            only(
                executables
                    .iter()
                    .filter(|path| path.parent() == Some(Path::new("bin"))),
            )
        })
        .or_else(|| only(executables.iter().filter(|path| path.components().count() == 1)))
        .or_else(|| executables.iter().min_by_key(|path| distance(path, &expected)).copied())?;
    let entry = entry.unwrap_or_default();
    Some(Found {
        executable: executable.to_owned(),
        takes: entry.takes,
        icon: entry.icon,
        terminal: entry.terminal,
    })
}

/// How the program of an installed package is started; `files` are the package's.
pub(crate) fn of_package(files: &[PathBuf], product: &ProductId, package: &str) -> Option<Launch> {
    let entries = files.iter().filter(|path| path.starts_with("/usr/share/applications"));
    if let Some(entry) = choose_entry(entries.cloned(), product) {
        return Some(Launch {
            command: entry.command,
            terminal: entry.terminal,
        });
    }
    let folders = ["/usr/bin", "/usr/games", "/bin", "/usr/local/bin"].map(Path::new);
    let commands: Vec<_> = files
        .iter()
        .filter(|path| path.parent().is_some_and(|parent| folders.contains(&parent)))
        .collect();
    let same = commands
        .iter()
        .find(|path| path.file_name().is_some_and(|name| name == package));
    let command = same.or(commands.first().filter(|_| commands.len() == 1))?;
    Some(Launch {
        command: vec![command.display().to_string()],
        terminal: true,
    })
}

/// The desktop entry that is the product's own, else the first that is meant for menus.
fn choose_entry(files: impl Iterator<Item = PathBuf>, product: &ProductId) -> Option<Parsed> {
    let id = product.as_str().trim_end_matches(".desktop");
    let mut best = None;
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "desktop")) {
        // One that cannot be read is no reason to refuse the program.
        let Ok(Some(bytes)) = disk::read_bounded(&path, desktop::ENTRY_BYTES_MAX) else {
            continue;
        };
        let Some(parsed) = desktop::parse(&String::from_utf8_lossy(&bytes)) else {
            continue;
        };
        if path.file_stem().is_some_and(|stem| stem == id) {
            return Some(parsed);
        }
        if parsed.shown && best.is_none() {
            best = Some(parsed);
        }
    }
    best
}

fn is_library(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.split('.').skip(1).any(|part| part == "so"))
}

fn only<'a>(mut paths: impl Iterator<Item = &'a &'a Path>) -> Option<&'a Path> {
    let first = paths.next()?;
    paths.next().is_none().then_some(*first)
}

/// How unlikely `path` is the program called `expected`: near the top, in `bin`, similarly named is likely.
fn distance(path: &Path, expected: &str) -> (bool, bool, usize, PathBuf) {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let similar = name.contains(expected) || (name.len() > 2 && expected.contains(&name));
    let in_bin = path.parent().is_some_and(|parent| parent.ends_with("bin"));
    (!similar, !in_bin, path.components().count(), path.to_owned())
}
