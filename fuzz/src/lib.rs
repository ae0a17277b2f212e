//! What the fuzz targets share: one vendor, one device, and a way to sign anything at all.
//!
//! Behind a signature almost nothing random is ever read. So each target reads its input twice: as the text that
//! comes from outside, and as the content of a text that the right key signed.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer;
use scrip_domain::{LicenseId, Timestamp};
use scrip_licensing::journal::{Identity, MeteringKey};
use scrip_licensing::{
    BundleExpectation, DeviceKey, KeySet, MachineDigest, RootKey, SigningKey, StatementKind, Thumbprint, Verifier,
};
use uuid::Uuid;

/// The secret of the vendor's signing key.
pub const VENDOR: [u8; 32] = [7; 32];
/// The secret of the vendor's root key.
pub const ROOT: [u8; 32] = [3; 32];
/// The secret of the device key.
pub const DEVICE: [u8; 32] = [9; 32];
/// The secret of the device's metering key.
pub const METERING: [u8; 32] = [11; 32];
/// The id of the request that bundles answer.
pub const NONCE: Uuid = Uuid::from_u128(0x0195_35d9_3df7_79fb_b466_fa90_7fa1_7f00);

/// 2026-03-01T12:00:00Z.
pub fn now() -> Timestamp {
    Timestamp::from_seconds(1_772_366_400)
}

/// The vendor's root key.
pub fn root() -> RootKey {
    RootKey::from_secret_bytes(&ROOT).expect("a secret key")
}

/// The vendor's signing key.
pub fn vendor() -> SigningKey {
    SigningKey::from_secret_bytes(&VENDOR).expect("a secret key")
}

/// The device key.
pub fn device() -> DeviceKey {
    DeviceKey::from_secret_bytes(&DEVICE)
}

/// The vendor's address, made once.
pub fn issuer() -> &'static str {
    static ISSUER: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| root().issuer());
    &ISSUER
}

/// The key that signs the device's journal, made once.
pub fn metering() -> &'static MeteringKey {
    static KEY: std::sync::LazyLock<MeteringKey> =
        std::sync::LazyLock::new(|| MeteringKey::from_secret_bytes(&METERING));
    &KEY
}

/// Whose journal it is.
pub fn journal_identity() -> Identity {
    let machine = MachineDigest([5; 32]);
    Identity::new(LicenseId(NONCE), metering().thumbprint(), machine)
}

/// A verifier of the vendor's codes.
pub fn verifier() -> &'static Verifier {
    static VERIFIER: std::sync::LazyLock<Verifier> =
        std::sync::LazyLock::new(|| Verifier::new(issuer(), KeySet::new([vendor().verifying_key().clone()])));
    &VERIFIER
}

/// The bundle that the device waits for.
pub fn expectation() -> BundleExpectation<'static> {
    BundleExpectation {
        issuer: issuer(),
        device: device().thumbprint(),
        nonces: &[NONCE],
        keys: None,
        revocations: None,
    }
}

/// A statement of `kind` with any content, properly signed with `secret`.
pub fn seal(kind: StatementKind, secret: &[u8; 32], content: &[u8]) -> String {
    let pair = ed25519_dalek::SigningKey::from_bytes(secret);
    let kid: Thumbprint = DeviceKey::from_secret_bytes(secret).thumbprint();
    let header = format!(r#"{{"alg":"EdDSA","typ":"{}","kid":"{kid}"}}"#, kind.typ());
    let encode = Base64UrlUnpadded::encode_string;
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(content));
    let signature = pair.sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", encode(&signature))
}
