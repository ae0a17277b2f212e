//! The books by day: sums of the ledger, what was sold, what of it is earned, and the money that tokens brought.
//!
//! Sums are rolled up from the ledger and the entries of money by [`Store::roll_books`], in steps that can be repeated; a day is closed an hour after
//! its end and then never written again. Pages and exports read the sums alone, so that they cost the same however long
//! the ledger is.

mod money;
mod reading;
mod rolling;

pub use money::{MoneyLine, MoneyTotal};
pub use reading::{AccountTotal, BookLine, RevenueDay, SalesDay};

use scrip_domain::Timestamp;

/// Microseconds of a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// The day on which an instant is, in days since 1970-01-01 (UTC).
pub(crate) const fn day_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(DAY_MICROS)
}
