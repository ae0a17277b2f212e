//! The life of rented programs on real processes: counted, paused, ended, given away, without a network, and without a vendor.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod airgap;
mod keyring;
mod life;
mod seats;
mod shop;
