//! Public keys, and how they are published.

use std::sync::OnceLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, Thumbprint, digest};

/// An Ed25519 public key (RFC 8032), checked and ready to verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    pub(crate) point: ed25519_dalek::VerifyingKey,
    thumbprint: Thumbprint,
}

impl VerifyingKey {
    /// The key whose encoding is `bytes`. Refuses what is no point of the curve, an encoding that is not
    /// canonical, and the points of small order, under which one signature fits many messages.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        let invalid = |why: &str| Error::KeysInvalid { why: why.to_owned() };
        let point = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| invalid("not a point of Ed25519"))?;
        // The two other encodings that are not canonical, of points whose x is 0, are of small order.
        if point.is_weak() || !is_reduced(bytes) {
            return Err(invalid("a point of small order, or not in its canonical form"));
        }
        Ok(Self::new(point))
    }

    pub(crate) fn new(point: ed25519_dalek::VerifyingKey) -> Self {
        let mut text = [0; 43];
        let x = digest::encode(point.as_bytes(), &mut text);
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        Self {
            point,
            thumbprint: Thumbprint(Sha256::digest(members).into()),
        }
    }

    /// The key's name (RFC 7638; RFC 8037 appendix A.3).
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The key's 32 bytes (RFC 8032 section 5.1.5).
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.point.as_bytes()
    }

    /// The key as it is published.
    pub fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: Base64UrlUnpadded::encode_string(self.as_bytes()),
            kid: Some(self.thumbprint.to_string()),
            usage: Some("sig".to_owned()),
            alg: Some("EdDSA".to_owned()),
            d: None,
            known: Known::default(),
        }
    }
}

/// Whether the y of a point's encoding is below the prime of its field, 2^255 - 19 (RFC 8032 section 5.1.3).
fn is_reduced(bytes: &[u8; 32]) -> bool {
    bytes[0] < 0xed || bytes[1..31].iter().any(|byte| *byte != 0xff) || bytes[31] & 0x7f != 0x7f
}

/// A public key as JSON (RFC 7517 section 4, RFC 8037 section 2). Members that Scrip does not use are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// The family of keys: `OKP`.
    pub kty: String,
    /// The curve: `Ed25519`. Empty for another family, which need not have one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub crv: String,
    /// The public key in base64url.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub x: String,
    /// The key's name: its thumbprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// What the key is for: `sig`.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The algorithm: `EdDSA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// There only to notice a private key that was published by mistake; never written.
    #[serde(default, skip_serializing)]
    d: Option<Private>,
    #[serde(skip)]
    known: Known,
}

/// The key that was worked out last, which takes about as long as a fifth of a verification. Says nothing about the JSON.
#[derive(Clone, Debug, Default)]
struct Known(OnceLock<VerifyingKey>);

impl PartialEq for Known {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Known {}

impl Known {
    /// The key whose encoding is `bytes`.
    fn key(&self, bytes: &[u8; 32]) -> Result<VerifyingKey, Error> {
        if let Some(known) = self.0.get().filter(|known| known.as_bytes() == bytes) {
            return Ok(known.clone());
        }
        let key = VerifyingKey::from_bytes(bytes)?;
        // Where another one is remembered, this one is worked out each time.
        self.0.get_or_init(|| key.clone());
        Ok(key)
    }
}

/// The presence of a member whose value is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Private;

impl<'de> Deserialize<'de> for Private {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Jwk {
    /// The key itself, where it is one that can sign codes; `None` for a key of another kind or for another use.
    pub fn verifying_key(&self) -> Result<Option<VerifyingKey>, Error> {
        let other = |member: &Option<String>, ours| member.as_ref().is_some_and(|value| value != ours);
        if self.kty != "OKP" || self.crv != "Ed25519" || other(&self.usage, "sig") || other(&self.alg, "EdDSA") {
            return Ok(None);
        }
        let invalid = |why: &str| Error::KeysInvalid { why: why.to_owned() };
        if self.d.is_some() {
            return Err(invalid("one of them is a private key"));
        }
        let bytes = digest::decode(&self.x).ok_or_else(|| invalid("\"x\" is not 32 bytes of base64url"))?;
        let key = self.known.key(&bytes)?;
        if self
            .kid
            .as_ref()
            .is_some_and(|kid| *kid != key.thumbprint().to_string())
        {
            return Err(invalid("a \"kid\" is not the thumbprint of its key"));
        }
        Ok(Some(key))
    }
}

/// The vendor's public keys (RFC 7517 section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys, the newest first.
    pub keys: Vec<Jwk>,
}

impl JwkSet {
    /// The largest set that is read, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// The most keys of one set.
    pub const MAX_KEYS: usize = 64;

    /// The set that publishes `keys`.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k VerifyingKey>) -> Self {
        Self {
            keys: keys.into_iter().map(VerifyingKey::jwk).collect(),
        }
    }

    /// Reads a set; bounded by [`JwkSet::MAX_BYTES`] and [`JwkSet::MAX_KEYS`].
    pub fn parse(json: &str) -> Result<Self, Error> {
        if json.len() > Self::MAX_BYTES {
            return Err(Error::KeysInvalid {
                why: format!("they are larger than {} bytes", Self::MAX_BYTES),
            });
        }
        let set: Self = serde_json::from_str(json).map_err(|error| Error::KeysInvalid { why: error.to_string() })?;
        if set.keys.len() > Self::MAX_KEYS {
            return Err(Error::KeysInvalid {
                why: format!("there are more than {}", Self::MAX_KEYS),
            });
        }
        Ok(set)
    }

    /// The set as JSON.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::Encode {
            what: "the key set",
            why: error.to_string(),
        })
    }
}
