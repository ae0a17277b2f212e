//! PostgreSQL's tables, each by `COPY` in its text format, which every later version reads
//! (<https://www.postgresql.org/docs/current/sql-copy.html>).

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::TryStreamExt as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::io::AsyncWriteExt as _;

use super::{DatabaseCopy, TableCopy, io, table_file, unavailable};
use crate::{Error, migrations};

const COPY: &str = "copy the database";
const PUT_BACK: &str = "put the database back";

/// The tables of the connection's schema, those that a program made to keep its migrations aside.
const TABLES: &str = "SELECT c.relname::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace \
                      AND c.relname <> '_sqlx_migrations' ORDER BY 1";
const COLUMNS: &str = "SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 \
                       AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum";
/// Which table refers to which.
const REFERENCES: &str = "SELECT f.relname::text, t.relname::text FROM pg_constraint c JOIN pg_class f ON f.oid = c.conrelid \
                          JOIN pg_class t ON t.oid = c.confrelid \
                          WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace AND f.oid <> t.oid";

pub(super) async fn copy(url: &str, folder: &Path) -> Result<DatabaseCopy, Error> {
    let mut connection = PgConnection::connect(url).await.map_err(unavailable(COPY))?;
    connection
        .execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .await
        .map_err(unavailable(COPY))?;
    let migrations = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
        .fetch_all(&mut connection)
        .await
        .map_err(unavailable(COPY))?;
    let mut tables = Vec::new();
    for name in in_order(&mut connection).await? {
        let columns: Vec<String> = sqlx::query_scalar(COLUMNS)
            .bind(quoted(&name))
            .fetch_all(&mut connection)
            .await
            .map_err(unavailable(COPY))?;
        let table = TableCopy { name, columns };
        copy_table(&mut connection, &table, folder).await?;
        tables.push(table);
    }
    connection.execute("COMMIT").await.map_err(unavailable(COPY))?;
    connection.close().await.map_err(unavailable(COPY))?;
    Ok(DatabaseCopy {
        backend: "postgresql".to_owned(),
        migrations,
        tables,
    })
}

async fn copy_table(connection: &mut PgConnection, table: &TableCopy, folder: &Path) -> Result<(), Error> {
    let path = table_file(folder, &table.name);
    let failed = io(COPY, &path);
    let mut file = tokio::fs::File::create(&path).await.map_err(&failed)?;
    let sql = format!("COPY {} TO STDOUT", place(table));
    let mut rows = connection.copy_out_raw(&sql).await.map_err(unavailable(COPY))?;
    while let Some(piece) = rows.try_next().await.map_err(unavailable(COPY))? {
        file.write_all(&piece).await.map_err(&failed)?;
    }
    file.flush().await.map_err(&failed)
}

pub(super) async fn is_empty(url: &str) -> Result<bool, Error> {
    let mut connection = PgConnection::connect(url).await.map_err(unavailable(PUT_BACK))?;
    let tables: Vec<String> = sqlx::query_scalar(TABLES)
        .fetch_all(&mut connection)
        .await
        .map_err(unavailable(PUT_BACK))?;
    connection.close().await.map_err(unavailable(PUT_BACK))?;
    Ok(tables.is_empty())
}

pub(super) async fn restore(url: &str, folder: &Path, copy: &DatabaseCopy) -> Result<(), Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(url)
        .await
        .map_err(unavailable(PUT_BACK))?;
    // The tables as they were when the copy was made: what came later changes them with the rows inside.
    let known = migrations::of_postgresql();
    let then = known
        .iter()
        .filter(|migration| copy.migrations.contains(&migration.version));
    Migrator::with_migrations(then.cloned().collect())
        .run(&pool)
        .await
        .map_err(|source| Error::Migration { source })?;
    crate::search::prepare(&crate::db::Database::Postgres {
        pool: pool.clone(),
        keys: pool.clone(),
    })
    .await?;
    let mut tx = pool.begin().await.map_err(unavailable(PUT_BACK))?;
    let mut there = in_order(&mut tx).await?;
    there.sort();
    let mut copied: Vec<_> = copy.tables.iter().map(|table| table.name.clone()).collect();
    copied.sort();
    if there != copied {
        let why = format!("its tables are {copied:?}, and this version made {there:?}");
        return Err(Error::NotRestorable { why });
    }
    // Some tables begin with a row.
    let all: Vec<_> = there.iter().map(|name| quoted(name)).collect();
    let empty = format!("TRUNCATE {}", all.join(", "));
    tx.execute(AssertSqlSafe(empty)).await.map_err(unavailable(PUT_BACK))?;
    for table in &copy.tables {
        let path = table_file(folder, &table.name);
        let file = tokio::fs::File::open(&path).await.map_err(io(PUT_BACK, &path))?;
        let sql = format!("COPY {} FROM STDIN", place(table));
        let mut rows = tx.copy_in_raw(&sql).await.map_err(unavailable(PUT_BACK))?;
        rows.read_from(file).await.map_err(unavailable(PUT_BACK))?;
        rows.finish().await.map_err(unavailable(PUT_BACK))?;
    }
    tx.commit().await.map_err(unavailable(PUT_BACK))?;
    pool.close().await;
    Ok(())
}

/// Every table, after those that it refers to.
async fn in_order(connection: &mut PgConnection) -> Result<Vec<String>, Error> {
    let mut waiting: Vec<String> = sqlx::query_scalar(TABLES)
        .fetch_all(&mut *connection)
        .await
        .map_err(unavailable(COPY))?;
    let references: Vec<(String, String)> = sqlx::query_as(REFERENCES)
        .fetch_all(&mut *connection)
        .await
        .map_err(unavailable(COPY))?;
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let unwritten: BTreeSet<_> = waiting.iter().cloned().collect();
        let blocked = |table: &String| {
            references
                .iter()
                .any(|(from, to)| from == table && unwritten.contains(to))
        };
        let (later, now): (Vec<_>, Vec<_>) = waiting.into_iter().partition(blocked);
        if now.is_empty() {
            let why = format!("the tables {later:?} refer to each other");
            return Err(Error::NotRestorable { why });
        }
        ordered.extend(now);
        waiting = later;
    }
    Ok(ordered)
}

fn place(table: &TableCopy) -> String {
    let columns: Vec<_> = table.columns.iter().map(|column| quoted(column)).collect();
    format!("{} ({})", quoted(&table.name), columns.join(", "))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
