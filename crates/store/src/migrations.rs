//! Which migrations make the tables: one text for both databases, but for how each lays its hot tables out.

use sqlx::migrate::{Migration, Migrator};

/// Every migration of SQLite.
pub(crate) fn of_sqlite() -> Migrator {
    with_own(&sqlx::migrate!("./migrations/sqlite"))
}

/// Every migration of PostgreSQL.
pub(crate) fn of_postgresql() -> Migrator {
    with_own(&sqlx::migrate!("./migrations/postgresql"))
}

/// The common migrations and those of one database, in the order of their numbers.
fn with_own(own: &Migrator) -> Migrator {
    let common = sqlx::migrate!("./migrations");
    let all: Vec<Migration> = common.iter().chain(own.iter()).cloned().collect();
    Migrator::with_migrations(all)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn both_databases_have_the_same_numbers_each_once() {
        let numbers =
            |migrator: &Migrator| -> Vec<i64> { migrator.iter().map(|migration| migration.version).collect() };
        let (sqlite, postgresql) = (numbers(&of_sqlite()), numbers(&of_postgresql()));
        assert_eq!(sqlite, postgresql);
        assert_eq!(sqlite.len(), sqlite.iter().collect::<BTreeSet<_>>().len());
    }
}
