//! The key that signs what is counted.

use zeroize::Zeroizing;

use crate::device::random_secret;
use crate::journal::Fault;
use crate::{Error, Jwk, Thumbprint, VerifyingKey};

/// An Ed25519 key pair that signs journal entries and nothing else. It lies in a file that its owner alone can
/// read, so that counting needs neither the keyring nor an app; the device key certifies it.
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

    pub(super) fn pair(&self) -> &ed25519_dalek::SigningKey {
        &self.pair
    }
}

impl std::fmt::Debug for MeteringKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MeteringKey({})", self.thumbprint())
    }
}
