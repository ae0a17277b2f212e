//! What the whole-system tests share: a vendor's server and customers' computers, as real processes.
//!
//! Nothing here knows the insides of Scrip: the server and the terminal client are started as a person would
//! start them, each in a private folder, and are ended by their process ids.
#![expect(clippy::missing_panics_doc, reason = "a step that fails fails the test")]

mod customer;
mod listing;
mod packages;
mod vendor;

use std::path::PathBuf;

pub use customer::{Customer, Outcome};
pub use listing::{Listing, PRICES, tar_with_program};
pub use packages::{Package, absent_package, is_installed, present_package};
pub use vendor::Vendor;

/// The built program `name`, which stands beside the test's own.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let folder = test
        .parent()
        .and_then(std::path::Path::parent)
        .expect("the folder of the build");
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is missing: build it with `cargo build --workspace --bins`",
        path.display()
    );
    path
}
