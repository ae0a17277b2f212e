//! The vocabulary and the rules of Scrip.
//!
//! Everything a token can do is decided here: what an [`Offer`] costs, what a
//! [`License`] still allows, what a [`Quote`] adds up to and how a rental becomes
//! ownership. The crate is pure: no files, no network, no SQL, no async, and the
//! only clock is the [`Clock`] that a caller passes in.

mod checkout;
mod clock;
mod detection;
mod digest;
mod error;
mod ids;
mod license;
mod offer;
mod password;
mod platform;
mod product;
mod quote;
mod tokens;
mod version;

pub use checkout::{Holdings, Intent, Item, MAX_LINES, Settlement, quote, settle};
pub use clock::{Clock, FixedClock, SystemClock, Timestamp};
pub use detection::DetectionRule;
pub use digest::Sha256;
pub use error::{Coded, Error, ErrorCode};
pub use ids::{ActivationId, CommandId, DeviceId, IdSource, LicenseId, OrderId, SystemIds, TransferId, UserId};
pub use license::{License, LicenseKind, LicenseState, Remaining, TermsSnapshot};
pub use offer::{Allowance, AllowanceKind, Offer, Offers, RentalOffer, parse_duration};
pub use password::{Email, Password};
pub use platform::{ArtifactKind, Platform};
pub use product::{OfferId, ProductId};
pub use quote::{Quote, QuoteLine};
pub use tokens::Tokens;
pub use version::Version;
