//! Keys that codes are verified with: what does not change from code to code is worked out once.

use std::cmp::Ordering as Order;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use base64ct::{Base64UrlUnpadded, Encoding};
use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use ed25519_dalek::Signature;
use sha2::{Digest, Sha512};

use crate::{CODE_TYPE, Thumbprint, VerifyingKey};

/// How many signatures a key has judged before its multiples are worked out, which costs about as much as twenty more: a
/// program that looks at one code at its start never does.
const OFTEN: u32 = 32;

/// Bytes of a scalar.
const DIGITS: usize = 32;
/// What a byte can be besides 0, where it may count from either side.
const DIGIT_MAX: usize = 128;

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
    /// Multiples of the key's point, which turn its part of an equation into additions.
    multiples: Arc<Multiples>,
}

#[derive(Default)]
struct Multiples {
    asked: AtomicU32,
    table: OnceLock<Table>,
}

/// Multiples of a point by every second byte of a scalar: `[d * 65536^place]P` for each place and each `d` from 1 to 128.
///
/// 320 KiB, with which a product is 32 additions and 8 doublings, and a sum of products has the doublings once. How long that
/// takes depends on the scalar, which must not be a secret: the numbers of a signature that is verified are public.
struct Table(Vec<EdwardsPoint>);

impl Table {
    fn of(point: EdwardsPoint) -> Self {
        let mut unit = point;
        let mut rows = Vec::with_capacity(DIGITS / 2 * DIGIT_MAX);
        for _ in 0..DIGITS / 2 {
            let mut multiple = unit;
            rows.push(multiple);
            for _ in 1..DIGIT_MAX {
                multiple += unit;
                rows.push(multiple);
            }
            unit = times_256(multiple + multiple);
        }
        Self(rows)
    }

    /// `sum` and the part of a product that every second one of `digits` makes, from the first or the second on.
    fn add(&self, mut sum: EdwardsPoint, digits: &[i16; DIGITS], from: usize) -> EdwardsPoint {
        for (row, digit) in self.0.chunks_exact(DIGIT_MAX).zip(digits[from..].iter().step_by(2)) {
            let multiple = |digit: &i16| row[usize::from(digit.unsigned_abs()) - 1];
            match digit.cmp(&0) {
                Order::Greater => sum += multiple(digit),
                Order::Less => sum -= multiple(digit),
                Order::Equal => {}
            }
        }
        sum
    }
}

/// `[a]P + [b]Q` of the points of two tables.
fn sum_of_products((p, a): (&Table, &Scalar), (q, b): (&Table, &Scalar)) -> EdwardsPoint {
    let (a, b) = (digits(a), digits(b));
    let high = q.add(p.add(EdwardsPoint::identity(), &a, 1), &b, 1);
    q.add(p.add(times_256(high), &a, 0), &b, 0)
}

/// The point doubled eight times.
fn times_256(point: EdwardsPoint) -> EdwardsPoint {
    let times_64 = point.mul_by_cofactor().mul_by_cofactor();
    let times_128 = times_64 + times_64;
    times_128 + times_128
}

/// A scalar in base 256 with digits from -127 to 128, the lowest first. Reduced ones have fewer than 253 bits, so that nothing is
/// carried out of the last.
fn digits(scalar: &Scalar) -> [i16; DIGITS] {
    let mut carry = 0;
    scalar.as_bytes().map(|byte| {
        let digit = i16::from(byte) + carry;
        carry = i16::from(digit > 128);
        digit - 256 * carry
    })
}

/// Multiples of the base point (RFC 8032 section 5.1), worked out once for every key.
fn of_base() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::of(ED25519_BASEPOINT_POINT))
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
        // Of the negated key, as its part of the equation is taken away. Both scalars are below the group's order, so that the
        // product is that of `verify_strict` also where the key's point is not in the prime-order group.
        let multiples = self
            .multiples
            .table
            .get_or_init(|| Table::of(-self.key.point.to_edwards()));
        let expected = sum_of_products((of_base(), &response), (multiples, &challenge));
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

    /// A commitment, its challenge and a response with which the equation holds for the secret part of `key`, whose point may have
    /// a part of small order; whether that part then disturbs it depends on the message.
    fn signed_by_hand(
        secret: &Scalar,
        key: &[u8; 32],
        commitment: EdwardsPoint,
        nonce: &Scalar,
        message: &[u8],
    ) -> [u8; 64] {
        let commitment = commitment.compress().to_bytes();
        let digest = Sha512::new()
            .chain_update(commitment)
            .chain_update(key)
            .chain_update(message);
        let challenge = Scalar::from_bytes_mod_order_wide(&digest.finalize().into());
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&commitment);
        signature[32..].copy_from_slice((nonce + challenge * secret).as_bytes());
        signature
    }

    #[test]
    fn keys_and_commitments_with_a_part_of_small_order_are_judged_as_the_library_judges_them() {
        let (secret, nonce) = (Scalar::from(0x1234_5678_9abc_u64), Scalar::from(0xfeed_beef_u64));
        let (mut good, mut bad) = (0, 0);
        for of_key in curve25519_dalek::constants::EIGHT_TORSION {
            let point = (EdwardsPoint::mul_base(&secret) + of_key).compress().to_bytes();
            let key = TrustedKey::new(VerifyingKey::from_bytes(&point).unwrap());
            for of_commitment in curve25519_dalek::constants::EIGHT_TORSION {
                for message in 0..32_u8 {
                    let commitment = EdwardsPoint::mul_base(&nonce) + of_commitment;
                    let signature = signed_by_hand(&secret, &point, commitment, &nonce, &[message]);
                    if agreed(&key, &[message], &signature) {
                        good += 1;
                    } else {
                        bad += 1;
                    }
                }
            }
        }
        assert!(good > 32 && bad > 32, "{good} {bad}: both verdicts are met");
    }

    #[test]
    fn encodings_that_are_not_canonical_are_judged_as_the_library_judges_them() {
        let (pair, key) = pair();
        let genuine = pair.sign(b"message").to_bytes();
        // The y of the commitment at and above the prime of the field, with either sign, and the small encodings.
        for low in 0xe0..=0xff_u8 {
            for sign in [0x7f, 0xff] {
                let mut signature = genuine;
                signature[..32].copy_from_slice(&[0xff; 32]);
                (signature[0], signature[31]) = (low, sign);
                assert!(!agreed(&key, b"message", &signature));
                signature[..32].copy_from_slice(&[0; 32]);
                (signature[0], signature[31]) = (low & 3, sign & 0x80);
                assert!(!agreed(&key, b"message", &signature));
            }
        }
        // Responses at the edges of what 32 bytes can hold.
        for response in [[0; 32], [0xff; 32], (-Scalar::ONE).to_bytes()] {
            let mut signature = genuine;
            signature[32..].copy_from_slice(&response);
            assert!(!agreed(&key, b"message", &signature));
        }
    }

    proptest! {
        #[test]
        fn any_product_is_that_of_the_library(a in any::<[u8; 32]>(), b in any::<[u8; 32]>()) {
            let (a, b) = (Scalar::from_bytes_mod_order(a), Scalar::from_bytes_mod_order(b));
            let point = EdwardsPoint::mul_base(&Scalar::from(77_u64));
            let ours = sum_of_products((&Table::of(point), &a), (of_base(), &b));
            prop_assert_eq!(ours, EdwardsPoint::vartime_double_scalar_mul_basepoint(&a, &point, &b));
        }

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
