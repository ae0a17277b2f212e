//! One-time passwords of authenticator apps (RFC 6238): SHA-1, six digits, thirty seconds, as every such app knows them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use scrip_domain::Timestamp;
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::Error;

/// Bytes of a secret: as many as SHA-1 answers (RFC 4226 section 4, R6).
const SECRET_BYTES: usize = 20;
/// Seconds of a time step.
const STEP_SECONDS: i64 = 30;
/// Steps that a clock may be ahead or behind.
const DRIFT_STEPS: i64 = 1;
/// The alphabet of RFC 4648 section 6, in which apps take a secret that is typed in.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an authenticator app and the server share.
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A new one, from the system's randomness.
    pub(crate) fn new() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        getrandom::fill(&mut bytes).map_err(|_| Error::Internal {
            operation: "gather randomness",
        })?;
        Ok(Self(bytes))
    }

    /// One that was kept.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be kept.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it is typed into an app.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(self.0.len().div_ceil(5) * 8);
        let (mut held, mut bits) = (0_u32, 0);
        for byte in self.0.iter() {
            held = (held << 8) | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(char::from(BASE32[(held >> bits) as usize & 31]));
            }
            held &= (1 << bits) - 1;
        }
        if bits > 0 {
            text.push(char::from(BASE32[(held << (5 - bits)) as usize & 31]));
        }
        text
    }

    /// The address that apps read from a QR picture (the Key URI Format, which all of them share).
    pub(crate) fn uri(&self, account: &str, issuer: &str) -> String {
        let (account, issuer) = (encoded(account), encoded(issuer));
        format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}",
            self.text()
        )
    }

    /// The time step of a code that holds now; `None` where it does not hold or its step is not after `last_step`.
    pub(crate) fn check(&self, code: &str, now: Timestamp, last_step: i64) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let wanted: u32 = (code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| code.parse().ok())
            .flatten()?;
        let current = now.seconds().div_euclid(STEP_SECONDS);
        // Every step is worked out, so that the time that it takes does not tell which one fits.
        (current - DRIFT_STEPS..=current + DRIFT_STEPS)
            .filter(|step| self.code_at(*step) == Some(wanted) && *step > last_step)
            .max()
    }

    /// The code of a time step (RFC 4226 section 5.3).
    fn code_at(&self, step: i64) -> Option<u32> {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).ok()?;
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest.last()? & 15);
        let bytes: [u8; 4] = digest.get(at..at + 4)?.try_into().ok()?;
        Some((u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000)
    }
}

/// Percent-encoded (RFC 3986 section 2.1), all but letters, digits and what never means anything.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@') {
            out.push(char::from(byte));
        } else {
            let written = write!(out, "%{byte:02X}");
            debug_assert!(written.is_ok());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238 appendix B, cut to six digits.
        let secret = Secret::from_bytes(b"12345678901234567890".to_vec());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_seconds(seconds);
            assert_eq!(secret.check(code, now, 0), Some(seconds / 30), "{seconds}");
            assert_eq!(secret.check(code, now, seconds / 30), None, "a code serves once");
        }
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_clock_may_be_a_step_off_and_no_more() {
        let secret = Secret::from_bytes(b"12345678901234567890".to_vec());
        let at = |seconds| secret.check("287 082", Timestamp::from_seconds(seconds), 0);
        assert_eq!((at(0), at(59), at(89)), (Some(1), Some(1), Some(1)));
        assert_eq!((at(-1), at(90)), (None, None));
        assert_eq!(secret.check("28708", Timestamp::from_seconds(59), 0), None);
    }

    #[test]
    fn an_address_names_who_and_where() {
        let uri = Secret::from_bytes(vec![0]).uri("ada@example.com", "The Shop");
        assert_eq!(
            uri,
            "otpauth://totp/The%20Shop:ada@example.com?secret=AA&issuer=The%20Shop"
        );
    }
}
