//! The whole database as files, and back: while others work in it, and only into an empty one.
//!
//! Like full-text search, this has no common SQL: SQLite copies its pages by its online backup interface, PostgreSQL each table by
//! `COPY` in one transaction that sees one moment.

mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::db::redact;
use crate::{Error, migrations};

/// The longest time to wait for a database that others write to, in seconds.
const BUSY_SECONDS: u64 = 30;

/// What stands in the files of a database's copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseCopy {
    /// `sqlite` or `postgresql`: a copy goes back into the same kind.
    pub backend: String,
    /// The numbers of the migrations that made its tables.
    pub migrations: Vec<i64>,
    /// The tables of PostgreSQL, in an order in which rows refer to earlier tables only. SQLite's copy is one file.
    pub tables: Vec<TableCopy>,
}

/// One table's copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableCopy {
    /// Its name; the file is named after it.
    pub name: String,
    /// Its columns, in the order of the file.
    pub columns: Vec<String>,
}

enum Address<'u> {
    Sqlite(&'u Path),
    Postgres(&'u str),
}

fn address(url: &str) -> Result<Address<'_>, Error> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        Ok(Address::Sqlite(Path::new(path.strip_prefix("//").unwrap_or(path))))
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(Address::Postgres(url))
    } else {
        Err(Error::UrlInvalid { url: redact(url) })
    }
}

/// Copies the database at `url` into files in `folder`, as it stands at one moment. Nobody who works in it waits, and its tables
/// are not brought up to date.
pub async fn copy_database(url: &str, folder: &Path) -> Result<DatabaseCopy, Error> {
    match address(url)? {
        Address::Sqlite(path) => sqlite::copy(path.to_owned(), folder.to_owned()).await,
        Address::Postgres(url) => postgres::copy(url, folder).await,
    }
}

/// Checks that a copy can be put back into the database at `url`: it is of the same kind, empty, and not newer than this program.
pub async fn check_restore(url: &str, copy: &DatabaseCopy) -> Result<(), Error> {
    let address = address(url)?;
    let backend = match address {
        Address::Sqlite(_) => "sqlite",
        Address::Postgres(_) => "postgresql",
    };
    if copy.backend != backend {
        let why = format!("the copy is of {}, and the database is {backend}", copy.backend);
        return Err(Error::NotRestorable { why });
    }
    let known = match address {
        Address::Sqlite(_) => migrations::of_sqlite(),
        Address::Postgres(_) => migrations::of_postgresql(),
    };
    if let Some(newer) = copy.migrations.iter().find(|version| !known.version_exists(**version)) {
        let why = format!("the copy was made by a newer version, which knows the migration {newer}");
        return Err(Error::NotRestorable { why });
    }
    let empty = match address {
        Address::Sqlite(path) => sqlite::is_free(path),
        Address::Postgres(url) => postgres::is_empty(url).await?,
    };
    if empty {
        Ok(())
    } else {
        let why = format!("the database {} is not empty", redact(url));
        Err(Error::NotRestorable { why })
    }
}

/// Puts a copy back into the database at `url`; see [`check_restore`], which it calls. The tables are as they were; opening the
/// store brings them up to date.
pub async fn restore_database(url: &str, folder: &Path, copy: &DatabaseCopy) -> Result<(), Error> {
    check_restore(url, copy).await?;
    match address(url)? {
        Address::Sqlite(path) => sqlite::restore(path.to_owned(), folder.to_owned()).await,
        Address::Postgres(url) => postgres::restore(url, folder, copy).await,
    }
}

fn io(operation: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        operation,
        path: path.clone(),
        source,
    }
}

fn unavailable<E: std::error::Error + Send + Sync + 'static>(operation: &'static str) -> impl Fn(E) -> Error {
    move |source| Error::Unavailable {
        operation,
        source: Box::new(source),
    }
}

/// Runs what keeps its thread.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Closing)?
}

fn sqlite_file(folder: &Path) -> PathBuf {
    folder.join("scrip.db")
}

fn table_file(folder: &Path, table: &str) -> PathBuf {
    folder.join(format!("{table}.copy"))
}
