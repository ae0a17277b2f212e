//! Verification: one ordered list of refusals.

use base64ct::{Base64UrlUnpadded, Encoding};
use scrip_domain::{ProductId, Timestamp};
use serde::Deserialize;

use crate::trust::TrustedKey;
use crate::{CODE_TYPE, Claims, Error, JwkSet, MachineDigest, RevocationList, Thumbprint, VerifyingKey};

/// The longest code that is looked at, in bytes. One that is issued has about 900.
pub const MAX_CODE_BYTES: usize = 8 * 1024;

/// The longest header, decoded, in bytes. The one that is issued has 99.
const MAX_HEADER_BYTES: usize = 192;

/// The vendor's keys, checked and decompressed once. A key that verifies many takes two
/// milliseconds and 640 KiB once, for tables that make the others quick; clones share them.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<TrustedKey>,
    /// When which of them was last used to sign.
    retired: Vec<(Thumbprint, Timestamp)>,
}

impl KeySet {
    /// The keys of `keys`, in their order.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self {
            keys: keys.into_iter().map(TrustedKey::new).collect(),
            retired: Vec::new(),
        }
    }

    /// The keys of `keys`, in their order, each with the date after which it signs nothing.
    pub fn with_retired(keys: impl IntoIterator<Item = (VerifyingKey, Option<Timestamp>)>) -> Self {
        let mut set = Self::default();
        for (key, retired) in keys {
            set.retired.extend(retired.map(|retired| (key.thumbprint(), retired)));
            set.keys.push(TrustedKey::new(key));
        }
        set
    }

    /// The keys of a published set that can sign codes; at least one is needed.
    pub fn from_jwks(set: &JwkSet) -> Result<Self, Error> {
        let mut keys = Vec::with_capacity(set.keys.len().min(JwkSet::MAX_KEYS));
        for jwk in set.keys.iter().take(JwkSet::MAX_KEYS) {
            keys.extend(jwk.verifying_key()?);
        }
        if keys.is_empty() {
            return Err(Error::KeysInvalid {
                why: "none of them is an Ed25519 key for signatures".to_owned(),
            });
        }
        Ok(Self::new(keys))
    }

    /// The key named `kid`.
    pub fn get(&self, kid: Thumbprint) -> Option<&VerifyingKey> {
        self.find(kid).map(|trusted| &trusted.key)
    }

    fn find(&self, kid: Thumbprint) -> Option<&TrustedKey> {
        self.keys.iter().find(|trusted| trusted.key.thumbprint() == kid)
    }

    /// Refuses what the key named `kid` signed after it was retired.
    pub(crate) fn check_date(&self, kid: Thumbprint, issued_at: Timestamp) -> Result<(), Error> {
        let retired = self.retired.iter().find(|(key, _)| *key == kid);
        match retired
            .map(|(_, at)| *at)
            .filter(|at| issued_at.seconds() > at.seconds())
        {
            None => Ok(()),
            Some(retired_at) => Err(Error::KeyRetired {
                kid,
                retired_at,
                issued_at,
            }),
        }
    }
}

/// What a code must be for. What is `None` is not asked.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'e> {
    /// The product that wants to run.
    pub product: Option<&'e ProductId>,
    /// The thumbprint of this computer's device key.
    pub device: Option<Thumbprint>,
    /// This computer.
    pub machine: Option<MachineDigest>,
    /// The present instant.
    pub now: Timestamp,
    /// How far this computer's clock may be off, in seconds.
    pub tolerance_seconds: u32,
}

impl Expectation<'_> {
    /// Any product on any computer at `now`, with no tolerance.
    pub fn at(now: Timestamp) -> Self {
        Self {
            product: None,
            device: None,
            machine: None,
            now,
            tolerance_seconds: 0,
        }
    }
}

/// Verifies the codes of one vendor.
#[derive(Clone, Debug)]
pub struct Verifier {
    issuer: String,
    keys: KeySet,
    revocations: Option<RevocationList>,
}

/// Exactly these members, each once, none escaped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'h> {
    alg: &'h str,
    typ: &'h str,
    kid: Thumbprint,
}

/// Just enough of a header to say which algorithm is refused.
#[derive(Deserialize)]
struct AnyHeader<'h> {
    #[serde(borrow)]
    alg: std::borrow::Cow<'h, str>,
}

impl Verifier {
    /// A verifier of what `issuer` signed with one of `keys`.
    pub fn new(issuer: impl Into<String>, keys: KeySet) -> Self {
        Self {
            issuer: issuer.into(),
            keys,
            revocations: None,
        }
    }

    /// The same verifier, which also refuses what `revocations` names.
    pub fn with_revocations(self, revocations: RevocationList) -> Self {
        Self {
            revocations: Some(revocations),
            ..self
        }
    }

    /// Verifies a code in compact form and answers its claims.
    ///
    /// Refused in this order: length, form, header, algorithm, key, signature, claims, issuer, product,
    /// device, machine, revocation, dates. Nothing of the payload is looked at before the signature is good.
    pub fn verify(&self, code: &str, expect: &Expectation<'_>) -> Result<Claims, Error> {
        let claims = self.verify_signature(code)?;
        self.check(&claims, expect)?;
        Ok(claims)
    }

    /// Answers the claims of a code that the vendor signed, for whichever product, computer and time it is.
    pub fn inspect(&self, code: &str) -> Result<Claims, Error> {
        let claims = self.verify_signature(code)?;
        self.check_issuer(&claims)?;
        Ok(claims)
    }

    fn verify_signature(&self, code: &str) -> Result<Claims, Error> {
        if code.len() > MAX_CODE_BYTES {
            return Err(Error::TooLong { length: code.len() });
        }
        let three = || Error::malformed("three parts joined by dots are expected");
        let (signed, signature) = code.rsplit_once('.').ok_or_else(three)?;
        let (header, payload) = signed.split_once('.').ok_or_else(three)?;
        if payload.contains('.') {
            return Err(three());
        }
        let key = self.key(header)?;

        let mut bytes = [0; 64];
        let length = Base64UrlUnpadded::decode(signature, &mut bytes).map_or(0, <[u8]>::len);
        if length != bytes.len() {
            return Err(Error::malformed("the signature is not 64 bytes of base64url"));
        }
        if !key.has_signed(signed.as_bytes(), &bytes) {
            return Err(Error::Signature {
                kid: key.key.thumbprint(),
            });
        }

        let mut buffer = [0; MAX_CODE_BYTES / 4 * 3];
        let json = Base64UrlUnpadded::decode(payload, &mut buffer)
            .map_err(|_| Error::malformed("its claims are not in canonical base64url"))?;
        let claims: Claims =
            serde_json::from_slice(json).map_err(|error| Error::malformed(format!("its claims: {error}")))?;
        if let Some(why) = claims.contradiction() {
            return Err(Error::malformed(why));
        }
        self.keys.check_date(key.key.thumbprint(), claims.iat)?;
        Ok(claims)
    }

    /// The key that the header names.
    fn key(&self, header: &str) -> Result<&TrustedKey, Error> {
        // As every code has it that was issued here; another spelling of the same is read in full.
        if let Some(trusted) = self.keys.keys.iter().find(|trusted| trusted.header == header) {
            return Ok(trusted);
        }
        let mut buffer = [0; MAX_HEADER_BYTES];
        let json = Base64UrlUnpadded::decode(header, &mut buffer)
            .map_err(|_| Error::malformed("its header is too long or not in canonical base64url"))?;
        let refuse = |algorithm: &str| Error::Algorithm {
            algorithm: algorithm.chars().take(32).collect(),
        };
        let header: Header<'_> = match serde_json::from_slice(json) {
            Ok(header) => header,
            Err(error) => {
                return Err(match serde_json::from_slice::<AnyHeader<'_>>(json) {
                    Ok(any) if any.alg != "EdDSA" => refuse(&any.alg),
                    _ => Error::malformed(format!("its header: {error}")),
                });
            }
        };
        if header.alg != "EdDSA" {
            return Err(refuse(header.alg));
        }
        if header.typ != CODE_TYPE {
            return Err(Error::malformed("it is a token of another type"));
        }
        self.keys.find(header.kid).ok_or(Error::KeyUnknown { kid: header.kid })
    }

    fn check_issuer(&self, claims: &Claims) -> Result<(), Error> {
        if claims.iss == self.issuer {
            return Ok(());
        }
        Err(Error::Issuer {
            issuer: claims.iss.clone(),
            expected: self.issuer.clone(),
        })
    }

    fn check(&self, claims: &Claims, expect: &Expectation<'_>) -> Result<(), Error> {
        let product = || claims.aud.clone();
        self.check_issuer(claims)?;
        if let Some(expected) = expect.product.filter(|expected| **expected != claims.aud) {
            return Err(Error::OtherProduct {
                product: product(),
                expected: expected.clone(),
            });
        }
        if expect.device.is_some_and(|device| device != claims.cnf.jkt) {
            return Err(Error::OtherDevice {
                product: product(),
                what: "device key",
            });
        }
        if expect.machine.is_some_and(|machine| machine != claims.machine) {
            return Err(Error::OtherDevice {
                product: product(),
                what: "computer",
            });
        }
        let refused = |list: &RevocationList| list.refuses(claims.sub, claims.cnf.jkt, claims.seq).cloned();
        if let Some(revocation) = self.revocations.as_ref().and_then(refused) {
            return Err(Error::Revoked {
                product: product(),
                at: revocation.at,
                reason: revocation.reason,
            });
        }
        let (now, tolerance) = (expect.now, i64::from(expect.tolerance_seconds));
        if now.plus_seconds(tolerance) < claims.nbf {
            return Err(Error::NotYetValid {
                product: product(),
                begins_at: claims.nbf,
                now,
            });
        }
        // RFC 7519 section 4.1.4: on or after `exp` the code is not accepted.
        if let Some(ended_at) = claims.exp.filter(|end| now >= end.plus_seconds(tolerance)) {
            return Err(Error::Expired {
                product: product(),
                ended_at,
                now,
            });
        }
        Ok(())
    }
}
