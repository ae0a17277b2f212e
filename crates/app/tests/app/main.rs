//! The app against a vendor's server of a few rules: what is charged, what works offline, what is trusted.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod airgap;
mod authorize;
mod desk;
mod fake;
mod licenses;
mod offline;
mod payments;
