//! Payments on-line through Stripe: Checkout in the buyer's browser, confirmed by message, by return and by looking again.
//!
//! Whatever is heard, from wherever and however often, ends in the same idempotent steps of the store, so that the order of
//! messages, their repetition and their loss make no difference. Addresses and fields are those of Stripe's REST API
//! in the version [`VERSION`].

mod amount;
mod client;
mod events;
mod objects;
mod settle;
mod signature;

pub(crate) use client::Stripe;
pub(crate) use events::hear_message;
pub(crate) use settle::{close_page, confirm, look_again, open_page, refund};

/// The version of Stripe's API that the objects here are written against.
pub(crate) const VERSION: &str = "2026-10-28.endive";
