//! 32-byte digests, written as 43 characters of unpadded base64url (RFC 4648 section 5).

use base64ct::{Base64UrlUnpadded, Encoding};
use scrip_domain::TermsSnapshot;
use sha2::{Digest, Sha256};

use crate::Error;

macro_rules! digest_type {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut text = [0; 43];
                f.write_str($crate::digest::encode(&self.0, &mut text))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = scrip_domain::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::digest::decode(text).map(Self).ok_or_else(|| scrip_domain::Error::DigestMalformed {
                    text: text.chars().take(80).collect(),
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut text = [0; 43];
                serializer.serialize_str($crate::digest::encode(&self.0, &mut text))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("32 bytes as 43 characters of unpadded base64url")
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $crate::digest::decode(text)
                            .map($name)
                            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    )+};
}
pub(crate) use digest_type;

digest_type! {
    /// The name of a public key: the SHA-256 of its required members (RFC 7638).
    Thumbprint,
    /// The SHA-256 of a license's frozen terms, as [`terms_digest`] makes it.
    TermsDigest,
}

/// The digest that a code carries of the terms it was issued under: SHA-256 of the snapshot's JSON.
pub fn terms_digest(terms: &TermsSnapshot) -> Result<TermsDigest, Error> {
    let json = serde_json::to_vec(terms).map_err(|error| Error::Encode {
        what: "the terms",
        why: error.to_string(),
    })?;
    Ok(TermsDigest(Sha256::digest(json).into()))
}

/// Writes 32 bytes into `text` and answers it as characters.
pub(crate) fn encode<'t>(bytes: &[u8; 32], text: &'t mut [u8; 43]) -> &'t str {
    Base64UrlUnpadded::encode(bytes, text).unwrap_or_default()
}

/// Reads exactly 32 bytes of canonical base64url without padding.
pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let read = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    (read == 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        let text = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        let print: Thumbprint = text.parse().unwrap();
        assert_eq!(print.to_string(), text);
        assert_eq!(serde_json::to_string(&print).unwrap(), format!("\"{text}\""));
        for bad in [
            "",
            "kPrK",
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4l",
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k=",
            "kPrK/qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4kAAA",
        ] {
            assert!(bad.parse::<Thumbprint>().is_err(), "{bad}");
        }
    }
}
