//! What linking the SDK adds to a program: bytes of its file, and of memory once it has asked and taken a unit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use scrip_domain::{Clock, SystemClock};
use scrip_licensing::{Grant, MachineDigest};
use scrip_testkit::Vendor;

use crate::report::Report;
use crate::rounds::Effort;

const PRODUCT: &str = "org.example.Render";
/// What the program's file may grow by, in bytes.
const FILE_GROWTH_MAX: u64 = 500_000;
/// What its memory may grow by, in bytes.
const MEMORY_GROWTH_MAX: u64 = 2_000_000;

pub(crate) fn measure(effort: Effort, report: &mut Report) -> Result<()> {
    let vendor = Vendor::new()?;
    let home = tempfile::tempdir().context("making a home folder")?;
    let machine = fs::read_to_string("/etc/machine-id").context("asking which computer this is")?;
    let machine = MachineDigest::of(machine.trim())?;
    let grant = Grant::Processings { count: 1_000_000 };
    let claims = vendor.claims(&PRODUCT.parse()?, machine, grant, SystemClock.now());
    vendor.store(home.path(), &claims).context("storing a code")?;

    let (with, without) = (program("footprint")?, program("bare")?);
    let size = |path: &Path| -> Result<u64> {
        Ok(fs::metadata(path)
            .with_context(|| format!("measuring {}", path.display()))?
            .len())
    };
    let (large, small) = (size(&with)?, size(&without)?);
    let what = "what the SDK adds to a program's file (stripped, as `cargo xtask sdk` builds it)";
    report.grows(what, large, small, FILE_GROWTH_MAX);

    let (mut held_with, mut held_without) = (Vec::new(), Vec::new());
    for _ in 0..effort.fast_rounds {
        held_with.push(memory(&with, &vendor, home.path())?);
        held_without.push(memory(&without, &vendor, home.path())?);
    }
    let what = "what the SDK adds to a program's memory, after it has asked and taken a unit";
    report.grows(what, median(held_with), median(held_without), MEMORY_GROWTH_MAX);
    Ok(())
}

fn median(mut rounds: Vec<u64>) -> u64 {
    rounds.sort_unstable();
    rounds[rounds.len() / 2]
}

/// An example of the SDK, built as publishers link it, beside this program.
fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program")?;
    let target = own
        .parent()
        .and_then(Path::parent)
        .context("this program lies in no target folder")?;
    let path = target.join("sdk/examples").join(name);
    ensure!(
        path.is_file(),
        "{} is not built: run `cargo xtask bench`",
        path.display()
    );
    Ok(path)
}

/// The resident bytes that a program tells of itself.
fn memory(program: &Path, vendor: &Vendor, home: &Path) -> Result<u64> {
    let mut command = Command::new(program);
    command
        .args([vendor.issuer().as_str(), PRODUCT])
        .env("SCRIP_HOME", home);
    let output = command
        .output()
        .with_context(|| format!("starting {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} said: {complaint}", program.display());
    let bytes = said.lines().last().context("a program that tells its memory")?;
    bytes.parse().with_context(|| format!("reading {bytes:?}"))
}
