//! SQLite's write-ahead log, written 64 KiB at a time instead of with two calls of the system for each page.
//!
//! SQLite appends a commit to the log with two writes for each page, one of 24 bytes and one of the page itself. For the commits of
//! a busy vendor, of some fifty pages, these calls cost more than `fdatasync`. Here the writes of one commit wait in memory and go
//! to the file together when SQLite syncs the log.
//!
//! It is a shim over the VFS of the system (<https://www.sqlite.org/vfs.html>, <https://www.sqlite.org/c3ref/io_methods.html>). Every
//! file but the log is the system's own. Nothing is seen or lost that was not before: SQLite tells the other connections of a commit
//! after the log was synced (<https://www.sqlite.org/walformat.html>), which is why a connection that is opened here always syncs.

mod file;
#[cfg(test)]
mod tests;
mod vfs;

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// Opens a database, whose commits are on the disk before they are answered (`PRAGMA synchronous = FULL`).
///
/// That setting must stay: without it SQLite would tell other connections of pages that are not in the file yet.
pub fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags_and_vfs(path, flags, vfs::register()?)?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}
