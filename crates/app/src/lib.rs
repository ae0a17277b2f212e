//! The use cases and local state of a customer computer, behind one typed command table.
//!
//! [`App`] has one method for each command; [`App::dispatch`] calls them by name for a window. The types of both are in
//! [`contract`], and [`bindings`] writes them as TypeScript. Everything that can be stored here works with no network: the
//! catalog and its search, the library, the wallet's last balance, the authorization codes.
//!
//! Payments and acquisitions are written down before they begin: killed anywhere, the next start settles or resumes them.

mod accounts;
mod acquire;
mod app;
mod bindings;
mod browse;
mod cart;
pub mod catalog;
mod codes;
mod commands;
mod computer;
pub mod contract;
mod device;
mod error;
mod judge;
mod keystore;
mod library;
mod licenses;
mod machine;
mod meter;
mod offline;
mod offline_tokens;
mod payments;
mod pictures;
mod places;
mod platform;
mod product;
mod run;
mod session;
mod shop;
mod state;
mod sync;
mod timekeeping;
mod token_sales;
mod vendor;

pub use app::{App, DEFAULT_SERVER, Options};
pub use commands::{COMMANDS, bindings};
pub use contract::Failure;
pub use error::Error;
pub use keystore::KeystoreMode;
pub use machine::Machine;
pub use run::Start;
pub use scrip_client::{Limits, ServerUrl};
