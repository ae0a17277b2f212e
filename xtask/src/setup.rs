//! Finds what the machine lacks for a job, says why it is needed, and installs it. Quick when nothing is missing.

mod node;
mod packages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::places::Places;
use crate::process::{cargo, is_on_path, npm, read, show};

/// The version of the WebDriver for Tauri windows that the tests are written against.
const TAURI_DRIVER_VERSION: &str = "2.1.0";

/// What nobody here wrote and tests talk to: a library that checks our authorization codes, a payment provider, an SMTP server, a
/// receiver of webhooks, and what asks the API whatever its description allows and forbids.
const PYTHON_PACKAGES: &str = "PyJWT==2.10.1\ncryptography>=42\nlocalstripe==1.15.10\naiosmtpd==1.4.6\n\
    standardwebhooks==1.1.0\nschemathesis==4.32.5\n";

/// Where distributions put the catalog of their programs; the older place last.
const CATALOG_FOLDERS: [&str; 2] = ["/var/lib/swcatalog/yaml", "/var/lib/app-info/yaml"];

/// What a machine is prepared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    /// Compiling everything.
    Build,
    /// Trying everything out, also without a display.
    Run,
    /// Every test.
    Test,
}

impl Job {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Build, Self::Run, Self::Test];
}

/// Installs what is missing for `jobs`.
pub(crate) fn set_up(places: &Places, jobs: &[Job]) -> Result<()> {
    install_packages(jobs)?;
    node::require(places)?;
    install_page_packages(&places.root)?;
    if jobs.contains(&Job::Run) {
        fetch_catalog(places)?;
    }
    if jobs.contains(&Job::Test) {
        install_tauri_driver(places)?;
        install_python_packages(places)?;
    }
    println!("    everything needed is installed");
    Ok(())
}

/// The distribution's catalog files; empty where it has none.
pub(crate) fn catalog_files() -> Vec<PathBuf> {
    let files = |folder: &&str| -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.is_file() && file.to_string_lossy().contains(".yml"));
        files.sort();
        files
    };
    CATALOG_FOLDERS
        .iter()
        .map(files)
        .find(|files| !files.is_empty())
        .unwrap_or_default()
}

fn install_packages(jobs: &[Job]) -> Result<()> {
    let wanted: Vec<_> = packages::ALL
        .iter()
        .filter(|package| jobs.contains(&package.job))
        .collect();
    if !is_on_path("dpkg-query") || !is_on_path("apt-get") {
        println!("    This is not Debian, Ubuntu or a relative, so install these (or their like) yourself:");
        for package in wanted {
            println!("      {:<26} {}", package.name, package.reason);
        }
        return Ok(());
    }
    let names: Vec<_> = wanted.iter().map(|package| package.name).collect();
    let installed = installed_packages(&names)?;
    let missing: Vec<_> = wanted
        .into_iter()
        .filter(|package| !installed.iter().any(|name| name == package.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("    missing on this machine:");
    for package in &missing {
        println!("      {:<26} {}", package.name, package.reason);
    }
    apt(&["update", "-qq"])?;
    let mut arguments = vec!["install", "--yes", "-qq", "--no-install-recommends"];
    arguments.extend(missing.iter().map(|package| package.name));
    apt(&arguments)
}

fn installed_packages(names: &[&str]) -> Result<Vec<String>> {
    // The exit status is 1 as soon as one of the names is unknown, which is the usual case here.
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(names)
        .output()
        .context("starting dpkg-query")?;
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(lines
        .lines()
        .filter_map(|line| line.strip_suffix(" installed"))
        .map(str::to_owned)
        .collect())
}

fn apt(arguments: &[&str]) -> Result<()> {
    let root = read(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if root {
        Command::new("apt-get")
    } else if is_on_path("sudo") {
        let mut command = Command::new("sudo");
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command
    } else {
        bail!(
            "packages are missing, you are not root and there is no sudo; as root: apt-get {}",
            arguments.join(" ")
        );
    };
    show(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
}

fn install_page_packages(root: &Path) -> Result<()> {
    for folder in ["ui", "tests/interop", "tests/window"] {
        let folder = root.join(folder);
        let lock = folder.join("package-lock.json");
        if !lock.is_file() {
            continue;
        }
        let wanted = fs::read(&lock).with_context(|| format!("reading {}", lock.display()))?;
        let stamp = folder.join("node_modules/.installed-from.json");
        if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
            continue;
        }
        show(npm(&folder).args(["ci", "--loglevel=error"]))?;
        fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))?;
    }
    Ok(())
}

/// Whether the icons of the distribution's catalog are there too: apt leaves them out unless it is asked for them.
pub(crate) fn has_catalog_icons() -> bool {
    let has_entries = |folder: &&str| {
        let icons = Path::new(folder).with_file_name("icons");
        fs::read_dir(icons).is_ok_and(|mut entries| entries.next().is_some())
    };
    CATALOG_FOLDERS.iter().any(has_entries)
}

/// A store without the distribution's programs still works, so that a failure is only told.
fn fetch_catalog(places: &Places) -> Result<()> {
    // Icons that cannot be had are not asked for at every start, but when the catalog is another one.
    let stamp = places.cached("tools")?.join("catalog-asked-for");
    let files = || format!("{:?}", catalog_files());
    let asked = fs::read_to_string(&stamp).is_ok_and(|asked| asked == files());
    let complete = !catalog_files().is_empty() && (has_catalog_icons() || asked);
    if complete || !is_on_path("apt-get") {
        return Ok(());
    }
    println!(
        "    the distribution's catalog of programs (AppStream) with its icons is not on this machine: fetching it"
    );
    let fetched = apt(&[
        "update",
        "-qq",
        "-o",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=true",
        "-o",
        "Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled=true",
    ]);
    if let Err(error) = fetched {
        println!("    it could not be fetched ({error:#}): the store shows what there is");
    }
    fs::write(&stamp, files()).with_context(|| format!("writing {}", stamp.display()))
}

fn install_tauri_driver(places: &Places) -> Result<()> {
    let stamp = places
        .cached("tools")?
        .join(format!("tauri-driver-{TAURI_DRIVER_VERSION}"));
    if stamp.is_file() && places.tauri_driver().is_file() {
        return Ok(());
    }
    println!("    tauri-driver {TAURI_DRIVER_VERSION} clicks in the window for the tests: compiling it, once");
    let tools = places.cached("tools")?;
    show(
        cargo(places)
            .args([
                "install",
                "tauri-driver",
                "--version",
                TAURI_DRIVER_VERSION,
                "--locked",
                "--quiet",
                "--root",
            ])
            .arg(tools),
    )?;
    fs::write(&stamp, "").with_context(|| format!("writing {}", stamp.display()))
}

fn install_python_packages(places: &Places) -> Result<()> {
    let stamp = places.cache.join("python/installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == PYTHON_PACKAGES) && places.python().is_file() {
        return Ok(());
    }
    println!(
        "    PyJWT checks our codes, localstripe stands in for Stripe, schemathesis asks the API: installing them for the tests, apart \
         from the system's Python"
    );
    show(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(places.cached("python")?),
    )?;
    let mut command = Command::new(places.python());
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    show(command.args(PYTHON_PACKAGES.lines()))?;
    fs::write(&stamp, PYTHON_PACKAGES).with_context(|| format!("writing {}", stamp.display()))
}
