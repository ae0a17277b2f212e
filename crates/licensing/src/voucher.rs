//! The tags of vouchers: what only the vendor can make, short enough to type.

use hmac::{Hmac, KeyInit as _, Mac as _};
use scrip_domain::{VoucherCode, VoucherTerms};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Error;

/// The secret under which a vendor's vouchers are made (HMAC-SHA-256, RFC 2104). It never leaves the vendor's servers.
///
/// A tag has 50 bits: a guess holds once in 10¹⁵ tries, and tries are counted.
pub struct VoucherKey(Zeroizing<[u8; 32]>);

impl VoucherKey {
    /// A new secret.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|error| Error::Randomness { why: error.to_string() })?;
        Ok(Self(bytes))
    }

    /// Reads what [`Self::to_text`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digest = crate::digest::decode(text.trim())?;
        Some(Self(Zeroizing::new(digest)))
    }

    /// The secret as 43 characters of base64url.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = [0; 43];
        Zeroizing::new(crate::digest::encode(&self.0, &mut text).to_owned())
    }

    /// The code of the voucher with these terms.
    pub fn code(&self, terms: &VoucherTerms) -> VoucherCode {
        let mut first = [0; 8];
        first.copy_from_slice(&self.mac(terms)[..8]);
        VoucherCode::new(terms.serial, u64::from_be_bytes(first) >> (64 - VoucherCode::TAG_BITS))
    }

    /// Whether the vendor made this code for a voucher with these terms.
    pub fn verify(&self, code: VoucherCode, terms: &VoucherTerms) -> bool {
        // The difference is taken whole, so that the time tells nothing about how much of a guess is right.
        let made = self.code(terms);
        (made.serial() ^ code.serial()) | (made.tag() ^ code.tag()) == 0
    }

    fn mac(&self, terms: &VoucherTerms) -> [u8; 32] {
        // Zeros up to the block, as RFC 2104 pads every key.
        let mut padded = Zeroizing::new([0; 64]);
        padded[..32].copy_from_slice(&*self.0);
        let mut mac = Hmac::<Sha256>::new((&*padded).into());
        mac.update(b"scrip-voucher-v1\0");
        mac.update(&terms.to_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for VoucherKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VoucherKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use scrip_domain::{Timestamp, Tokens};

    use super::*;

    #[test]
    fn a_code_holds_for_exactly_its_terms_and_key() {
        let key = VoucherKey::generate().unwrap();
        let terms = VoucherTerms {
            serial: 7,
            tokens: Tokens::new(50).unwrap(),
            expires_at: None,
        };
        let code = key.code(&terms);
        assert!(key.verify(code, &terms));
        let same = VoucherKey::parse(&key.to_text()).unwrap();
        assert!(same.verify(code, &terms));
        assert!(!VoucherKey::generate().unwrap().verify(code, &terms));
        for other in [
            VoucherTerms { serial: 8, ..terms },
            VoucherTerms {
                tokens: Tokens::new(51).unwrap(),
                ..terms
            },
            VoucherTerms {
                expires_at: Some(Timestamp::from_seconds(1)),
                ..terms
            },
        ] {
            assert!(!key.verify(code, &other), "{other:?}");
        }
        assert!(VoucherKey::parse("short").is_none());
        assert!(!format!("{key:?}").contains(key.to_text().as_str()));
    }
}
