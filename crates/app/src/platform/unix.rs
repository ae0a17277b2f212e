//! Files, folders and processes on Unix.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Makes a file that only its owner can read; it must not exist.
pub(crate) fn create_private_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a folder, and those above it, that only its owner can enter. One that exists is left as it is.
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a rename in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Starts a program that outlives this one, without a shell: the first of `argv` with the rest as its arguments.
pub(crate) fn start_detached(argv: &[String], working_dir: Option<&Path>) -> io::Result<()> {
    let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    // A process group of its own: closing the terminal or the window does not end it.
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    if let Some(folder) = working_dir {
        command.current_dir(folder);
    }
    let mut child = command.spawn()?;
    // Reaped when it ends, so that no zombie stays while the window lives.
    let reaper = std::thread::Builder::new().name("launched".to_owned());
    reaper.spawn(move || {
        if let Err(error) = child.wait() {
            tracing::debug!(%error, "a launched program cannot be waited for");
        }
    })?;
    Ok(())
}
