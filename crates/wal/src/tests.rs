//! A database whose log is written this way, beside plain connections to the same file.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, OpenFlags};

const MADE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_CREATE);

/// A database with one table of rows of about a kilobyte.
fn open(path: &Path) -> Connection {
    let connection = crate::open(path, MADE).unwrap();
    let mode: String = connection
        .query_row("PRAGMA journal_mode = wal", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, filling BLOB)")
        .unwrap();
    connection
}

/// The same, whose log is copied into the database whenever it holds twenty pages.
fn open_with_short_log(path: &Path) -> Connection {
    let connection = open(path);
    connection
        .pragma_update_and_check(None, "wal_autocheckpoint", 20, |_| Ok(()))
        .unwrap();
    connection
}

fn fill(connection: &Connection, rows: usize) -> rusqlite::Result<()> {
    for _ in 0..rows {
        connection
            .prepare_cached("INSERT INTO t (filling) VALUES (randomblob(1000))")?
            .execute([])?;
    }
    Ok(())
}

fn count(connection: &Connection) -> i64 {
    connection
        .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
        .unwrap()
}

/// What a connection without this crate finds, and that the file is whole.
fn found(path: &Path) -> i64 {
    let plain = Connection::open(path).unwrap();
    let check: String = plain.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    count(&plain)
}

fn log_bytes(path: &Path) -> u64 {
    std::fs::metadata(path.with_extension("db-wal")).map_or(0, |file| file.len())
}

/// The files as they are on the disk now, as after a power cut.
fn cut_short(path: &Path, into: &Path) -> i64 {
    let copy = into.join("copy.db");
    for end in ["db", "db-wal"] {
        std::fs::copy(path.with_extension(end), copy.with_extension(end)).unwrap();
    }
    let found = found(&copy);
    std::fs::remove_file(copy).unwrap();
    found
}

#[test]
fn a_commit_is_in_the_files_and_seen_by_plain_connections() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = open(&path);
    let plain = Connection::open(&path).unwrap();
    for round in 1..=20 {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        fill(&connection, 50).unwrap();
        assert_eq!(count(&plain), (round - 1) * 50);
        assert_eq!(cut_short(&path, elsewhere.path()), (round - 1) * 50);
        connection.execute_batch("COMMIT").unwrap();
        assert_eq!(count(&plain), round * 50);
        assert_eq!(cut_short(&path, elsewhere.path()), round * 50);
    }
}

#[test]
fn the_writes_of_a_commit_reach_the_file_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = open(&path);
    let before = log_bytes(&path);
    // So few pages that SQLite moves some to the log long before the commit.
    connection.pragma_update(None, "cache_size", 10).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    fill(&connection, 200).unwrap();
    assert_eq!(log_bytes(&path), before);
    connection.execute_batch("COMMIT").unwrap();
    assert!(log_bytes(&path) > before + 200_000);
    assert_eq!(found(&path), 200);
}

#[test]
fn a_large_transaction_reads_its_own_pages_and_is_rolled_back_or_committed_as_a_whole() {
    for page_bytes in [512, 4096, 65_536] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path)
            .and_then(|plain| plain.execute_batch(&format!("PRAGMA page_size = {page_bytes}; VACUUM")))
            .unwrap();
        let connection = open(&path);
        connection.pragma_update(None, "cache_size", 10).unwrap();
        for (end, before, after) in [("ROLLBACK", 0, 0), ("COMMIT", 0, 3000), ("ROLLBACK", 3000, 3000)] {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            fill(&connection, 3000).unwrap();
            // Pages that are in the log already are changed and moved there again.
            connection
                .execute_batch("UPDATE t SET filling = randomblob(900) WHERE id % 7 = 0")
                .unwrap();
            assert_eq!(count(&connection), before + 3000);
            connection.execute_batch(end).unwrap();
            assert_eq!(found(&path), after);
        }
        let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
        assert_eq!(page, page_bytes);
    }
}

#[test]
fn a_log_that_was_copied_into_the_database_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = open_with_short_log(&path);
    for round in 1..=100 {
        fill(&connection, 5).unwrap();
        assert!(log_bytes(&path) < 200_000);
        if round % 10 == 0 {
            assert_eq!(found(&path), round * 5);
        }
    }
}

#[test]
fn readers_see_whole_commits_while_the_log_is_copied_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = open_with_short_log(&path);
    let written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let plain = Connection::open(&path).unwrap();
                while !written.load(Ordering::Relaxed) {
                    assert_eq!(count(&plain) % 5, 0);
                }
            });
        }
        for _ in 0..400 {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            fill(&connection, 5).unwrap();
            connection.execute_batch("COMMIT").unwrap();
        }
        written.store(true, Ordering::Relaxed);
    });
    assert_eq!(found(&path), 2000);
    connection.close().unwrap();
    assert_eq!(found(&path), 2000);
}

/// Where the process that may write no more than so much finds its database.
const CRAMPED: &str = "SCRIP_WAL_CRAMPED";

#[cfg(unix)]
#[test]
fn a_commit_that_does_not_fit_fails_and_the_ones_before_it_stay() {
    if let Some(path) = std::env::var_os(CRAMPED) {
        return fill_until_it_is_refused(path.as_ref());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    // Blocks of 512 bytes; the signal that tells of the limit is ignored, so that the write fails instead.
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 800; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "tests::a_commit_that_does_not_fit_fails_and_the_ones_before_it_stay",
            "--nocapture",
        ])
        .env(CRAMPED, &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    let committed: i64 = said
        .split_once("committed ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
        .unwrap();
    assert!(committed > 0 && committed % 20 == 0, "{committed}");
    assert_eq!(found(&path), committed);
}

fn fill_until_it_is_refused(path: &Path) {
    let connection = open(path);
    let commit = || -> rusqlite::Result<()> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        fill(&connection, 20)?;
        connection.execute_batch("COMMIT")
    };
    let mut committed = 0;
    let refused = loop {
        match commit() {
            Ok(()) => committed += 20,
            Err(refused) => break refused,
        }
        assert!(committed < 2000, "nothing was refused");
    };
    assert!(refused.to_string().contains("I/O"), "{refused}");
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK").unwrap();
    }
    assert_eq!(count(&connection), committed);
    println!("committed {committed} ");
}
