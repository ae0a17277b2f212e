//! The two databases behind one door. Nothing else in the store knows which one is open.

use std::borrow::Cow;
use std::str::FromStr;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, FromRow, Postgres, Transaction};
use uuid::Uuid;

use crate::Error;
use crate::coalesce::Place;
use crate::migrations;
use crate::postgres;
use crate::sqlite::{self, Lease, Sqlite, step_aside};

/// This many statements stay prepared on a connection.
pub(crate) const STATEMENTS_PREPARED: usize = 512;
/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 8;
/// Batches of checkouts that PostgreSQL takes at once from one server: what waits meanwhile makes the next one larger, which costs
/// less than a second one beside it.
const POSTGRES_CHECKOUTS: u32 = 1;
/// Batches of look-ups by key that it takes at once.
const POSTGRES_LOOK_UPS: u32 = 1;
/// Every statement of a checkout, and every look-up, finds rows by their keys. Planned once, it must not remember how small the
/// tables were, nor read one as a whole for want of knowing how few rows are asked for.
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

/// Where the rows of values stand in a statement: a query with the columns `column1`, `column2` ….
pub(crate) const ROWS: &str = "{rows}";

/// A statement that writes, on rows of values.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) operation: &'static str,
    pub(crate) sql: Cow<'static, str>,
    pub(crate) columns: usize,
    pub(crate) values: Vec<Value>,
    pub(crate) guarded: bool,
}

impl Write {
    /// `sql` has `{rows}` where the rows of `columns` values each are read from. `operation` completes "while trying to …".
    pub(crate) fn new(
        operation: &'static str,
        sql: impl Into<Cow<'static, str>>,
        columns: usize,
        values: Vec<Value>,
    ) -> Self {
        Self {
            operation,
            sql: sql.into(),
            columns,
            values,
            guarded: false,
        }
    }

    /// Each of the rows must find one that it changes.
    pub(crate) fn guarded(self) -> Self {
        Self { guarded: true, ..self }
    }
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
    /// Checkouts and look-ups by key have connections of their own, so that their statements are prepared on few of them.
    Postgres {
        pool: PgPool,
        keys: PgPool,
    },
}

/// A transaction, or a connection's implicit one.
pub(crate) enum Tx {
    Sqlite(Lease),
    Postgres(Transaction<'static, Postgres>),
    /// No transaction: each statement is one.
    Single(PoolConnection<Postgres>),
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
                .disable_statement_logging()
                .application_name("scrip-server");
            let pool = match postgres::pool(POSTGRES_CONNECTIONS).connect_with(options.clone()).await {
                Ok(pool) => pool,
                Err(waited) => return Err(unavailable(postgres::why_not(&options, waited).await)),
            };
            migrations::of_postgresql()
                .run(&pool)
                .await
                .map_err(|source| Error::Migration { source })?;
            let keys = postgres::pool(POSTGRES_CHECKOUTS + POSTGRES_LOOK_UPS)
                .connect_with(options.options(POSTGRES_KEYS_ONLY))
                .await
                .map_err(unavailable)?;
            let database = Self::Postgres { pool, keys };
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

    /// The same for a batch of checkouts. On PostgreSQL no transaction is begun: they write with [`Tx::write_all`] alone, which is
    /// one statement there, and what they read before is guarded by it.
    pub(crate) async fn write_checkouts(&self) -> Result<Tx, Error> {
        match self {
            Self::Sqlite(_) => self.write().await,
            Self::Postgres { keys, .. } => {
                let connection = keys.acquire().await;
                connection
                    .map(Tx::Single)
                    .map_err(|source| postgres::classify("find a connection", source))
            }
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
                sqlx::query_as_with::<Postgres, T, _>(AssertSqlSafe(sql), postgres::args_of(args))
                    .fetch_all(pool)
                    .await
                    .map_err(|source| postgres::classify(operation, source))
            }
        }
    }

    /// The same by keys, of which each row of values has one, as [`Tx::rows_of_each`].
    pub(crate) async fn rows_by_keys<T: Row>(
        &self,
        operation: &'static str,
        sql: &str,
        columns: usize,
        values: &[Value],
    ) -> Result<Vec<T>, Error> {
        match self {
            Self::Sqlite(sqlite) => {
                let reader = sqlite.key_reader().await;
                step_aside(|| {
                    reader.rows(
                        operation,
                        &sqlite::of_one_row(sql, columns),
                        values.chunks_exact(columns),
                    )
                })
            }
            Self::Postgres { keys, .. } => {
                let (sql, args) = postgres::of_all_rows(sql, columns, values);
                sqlx::query_as_with::<Postgres, T, _>(AssertSqlSafe(sql), args)
                    .fetch_all(keys)
                    .await
                    .map_err(|source| postgres::classify(operation, source))
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
            Self::Sqlite(sqlite) => sqlite.key_reader().await.rows(operation, sql, [args])?,
            Self::Postgres { .. } => self.rows(operation, sql, args).await?,
        };
        Ok(rows.into_iter().next())
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres { pool, keys } => {
                keys.close().await;
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
    begun
        .map(Tx::Postgres)
        .map_err(|source| postgres::classify(operation, source))
}

impl Tx {
    /// The way to the server; none where the database is a file, whose connection is answered instead.
    fn postgres(&mut self) -> Result<&mut PgConnection, &Lease> {
        match self {
            Self::Sqlite(connection) => Err(connection),
            Self::Postgres(transaction) => Ok(transaction),
            Self::Single(connection) => Ok(connection),
        }
    }

    /// Runs a statement and answers how many rows it touched. `operation` completes "while trying to …".
    pub(crate) async fn execute(&mut self, operation: &'static str, sql: &str, args: &[Value]) -> Result<u64, Error> {
        match self.postgres() {
            Err(connection) => step_aside(|| connection.execute(operation, sql, [args])),
            Ok(connection) => {
                postgres::execute_on(connection, operation, sql.to_owned(), postgres::args_of(args)).await
            }
        }
    }

    /// All rows of a statement.
    pub(crate) async fn rows<T: Row>(
        &mut self,
        operation: &'static str,
        sql: &str,
        args: &[Value],
    ) -> Result<Vec<T>, Error> {
        match self.postgres() {
            Err(connection) => step_aside(|| connection.rows(operation, sql, [args])),
            Ok(connection) => postgres::rows_on(connection, operation, sql.to_owned(), postgres::args_of(args)).await,
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

    /// Runs a statement on rows of `columns` values each, which are read where `{rows}` stands in it; answers how many rows it
    /// touched.
    ///
    /// PostgreSQL gets all rows at once, because each statement is a round trip, and as one array for each column, so that one
    /// prepared statement serves every number of rows. SQLite gets one after the other: it then keeps no copy of pages to undo a
    /// statement half-way.
    pub(crate) async fn execute_each(
        &mut self,
        operation: &'static str,
        sql: &str,
        columns: usize,
        values: &[Value],
    ) -> Result<u64, Error> {
        if values.is_empty() {
            return Ok(0);
        }
        match self.postgres() {
            Err(connection) => {
                let rows = values.chunks_exact(columns);
                step_aside(|| connection.execute(operation, &sqlite::of_one_row(sql, columns), rows))
            }
            Ok(connection) => {
                let (sql, args) = postgres::of_all_rows(sql, columns, values);
                postgres::execute_on(connection, operation, sql, args).await
            }
        }
    }

    /// The same for a statement that answers rows.
    pub(crate) async fn rows_of_each<T: Row>(
        &mut self,
        operation: &'static str,
        sql: &str,
        columns: usize,
        values: &[Value],
    ) -> Result<Vec<T>, Error> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        match self.postgres() {
            Err(connection) => {
                let rows = values.chunks_exact(columns);
                step_aside(|| connection.rows(operation, &sqlite::of_one_row(sql, columns), rows))
            }
            Ok(connection) => {
                let (sql, args) = postgres::of_all_rows(sql, columns, values);
                postgres::rows_on(connection, operation, sql, args).await
            }
        }
    }

    /// Makes some writes; where a guarded one finds fewer rows than it has, that is a conflict, and PostgreSQL makes none of them.
    /// There they are one statement, in which none sees what another writes: no two may touch the same row.
    pub(crate) async fn write_all(&mut self, writes: impl IntoIterator<Item = Write>) -> Result<(), Error> {
        let writes: Vec<Write> = writes.into_iter().filter(|write| !write.values.is_empty()).collect();
        if let Ok(connection) = self.postgres() {
            let Some(first) = writes.first() else { return Ok(()) };
            let operation = first.operation;
            let (sql, args) = postgres::as_one_statement(&writes);
            return postgres::execute_on(connection, operation, sql, args).await.map(drop);
        }
        for write in &writes {
            let Write {
                operation,
                sql,
                columns,
                values,
                guarded,
            } = write;
            let touched = self.execute_each(operation, sql, *columns, values).await?;
            if *guarded && touched != (values.len() / columns) as u64 {
                return Err(Error::Conflict { operation });
            }
        }
        Ok(())
    }

    /// Makes everything durable. A transaction that is dropped instead is rolled back.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => {
                step_aside(|| connection.execute("commit", "COMMIT", [[].as_slice()])).map(drop)
            }
            Self::Postgres(transaction) => transaction
                .commit()
                .await
                .map_err(|source| postgres::classify("commit", source)),
            Self::Single(_) => Ok(()),
        }
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        !matches!(self, Self::Sqlite(_))
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
    fn values_are_numbered_in_lists() {
        assert_eq!(list_text(3, 4), "$4, $5, $6");
    }

    #[test]
    fn a_password_in_an_address_is_never_shown() {
        assert_eq!(redact("postgres://ada:secret@db/scrip"), "postgres://…@db/scrip");
    }
}
