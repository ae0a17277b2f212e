//! The page that the window embeds.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::process::{npm, show};

/// What the built page is made of, below `ui/`.
const SOURCES: [&str; 7] = [
    "src",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "svelte.config.js",
    "tsconfig.json",
];

/// Builds the page, unless the last build is newer than everything that it is made of: a page that is written again makes
/// cargo compile the window again.
pub(crate) fn build(places: &Places) -> Result<()> {
    let ui = places.root.join("ui");
    let mut changed = SystemTime::UNIX_EPOCH;
    for source in SOURCES {
        changed = changed.max(newest_in(&ui.join(source))?);
    }
    if fs::metadata(ui.join("dist/index.html"))
        .and_then(|page| page.modified())
        .is_ok_and(|built| built > changed)
    {
        println!("    the page is built already");
        return Ok(());
    }
    show(npm(&ui).args(["run", "--silent", "build", "--", "--logLevel", "error"]))
}

fn newest_in(path: &Path) -> Result<SystemTime> {
    let looking = || format!("looking at {}", path.display());
    let facts = fs::metadata(path).with_context(looking)?;
    // A folder's own time changes when something in it is removed.
    let mut newest = facts.modified().with_context(looking)?;
    if facts.is_dir() {
        for entry in fs::read_dir(path).with_context(looking)? {
            newest = newest.max(newest_in(&entry.with_context(looking)?.path())?);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::newest_in;

    #[test]
    fn a_change_deep_inside_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let file = fs::File::create(inner.join("c.ts")).unwrap();
        let later = SystemTime::UNIX_EPOCH + Duration::from_hours(1_150_000);
        file.set_modified(later).unwrap();
        assert_eq!(newest_in(folder.path()).unwrap(), later);
    }
}
