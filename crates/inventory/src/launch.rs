//! How a program that was found is started.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Error, Program, Roots, platform};

/// A command that starts a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LaunchCommand {
    /// The program and its arguments; never empty. No shell is involved.
    pub argv: Vec<String>,
    /// The folder to start it in, where the desktop entry names one.
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub working_dir: Option<PathBuf>,
    /// Whether it needs a terminal.
    pub terminal: bool,
}

/// The command that starts `program`: of its desktop entry, its Flatpak, its snap, its file, or of the desktop entry or the
/// program that its package brought.
pub fn launch_command(program: &Program, roots: &Roots) -> Result<LaunchCommand, Error> {
    platform::launch_command(program, roots)
}

/// The program's file or folder, where it can be told: looked up in the package's list of files if need be.
pub fn locate(program: &Program, roots: &Roots) -> Option<PathBuf> {
    platform::locate(program, roots)
}
