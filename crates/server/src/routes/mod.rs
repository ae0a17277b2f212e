//! One file a resource.

pub(crate) mod accounts;
pub(crate) mod artifacts;
pub(crate) mod cart;
pub(crate) mod catalog;
pub(crate) mod codes;
pub(crate) mod factors;
pub(crate) mod library;
pub(crate) mod licenses;
pub(crate) mod notices;
pub(crate) mod offline;
pub(crate) mod orders;
pub(crate) mod profile;
pub(crate) mod recovery;
pub(crate) mod seats;
pub(crate) mod service;
pub(crate) mod sessions;
pub(crate) mod statements;
pub(crate) mod token_orders;
pub(crate) mod token_sales;
pub(crate) mod usage;
pub(crate) mod vouchers;
pub(crate) mod wallet;
