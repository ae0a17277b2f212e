//! The keys that vouch for what is counted.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use scrip_domain::LicenseId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::device::random_secret;
use crate::journal::Fault;
use crate::{Error, Jwk, Thumbprint, VerifyingKey, digest};

/// What a record key is worked out from, beside the metering key's secret and the license.
const RECORD_CONTEXT: &[u8; 17] = b"scrip-journal-v2\0";

/// An Ed25519 key pair that signs how far journals have come and nothing else. It lies in a file that its owner alone
/// can read, so that counting needs neither the keyring nor an app; the device key certifies it.
pub struct MeteringKey {
    pair: ed25519_dalek::SigningKey,
    public: VerifyingKey,
}

impl MeteringKey {
    /// A new key from the operating system's randomness.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self::from_secret_bytes(&*random_secret()?))
    }

    /// The key whose secret is `secret` (RFC 8032 section 5.1.5).
    pub fn from_secret_bytes(secret: &[u8; 32]) -> Self {
        let pair = ed25519_dalek::SigningKey::from_bytes(secret);
        Self {
            public: VerifyingKey::new(pair.verifying_key()),
            pair,
        }
    }

    /// Reads the text of a `metering.key` file: 64 hexadecimal digits, white space around them ignored.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let mut secret = Zeroizing::new([0_u8; 32]);
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(Fault::KeyInvalid.into());
        }
        for (byte, pair) in secret.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| Fault::KeyInvalid)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| Fault::KeyInvalid)?;
        }
        Ok(Self::from_secret_bytes(&secret))
    }

    /// The text of a `metering.key` file; erased from memory when dropped.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(self.pair.to_bytes());
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in secret.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        text.push('\n');
        text
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// The key's name, whose first 16 bytes every record carries.
    pub fn thumbprint(&self) -> Thumbprint {
        self.public.thumbprint()
    }

    /// The public half as the device key certifies it.
    pub fn jwk(&self) -> Jwk {
        self.public.jwk()
    }

    /// The key of the records of one license's journal: HMAC-SHA256 over `scrip-journal-v2`, a zero byte and the
    /// license's 16 bytes, keyed by this key's secret, which it tells nothing of.
    pub fn record_key(&self, license: LicenseId) -> RecordKey {
        let secret = Zeroizing::new(self.pair.to_bytes());
        let mac = keyed(&secret)
            .chain_update(RECORD_CONTEXT)
            .chain_update(license.0.as_bytes());
        RecordKey::new(mac.finalize().into_bytes().into())
    }

    pub(super) fn pair(&self) -> &ed25519_dalek::SigningKey {
        &self.pair
    }
}

/// The key of one journal's records, each of which carries a tag: HMAC-SHA256 (RFC 2104) of its body.
///
/// Who has it can change the records of that journal and nothing else; a [`JournalSeal`](super::JournalSeal) shows it
/// to the vendor, for whom the signature of the seal counts.
#[derive(Clone)]
pub struct RecordKey {
    bytes: Zeroizing<[u8; 32]>,
    /// What is the same for each record.
    mac: Hmac<Sha256>,
}

impl RecordKey {
    fn new(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        Self {
            mac: keyed(&bytes),
            bytes,
        }
    }

    /// The tag of a record's body.
    pub(super) fn tag(&self, body: &[u8]) -> [u8; 32] {
        self.mac.clone().chain_update(body).finalize().into_bytes().into()
    }

    /// Whether `tag` is that of the body, in a time that tells nothing of it.
    pub(super) fn made(&self, body: &[u8], tag: &[u8]) -> bool {
        self.mac.clone().chain_update(body).verify_slice(tag).is_ok()
    }
}

/// HMAC-SHA256 keyed by `secret`, which RFC 2104 fills up with zeros to the size of a block.
fn keyed(secret: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..secret.len()].copy_from_slice(secret);
    Hmac::new((&*block).into())
}

impl PartialEq for RecordKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for RecordKey {}

impl Serialize for RecordKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 43];
        serializer.serialize_str(digest::encode(&self.bytes, &mut text))
    }
}

impl<'de> Deserialize<'de> for RecordKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let bytes = digest::decode(&text).ok_or_else(|| de::Error::custom("32 bytes of base64url are expected"))?;
        Ok(Self::new(bytes))
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKey")
    }
}

impl fmt::Debug for MeteringKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MeteringKey({})", self.thumbprint())
    }
}
