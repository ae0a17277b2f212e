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
pub(crate) mod paging;
pub(crate) mod profile;
pub(crate) mod recovery;
pub(crate) mod refunds;
pub(crate) mod seats;
pub(crate) mod sendings;
pub(crate) mod service;
pub(crate) mod sessions;
pub(crate) mod statements;
pub(crate) mod teams;
pub(crate) mod token_sales;
pub(crate) mod usage;
pub(crate) mod wallet;
