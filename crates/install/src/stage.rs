//! Building the tree of a new version beside those that are installed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use scrip_domain::ArtifactKind;

use crate::batch::Job;
use crate::error::io_error;
use crate::unpack::{self, Tree};
use crate::{Error, Icon, Installer, Program, disk, fetch, launch, system};

/// A larger picture is not used.
pub(crate) const ICON_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The icon's name inside a version's folder.
const ICON_NAME: &str = ".scrip-icon";

/// A whole tree that waits to take its place.
pub(crate) struct Staged {
    /// The program, inside the tree.
    pub(crate) executable: PathBuf,
    /// The name under which a terminal starts it.
    pub(crate) command: String,
    pub(crate) takes: Option<String>,
    pub(crate) terminal: bool,
    pub(crate) icon: Option<StagedIcon>,
}

/// An icon inside a staged tree.
pub(crate) struct StagedIcon {
    /// Its file, inside the tree.
    pub(crate) file: PathBuf,
    /// The folder of the icon theme: `scalable` or `<N>x<N>`.
    pub(crate) folder: String,
    pub(crate) extension: &'static str,
}

/// Builds the tree of `job` in the new folder `staging` and makes it durable.
pub(crate) fn build(installer: &Installer, job: &Job, staging: &Path) -> Result<Staged, Error> {
    disk::create_folder(staging)?;
    installer.reached("staging folder made");
    match job.artifact.kind {
        ArtifactKind::Appimage => build_appimage(installer, job, staging),
        ArtifactKind::Tar => build_archive(installer, job, staging),
        ArtifactKind::Deb | ArtifactKind::Setup => {
            let why = match job.artifact.kind {
                ArtifactKind::Setup => "it is an installer for Windows",
                _ => "packages are installed by the package manager",
            };
            Err(Error::Unsupported {
                file: job.artifact.file_name.clone(),
                why: why.to_owned(),
            })
        }
    }
}

fn build_appimage(installer: &Installer, job: &Job, staging: &Path) -> Result<Staged, Error> {
    let invalid = |why: &str| Error::ArchiveInvalid {
        archive: job.artifact.file_name.clone(),
        why: why.to_owned(),
    };
    check_appimage(&job.file, invalid)?;
    let command = launch::command_name(&job.program);
    let executable = PathBuf::from(format!("{command}.AppImage"));
    let target = staging.join(&executable);
    fetch::copy_verified(&job.file, &target, job.artifact.size, &job.artifact.sha256)?;
    system::set_mode(&target, 0o755).map_err(io_error("set the mode of", &target))?;
    installer.reached("file copied");
    let icon = stage_icon(&job.program, None, staging)?;
    sync_folder(staging)?;
    Ok(Staged {
        executable,
        command,
        takes: None,
        terminal: job.program.terminal,
        icon,
    })
}

/// ELF, and at offset 8 `AI` and 2 (AppImage specification, section "Type 2 image format").
fn check_appimage(file: &Path, invalid: impl Fn(&str) -> Error) -> Result<(), Error> {
    let mut head = [0; 20];
    let opened = File::open(file).map_err(io_error("open", file))?;
    let mut opened = opened.take(20);
    if opened.read_exact(&mut head).is_err() || !head.starts_with(b"\x7fELF") {
        return Err(invalid("it is not an AppImage: it does not begin as a program does"));
    }
    match &head[8..11] {
        [b'A', b'I', 2] => {}
        [b'A', b'I', _] => return Err(invalid("it is an AppImage of another type than 2")),
        _ => return Err(invalid("it is a program, but not an AppImage")),
    }
    // ELF(5) e_machine, little-endian: 62 is x86-64, 183 is AArch64, 3 is x86, 40 is ARM.
    let machine = u16::from_le_bytes([head[18], head[19]]);
    let expected = match std::env::consts::ARCH {
        "x86_64" => 62,
        "aarch64" => 183,
        "x86" => 3,
        "arm" => 40,
        _ => machine,
    };
    if machine == expected {
        Ok(())
    } else {
        Err(invalid("it was made for another processor"))
    }
}

fn build_archive(installer: &Installer, job: &Job, staging: &Path) -> Result<Staged, Error> {
    let name = &job.artifact.file_name;
    // The unpacker makes its own folder.
    let tree = unpack::unpack(&job.file, name, staging, &job.watch)?;
    installer.reached("unpacked");
    let found = launch::of_tree(&tree, staging, &job.program).ok_or_else(|| Error::ArchiveInvalid {
        archive: name.clone(),
        why: "it holds no program that could be started".to_owned(),
    })?;
    let in_tree = found
        .icon
        .as_deref()
        .and_then(|icon| icon_of_tree(&tree, icon, staging));
    let icon = stage_icon(&job.program, in_tree, staging)?;
    sync_folder(staging)?;
    let command = found
        .executable
        .file_name()
        .map(|name| crate::paths::segment(&name.to_string_lossy()));
    Ok(Staged {
        command: command.unwrap_or_else(|| launch::command_name(&job.program)),
        executable: found.executable,
        takes: found.takes,
        terminal: found.terminal || job.program.terminal,
        icon,
    })
}

/// The picture that the program's own desktop entry names: a drawing before a photograph, a large before a small one.
fn icon_of_tree(tree: &Tree, name: &str, root: &Path) -> Option<PathBuf> {
    let stem = Path::new(name).file_name()?;
    let fits = |path: &&Path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("png" | "svg")) && (path.file_stem() == Some(stem) || path.file_name() == Some(stem))
    };
    let weight = |path: &PathBuf| {
        (
            path.extension().is_some_and(|e| e == "svg"),
            path.metadata().map_or(0, |metadata| metadata.len()),
        )
    };
    tree.files()
        .map(|(path, _)| path)
        .filter(fits)
        .map(|path| root.join(path))
        .max_by_key(weight)
}

/// Puts the program's picture into the tree. One that cannot be used is left out: it is no reason to refuse the program.
fn stage_icon(program: &Program, in_tree: Option<PathBuf>, staging: &Path) -> Result<Option<StagedIcon>, Error> {
    let bytes = match &program.icon {
        Some(Icon::Bytes(bytes)) if bytes.len() as u64 <= ICON_BYTES_MAX => Some(bytes.clone()),
        Some(Icon::File(path)) => disk::read_bounded(path, ICON_BYTES_MAX).ok().flatten(),
        _ => None,
    };
    let bytes = bytes.or_else(|| in_tree.and_then(|path| disk::read_bounded(&path, ICON_BYTES_MAX).ok().flatten()));
    let Some((bytes, (folder, extension))) = bytes.and_then(|bytes| icon_kind(&bytes).map(|kind| (bytes, kind))) else {
        return Ok(None);
    };
    let file = PathBuf::from(format!("{ICON_NAME}.{extension}"));
    let path = staging.join(&file);
    if disk::exists(&path) {
        return Ok(None);
    }
    disk::write_durable(&path, &bytes)?;
    Ok(Some(StagedIcon {
        file,
        folder,
        extension,
    }))
}

/// Where in an icon theme a picture belongs, by its first bytes; none for what is neither PNG nor SVG.
fn icon_kind(bytes: &[u8]) -> Option<(String, &'static str)> {
    // PNG specification, section 5.2 and 11.2.2: signature, then the IHDR chunk with width and height.
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.len() >= 24 {
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let side = number(16).max(number(20));
        let known = [16, 22, 24, 32, 48, 64, 96, 128, 192, 256, 512];
        let side = known.iter().find(|known| **known >= side).unwrap_or(&512);
        return Some((format!("{side}x{side}"), "png"));
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    head.contains("<svg").then(|| ("scalable".to_owned(), "svg"))
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    system::sync_folder(folder).map_err(io_error("sync", folder))
}
