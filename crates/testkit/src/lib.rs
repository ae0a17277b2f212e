//! Real parts for tests: a PostgreSQL server of this test process alone, from the distribution's package; a vendor who
//! issues authorization codes.

mod postgres;
mod vendor;

pub use postgres::Postgres;
pub use vendor::Vendor;
