//! The key pair of a customer's computer.

use ed25519_dalek::{Signature, Signer};
use zeroize::Zeroizing;

use crate::{Error, Jwk, StatementKind, Thumbprint, VerifyingKey};

/// What every bare statement begins with, so that it can pass for nothing else. It holds a zero byte, which no JWS
/// does (RFC 7515 section 5.1).
const STATEMENT: &[u8] = b"scrip-device-statement-v1\0";

/// An Ed25519 key pair made on the customer's computer, which never leaves it. Codes are tied to its
/// thumbprint. It is no issuing key: it signs bare [statements](DeviceKey::sign_statement), its own
/// [requests](DeviceKey::sign_request) and its own [metering certificates](DeviceKey::sign_metering), each marked as
/// what it is, and nothing else.
pub struct DeviceKey {
    pair: ed25519_dalek::SigningKey,
    public: VerifyingKey,
}

impl DeviceKey {
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

    /// The secret, for the operating system's keyring; erased from memory when dropped.
    pub fn secret_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.pair.to_bytes())
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// The key's name, which codes carry as `cnf.jkt`.
    pub fn thumbprint(&self) -> Thumbprint {
        self.public.thumbprint()
    }

    /// The public half as the vendor receives it.
    pub fn jwk(&self) -> Jwk {
        self.public.jwk()
    }

    /// Signs a statement of this computer, such as the nonce that proves possession of the key.
    pub fn sign_statement(&self, statement: &[u8]) -> [u8; 64] {
        self.pair.sign(&[STATEMENT, statement].concat()).to_bytes()
    }

    pub(crate) fn pair(&self) -> &ed25519_dalek::SigningKey {
        &self.pair
    }

    /// Refuses to sign in the name of another device.
    pub(crate) fn require_own(&self, kind: StatementKind, issuer: Thumbprint) -> Result<(), Error> {
        if issuer == self.thumbprint() {
            Ok(())
        } else {
            Err(Error::EncodeStatement {
                kind,
                why: "it speaks for another device".to_owned(),
            })
        }
    }
}

impl VerifyingKey {
    /// Checks that the holder of this device key signed `statement`.
    pub fn verify_statement(&self, statement: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        self.point
            .verify_strict(&[STATEMENT, statement].concat(), &Signature::from_bytes(signature))
            .map_err(|_| Error::DeviceKeyInvalid {
                why: "it did not sign the statement",
            })
    }
}

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceKey({})", self.thumbprint())
    }
}

/// 32 bytes of the operating system's randomness.
pub(crate) fn random_secret() -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *secret).map_err(|error| Error::Randomness { why: error.to_string() })?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_verifies_under_its_own_key_only() {
        let (mine, other) = (DeviceKey::generate().unwrap(), DeviceKey::generate().unwrap());
        assert_ne!(mine.thumbprint(), other.thumbprint());
        let signature = mine.sign_statement(b"nonce");
        assert!(mine.verifying_key().verify_statement(b"nonce", &signature).is_ok());
        assert!(mine.verifying_key().verify_statement(b"nonce!", &signature).is_err());
        assert!(other.verifying_key().verify_statement(b"nonce", &signature).is_err());
        let again = DeviceKey::from_secret_bytes(&mine.secret_bytes());
        assert_eq!(again.thumbprint(), mine.thumbprint());
        assert!(!format!("{mine:?}").contains("secret"));
    }
}
