//! Debian packages, of dpkg's database.

use std::collections::HashMap;
use std::path::Path;

use scrip_domain::Version;

use super::dpkg_status::{self, End, Stanza};
use crate::inventory::Findings;
use crate::watch::Watch;
use crate::{Error, Program, Roots, Source};

/// dpkg's folder, under the system's root.
pub(crate) const ADMIN_DIR: &str = "var/lib/dpkg";
/// The largest database that is read; a real one has a few MiB.
const STATUS_BYTES_MAX: u64 = 512 << 20;
/// The most packages that are kept; Debian has about 70,000.
const PACKAGES_MAX: usize = 200_000;

/// Package and architecture, to the version that is installed, if one is.
type Updates = HashMap<(String, String), Option<String>>;

/// Reads the installed packages.
pub(crate) fn scan(roots: &Roots, watch: &mut Watch) -> Findings {
    let dir = roots.system.join(ADMIN_DIR);
    let mut findings = Findings::default();
    let updates = match read_updates(&dir, watch) {
        Ok(updates) => updates,
        Err(error) => {
            findings.warn(Source::Dpkg, &error);
            Updates::new()
        }
    };
    if let Err(error) = read_status(&dir.join("status"), &updates, watch, &mut findings.programs) {
        findings.warn(Source::Dpkg, &error);
    }
    let installed = updates
        .iter()
        .filter_map(|((package, _), version)| Some((package, version.as_ref()?)));
    findings
        .programs
        .extend(installed.map(|(package, version)| program(package, version)));
    findings
}

fn read_status(path: &Path, updates: &Updates, watch: &mut Watch, programs: &mut Vec<Program>) -> Result<(), Error> {
    let Some((file, size)) = watch.open(path)? else {
        return Ok(());
    };
    // A stanza has about 900 bytes.
    programs.reserve(usize::try_from(size / 900).unwrap_or(0).min(PACKAGES_MAX));
    let (mut stanzas, mut dropped) = (0usize, false);
    let end = dpkg_status::parse(file, STATUS_BYTES_MAX, !updates.is_empty(), |stanza| {
        stanzas += 1;
        if !stanza.is_installed || (!updates.is_empty() && updates.contains_key(&key(&stanza))) {
            return;
        }
        if programs.len() < PACKAGES_MAX {
            programs.push(program(stanza.package, stanza.version));
        } else {
            dropped = true;
        }
    })
    .map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let path = path.to_owned();
    match end {
        _ if dropped => Err(Error::TooLarge {
            path,
            limit: PACKAGES_MAX as u64,
            unit: "packages",
        }),
        End::TooLarge => Err(Error::TooLarge {
            path,
            limit: STATUS_BYTES_MAX,
            unit: "bytes",
        }),
        End::Truncated => Err(Error::Malformed {
            path,
            why: "it ends in the middle of a line".to_owned(),
        }),
        End::Whole if stanzas == 0 && size > 0 => Err(Error::Malformed {
            path,
            why: "no package stands in it".to_owned(),
        }),
        End::Whole => Ok(()),
    }
}

/// What dpkg has done but not yet written into `status`, because it runs or was killed: one numbered file for each change,
/// the later ones winning.
fn read_updates(dir: &Path, watch: &mut Watch) -> Result<Updates, Error> {
    let mut updates = Updates::new();
    for entry in watch.list(&dir.join("updates"))? {
        if !entry.name.as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        let Some((file, _)) = watch.open(&entry.path)? else {
            continue;
        };
        dpkg_status::parse(file, STATUS_BYTES_MAX, true, |stanza| {
            updates.insert(key(&stanza), stanza.is_installed.then(|| stanza.version.to_owned()));
        })
        .map_err(|source| Error::Read {
            path: entry.path.clone(),
            source,
        })?;
    }
    Ok(updates)
}

fn key(stanza: &Stanza<'_>) -> (String, String) {
    (stanza.package.to_owned(), stanza.architecture.to_owned())
}

fn program(package: &str, version: &str) -> Program {
    Program {
        name: package.to_owned(),
        version: Some(Version::new(version)),
        source: Source::Dpkg,
        id: package.to_owned(),
        location: None,
        launch: None,
    }
}
