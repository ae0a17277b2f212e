//! Real parts for tests: a PostgreSQL server of this test process alone, from the distribution's package; a payment
//! provider; an SMTP server; a vendor who issues authorization codes.

mod chance;
mod postgres;
mod smtp;
mod stripe;
mod vendor;

pub use chance::Chance;
pub use postgres::Postgres;
pub use smtp::Smtp;
pub use stripe::{LocalStripe, Practice, SECRET_KEY, Stripe, WEBHOOK_SECRET, python};
pub use vendor::Vendor;
