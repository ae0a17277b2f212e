//! Authorization codes: issued behind a feature, verified strictly and offline.
//!
//! A code is a JWS in compact form (RFC 7515) signed with Ed25519 (RFC 8037), so that any JWT library accepts
//! a good one. It ties one license to one device key and one machine. The vendor's public keys travel as a
//! JWK set (RFC 7517) and are named by their thumbprints (RFC 7638).
//!
//! Beside codes there are signed statements: the vendor's [key set](KeySetStatement) under a pinned root key, its
//! [revocations](RevocationList), [price sheets](PriceSheet) and [recovery codes](Recovery), a computer's
//! [request](OfflineRequest) and the vendor's [bundle](Bundle) in answer to it.
//!
//! Without the feature `issue` nothing here can sign a code or speak for a vendor: a [`DeviceKey`] signs statements
//! of its own kinds only, which no verifier of codes accepts.

pub mod armor;
mod bundle;
mod claims;
pub mod clock;
mod device;
mod digest;
mod error;
mod explain;
mod facts;
#[cfg(feature = "issue")]
mod issue;
pub mod journal;
mod key;
mod key_set;
mod machine;
mod metering;
mod prices;
#[cfg(feature = "qr")]
pub mod qr;
mod recovery;
mod request;
mod revocation;
mod statement;
mod trust;
mod verify;
#[cfg(feature = "issue")]
mod voucher;

pub use bundle::{Bundle, BundleExpectation, BundleOrder, OpenBundle};
pub use claims::{Claims, Confirmation, Equity, Grant, Used};
pub use device::DeviceKey;
pub use digest::{TermsDigest, Thumbprint, terms_digest};
pub use error::Error;
pub use facts::{FactDigest, FactKind, MachineFacts, MachineMatch};
#[cfg(feature = "issue")]
pub use issue::{RootKey, SigningKey};
pub use key::{Jwk, JwkSet, VerifyingKey};
pub use key_set::{KeySetStatement, PublishedKey, issuer_of, root_of};
pub use machine::MachineDigest;
pub use metering::MeteringCertificate;
pub use prices::{PriceDigest, PriceSheet, price_digest};
pub use recovery::Recovery;
pub use request::{Activate, OfflineRequest, RequestItem, RequestJournal};
pub use revocation::{Revocation, RevocationList};
pub use statement::StatementKind;
pub use verify::{Expectation, KeySet, MAX_CODE_BYTES, Verifier};
#[cfg(feature = "issue")]
pub use voucher::VoucherKey;

/// The `typ` of a code's header (RFC 7515 section 4.1.9).
pub const CODE_TYPE: &str = "scrip-authorization+jwt";
