//! The HTTP API, one file a resource, called without a socket on a fresh database.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod account;
mod accounts;
mod artifacts;
mod backup;
mod books;
mod browser;
mod catalog;
mod codes;
mod console;
mod deploy;
mod keys;
mod licenses;
mod openapi;
mod orders;
mod service;
mod support;
mod token_sales;
mod vendor;
mod webhooks;
