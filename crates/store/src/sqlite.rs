//! SQLite behind the store's door: a statement runs where it is asked for, with no thread and no queue between.

mod copier;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::types::{FromSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Mutex, OwnedMutexGuard};

use self::copier::Copier;
use crate::db::{ROWS, STATEMENTS_PREPARED, Value, list_text};
use crate::{Error, migrations};

/// How long a writer waits for another process that holds the file.
const BUSY_SECONDS: u64 = 10;
/// The pause between two looks at whether another process still brings the tables up to date.
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// KiB of pages that the writer keeps in memory. More is slower: SQLite looks through all of them after each commit that
/// split a page of an index.
const WRITER_CACHE_KIB: i64 = 1_024;
/// Pages that a transaction may change before some of them go to the log ahead of its commit.
const SPILL_PAGES: i64 = 2_048;
/// KiB of pages that each reader keeps in memory.
const READER_CACHE_KIB: i64 = 8_192;
/// Connections that read pages and lists, and ones that look up a row by its key.
const READERS: usize = 4;
/// Bytes of the file that a reader sees without copying them. Not those of single rows: after each commit of the writer SQLite maps
/// the file anew, which costs more than the few pages that lead to a row.
const READER_MAPPED_BYTES: i64 = 256 << 20;

/// An open file. It has one writer: one connection writes, some read.
#[derive(Clone)]
pub(crate) struct Sqlite {
    writer: Slot,
    readers: Arc<[Slot]>,
    keys: Arc<[Slot]>,
    turn: Arc<AtomicUsize>,
    /// Copies the log into the file, beside the writer.
    copying: Slot,
    copier: Copier,
}

/// A connection, until the store is closed.
type Slot = Arc<Mutex<Option<Connection>>>;

impl Sqlite {
    /// Opens the file, making it where there is none, and brings its tables up to date.
    pub(crate) async fn open(path: &Path) -> Result<Self, Error> {
        migrate(path).await?;
        let failed = |source| classify("open the database", source);
        let slot = |connection| Arc::new(Mutex::new(Some(connection)));
        let writer = scrip_wal::open(path, FLAGS)
            .and_then(|writer| set_up(writer, WRITER_CACHE_KIB))
            .map_err(failed)?;
        let readers = |mapped_bytes| -> rusqlite::Result<Arc<[Slot]>> {
            let open = |_| {
                let reader = set_up(Connection::open_with_flags(path, FLAGS)?, READER_CACHE_KIB)?;
                reader.pragma_update(None, "query_only", true)?;
                reader.pragma_update_and_check(None, "mmap_size", mapped_bytes, |_| Ok(()))?;
                Ok(slot(reader))
            };
            (0..READERS).map(open).collect()
        };
        let copying = Connection::open_with_flags(path, FLAGS)
            .and_then(|copying| set_up(copying, READER_CACHE_KIB))
            .map_err(failed)?;
        let (writer, copying) = (slot(writer), slot(copying));
        Ok(Self {
            readers: readers(READER_MAPPED_BYTES).map_err(failed)?,
            keys: readers(0).map_err(failed)?,
            turn: Arc::default(),
            copier: Copier::start(&copying, &writer)?,
            copying,
            writer,
        })
    }

    /// The writer, once whoever has it is done.
    pub(crate) async fn writer(&self) -> Lease {
        Lease::of_writer(Arc::clone(&self.writer).lock_owned().await, self.copier.clone())
    }

    /// A reader of pages and lists.
    pub(crate) async fn reader(&self) -> Lease {
        self.free(&self.readers).await
    }

    /// A reader that looks up a row by its key.
    pub(crate) async fn key_reader(&self) -> Lease {
        self.free(&self.keys).await
    }

    /// The first connection that is free, or else the next in turn: each forgets its pages after a commit of the writer, and the one
    /// that was used last has read most of them anew.
    async fn free(&self, slots: &[Slot]) -> Lease {
        for slot in slots {
            if let Ok(free) = Arc::clone(slot).try_lock_owned() {
                return Lease::new(free);
            }
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        Lease::new(Arc::clone(&slots[turn % slots.len()]).lock_owned().await)
    }

    /// Waits for running transactions and closes every connection.
    pub(crate) async fn close(&self) {
        for slot in self.readers.iter().chain(self.keys.iter()) {
            drop(slot.lock().await.take());
        }
        drop(self.copying.lock().await.take());
        drop(self.writer.lock().await.take());
    }
}

async fn migrate(path: &Path) -> Result<(), Error> {
    let unavailable = |source: sqlx::Error| Error::Unavailable {
        operation: "open the database",
        source: source.into(),
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A table that others refer to is made anew by dropping it: <https://www.sqlite.org/lang_altertable.html#otheralter>.
        .foreign_keys(false)
        .busy_timeout(Duration::from_secs(BUSY_SECONDS));
    let alone = lock(path).await?;
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(unavailable)?;
    migrations::of_sqlite()
        .run(&mut connection)
        .await
        .map_err(|source| Error::Migration { source })?;
    connection.close().await.map_err(unavailable)?;
    drop(alone);
    Ok(())
}

/// Lets only one process at a time bring the tables up to date, until the file is closed.
async fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    let unavailable = |source: std::io::Error| Error::Unavailable {
        operation: "lock the database",
        source: source.into(),
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(unavailable)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(source)) => return Err(unavailable(source)),
        }
    }
}

/// A connection serves one thread at a time.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

fn set_up(connection: Connection, cache_kib: i64) -> rusqlite::Result<Connection> {
    connection.busy_timeout(Duration::from_secs(BUSY_SECONDS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_PREPARED);
    // A commit is on the disk before it is answered.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update(None, "cache_spill", SPILL_PAGES)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", copier::PAGES_MAX, |_| Ok(()))?;
    Ok(connection)
}

/// A connection for as long as it is needed. A transaction that was not committed is rolled back at the end.
pub(crate) struct Lease {
    connection: OwnedMutexGuard<Option<Connection>>,
    /// Who is told, where it may have written.
    copier: Option<Copier>,
}

impl Lease {
    const fn new(connection: OwnedMutexGuard<Option<Connection>>) -> Self {
        Self {
            connection,
            copier: None,
        }
    }

    const fn of_writer(connection: OwnedMutexGuard<Option<Connection>>, copier: Copier) -> Self {
        Self {
            connection,
            copier: Some(copier),
        }
    }

    fn connection(&self) -> Result<&Connection, Error> {
        self.connection.as_ref().ok_or(Error::Closing)
    }

    /// Runs a statement that answers no rows with the values of one row after the other, and tells how many rows it touched.
    pub(crate) fn execute<'v>(
        &self,
        operation: &'static str,
        sql: &str,
        rows: impl IntoIterator<Item = &'v [Value]>,
    ) -> Result<u64, Error> {
        let connection = self.connection()?;
        let run = || -> rusqlite::Result<usize> {
            let mut statement = connection.prepare_cached(&numbered(sql))?;
            let mut touched = 0;
            for row in rows {
                bind(&mut statement, row)?;
                touched += statement.raw_execute()?;
            }
            Ok(touched)
        };
        run()
            .map(|touched| touched as u64)
            .map_err(|source| classify(operation, source))
    }

    /// What a statement answers to the values of one row after the other.
    pub(crate) fn rows<'v, T: Read>(
        &self,
        operation: &'static str,
        sql: &str,
        rows: impl IntoIterator<Item = &'v [Value]>,
    ) -> Result<Vec<T>, Error> {
        let connection = self.connection()?;
        let run = || -> rusqlite::Result<Vec<T>> {
            let mut statement = connection.prepare_cached(&numbered(sql))?;
            let mut read = Vec::new();
            for row in rows {
                bind(&mut statement, row)?;
                let mut found = statement.raw_query();
                while let Some(row) = found.next()? {
                    read.push(T::read(row)?);
                }
            }
            Ok(read)
        };
        run().map_err(|source| classify(operation, source))
    }
}

fn bind(statement: &mut CachedStatement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    for (at, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    Ok(())
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.as_ref() else {
            return;
        };
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction cannot be rolled back");
        }
        if let Some(copier) = &self.copier {
            copier.note();
        }
    }
}

/// Lets other tasks of this thread go on elsewhere while `work` keeps it.
pub(crate) fn step_aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// A statement on rows of so many values each, for one row.
pub(crate) fn of_one_row(sql: &str, columns: usize) -> String {
    if sql.starts_with("UPDATE ") && sql.contains(UPDATED_FROM) {
        // It would make a table of the row first, only to update from it.
        return sql.replace(UPDATED_FROM, "").replace("v.column", "$");
    }
    sql.replace(ROWS, &format!("VALUES ({})", list_text(columns, 1)))
}

/// What an update on rows says of them.
const UPDATED_FROM: &str = " FROM ({rows}) AS v";

/// `$1` would be a name to SQLite, numbered by where it stands first; `?1` is the number itself.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Uuid(value) | Self::OptUuid(Some(value)) => ValueRef::Blob(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
            Self::Text(value) | Self::OptText(Some(value)) => ValueRef::Text(value.as_bytes()),
            Self::Int(value) | Self::OptInt(Some(value)) => ValueRef::Integer(*value),
            Self::Bool(value) => ValueRef::Integer(i64::from(*value)),
            Self::OptUuid(None) | Self::OptText(None) | Self::OptInt(None) => ValueRef::Null,
        }))
    }
}

/// What a row of SQLite is read into.
pub(crate) trait Read: Sized {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self>;
}

macro_rules! read_tuples {
    ($($($name:ident $at:literal),+;)+) => {$(
        impl<$($name: FromSql),+> Read for ($($name,)+) {
            fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                Ok(($(row.get::<_, $name>($at)?,)+))
            }
        }
    )+};
}

read_tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}

/// Tells a guard's refusal, which is worth another attempt, from a failure. Constraints are told by kind, never by name.
fn classify(operation: &'static str, source: rusqlite::Error) -> Error {
    use rusqlite::ffi;
    let code = source.sqlite_error().map_or(0, |refused| refused.extended_code);
    let guarded = matches!(
        code,
        ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_CHECK
            | ffi::SQLITE_CONSTRAINT_FOREIGNKEY
    );
    // The lowest byte is the plain code, whatever extends it.
    let raced = code & 0xff == ffi::SQLITE_BUSY;
    Error::of_database(operation, guarded || raced, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_on_rows_is_run_for_each() {
        assert_eq!(of_one_row("INSERT INTO t {rows}", 2), "INSERT INTO t VALUES ($1, $2)");
        let update = "UPDATE t SET a = v.column2 FROM ({rows}) AS v WHERE t.id = v.column1";
        assert_eq!(of_one_row(update, 2), "UPDATE t SET a = $2 WHERE t.id = $1");
        let listed = "UPDATE t SET a = 1 WHERE id IN ({rows})";
        assert_eq!(of_one_row(listed, 1), "UPDATE t SET a = 1 WHERE id IN (VALUES ($1))");
    }

    #[tokio::test]
    async fn a_commit_is_durable_and_foreign_keys_hold() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("scrip.db")).await.unwrap();
        let writer = sqlite.writer().await;
        let setting = |name: &str| {
            writer
                .rows::<(i64,)>("test", &format!("PRAGMA {name}"), [[].as_slice()])
                .unwrap()[0]
                .0
        };
        assert_eq!(setting("synchronous"), 2);
        assert_eq!(setting("foreign_keys"), 1);
        let mode = writer
            .rows::<(String,)>("test", "PRAGMA journal_mode", [[].as_slice()])
            .unwrap();
        assert_eq!(mode[0].0, "wal");
    }

    #[tokio::test]
    async fn a_transaction_that_is_dropped_is_rolled_back_and_a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("scrip.db")).await.unwrap();
        let sql = "UPDATE catalog SET revision = $1";
        let writer = sqlite.writer().await;
        writer.execute("test", "BEGIN IMMEDIATE", [[].as_slice()]).unwrap();
        assert_eq!(writer.execute("test", sql, [[Value::Int(7)].as_slice()]).unwrap(), 1);
        drop(writer);
        let reader = sqlite.reader().await;
        let found = reader
            .rows::<(i64,)>("test", "SELECT revision FROM catalog", [[].as_slice()])
            .unwrap();
        assert_eq!(found, [(0,)]);
        assert!(reader.execute("test", sql, [[Value::Int(7)].as_slice()]).is_err());
    }
}
