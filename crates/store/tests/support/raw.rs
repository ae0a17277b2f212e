//! The database as a thief sees it: every table, every column, without the store.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};

use super::Fixture;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Column {
    pub(crate) table: String,
    pub(crate) name: String,
    /// `uuid`, `text`, `bytea`, `bigint` or `boolean`.
    pub(crate) kind: String,
}

enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Fixture {
    async fn raw(&self) -> Raw {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => Raw::Sqlite(SqliteConnection::connect(path).await.unwrap()),
            None => Raw::Postgres(PgConnection::connect(&self.url).await.unwrap()),
        }
    }

    /// Every column of every table that the migrations made.
    pub(crate) async fn columns(&self) -> Vec<Column> {
        let column = |(table, name, kind): (String, String, String)| Column {
            table,
            name,
            kind: kind.to_lowercase(),
        };
        let found: Vec<(String, String, String)> = match self.raw().await {
            Raw::Sqlite(mut connection) => {
                let sql = "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                           WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY 1, 2";
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
            Raw::Postgres(mut connection) => {
                let sql = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT) \
                           FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2";
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
        };
        // Tables of the migrator and of full-text search, which knows products alone, belong to no migration.
        let ours = |column: &Column| {
            !column.table.starts_with("_sqlx") && !column.table.contains("search") && !column.table.contains("_fts")
        };
        found.into_iter().map(column).filter(ours).collect()
    }

    /// Where these bytes stand in a text or in bytes of the whole database: `table.column`, once for each row.
    pub(crate) async fn places_of(&self, needle: &[u8]) -> Vec<String> {
        let mut places = Vec::new();
        let mut raw = self.raw().await;
        for column in self.columns().await {
            let is_text = column.kind == "text";
            if !is_text && column.kind != "bytea" {
                continue;
            }
            let Column { table, name, .. } = &column;
            let rows: Vec<Option<Vec<u8>>> = match &mut raw {
                Raw::Sqlite(connection) => {
                    let sql = format!("SELECT CAST({name} AS BLOB) FROM {table}");
                    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
                    rows.iter().map(|row| row.get(0)).collect()
                }
                Raw::Postgres(connection) => {
                    let value = if is_text {
                        format!("convert_to({name}, 'UTF8')")
                    } else {
                        name.clone()
                    };
                    let sql = format!("SELECT {value} FROM {table}");
                    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
                    rows.iter().map(|row| row.get(0)).collect()
                }
            };
            let found = rows.into_iter().flatten().filter(|value| {
                value
                    .windows(needle.len())
                    .any(|window| window.eq_ignore_ascii_case(needle))
            });
            places.extend(found.map(|_| format!("{table}.{name}")));
        }
        places
    }
}
