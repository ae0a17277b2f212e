//! The two databases behind one door. Nothing else in the store knows which one is open.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, FromRow, Postgres, Transaction};
use uuid::Uuid;

use crate::Error;
use crate::coalesce::Place;
use crate::migrations;
use crate::sqlite::{self, Lease, Sqlite, step_aside};

/// Statements that differ only in the number of rows are cached each; this many stay prepared on a connection.
pub(crate) const STATEMENTS_PREPARED: usize = 512;
/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 8;
/// Batches of checkouts that PostgreSQL takes at once.
const POSTGRES_CHECKOUTS: u32 = 2;
/// Every statement of a checkout finds rows by their keys. Planned once, it must not remember how small the tables were.
const POSTGRES_KEYS_ONLY: [(&str, &str); 4] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// A value of a statement's `$1`, `$2` ….
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Uuid(Uuid),
    OptUuid(Option<Uuid>),
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
    Option<Uuid> => OptUuid(std::convert::identity),
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
pub(crate) trait Row: sqlite::Read + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: sqlite::Read + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A row with named columns.
macro_rules! row_struct {
    ($(#[doc = $doc:literal])* pub(crate) struct $name:ident { $($field:ident: $type:ty),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(sqlx::FromRow)]
        pub(crate) struct $name { $($field: $type),+ }

        impl $crate::sqlite::Read for $name {
            fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                Ok(Self { $($field: row.get(stringify!($field))?),+ })
            }
        }
    };
}
pub(crate) use row_struct;

/// The open database.
#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(Sqlite),
    /// Checkouts have connections of their own, so that their statements are prepared on few of them.
    Postgres {
        pool: PgPool,
        checkouts: PgPool,
    },
}

/// A transaction, or a connection's implicit one.
pub(crate) enum Tx {
    Sqlite(Lease),
    Postgres(Transaction<'static, Postgres>),
}

impl Database {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let unavailable = |source: sqlx::Error| Error::Unavailable {
            operation: "open the database",
            source: source.into(),
        };
        let invalid = || Error::UrlInvalid { url: redact(url) };
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let database = Self::Sqlite(Sqlite::open(path.as_ref()).await?);
            crate::search::prepare(&database).await?;
            crate::user_words::prepare(&database).await?;
            Ok(database)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url)
                .map_err(|_| invalid())?
                .statement_cache_capacity(STATEMENTS_PREPARED)
                .application_name("scrip-server");
            let pool = PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(Duration::from_secs(10))
                .connect_with(options.clone())
                .await
                .map_err(unavailable)?;
            migrations::of_postgresql()
                .run(&pool)
                .await
                .map_err(|source| Error::Migration { source })?;
            let checkouts = PgPoolOptions::new()
                .max_connections(POSTGRES_CHECKOUTS)
                .acquire_timeout(Duration::from_secs(10))
                .connect_with(options.options(POSTGRES_KEYS_ONLY))
                .await
                .map_err(unavailable)?;
            let database = Self::Postgres { pool, checkouts };
            crate::search::prepare(&database).await?;
            crate::user_words::prepare(&database).await?;
            Ok(database)
        } else {
            Err(invalid())
        }
    }

    pub(crate) const fn backend(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres { .. } => "postgresql",
        }
    }

    /// Where batches of checkouts are run: on SQLite's one writer nothing waits but for the disk, so that one thread does it all.
    pub(crate) const fn checkouts_place(&self) -> Place {
        match self {
            Self::Sqlite(_) => Place::Thread("checkouts"),
            Self::Postgres { .. } => Place::Tasks(POSTGRES_CHECKOUTS as usize),
        }
    }

    /// A transaction that will write. On SQLite it holds the write lock from the start, so that it cannot fail half-way for want of it.
    pub(crate) async fn write(&self) -> Result<Tx, Error> {
        match self {
            Self::Sqlite(sqlite) => begin(sqlite.writer().await, "BEGIN IMMEDIATE"),
            Self::Postgres { pool, .. } => begun("begin a transaction", pool.begin().await),
        }
    }

    /// The same for a batch of checkouts.
    pub(crate) async fn write_checkouts(&self) -> Result<Tx, Error> {
        match self {
            Self::Sqlite(_) => self.write().await,
            Self::Postgres { checkouts, .. } => begun("begin a transaction", checkouts.begin().await),
        }
    }

    /// A transaction that reads one state of the database.
    pub(crate) async fn read(&self) -> Result<Tx, Error> {
        match self {
            Self::Sqlite(sqlite) => begin(sqlite.reader().await, "BEGIN"),
            Self::Postgres { pool, .. } => {
                let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
                begun("begin to read", pool.begin_with(sql).await)
            }
        }
    }

    /// One statement that reads, without a transaction around it.
    pub(crate) async fn rows<T: Row>(
        &self,
        operation: &'static str,
        sql: &str,
        args: &[Value],
    ) -> Result<Vec<T>, Error> {
        match self {
            Self::Sqlite(sqlite) => {
                let reader = sqlite.reader().await;
                step_aside(|| reader.rows(operation, sql, [args]))
            }
            Self::Postgres { pool, .. } => {
                sqlx::query_as_with::<Postgres, T, _>(AssertSqlSafe(sql), postgres_args(args))
                    .fetch_all(pool)
                    .await
                    .map_err(|source| classify(operation, source))
            }
        }
    }

    /// The same for a single row by its key: to step aside for so little would cost more than it spares.
    pub(crate) async fn row_by_key<T: Row>(
        &self,
        operation: &'static str,
        sql: &str,
        args: &[Value],
    ) -> Result<Option<T>, Error> {
        let rows = match self {
            Self::Sqlite(sqlite) => sqlite.reader().await.rows(operation, sql, [args])?,
            Self::Postgres { .. } => self.rows(operation, sql, args).await?,
        };
        Ok(rows.into_iter().next())
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres { pool, checkouts } => {
                checkouts.close().await;
                pool.close().await;
            }
        }
    }
}

fn begin(connection: Lease, sql: &str) -> Result<Tx, Error> {
    step_aside(|| connection.execute("begin a transaction", sql, [[].as_slice()]))?;
    Ok(Tx::Sqlite(connection))
}

fn begun(operation: &'static str, begun: sqlx::Result<Transaction<'static, Postgres>>) -> Result<Tx, Error> {
    begun.map(Tx::Postgres).map_err(|source| classify(operation, source))
}

impl Tx {
    /// Runs a statement and answers how many rows it touched. `operation` completes "while trying to …".
    pub(crate) async fn execute(&mut self, operation: &'static str, sql: &str, args: &[Value]) -> Result<u64, Error> {
        match self {
            Self::Sqlite(connection) => step_aside(|| connection.execute(operation, sql, [args])),
            Self::Postgres(connection) => sqlx::query_with::<Postgres, _>(AssertSqlSafe(sql), postgres_args(args))
                .execute(&mut **connection)
                .await
                .map(|done| done.rows_affected())
                .map_err(|source| classify(operation, source)),
        }
    }

    /// All rows of a statement.
    pub(crate) async fn rows<T: Row>(
        &mut self,
        operation: &'static str,
        sql: &str,
        args: &[Value],
    ) -> Result<Vec<T>, Error> {
        match self {
            Self::Sqlite(connection) => step_aside(|| connection.rows(operation, sql, [args])),
            Self::Postgres(connection) => {
                sqlx::query_as_with::<Postgres, T, _>(AssertSqlSafe(sql), postgres_args(args))
                    .fetch_all(&mut **connection)
                    .await
                    .map_err(|source| classify(operation, source))
            }
        }
    }

    /// The only row of a statement, where there is one.
    pub(crate) async fn row<T: Row>(
        &mut self,
        operation: &'static str,
        sql: &str,
        args: &[Value],
    ) -> Result<Option<T>, Error> {
        Ok(self.rows(operation, sql, args).await?.into_iter().next())
    }

    /// Runs the statement that `sql` writes for a number of rows, on rows of `columns` values each; answers how many rows it
    /// touched.
    ///
    /// PostgreSQL gets all rows at once, because each statement is a round trip. SQLite gets one after the other: it then keeps
    /// no copy of pages to undo a statement half-way, and one prepared statement serves every number of rows.
    pub(crate) async fn execute_each(
        &mut self,
        operation: &'static str,
        sql: impl Fn(usize) -> String,
        columns: usize,
        values: &[Value],
    ) -> Result<u64, Error> {
        match self {
            Self::Sqlite(connection) => {
                step_aside(|| connection.execute(operation, &sql(1), values.chunks_exact(columns)))
            }
            Self::Postgres(_) => self.execute(operation, &sql(values.len() / columns), values).await,
        }
    }

    /// The same for a statement that answers rows.
    pub(crate) async fn rows_of_each<T: Row>(
        &mut self,
        operation: &'static str,
        sql: impl Fn(usize) -> String,
        columns: usize,
        values: &[Value],
    ) -> Result<Vec<T>, Error> {
        match self {
            Self::Sqlite(connection) => {
                step_aside(|| connection.rows(operation, &sql(1), values.chunks_exact(columns)))
            }
            Self::Postgres(_) => self.rows(operation, &sql(values.len() / columns), values).await,
        }
    }

    /// Makes everything durable. A transaction that is dropped instead is rolled back.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => {
                step_aside(|| connection.execute("commit", "COMMIT", [[].as_slice()])).map(drop)
            }
            Self::Postgres(transaction) => transaction.commit().await.map_err(|source| classify("commit", source)),
        }
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

fn postgres_args(args: &[Value]) -> sqlx::postgres::PgArguments {
    use sqlx::Arguments as _;
    let mut arguments = sqlx::postgres::PgArguments::default();
    for value in args {
        let added = match value {
            Value::Uuid(value) => arguments.add(*value),
            Value::OptUuid(value) => arguments.add(*value),
            Value::Text(value) => arguments.add(value.as_str()),
            Value::OptText(value) => arguments.add(value.as_deref()),
            Value::Int(value) => arguments.add(*value),
            Value::OptInt(value) => arguments.add(*value),
            Value::Bool(value) => arguments.add(*value),
            Value::Bytes(value) => arguments.add(value.as_slice()),
        };
        // Encoding these plain types cannot fail; were it to, the statement would fail for want of a value.
        debug_assert!(added.is_ok());
    }
    arguments
}

/// Tells a guard's refusal, which is worth another attempt, from a failure. Constraints are told by kind, never by name.
fn classify(operation: &'static str, source: sqlx::Error) -> Error {
    let Some(refused) = source.as_database_error() else {
        return Error::Unavailable {
            operation,
            source: source.into(),
        };
    };
    let guarded = refused.is_unique_violation() || refused.is_check_violation() || refused.is_foreign_key_violation();
    // serialization_failure, deadlock_detected, lock_not_available.
    let raced = refused
        .code()
        .is_some_and(|code| matches!(&*code, "40001" | "40P01" | "55P03"));
    if guarded || raced {
        Error::Conflict { operation }
    } else {
        Error::Unavailable {
            operation,
            source: source.into(),
        }
    }
}

/// The address without its password.
pub(crate) fn redact(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
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
}
