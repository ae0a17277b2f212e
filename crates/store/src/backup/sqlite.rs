//! SQLite's pages, copied in one read transaction (<https://www.sqlite.org/backup.html>): writers go on meanwhile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{BUSY_SECONDS, DatabaseCopy, io, on_a_thread, sqlite_file, unavailable};
use crate::Error;

const COPY: &str = "copy the database";
const PUT_BACK: &str = "put the database back";

pub(super) async fn copy(path: PathBuf, folder: PathBuf) -> Result<DatabaseCopy, Error> {
    on_a_thread(move || {
        // Read-write, because a database in WAL mode that nobody has open needs its shared memory made.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let from = Connection::open_with_flags(&path, flags).map_err(unavailable(COPY))?;
        from.busy_timeout(Duration::from_secs(BUSY_SECONDS))
            .map_err(unavailable(COPY))?;
        let target = sqlite_file(&folder);
        let mut to = Connection::open(&target).map_err(unavailable(COPY))?;
        // One step takes all pages under one lock for reading. In smaller steps, a busy server would make it begin anew for ever.
        let copied = Backup::new(&from, &mut to)
            .and_then(|backup| backup.step(-1))
            .map_err(unavailable(COPY))?;
        if copied != StepResult::Done {
            return Err(Error::Busy { operation: COPY });
        }
        let migrations = check(&to, &target)?;
        // One file without a log beside it.
        to.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
            .map_err(unavailable(COPY))?;
        Ok(DatabaseCopy {
            backend: "sqlite".to_owned(),
            migrations,
            tables: Vec::new(),
        })
    })
    .await
}

/// Whether nothing lies where the database goes.
pub(super) fn is_free(path: &Path) -> bool {
    !path.exists() && !with_suffix(path, "-wal").exists()
}

pub(super) async fn restore(path: PathBuf, folder: PathBuf) -> Result<(), Error> {
    on_a_thread(move || {
        let source = sqlite_file(&folder);
        let copy =
            Connection::open_with_flags(&source, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(unavailable(PUT_BACK))?;
        check(&copy, &source)?;
        drop(copy);
        let part = with_suffix(&path, ".part");
        std::fs::copy(&source, &part).map_err(io(PUT_BACK, &part))?;
        std::fs::File::open(&part)
            .and_then(|file| file.sync_all())
            .map_err(io(PUT_BACK, &part))?;
        // A link refuses to replace what somebody else put there meanwhile.
        std::fs::hard_link(&part, &path).map_err(io(PUT_BACK, &path))?;
        std::fs::remove_file(&part).map_err(io(PUT_BACK, &part))
    })
    .await
}

/// Every page is sound; answers the migrations that made the tables.
fn check(copy: &Connection, path: &Path) -> Result<Vec<i64>, Error> {
    let sound: String = copy
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(unavailable(COPY))?;
    if sound != "ok" {
        return Err(Error::Corrupt {
            table: "database",
            id: path.display().to_string(),
            why: sound,
        });
    }
    let read = || -> rusqlite::Result<Vec<i64>> {
        copy.prepare("SELECT version FROM _sqlx_migrations ORDER BY version")?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    read().map_err(unavailable(COPY))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
