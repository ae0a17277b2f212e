//! Codes as a whole: made, verified, attacked, and read by a library that nobody here wrote.

#![expect(clippy::unwrap_used, reason = "what a test prepares must succeed")]

mod bundles;
#[cfg(unix)]
mod facts;
mod hostile;
mod hostile_statements;
mod interop;
mod keys;
mod pictures;
mod round_trip;
mod statements;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer;
use scrip_domain::{Coded, ErrorCode, Offers, Policy, ProductId, TermsSnapshot, Timestamp, Tokens};
use scrip_licensing::{
    Claims, Confirmation, DeviceKey, Equity, Expectation, Grant, KeySet, MachineDigest, SigningKey, Used, Verifier,
    terms_digest,
};

pub(crate) const ISSUER: &str = "https://vendor.example";
pub(crate) const SECRET: [u8; 32] = [7; 32];

/// 2026-03-01T12:00:00Z.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(1_772_366_400)
}

pub(crate) fn product() -> ProductId {
    "org.example.Editor".parse().unwrap()
}

pub(crate) fn vendor() -> SigningKey {
    SigningKey::from_secret_bytes(&SECRET).unwrap()
}

pub(crate) fn device() -> DeviceKey {
    DeviceKey::from_secret_bytes(&[9; 32])
}

pub(crate) fn machine() -> MachineDigest {
    MachineDigest::of("0123456789abcdef0123456789abcdef").unwrap()
}

/// The claims of a rental for a week, of which 30 of 100 tokens are credited.
pub(crate) fn claims() -> Claims {
    let terms = TermsSnapshot {
        policy: Policy::default(),
        frozen_at: now(),
        offers: Offers::new(Vec::new()).unwrap(),
    };
    Claims {
        iss: ISSUER.to_owned(),
        sub: "019535d9-3df7-79fb-b466-fa907fa17f9e".parse().unwrap(),
        aud: product(),
        jti: "019535d9-3df7-79fb-b466-fa907fa17f9f".to_owned(),
        iat: now(),
        nbf: now(),
        exp: Some(now().plus_seconds(604_800)),
        cnf: Confirmation {
            jkt: device().thumbprint(),
        },
        machine: machine(),
        seq: 1,
        grant: Grant::Duration,
        used: Used::default(),
        grace: 0,
        lease: false,
        equity: Equity {
            credited: Tokens::new(30).unwrap(),
            price: Some(Tokens::new(100).unwrap()),
        },
        terms: terms_digest(&terms).unwrap(),
    }
}

pub(crate) fn verifier() -> Verifier {
    Verifier::new(ISSUER, KeySet::new([vendor().verifying_key().clone()]))
}

/// The code of the error with which `code` is refused at `now`.
pub(crate) fn refusal(code: &str) -> ErrorCode {
    verifier().verify(code, &Expectation::at(now())).unwrap_err().code()
}

/// Any header and any payload, properly signed by the vendor.
pub(crate) fn forge(header: &str, payload: &str) -> String {
    sign(&format!("{}.{}", encode(header), encode(payload)))
}

/// `signed` with the vendor's signature behind it.
pub(crate) fn sign(signed: &str) -> String {
    let signature = ed25519_dalek::SigningKey::from_bytes(&SECRET).sign(signed.as_bytes());
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
}

pub(crate) fn encode(text: &str) -> String {
    Base64UrlUnpadded::encode_string(text.as_bytes())
}

pub(crate) fn header() -> String {
    format!(
        r#"{{"alg":"EdDSA","typ":"scrip-authorization+jwt","kid":"{}"}}"#,
        vendor().verifying_key().thumbprint()
    )
}

pub(crate) fn payload() -> String {
    serde_json::to_string(&claims()).unwrap()
}
