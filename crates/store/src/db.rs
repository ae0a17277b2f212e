//! The two databases behind one door. Nothing else in the store knows which one is open.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, FromRow, Postgres, Sqlite, Transaction};
use uuid::Uuid;

use crate::Error;

/// Statements that differ only in the number of rows are cached each; this many stay prepared on a connection.
const STATEMENTS_PREPARED: usize = 512;
/// How long a writer waits for another process that holds a SQLite file.
const SQLITE_BUSY_SECONDS: u64 = 10;
/// Pages of 4 KiB that the write-ahead log may hold before they are copied into the file (128 MiB). Checkouts change the same
/// index pages again and again: the rarer the copying, the fewer pages are copied, and the fewer commits wait for it.
const SQLITE_CHECKPOINT_PAGES: &str = "32768";
/// Connections that read a SQLite file, and connections to PostgreSQL.
const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 8;

/// A value of a statement's `$1`, `$2` ….
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Uuid(Uuid),
    Text(String),
    OptText(Option<String>),
    Int(i64),
    OptInt(Option<i64>),
    Bool(bool),
    Bytes(Vec<u8>),
}

macro_rules! value_from {
    ($($from:ty => $variant:ident($convert:expr)),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(($convert)(value))
            }
        }
    )+};
}

value_from! {
    Uuid => Uuid(std::convert::identity),
    String => Text(std::convert::identity),
    &str => Text(str::to_owned),
    Option<String> => OptText(std::convert::identity),
    i64 => Int(std::convert::identity),
    Option<i64> => OptInt(std::convert::identity),
    bool => Bool(std::convert::identity),
    Vec<u8> => Bytes(std::convert::identity),
    scrip_domain::Timestamp => Int(scrip_domain::Timestamp::micros),
    scrip_domain::Tokens => Int(scrip_domain::Tokens::get),
}

/// `args![a, b]`: the values of a statement.
macro_rules! args {
    ($($value:expr),* $(,)?) => { [$($crate::db::Value::from($value)),*] };
}
pub(crate) use args;

/// `($1, $2), ($3, $4)`: the text of `rows` rows of `columns` values each, numbered from `first`.
pub(crate) fn rows_text(rows: usize, columns: usize, first: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(rows * (columns * 6 + 4));
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let number = first + row * columns + column;
            let written = write!(text, "{}${number}", if column == 0 { "" } else { ", " });
            debug_assert!(written.is_ok());
        }
        text.push(')');
    }
    text
}

/// `$1, $2, $3`: the text of `count` values, numbered from `first`.
pub(crate) fn list_text(count: usize, first: usize) -> String {
    (first..first + count)
        .map(|number| format!("${number}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A row type that both databases can fill.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// The open database.
#[derive(Clone)]
pub(crate) enum Database {
    /// SQLite has one writer: one connection writes, some read.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction, or a connection's implicit one.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Database {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let unavailable = |source| Error::Unavailable {
            operation: "open the database",
            source,
        };
        let invalid = || Error::UrlInvalid { url: redact(url) };
        if let Some(path) = url.strip_prefix("sqlite:") {
            let options = SqliteConnectOptions::new()
                .filename(path.strip_prefix("//").unwrap_or(path))
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(SQLITE_BUSY_SECONDS))
                .pragma("temp_store", "memory")
                .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES)
                .statement_cache_capacity(STATEMENTS_PREPARED);
            let writer = SqlitePoolOptions::new()
                .max_connections(1)
                .connect_with(options.clone())
                .await
                .map_err(unavailable)?;
            sqlx::migrate!("./migrations")
                .run(&writer)
                .await
                .map_err(|source| Error::Migration { source })?;
            let readers = SqlitePoolOptions::new()
                .max_connections(READERS)
                .connect_with(options.read_only(true).create_if_missing(false))
                .await
                .map_err(unavailable)?;
            let database = Self::Sqlite { writer, readers };
            crate::search::prepare(&database).await?;
            Ok(database)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url)
                .map_err(|_| invalid())?
                .statement_cache_capacity(STATEMENTS_PREPARED)
                .application_name("scrip-server");
            let pool = PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(Duration::from_secs(10))
                .connect_with(options)
                .await
                .map_err(unavailable)?;
            sqlx::migrate!("./migrations")
                .run(&pool)
                .await
                .map_err(|source| Error::Migration { source })?;
            let database = Self::Postgres(pool);
            crate::search::prepare(&database).await?;
            Ok(database)
        } else {
            Err(invalid())
        }
    }

    pub(crate) const fn backend(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// How many batches can usefully be under way at once.
    pub(crate) const fn writers(&self) -> usize {
        match self {
            Self::Sqlite { .. } => 1,
            Self::Postgres(_) => 2,
        }
    }

    /// A transaction that will write. On SQLite it holds the write lock from the start, so that it cannot fail half-way for want of it.
    pub(crate) async fn write(&self) -> Result<Tx, Error> {
        let begun = match self {
            Self::Sqlite { writer, .. } => writer.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite),
            Self::Postgres(pool) => pool.begin().await.map(Tx::Postgres),
        };
        begun.map_err(|source| classify("begin a transaction", source))
    }

    /// A transaction that reads one state of the database.
    pub(crate) async fn read(&self) -> Result<Tx, Error> {
        let begun = match self {
            Self::Sqlite { readers, .. } => readers.begin().await.map(Tx::Sqlite),
            Self::Postgres(pool) => pool
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                .await
                .map(Tx::Postgres),
        };
        begun.map_err(|source| classify("begin to read", source))
    }

    /// One statement that reads, without a transaction around it.
    pub(crate) async fn rows<T: Row>(
        &self,
        operation: &'static str,
        sql: &str,
        args: &[Value],
    ) -> Result<Vec<T>, Error> {
        let rows = match self {
            Self::Sqlite { readers, .. } => {
                sqlx::query_as_with::<Sqlite, T, _>(AssertSqlSafe(sql), sqlite_args(args))
                    .fetch_all(readers)
                    .await
            }
            Self::Postgres(pool) => {
                sqlx::query_as_with::<Postgres, T, _>(AssertSqlSafe(sql), postgres_args(args))
                    .fetch_all(pool)
                    .await
            }
        };
        rows.map_err(|source| classify(operation, source))
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// The one place where a statement is run for each database.
macro_rules! on_connection {
    ($tx:expr, $sql:expr, $args:expr, |$query:ident, $connection:ident| $body:expr, $make:ident $(, $row:ty)?) => {
        match $tx {
            Tx::Sqlite($connection) => {
                let $query = sqlx::$make::<Sqlite, $($row,)? _>(AssertSqlSafe($sql), sqlite_args($args));
                let $connection = &mut **$connection;
                $body
            }
            Tx::Postgres($connection) => {
                let $query = sqlx::$make::<Postgres, $($row,)? _>(AssertSqlSafe($sql), postgres_args($args));
                let $connection = &mut **$connection;
                $body
            }
        }
    };
}

impl Tx {
    /// Runs a statement and answers how many rows it touched. `operation` completes "while trying to …".
    pub(crate) async fn execute(&mut self, operation: &'static str, sql: &str, args: &[Value]) -> Result<u64, Error> {
        on_connection!(
            self,
            sql,
            args,
            |query, connection| query.execute(connection).await.map(|done| done.rows_affected()),
            query_with
        )
        .map_err(|source| classify(operation, source))
    }

    /// All rows of a statement.
    pub(crate) async fn rows<T: Row>(
        &mut self,
        operation: &'static str,
        sql: &str,
        args: &[Value],
    ) -> Result<Vec<T>, Error> {
        on_connection!(
            self,
            sql,
            args,
            |query, connection| query.fetch_all(connection).await,
            query_as_with,
            T
        )
        .map_err(|source| classify(operation, source))
    }

    /// The only row of a statement, where there is one.
    pub(crate) async fn row<T: Row>(
        &mut self,
        operation: &'static str,
        sql: &str,
        args: &[Value],
    ) -> Result<Option<T>, Error> {
        on_connection!(
            self,
            sql,
            args,
            |query, connection| query.fetch_optional(connection).await,
            query_as_with,
            T
        )
        .map_err(|source| classify(operation, source))
    }

    /// Makes everything durable. A transaction that is dropped instead is rolled back.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        let committed = match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        };
        committed.map_err(|source| classify("commit", source))
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

macro_rules! bind_all {
    ($arguments:ty, $args:expr) => {{
        use sqlx::Arguments as _;
        let mut arguments = <$arguments>::default();
        for value in $args {
            let added = match value {
                Value::Uuid(value) => arguments.add(*value),
                Value::Text(value) => arguments.add(value.clone()),
                Value::OptText(value) => arguments.add(value.clone()),
                Value::Int(value) => arguments.add(*value),
                Value::OptInt(value) => arguments.add(*value),
                Value::Bool(value) => arguments.add(*value),
                Value::Bytes(value) => arguments.add(value.clone()),
            };
            // Encoding these plain types cannot fail; were it to, the statement would fail for want of a value.
            debug_assert!(added.is_ok());
        }
        arguments
    }};
}

fn sqlite_args(args: &[Value]) -> sqlx::sqlite::SqliteArguments {
    bind_all!(sqlx::sqlite::SqliteArguments, args)
}

fn postgres_args(args: &[Value]) -> sqlx::postgres::PgArguments {
    bind_all!(sqlx::postgres::PgArguments, args)
}

/// Tells a guard's refusal, which is worth another attempt, from a failure. Constraints are told by kind, never by name.
fn classify(operation: &'static str, source: sqlx::Error) -> Error {
    let Some(refused) = source.as_database_error() else {
        return Error::Unavailable { operation, source };
    };
    let guarded = refused.is_unique_violation() || refused.is_check_violation() || refused.is_foreign_key_violation();
    // PostgreSQL: serialization_failure, deadlock_detected, lock_not_available. SQLite: SQLITE_BUSY and its extended codes.
    let raced = refused
        .code()
        .is_some_and(|code| matches!(&*code, "40001" | "40P01" | "55P03" | "5" | "261" | "517"));
    if guarded || raced {
        Error::Conflict { operation }
    } else {
        Error::Unavailable { operation, source }
    }
}

/// The address without its password.
fn redact(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

/// A setting of the writer's connection.
#[cfg(test)]
pub(crate) async fn pragma(database: &Database, name: &str) -> i64 {
    let Database::Sqlite { writer, .. } = database else {
        return -1;
    };
    let mut connection = writer.acquire().await.unwrap();
    sqlx::query_scalar::<_, i64>(AssertSqlSafe(format!("PRAGMA {name}")))
        .fetch_one(&mut *connection)
        .await
        .unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_values_are_written_in_rows_and_lists() {
        assert_eq!(rows_text(2, 2, 1), "($1, $2), ($3, $4)");
        assert_eq!(list_text(3, 4), "$4, $5, $6");
    }

    #[test]
    fn a_password_in_an_address_is_never_shown() {
        assert_eq!(redact("postgres://ada:secret@db/scrip"), "postgres://…@db/scrip");
    }

    #[tokio::test]
    async fn a_sqlite_commit_is_durable() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("scrip.db").display());
        let database = Database::open(&url).await.unwrap();
        assert_eq!(pragma(&database, "synchronous").await, 2);
        assert_eq!(pragma(&database, "foreign_keys").await, 1);
    }
}
