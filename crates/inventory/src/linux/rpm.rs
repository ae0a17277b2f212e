//! RPM packages, of rpm's SQLite database.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use scrip_domain::Version;

use super::dpkg_status::is_package_name;
use super::rpm_header::{Header, TAG_EPOCH, TAG_NAME, TAG_RELEASE, TAG_VERSION};
use crate::inventory::Findings;
use crate::watch::Watch;
use crate::{Error, Program, Roots, Source};

/// Where distributions keep the database: the older place, and the one that SUSE and Fedora moved it to.
const DIRS: [&str; 2] = ["var/lib/rpm", "usr/lib/sysimage/rpm"];
const DATABASE: &str = "rpmdb.sqlite";
/// Databases of older formats, which only rpm itself can read.
const OLD_DATABASES: [(&str, &str); 2] = [("Packages", "Berkeley DB"), ("Packages.db", "ndb")];
/// The most packages that are read.
const PACKAGES_MAX: usize = 100_000;
/// Keys that somebody trusts are kept among the packages.
const KEY_PACKAGE: &str = "gpg-pubkey";

/// Reads the installed packages.
pub(crate) fn scan(roots: &Roots, watch: &mut Watch) -> Findings {
    let mut findings = Findings::default();
    for path in databases(roots, watch, &mut findings) {
        let read = each_package(&path, |header_name, header| {
            findings.programs.push(Program {
                name: header_name.clone(),
                version: version(header),
                source: Source::Rpm,
                id: header_name,
                location: None,
                launch: None,
            });
            true
        });
        if let Err(error) = read {
            findings.warn(Source::Rpm, &error);
        }
    }
    findings
}

/// The files of the package `name`.
pub(crate) fn files(name: &str, roots: &Roots) -> Vec<String> {
    let mut files = Vec::new();
    for path in databases(roots, &mut Watch::begin(), &mut Findings::default()) {
        let read = each_package(&path, |header_name, header| {
            let found = header_name == name;
            if found {
                files = header.files();
            }
            !found
        });
        if read.is_ok() && !files.is_empty() {
            break;
        }
    }
    files
}

/// The databases that are there, each once although one folder is often a link to the other.
fn databases(roots: &Roots, watch: &mut Watch, findings: &mut Findings) -> Vec<PathBuf> {
    let mut found: Vec<(PathBuf, PathBuf)> = Vec::new();
    for dir in DIRS.map(|dir| roots.system.join(dir)) {
        let path = dir.join(DATABASE);
        // The journal changes while the database itself does not.
        watch.stat(&journal(&path));
        if watch.stat(&path).is_some_and(|metadata| metadata.is_file()) {
            let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if !found.iter().any(|(_, other)| *other == real) {
                found.push((path, real));
            }
            continue;
        }
        for (name, format) in OLD_DATABASES {
            let path = dir.join(name);
            if watch
                .stat(&path)
                .is_some_and(|metadata| metadata.is_file() && metadata.len() > 0)
            {
                findings.warn(Source::Rpm, &Error::Unsupported { path, format });
            }
        }
    }
    found.into_iter().map(|(path, _)| path).collect()
}

/// Calls `each` with the name and the header of every package, until it answers `false`.
fn each_package(
    path: &Path,
    mut each: impl FnMut(String, &Header<'_, rusqlite::blob::Blob<'_>>) -> bool,
) -> Result<(), Error> {
    let failed = |error: rusqlite::Error| Error::Malformed {
        path: path.to_owned(),
        why: error.to_string(),
    };
    let connection = open(path).map_err(failed)?;
    let mut statement = connection
        .prepare("SELECT hnum FROM Packages ORDER BY hnum LIMIT ?1")
        .map_err(failed)?;
    let limit = i64::try_from(PACKAGES_MAX + 1).unwrap_or(i64::MAX);
    let rows = statement
        .query_map([limit], |row| row.get::<_, i64>(0))
        .map_err(failed)?;
    let mut damaged = 0usize;
    for (count, row) in rows.enumerate() {
        if count == PACKAGES_MAX {
            return Err(Error::TooLarge {
                path: path.to_owned(),
                limit: PACKAGES_MAX as u64,
                unit: "packages",
            });
        }
        let blob = connection
            .blob_open("main", "Packages", "blob", row.map_err(failed)?, true)
            .map_err(failed)?;
        let header = Header::read(&blob);
        let name = header
            .as_ref()
            .and_then(|header| header.text(TAG_NAME))
            .filter(|name| is_package_name(name));
        match (name, &header) {
            (Some(name), Some(header)) => {
                if name != KEY_PACKAGE && !each(name, header) {
                    return Ok(());
                }
            }
            _ => damaged += 1,
        }
    }
    if damaged > 0 {
        let why = format!("{damaged} packages in it cannot be read");
        return Err(Error::Malformed {
            path: path.to_owned(),
            why,
        });
    }
    Ok(())
}

/// Opens the database without ever writing beside it. While its journal is empty or absent, everything stands in the database
/// itself and SQLite need not touch the journal's shared memory, for which it would have to create a file.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let has_journal = fs::metadata(journal(path)).is_ok_and(|metadata| metadata.len() > 0);
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.extend(['%', hex(byte >> 4), hex(byte & 0xf)]);
        }
    }
    uri.push_str(if has_journal { "?mode=ro" } else { "?immutable=1" });
    let connection = Connection::open_with_flags(uri, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    Ok(connection)
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0')
}

fn journal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// `[epoch:]version-release`, as rpm prints it.
fn version(header: &Header<'_, rusqlite::blob::Blob<'_>>) -> Option<Version> {
    let version = header.text(TAG_VERSION)?;
    let epoch = header
        .number(TAG_EPOCH)
        .filter(|epoch| *epoch > 0)
        .map(|epoch| format!("{epoch}:"))
        .unwrap_or_default();
    let release = header
        .text(TAG_RELEASE)
        .map(|release| format!("-{release}"))
        .unwrap_or_default();
    Some(Version::new(&format!("{epoch}{version}{release}")))
}

#[cfg(test)]
mod tests {
    use super::super::rpm_header::tests::header;
    use super::*;

    const TYPE_STRING: u32 = 6;
    const TYPE_INT32: u32 = 4;

    fn package(name: &str, epoch: u32, version: &str, release: &str) -> Vec<u8> {
        let text = |tag, value: &str| (tag, TYPE_STRING, 1, format!("{value}\0").into_bytes());
        header(&[
            text(TAG_NAME, name),
            text(TAG_VERSION, version),
            text(TAG_RELEASE, release),
            (TAG_EPOCH, TYPE_INT32, 1, epoch.to_be_bytes().to_vec()),
        ])
    }

    /// A database as rpm lays it out (`rpmdb.sqlite`), still open as while rpm runs.
    fn database(roots: &Roots) -> Connection {
        let dir = roots.system.join(DIRS[0]);
        fs::create_dir_all(&dir).unwrap();
        let connection = Connection::open(dir.join(DATABASE)).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
                 CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);
                 PRAGMA wal_checkpoint(TRUNCATE);",
            )
            .unwrap();
        connection
    }

    fn insert(connection: &Connection, blob: &[u8]) {
        connection
            .execute("INSERT INTO Packages (blob) VALUES (?1)", [blob])
            .unwrap();
    }

    fn found(findings: &Findings) -> Vec<String> {
        let describe = |program: &Program| format!("{} {}", program.id, program.version.as_ref().unwrap());
        findings.programs.iter().map(describe).collect()
    }

    #[test]
    fn packages_are_found_in_the_journal_and_in_the_database() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::inside(&dir.path().join("a %41?#b"));
        let connection = database(&roots);
        insert(&connection, &package("hello", 0, "2.10", "3.fc40"));
        insert(&connection, &package("vim", 2, "9.0", "1"));
        insert(&connection, &package("gpg-pubkey", 0, "1", "1"));
        let mut watch = Watch::begin();
        assert_eq!(found(&scan(&roots, &mut watch)), ["hello 2.10-3.fc40", "vim 2:9.0-1"]);
        connection.execute_batch("DELETE FROM Packages WHERE hnum = 1").unwrap();
        assert!(!watch.is_unchanged(), "the change stands in the journal alone");
        assert_eq!(found(&scan(&roots, &mut Watch::begin())), ["vim 2:9.0-1"]);
        drop(connection);
        assert_eq!(found(&scan(&roots, &mut Watch::begin())), ["vim 2:9.0-1"]);
    }

    #[test]
    fn hostile_packages_are_passed_over_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::inside(dir.path());
        let connection = database(&roots);
        insert(&connection, &[]);
        insert(&connection, &[0xff; 200]);
        insert(&connection, &package("../../x", 0, "1", "1"));
        insert(&connection, &package("good", 0, "1", "1"));
        drop(connection);
        let findings = scan(&roots, &mut Watch::begin());
        assert_eq!(found(&findings), ["good 1-1"]);
        assert!(
            findings.warnings[0]
                .message
                .ends_with("3 packages in it cannot be read"),
            "{:?}",
            findings.warnings
        );
    }

    #[test]
    fn an_endless_view_in_place_of_the_table_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::inside(dir.path());
        let connection = database(&roots);
        connection
            .execute_batch(
                "DROP TABLE Packages; CREATE VIEW Packages AS WITH RECURSIVE n(hnum) AS
                 (SELECT 1 UNION ALL SELECT hnum + 1 FROM n) SELECT hnum, x'00' AS blob FROM n;",
            )
            .unwrap();
        drop(connection);
        let findings = scan(&roots, &mut Watch::begin());
        assert_eq!((findings.programs.len(), findings.warnings.len()), (0, 1));
    }
}
