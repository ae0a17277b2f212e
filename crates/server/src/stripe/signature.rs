//! Whether a message comes from Stripe: the header `Stripe-Signature`.

use hmac::{Hmac, KeyInit as _, Mac as _};
use scrip_domain::Timestamp;
use sha2::Sha256;

/// How old, or how far ahead, a message may be, in seconds: what Stripe's own libraries take.
const TOLERANCE_SECONDS: i64 = 300;
/// A header holds one signature for each secret; more than these are not looked at.
const SIGNATURES_MAX: usize = 16;

/// Checks `t=TIME,v1=HEX,…`: one of the signatures is the HMAC-SHA256 of `TIME.BODY` under the secret, and it is fresh.
pub(super) fn check(header: &str, body: &[u8], secret: &str, now: Timestamp) -> Result<(), &'static str> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let time = parts().find(|(name, _)| *name == "t").map(|(_, value)| value);
    let time = time.ok_or("its signature names no time")?;
    let at: i64 = time.parse().map_err(|_| "its signature names no time")?;
    let mut signed = parts().filter(|(name, _)| *name == "v1").take(SIGNATURES_MAX);
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| "the secret is empty")?;
    let mac = mac.chain_update(time.as_bytes()).chain_update(b".").chain_update(body);
    let genuine = signed.any(|(_, hex)| read_hex(hex).is_some_and(|bytes| mac.clone().verify_slice(&bytes).is_ok()));
    if !genuine {
        return Err("its signature is not genuine");
    }
    if now.seconds().abs_diff(at) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err("it is too old, or from the future");
    }
    Ok(())
}

/// 32 bytes in hexadecimal.
fn read_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl dgst -sha256 -hmac whsec_test` over `1750000000.{"id":"evt_1"}`.
    const SIGNATURE: &str = "614e14c11eb4e0a265ab8b2ca3524056258febe246bf29101598d9acc32ea423";
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_750_000_000 + seconds)
    }

    #[test]
    fn a_genuine_message_is_taken_while_it_is_fresh() {
        let header = format!("t=1750000000,v1={SIGNATURE}");
        check(&header, BODY, "whsec_test", at(0)).unwrap();
        check(&header, BODY, "whsec_test", at(300)).unwrap();
        check(&header, BODY, "whsec_test", at(-300)).unwrap();
        assert!(check(&header, BODY, "whsec_test", at(301)).is_err());
        assert!(check(&header, BODY, "whsec_test", at(-301)).is_err());
        // While the secret changes there are two signatures; old schemes are passed over.
        let both = format!("t=1750000000,v0=abc,v1={},v1={SIGNATURE}", "0".repeat(64));
        check(&both, BODY, "whsec_test", at(0)).unwrap();
    }

    #[test]
    fn what_is_not_genuine_is_refused() {
        let header = format!("t=1750000000,v1={SIGNATURE}");
        assert!(check(&header, b"{}", "whsec_test", at(0)).is_err());
        assert!(check(&header, BODY, "whsec_other", at(0)).is_err());
        for header in [
            String::new(),
            "t=1750000000".to_owned(),
            format!("v1={SIGNATURE}"),
            format!("t=1750000001,v1={SIGNATURE}"),
            format!("t=1750000000,v0={SIGNATURE}"),
            format!("t=1750000000,v1={}", &SIGNATURE[..63]),
            format!("t=1750000000,v1={SIGNATURE}0"),
            format!("t=x,v1={SIGNATURE}"),
            format!("t=1750000000,v1={}", "é".repeat(32)),
        ] {
            assert!(check(&header, BODY, "whsec_test", at(0)).is_err(), "{header}");
        }
    }
}
