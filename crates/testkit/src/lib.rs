//! Real parts for tests: a PostgreSQL server of this test process alone, from the distribution's package.

mod postgres;

pub use postgres::Postgres;
