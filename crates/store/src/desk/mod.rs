//! What the vendor's people look up: orders, licenses and computers of everybody, and what products cost when.

mod licenses;
mod orders;
mod prices;

pub use licenses::{AnyDevice, AnyLicense};
pub use orders::AnyOrder;
pub use prices::OfferChange;
pub(crate) use prices::remember_offers;
