//! What a publisher links: may this program run here, and how much is left of it?
//!
//! ```no_run
//! use scrip_sdk::{Scrip, Settings};
//!
//! # fn main() -> Result<(), scrip_sdk::Refusal> {
//! let scrip = Scrip::open(Settings::new("urn:scrip:vendor:kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "org.example.Render"))?;
//! let authorization = scrip.authorize()?; // may it run?
//! scrip.consume(1)?; // a unit of work, counted exactly once
//! # Ok(())
//! # }
//! ```
//!
//! Everything is decided from files on this computer, which the store's app and its terminal program keep: codes
//! that the vendor signed, the vendor's keys signed by the root key that the issuer's address pins, and a journal of
//! what was used. Nothing here opens a connection, asks a keyring or needs another program to run. Verified files are
//! remembered and verified again when they change, so that an answer takes microseconds; taking a unit takes
//! one durable write.

mod authorization;
mod cache;
mod files;
mod license;
mod machine;
mod places;
mod refusal;
mod scrip;

pub use authorization::{Authorization, Kind, Warning};
pub use machine::machine_digest;
pub use places::Settings;
pub use refusal::Refusal;
pub use scrip::{Scrip, Surroundings};

pub use scrip_domain::{Coded, ErrorCode, LicenseId, ProductId, Remaining, Timestamp, Tokens};
pub use scrip_licensing::{Equity, MachineDigest};
