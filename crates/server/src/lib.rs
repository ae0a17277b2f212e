//! scrip-server: the HTTP API of a vendor, catalog import, ledger audit and jobs.
//!
//! [`Server::open`] reads the configuration, opens the store, the signing key and the file storage;
//! [`Server::router`] is the whole API as one service, so that tests call it without a socket.
//! Handlers parse, call the store, and answer: the rules live in `scrip_domain`.

mod account;
mod accounts;
mod backup;
mod bank;
mod billing;
pub mod books;
mod caller;
mod config;
mod console;
pub mod deeds;
mod error;
mod files;
mod html;
mod import;
mod jobs;
mod journal;
mod keys;
mod limits;
mod mail;
mod metrics;
mod offline;
mod openapi;
mod passwords;
mod pdf;
mod personal;
mod price_sheet;
mod publish;
mod purchasing;
mod renewals;
mod request;
mod router;
mod routes;
mod state;
mod statements;
mod stripe;
mod surrender;
mod totp;
mod usage;
mod vouchers;
mod wallets;
mod webhooks;

pub use accounts::offline::{NewClaim, open as open_offline, reissue as reissue_claim};
pub use backup::{BackupReport, back_up, restore};
pub use bank::{hold_statement, import_statement};
pub use billing::invoice_pdf;
pub use config::{Config, Encryption, MailSettings, Secret, Settings, StripeConfig};
pub use console::hash_password;
pub use error::Error;
pub use import::{ImportReport, import_appstream};
pub use jobs::{JobState, list_jobs, release_jobs, run_job, run_jobs};
pub use keys::{KeyChange, KeyList, KeyListEntry};
pub use mail::{MailReport, send_due};
pub use offline::answer_file;
pub use openapi::document;
pub use price_sheet::PriceSheet;
pub use publish::{Publication, publish};
pub use purchasing::refund_purchase;
pub use renewals::{RenewalReport, renew_due};
pub use state::Server;
pub use usage::{PublisherUsage, publisher_usage};
pub use vouchers::{open_codes, redeem_for, voucher_sheet};
pub use webhooks::{WebhookReport, send_webhooks};
