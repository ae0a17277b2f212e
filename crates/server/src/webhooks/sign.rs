//! Signatures of messages: HMAC-SHA256 (RFC 2104) over id, time and body, by the scheme `v1` of Standard Webhooks.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use scrip_domain::Timestamp;
use sha2::Sha256;
use uuid::Uuid;

use crate::Error;

const PREFIX: &str = "whsec_";

/// A new secret of 32 random bytes: `whsec_` and base64.
pub(crate) fn new_secret() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal {
        operation: "make a secret",
    })?;
    Ok(format!("{PREFIX}{}", Base64::encode_string(&bytes)))
}

/// The header `webhook-signature`: a signature by each secret, separated by spaces.
pub(super) fn signatures<'s>(
    secrets: impl IntoIterator<Item = &'s str>,
    id: Uuid,
    at: Timestamp,
    body: &str,
) -> Option<String> {
    let signed = |secret: &str| {
        let key = Base64::decode_vec(secret.strip_prefix(PREFIX)?).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(format!("{id}.{}.{body}", at.seconds()).as_bytes());
        Some(format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes())))
    };
    let all: Option<Vec<_>> = secrets.into_iter().map(signed).collect();
    all.map(|all| all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_openssl_makes() {
        // printf '00000000-0000-0000-0000-000000000007.1700000000.{}' | openssl dgst -sha256 -mac HMAC \
        //   -macopt hexkey:000102…1f -binary | base64
        let key: Vec<u8> = (0..32).collect();
        let secret = format!("{PREFIX}{}", Base64::encode_string(&key));
        let at = Timestamp::from_seconds(1_700_000_000);
        let made = signatures([secret.as_str(), &secret], Uuid::from_u128(7), at, "{}").unwrap();
        let expected = "v1,WFM0vXu2GCPYqMu1gaRkTthsJE2P+4bbScQj9WCB6+E=";
        assert_eq!(made, format!("{expected} {expected}"));
        assert_eq!(signatures(["plain"], Uuid::from_u128(7), at, "{}"), None);
        assert_ne!(new_secret().unwrap(), new_secret().unwrap());
    }
}
