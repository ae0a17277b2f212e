//! PostgreSQL behind the store's door: what a statement becomes on its way there.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Arguments as _, AssertSqlSafe, Connection as _, Postgres};
use uuid::Uuid;

use crate::Error;
use crate::db::{ROWS, Row, Value, Write};

/// How long a connection may have rested before it is asked whether it still works.
const RESTED: Duration = Duration::from_secs(1);

/// Connections to PostgreSQL, of which one that rested is asked first whether it still works.
pub(crate) fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .before_acquire(|connection, seen| {
            Box::pin(async move {
                if seen.idle_for >= RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// Why nobody answers there: a pool that waited in vain says no more than that.
pub(crate) async fn why_not(options: &PgConnectOptions, waited: sqlx::Error) -> sqlx::Error {
    match waited {
        sqlx::Error::PoolTimedOut => PgConnection::connect_with(options).await.err().unwrap_or(waited),
        said => said,
    }
}

pub(crate) async fn execute_on(
    connection: &mut PgConnection,
    operation: &'static str,
    sql: String,
    args: PgArguments,
) -> Result<u64, Error> {
    sqlx::query_with::<Postgres, _>(AssertSqlSafe(sql), args)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        .map_err(|source| classify(operation, source))
}

pub(crate) async fn rows_on<T: Row>(
    connection: &mut PgConnection,
    operation: &'static str,
    sql: String,
    args: PgArguments,
) -> Result<Vec<T>, Error> {
    sqlx::query_as_with::<Postgres, T, _>(AssertSqlSafe(sql), args)
        .fetch_all(connection)
        .await
        .map_err(|source| classify(operation, source))
}

/// A statement on rows, as PostgreSQL gets it: for any number of rows, and the rows.
pub(crate) fn of_all_rows(sql: &str, columns: usize, values: &[Value]) -> (String, PgArguments) {
    let mut args = PgArguments::default();
    add_columns(&mut args, columns, values);
    (sql.replace(ROWS, &arrays_text(columns, values, 1)), args)
}

/// Some writes as one statement, which fails where a guarded one touches fewer rows than it has.
pub(crate) fn as_one_statement(writes: &[Write]) -> (String, PgArguments) {
    let (mut steps, mut guards, mut first) = (Vec::new(), Vec::new(), 1);
    let mut args = PgArguments::default();
    for (at, write) in writes.iter().enumerate() {
        let rows = arrays_text(write.columns, &write.values, first);
        let sql = write.sql.replace(ROWS, &rows);
        steps.push(format!(
            "w{at} AS ({sql}{})",
            if write.guarded { " RETURNING 1" } else { "" }
        ));
        if write.guarded {
            guards.push(format!("(SELECT count(*) FROM w{at}) = cardinality(${first})"));
        }
        add_columns(&mut args, write.columns, &write.values);
        first += write.columns;
    }
    guards.push("true".to_owned());
    // What fails here is told by `division_by_zero`, which no other statement can cause.
    let sql = format!(
        "WITH {} SELECT 1 / CASE WHEN {} THEN 1 ELSE 0 END",
        steps.join(", "),
        guards.join(" AND ")
    );
    (sql, args)
}

/// `SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS rows (column1, column2)`: the types are those of the first row.
fn arrays_text(columns: usize, values: &[Value], first: usize) -> String {
    let arrays: Vec<String> = values
        .iter()
        .take(columns)
        .enumerate()
        .map(|(at, value)| {
            let array = match value {
                Value::Uuid(_) | Value::OptUuid(_) => "uuid",
                Value::Text(_) | Value::OptText(_) => "text",
                Value::Int(_) | Value::OptInt(_) => "bigint",
                Value::Bool(_) => "boolean",
                Value::Bytes(_) => "bytea",
            };
            format!("${}::{array}[]", first + at)
        })
        .collect();
    let names: Vec<String> = (1..=columns).map(|number| format!("column{number}")).collect();
    format!(
        "SELECT * FROM unnest({}) AS rows ({})",
        arrays.join(", "),
        names.join(", ")
    )
}

/// An array for each column.
fn add_columns(args: &mut PgArguments, columns: usize, values: &[Value]) {
    for (at, first) in values.iter().take(columns).enumerate() {
        let column = values.iter().skip(at).step_by(columns);
        let added = match first {
            Value::Uuid(_) | Value::OptUuid(_) => args.add(column.map(Value::uuid).collect::<Vec<_>>()),
            Value::Text(_) | Value::OptText(_) => args.add(column.map(Value::text).collect::<Vec<_>>()),
            Value::Int(_) | Value::OptInt(_) => args.add(column.map(Value::int).collect::<Vec<_>>()),
            Value::Bool(_) => args.add(
                column
                    .map(|value| matches!(value, Value::Bool(true)))
                    .collect::<Vec<_>>(),
            ),
            Value::Bytes(_) => args.add(column.map(Value::bytes).collect::<Vec<_>>()),
        };
        debug_assert!(added.is_ok());
    }
}

impl Value {
    const fn uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(value) | Self::OptUuid(Some(value)) => Some(*value),
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(value) | Self::OptText(Some(value)) => Some(value),
            _ => None,
        }
    }

    const fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) | Self::OptInt(Some(value)) => Some(*value),
            _ => None,
        }
    }

    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(value) => Some(value),
            _ => None,
        }
    }
}

pub(crate) fn args_of(args: &[Value]) -> PgArguments {
    let mut arguments = PgArguments::default();
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
pub(crate) fn classify(operation: &'static str, source: sqlx::Error) -> Error {
    let Some(refused) = source.as_database_error() else {
        return Error::Unavailable {
            operation,
            source: source.into(),
        };
    };
    let guarded = refused.is_unique_violation() || refused.is_check_violation() || refused.is_foreign_key_violation();
    // serialization_failure, deadlock_detected, lock_not_available; division_by_zero of a guard.
    let raced = refused
        .code()
        .is_some_and(|code| matches!(&*code, "40001" | "40P01" | "55P03" | "22012"));
    Error::of_database(operation, guarded || raced, source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::args;

    #[tokio::test]
    async fn a_pool_that_waited_in_vain_says_why() {
        // Bound and not listened on: nobody else gets the port meanwhile.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port();
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port);
        let said = why_not(&options, sqlx::Error::PoolTimedOut).await;
        let refused = matches!(&said, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused);
        assert!(refused, "{said}");
        assert!(matches!(
            why_not(&options, sqlx::Error::PoolClosed).await,
            sqlx::Error::PoolClosed
        ));
    }

    #[test]
    fn rows_are_read_from_arrays_all_at_once() {
        let sql = "INSERT INTO t {rows}";
        let values = args![Uuid::nil(), 1_i64, Uuid::max(), 2_i64];
        let (all, args) = of_all_rows(sql, 2, &values);
        let rows = "SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS rows (column1, column2)";
        assert_eq!(all, format!("INSERT INTO t {rows}"));
        assert_eq!(args.len(), 2);
    }

    #[test]
    fn writes_become_one_statement_that_fails_where_a_guard_does() {
        let guarded = Write::new("a", "UPDATE a {rows}", 1, args![1_i64, 2_i64].to_vec()).guarded();
        let free = Write::new("b", "INSERT INTO b {rows}", 1, args!["x"].to_vec());
        let (sql, args) = as_one_statement(&[guarded, free]);
        assert_eq!(
            sql,
            "WITH w0 AS (UPDATE a SELECT * FROM unnest($1::bigint[]) AS rows (column1) RETURNING 1), \
             w1 AS (INSERT INTO b SELECT * FROM unnest($2::text[]) AS rows (column1)) \
             SELECT 1 / CASE WHEN (SELECT count(*) FROM w0) = cardinality($1) AND true THEN 1 ELSE 0 END"
        );
        assert_eq!(args.len(), 2);
    }
}
