//! Tokens sold on paper: orders that came by any way, the bills for them, and the payments.
//!
//! An order is a purchase of tokens that waits for a decision. Approved, it gets a bill; money that arrives is used for bills,
//! and a bill that is paid lets its purchase be issued, unless it was issued on credit before.

mod bank;
mod credit;
mod invoices;
mod orders;
mod payments;
mod reminders;

pub use bank::{BankImport, BankLine};
pub use invoices::{Invoice, InvoiceFilter};
pub use orders::{NewTokenOrder, OrderDocument, OrderFilter, TokenOrder};
pub use payments::{NewPayment, Payment, PaymentUse};
use scrip_domain::{BillingPolicy, Timestamp};

use crate::Error;
use crate::settings::Setting;

impl Setting for BillingPolicy {
    const NAME: &'static str = "billing";
}

/// The calendar year of an instant (UTC).
fn year_of(at: Timestamp) -> i64 {
    at.to_string().get(..4).and_then(|year| year.parse().ok()).unwrap_or(0)
}

fn corrupt(table: &'static str, id: uuid::Uuid, what: &str) -> Error {
    Error::Corrupt {
        table,
        id: id.to_string(),
        why: format!("{what} is unknown"),
    }
}

fn write_json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|why| Error::Corrupt {
        table: "invoices",
        id: String::new(),
        why: why.to_string(),
    })
}

/// A guard that did not hold: someone else was faster, and it is worth another attempt.
fn guard(changed: u64, operation: &'static str) -> Result<(), Error> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::Conflict { operation })
    }
}
