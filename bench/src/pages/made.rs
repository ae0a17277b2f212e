//! Made databases, kept below the target folder until something that they depend on changes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_domain::{Clock as _, SystemClock};
use scrip_store::DataKey;
use sha2::{Digest as _, Sha256};

use super::years::{self, Scale};
use crate::server::{command, output};

/// Days for which a made database is recent enough: pages show what happened lately.
const DAYS_KEPT: i64 = 3;
/// Where files are quickest, on Linux: two years have a million commits.
const QUICK: &str = "/dev/shm";
const FILE: &str = "scrip.db";
/// What seals the secrets of a made vendor, who has none worth keeping.
pub(super) const DATA_KEY: [u8; DataKey::BYTES] = [7; DataKey::BYTES];

/// A private copy of the database of a scale, made first where there is none; and what the audit said of it.
pub(super) fn data_folder(scale: Scale, runtime: &tokio::runtime::Runtime) -> Result<(tempfile::TempDir, String)> {
    let shelf = shelf()?;
    let kept = shelf.join(format!("{}-{}", scale.users, fingerprint()?));
    if !kept.join(FILE).is_file() {
        make(scale, &shelf, &kept, runtime)?;
    }
    let data = tempfile::tempdir_in(&shelf).context("making a data folder")?;
    copy(&kept, data.path())?;
    put_key(data.path())?;
    let said = std::fs::read_to_string(kept.join("audit.txt")).context("reading what the audit said")?;
    Ok((data, said))
}

/// Plays the years, audits what came out, and keeps it.
fn make(scale: Scale, shelf: &Path, kept: &Path, runtime: &tokio::runtime::Runtime) -> Result<()> {
    eprintln!("    making {} accounts with {} transfers", scale.users, scale.transfers);
    let quick = Path::new(QUICK);
    let made = tempfile::tempdir_in(if quick.is_dir() { quick } else { shelf }).context("making a folder")?;
    put_key(made.path())?;
    let url = format!("sqlite:{}", made.path().join(FILE).display());
    let transfers = runtime.block_on(years::play(&url, scale))?;
    let said = output(command(made.path(), None)?.arg("audit"))?;
    let lines: Vec<&str> = said.lines().collect();
    ensure!(lines.last() == Some(&"the books balance"), "the audit says: {said}");
    ensure!(transfers >= scale.transfers, "only {transfers} transfers were made");
    std::fs::write(made.path().join("audit.txt"), lines.join("; ")).context("writing what the audit said")?;
    forget(shelf, scale)?;
    // The name appears with the last file, so that a run that was broken off leaves nothing that looks whole.
    let part = tempfile::tempdir_in(shelf).context("making a folder")?;
    copy(made.path(), part.path())?;
    std::fs::rename(part.keep(), kept).context("keeping a database")
}

/// Puts the key where a server looks for it.
fn put_key(data: &Path) -> Result<()> {
    let keys = data.join("keys");
    std::fs::create_dir(&keys).context("making a folder")?;
    std::fs::write(keys.join("data.key"), Base64UrlUnpadded::encode_string(&DATA_KEY)).context("writing a key")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from).with_context(|| format!("listing {}", from.display()))? {
        let path = entry.context("listing a folder")?.path();
        if path.is_file() {
            let name = path.file_name().context("the name of a file")?;
            std::fs::copy(&path, to.join(name)).with_context(|| format!("copying {}", path.display()))?;
        }
    }
    Ok(())
}

/// Removes what was kept for this scale before.
fn forget(shelf: &Path, scale: Scale) -> Result<()> {
    let old = format!("{}-", scale.users);
    for entry in std::fs::read_dir(shelf).context("listing made databases")? {
        let path = entry.context("listing made databases")?.path();
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(&old))
        {
            std::fs::remove_dir_all(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

/// The folder beside this program's.
fn shelf() -> Result<PathBuf> {
    let program = std::env::current_exe().context("finding this program")?;
    let target = program.parent().and_then(Path::parent).context("the target folder")?;
    let shelf = target.join("bench-pages");
    std::fs::create_dir_all(&shelf).with_context(|| format!("making {}", shelf.display()))?;
    Ok(shelf)
}

/// What a made database depends on: the tables, how it is made, and about which day it is.
fn fingerprint() -> Result<String> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut digest = Sha256::new();
    let migrations = bench.join("../crates/store/migrations");
    for folder in [migrations.join("sqlite"), migrations, bench.join("src/pages")] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .with_context(|| format!("listing {}", folder.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .context("listing a folder")?;
        files.sort();
        let makes = |path: &PathBuf| {
            path.is_file()
                && !["routes.rs", "crawl.rs", "browser.rs"]
                    .iter()
                    .any(|other| path.ends_with(other))
        };
        for path in files.into_iter().filter(makes) {
            digest.update(std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?);
        }
    }
    let period = SystemClock.now().seconds() / (DAYS_KEPT * 86_400);
    digest.update(period.to_be_bytes());
    let digest = digest.finalize();
    let (first, _) = digest.split_first_chunk().context("the length of a digest")?;
    Ok(format!("{:016x}", u64::from_be_bytes(*first)))
}
