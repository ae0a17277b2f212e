//! Authorization codes: issued behind a feature, verified strictly and offline.
//!
//! A code is a JWS in compact form (RFC 7515) signed with Ed25519 (RFC 8037), so that any JWT library accepts
//! a good one. It ties one license to one device key and one machine. The vendor's public keys travel as a
//! JWK set (RFC 7517) and are named by their thumbprints (RFC 7638).
//!
//! Without the feature `issue` nothing here can sign a code: a [`DeviceKey`] signs statements of its own kind
//! only, which no verifier of codes accepts.

pub mod armor;
mod claims;
mod device;
mod digest;
mod error;
#[cfg(feature = "issue")]
mod issue;
mod key;
mod machine;
mod verify;

pub use claims::{Claims, Confirmation, Equity, Grant};
pub use device::DeviceKey;
pub use digest::{TermsDigest, Thumbprint, terms_digest};
pub use error::Error;
#[cfg(feature = "issue")]
pub use issue::SigningKey;
pub use key::{Jwk, JwkSet, VerifyingKey};
pub use machine::MachineDigest;
pub use verify::{Expectation, KeySet, MAX_CODE_BYTES, Verifier};

/// The `typ` of a code's header (RFC 7515 section 4.1.9).
pub const CODE_TYPE: &str = "scrip-authorization+jwt";
