//! Keys that codes are verified with: what does not change from code to code is worked out once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use base64ct::{Base64UrlUnpadded, Encoding};
use curve25519_dalek::edwards::{EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::BasepointTable;
use ed25519_dalek::Signature;
use sha2::{Digest, Sha512};

use crate::{CODE_TYPE, Thumbprint, VerifyingKey};

/// How many signatures a key has judged before its multiples are worked out, which costs about as much as twenty more: a
/// program that looks at one code at its start never does.
const OFTEN: u32 = 32;

/// The header of every code that the key named `kid` signs, in base64url.
pub(crate) fn header(kid: Thumbprint) -> String {
    let json = format!(r#"{{"alg":"EdDSA","typ":"{CODE_TYPE}","kid":"{kid}"}}"#);
    Base64UrlUnpadded::encode_string(json.as_bytes())
}

/// A vendor's key. Clones share what was worked out.
#[derive(Clone)]
pub(crate) struct TrustedKey {
    pub(crate) key: VerifyingKey,
    pub(crate) header: String,
    /// Multiples of the key's point (30 KiB), which make the key's part of an equation as quick as that of the base point.
    multiples: Arc<Multiples>,
}

#[derive(Default)]
struct Multiples {
    asked: AtomicU32,
    table: OnceLock<EdwardsBasepointTable>,
}

impl TrustedKey {
    pub(crate) fn new(key: VerifyingKey) -> Self {
        Self {
            header: header(key.thumbprint()),
            key,
            multiples: Arc::default(),
        }
    }

    /// Whether the key signed `message` (RFC 8032 section 5.1.7), as strictly as `verify_strict` of `ed25519-dalek`: the equation
    /// without cofactor, every encoding canonical, no point of small order.
    ///
    /// The key itself is no point of small order, for which [`VerifyingKey::from_bytes`] cares. The commitment is
    /// compared as it is encoded, so that it is canonical and, being the expected point, need not be decompressed.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        if self.multiples.asked.load(Ordering::Relaxed) < OFTEN {
            self.multiples.asked.fetch_add(1, Ordering::Relaxed);
            return self
                .key
                .point
                .verify_strict(message, &Signature::from_bytes(signature))
                .is_ok();
        }
        self.equals(message, signature)
    }

    fn equals(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let (mut commitment, mut response) = ([0; 32], [0; 32]);
        commitment.copy_from_slice(&signature[..32]);
        response.copy_from_slice(&signature[32..]);
        let Some(response) = Option::<Scalar>::from(Scalar::from_canonical_bytes(response)) else {
            return false;
        };
        let digest = Sha512::new()
            .chain_update(commitment)
            .chain_update(self.key.as_bytes())
            .chain_update(message);
        let challenge = Scalar::from_bytes_mod_order_wide(&digest.finalize().into());
        let multiples = self
            .multiples
            .table
            .get_or_init(|| EdwardsBasepointTable::create(&self.key.point.to_edwards()));
        let expected = EdwardsPoint::mul_base(&response) - multiples.mul_base(&challenge);
        expected.compress().to_bytes() == commitment && !expected.is_small_order()
    }
}

impl std::fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TrustedKey({})", self.key.thumbprint())
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};
    use proptest::prelude::*;

    use super::*;

    fn pair() -> (SigningKey, TrustedKey) {
        let pair = SigningKey::from_bytes(&[7; 32]);
        let key = TrustedKey::new(VerifyingKey::new(pair.verifying_key()));
        (pair, key)
    }

    /// Whether both say so; fails where they differ.
    fn agreed(key: &TrustedKey, message: &[u8], signature: &[u8; 64]) -> bool {
        let ours = key.equals(message, signature);
        let theirs = key.key.point.verify_strict(message, &Signature::from_bytes(signature));
        assert_eq!(ours, theirs.is_ok(), "{signature:?}");
        ours
    }

    #[test]
    fn a_response_that_is_not_reduced_is_refused() {
        // The order of the group, added to the response, gives the same point (RFC 8032 section 5.1.7).
        const ORDER: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let (pair, key) = pair();
        let mut signature = pair.sign(b"message").to_bytes();
        assert!(agreed(&key, b"message", &signature));
        let mut carry = 0;
        for (byte, of_order) in signature[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(of_order) + carry;
            (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        assert_eq!(carry, 0);
        assert!(!agreed(&key, b"message", &signature));
    }

    #[test]
    fn commitments_of_small_order_are_refused() {
        // The owner of the key makes a commitment to the neutral point: the equation holds, strictness refuses.
        let secret = Scalar::from(11_u64);
        let point = EdwardsPoint::mul_base(&secret).compress().to_bytes();
        let key = TrustedKey::new(VerifyingKey::from_bytes(&point).unwrap());
        let mut signature = [0; 64];
        signature[0] = 1;
        let digest = Sha512::new()
            .chain_update(&signature[..32])
            .chain_update(point)
            .chain_update(b"message");
        let challenge = Scalar::from_bytes_mod_order_wide(&digest.finalize().into());
        signature[32..].copy_from_slice((challenge * secret).as_bytes());
        assert!(!agreed(&key, b"message", &signature));
        let lax = key.key.point.verify(b"message", &Signature::from_bytes(&signature));
        assert!(lax.is_ok(), "the equation itself holds");
    }

    proptest! {
        #[test]
        fn any_message_and_any_change_is_judged_as_the_library_judges_it(
            message in any::<Vec<u8>>(), at in 0usize..64, bit in 0u8..8, noise in any::<[u8; 32]>(),
        ) {
            let (pair, key) = pair();
            let mut signature = pair.sign(&message).to_bytes();
            prop_assert!(agreed(&key, &message, &signature));
            let mut longer = message.clone();
            longer.push(0);
            prop_assert!(!agreed(&key, &longer, &signature));
            signature[at] ^= 1 << bit;
            prop_assert!(!agreed(&key, &message, &signature));
            signature[..32].copy_from_slice(&noise);
            prop_assert!(!agreed(&key, &message, &signature));
        }
    }
}
