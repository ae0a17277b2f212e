//! Real parts for tests: a PostgreSQL server of this test process alone, from the distribution's package; a payment
//! provider; an SMTP server; a vendor who issues authorization codes; what tokens cost.

mod chance;
mod postgres;
mod prices;
mod smtp;
mod stripe;
mod vendor;

pub use chance::Chance;
pub use postgres::Postgres;
pub use prices::token_prices;
pub use smtp::Smtp;
pub use stripe::{LocalStripe, Practice, SECRET_KEY, Stripe, WEBHOOK_SECRET, python};
pub use vendor::Vendor;
