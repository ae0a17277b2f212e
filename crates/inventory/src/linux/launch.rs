//! What starts a program on Linux, and where it lies.

use std::path::{Path, PathBuf};

use super::desktop_entry::{self, DesktopEntry};
use super::dpkg::ADMIN_DIR;
use super::dpkg_status::is_package_name;
use super::files::{find_executable, find_program, is_executable, is_file_name};
use super::{desktop, exec, rpm};
use crate::watch::Watch;
use crate::{Error, Launch, LaunchCommand, Program, Roots, Source};

/// The largest list of a package's files.
const LIST_BYTES_MAX: u64 = 64 << 20;
/// Where packages put desktop entries and what a person starts, as their lists of files write it.
const ENTRY_DIRS: [&str; 2] = ["/usr/share/applications/", "/usr/local/share/applications/"];
const PROGRAM_DIRS: [&str; 4] = ["/usr/bin/", "/usr/games/", "/bin/", "/usr/local/bin/"];

/// The command that starts the program.
pub(crate) fn launch_command(program: &Program, roots: &Roots) -> Result<LaunchCommand, Error> {
    let nothing = || Error::NothingToLaunch { id: program.id.clone() };
    let plain = |argv: Vec<String>| LaunchCommand {
        argv,
        working_dir: None,
        terminal: false,
    };
    match (program.source, &program.launch) {
        (Source::Flatpak, _) if is_file_name(&program.id) && !program.id.starts_with('-') => {
            Ok(plain(vec!["flatpak".to_owned(), "run".to_owned(), program.id.clone()]))
        }
        (_, Some(Launch::DesktopEntry { id })) => {
            let found = desktop::find(id, roots);
            found
                .and_then(|(entry, _)| command_of(&entry, roots))
                .ok_or_else(nothing)
        }
        (_, Some(Launch::File { path })) => path
            .to_str()
            .map(|path| plain(vec![path.to_owned()]))
            .ok_or_else(nothing),
        (Source::Snap, None) if is_file_name(&program.id) && !program.id.starts_with('-') => {
            Ok(plain(vec!["snap".to_owned(), "run".to_owned(), program.id.clone()]))
        }
        (Source::Dpkg | Source::Rpm, None) => {
            let files = package_files(program, roots);
            if let Some((command, _)) = entry_among(&files, program, roots) {
                return Ok(command);
            }
            let path = program_among(&files, program, roots).ok_or_else(nothing)?;
            // What a package starts without a desktop entry is made for a terminal.
            Ok(LaunchCommand {
                terminal: true,
                ..plain(vec![path.to_str().ok_or_else(nothing)?.to_owned()])
            })
        }
        _ => find_executable(&program.id, roots)
            .and_then(|path| Some(plain(vec![path.to_str()?.to_owned()])))
            .ok_or_else(nothing),
    }
}

/// The program's file or folder.
pub(crate) fn locate(program: &Program, roots: &Roots) -> Option<PathBuf> {
    if program.location.is_some() || !matches!(program.source, Source::Dpkg | Source::Rpm) {
        return program.location.clone();
    }
    let files = package_files(program, roots);
    program_among(&files, program, roots).or_else(|| entry_among(&files, program, roots)?.1)
}

/// The files that a package brought, as paths of the system.
fn package_files(program: &Program, roots: &Roots) -> Vec<String> {
    match program.source {
        Source::Dpkg => dpkg_files(&program.id, roots),
        Source::Rpm => rpm::files(&program.id, roots),
        _ => Vec::new(),
    }
}

/// `info/PACKAGE.list`, or `info/PACKAGE:ARCH.list` for a package that may be installed for several architectures.
fn dpkg_files(package: &str, roots: &Roots) -> Vec<String> {
    if !is_package_name(package) {
        return Vec::new();
    }
    let info = roots.system.join(ADMIN_DIR).join("info");
    let mut watch = Watch::begin();
    let native = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "i386",
        "powerpc64" => "ppc64el",
        other => other,
    };
    let usual = [format!("{package}.list"), format!("{package}:{native}.list")];
    let mut read = |path: &Path| watch.read(path, LIST_BYTES_MAX).ok().flatten();
    let bytes = usual.iter().find_map(|name| read(&info.join(name))).or_else(|| {
        let start = format!("{package}:");
        let entries = Watch::begin().list(&info).unwrap_or_default();
        let mut foreign = entries.iter().filter(|entry| {
            let name = entry.name.to_str();
            name.is_some_and(|name| name.starts_with(&start) && name.strip_suffix(".list").is_some())
        });
        foreign.find_map(|entry| read(&entry.path))
    });
    let text = bytes.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The desktop entry that a person would choose: shown in menus, and named as the package; with the file of its program.
fn entry_among(files: &[String], program: &Program, roots: &Roots) -> Option<(LaunchCommand, Option<PathBuf>)> {
    let mut watch = Watch::begin();
    let in_dirs = |file: &&String| {
        ENTRY_DIRS.iter().any(|dir| file.starts_with(dir)) && file.strip_suffix(desktop::ENDING).is_some()
    };
    let mut best: Option<(bool, LaunchCommand, Option<PathBuf>)> = None;
    for file in files.iter().filter(in_dirs) {
        let Some(path) = roots.resolve(Path::new(file)) else {
            continue;
        };
        let Ok(Some(bytes)) = watch.read(&path, desktop_entry::BYTES_MAX) else {
            continue;
        };
        let Some(entry) = desktop_entry::parse(&bytes).filter(|entry| entry.is_shown && !entry.is_hidden) else {
            continue;
        };
        let Some(command) = command_of(&entry, roots) else {
            continue;
        };
        let stem = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".desktop");
        let is_named_alike = stem
            .rsplit('.')
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case(&program.id));
        if best.as_ref().is_none_or(|(alike, ..)| is_named_alike && !alike) {
            let location = desktop::program_of(&entry, |name| find_program(name, roots, &mut watch))
                .ok()
                .flatten();
            best = Some((is_named_alike, command, location));
        }
    }
    best.map(|(_, command, location)| (command, location))
}

/// The program named as the package, or the only one that it brought.
fn program_among(files: &[String], program: &Program, roots: &Roots) -> Option<PathBuf> {
    let in_dirs = |file: &&String| {
        PROGRAM_DIRS.iter().any(|dir| {
            file.strip_prefix(dir)
                .is_some_and(|name| !name.is_empty() && !name.contains('/'))
        })
    };
    let candidates: Vec<PathBuf> = files
        .iter()
        .filter(in_dirs)
        .filter_map(|file| roots.resolve(Path::new(file)))
        .filter(|path| path.metadata().is_ok_and(|metadata| is_executable(&metadata)))
        .collect();
    let named_alike = candidates
        .iter()
        .find(|path| path.file_name().is_some_and(|name| name == program.id.as_str()));
    if let Some(path) = named_alike {
        return Some(path.clone());
    }
    // A package whose command is chosen among alternatives does not list it (update-alternatives(1)).
    let alternative = is_file_name(&program.id).then(|| PROGRAM_DIRS.map(|dir| format!("{dir}{}", program.id)));
    let paths = alternative
        .into_iter()
        .flatten()
        .filter_map(|file| roots.resolve(Path::new(&file)));
    let alternative = paths
        .into_iter()
        .find(|path| path.metadata().is_ok_and(|metadata| is_executable(&metadata)));
    alternative
        .filter(|_| !candidates.is_empty())
        .or_else(|| match candidates.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        })
}

fn command_of(entry: &DesktopEntry, roots: &Roots) -> Option<LaunchCommand> {
    let mut watch = Watch::begin();
    desktop::program_of(entry, |name| find_program(name, roots, &mut watch)).ok()?;
    Some(LaunchCommand {
        argv: exec::argv(entry)?,
        working_dir: entry
            .working_dir
            .as_ref()
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute()),
        terminal: entry.needs_terminal,
    })
}
