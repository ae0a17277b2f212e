//! The HTTP API, one file a resource, called without a socket on a fresh database.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod access;
mod account;
mod accounts;
mod artifacts;
mod backup;
mod billing;
mod books;
mod browser;
mod catalog;
mod codes;
mod console;
mod deeds;
mod deeds_machine;
mod deploy;
mod factors;
mod holding;
mod holding_pages;
mod keys;
mod licenses;
mod mail;
mod money_books;
mod openapi;
mod orders;
mod payment_types;
mod people;
mod privacy;
mod security;
mod service;
mod statement_paper;
mod support;
mod token_pages;
mod token_reversals;
mod token_sales;
mod vendor;
mod verification;
mod vouchers;
mod webhooks;
