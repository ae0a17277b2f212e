//! A system whose sources are not known: nothing is found, and nothing fails.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::inventory::Scanner;
use crate::{Error, LaunchCommand, Program, Roots};

pub(crate) const SCANNERS: &[Scanner] = &[];

pub(crate) fn launch_command(program: &Program, _roots: &Roots) -> Result<LaunchCommand, Error> {
    Err(Error::NothingToLaunch { id: program.id.clone() })
}

pub(crate) fn locate(program: &Program, _roots: &Roots) -> Option<PathBuf> {
    program.location.clone()
}

pub(crate) fn find_executable(_name: &str, _roots: &Roots) -> Option<PathBuf> {
    None
}

pub(crate) fn executable_names(_roots: &Roots) -> Option<HashSet<OsString>> {
    None
}
