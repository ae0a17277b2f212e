//! Issuing: the vendor's side, built only with the feature `issue`.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer;
use scrip_domain::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::device::random_secret;
use crate::statement::{self, Statement};
use crate::{
    Bundle, Claims, Error, KeySetStatement, MAX_CODE_BYTES, PriceSheet, PublishedKey, Recovery, RevocationList,
    VerifyingKey, WalletStatement, digest, issuer_of, trust,
};

/// A vendor's key pair: what signs codes.
pub struct SigningKey {
    pair: ed25519_dalek::SigningKey,
    public: VerifyingKey,
    /// The header of every code, in base64url.
    header: String,
}

/// A private key as JSON (RFC 8037 section 2).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivateJwk {
    kty: String,
    crv: String,
    x: String,
    d: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
}

impl Drop for PrivateJwk {
    fn drop(&mut self) {
        self.d.zeroize();
    }
}

impl SigningKey {
    /// A new key from the operating system's randomness.
    pub fn generate() -> Result<Self, Error> {
        Self::from_secret_bytes(&*random_secret()?)
    }

    /// The key whose secret is `secret` (RFC 8032 section 5.1.5).
    pub fn from_secret_bytes(secret: &[u8; 32]) -> Result<Self, Error> {
        let pair = ed25519_dalek::SigningKey::from_bytes(secret);
        let public = VerifyingKey::new(pair.verifying_key());
        let header = trust::header(public.thumbprint());
        Ok(Self { pair, public, header })
    }

    /// Reads a key from its private JWK, as [`SigningKey::to_jwk`] wrote it.
    pub fn from_jwk(text: &str) -> Result<Self, Error> {
        let invalid = |why: &str| Error::KeysInvalid { why: why.to_owned() };
        if text.len() > 4096 {
            return Err(invalid("a private key has 4096 bytes at most"));
        }
        // The reader's own message could quote the secret.
        let jwk: PrivateJwk = serde_json::from_str(text).map_err(|_| invalid("not a private Ed25519 key as JWK"))?;
        if jwk.kty != "OKP" || jwk.crv != "Ed25519" {
            return Err(invalid("not an Ed25519 key"));
        }
        let secret =
            Zeroizing::new(digest::decode(&jwk.d).ok_or_else(|| invalid("\"d\" is not 32 bytes of base64url"))?);
        let key = Self::from_secret_bytes(&secret)?;
        if digest::decode(&jwk.x).as_ref() != Some(key.public.as_bytes()) {
            return Err(invalid("\"x\" is not the public half of \"d\""));
        }
        Ok(key)
    }

    /// The key as a private JWK, for a file that only its owner can read; erased from memory when dropped.
    pub fn to_jwk(&self) -> Result<Zeroizing<String>, Error> {
        let public = self.public.jwk();
        let secret = Zeroizing::new(self.pair.to_bytes());
        let jwk = PrivateJwk {
            kty: public.kty,
            crv: public.crv,
            x: public.x,
            d: Base64UrlUnpadded::encode_string(&*secret),
            kid: public.kid,
            usage: public.usage,
            alg: public.alg,
        };
        serde_json::to_string(&jwk)
            .map(Zeroizing::new)
            .map_err(|error| encode_error("the private key", &error))
    }

    /// The public half, to be published.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs a code. Refuses claims that contradict themselves and those too large to be verified; dates are
    /// cut to whole seconds.
    pub fn issue(&self, claims: &Claims) -> Result<String, Error> {
        if let Some(why) = claims.contradiction() {
            return Err(Error::Encode {
                what: "the code",
                why: why.to_owned(),
            });
        }
        let payload = json(claims, "the code")?;
        let mut code = String::with_capacity(self.header.len() + payload.len() * 4 / 3 + 96);
        code.push_str(&self.header);
        code.push('.');
        code.push_str(&Base64UrlUnpadded::encode_string(&payload));
        let signature = self.pair.sign(code.as_bytes()).to_bytes();
        code.push('.');
        code.push_str(&Base64UrlUnpadded::encode_string(&signature));
        if code.len() > MAX_CODE_BYTES {
            return Err(Error::TooLong { length: code.len() });
        }
        Ok(code)
    }
}

impl SigningKey {
    /// Signs what the vendor revoked.
    pub fn sign_revocations(&self, list: &RevocationList) -> Result<String, Error> {
        self.sign(list)
    }

    /// Signs a recovery code.
    pub fn sign_recovery(&self, recovery: &Recovery) -> Result<String, Error> {
        self.sign(recovery)
    }

    /// Signs the answer to a request.
    pub fn sign_bundle(&self, bundle: &Bundle) -> Result<String, Error> {
        self.sign(bundle)
    }

    /// Signs a price sheet.
    pub fn sign_prices(&self, sheet: &PriceSheet) -> Result<String, Error> {
        self.sign(sheet)
    }

    /// Signs a statement of a wallet.
    pub fn sign_wallet(&self, statement: &WalletStatement) -> Result<String, Error> {
        self.sign(statement)
    }

    fn sign(&self, statement: &impl Statement) -> Result<String, Error> {
        statement::sign(&self.pair, self.public.thumbprint(), statement)
    }
}

/// A vendor's root key pair: it signs the key set and nothing else, and is kept off the server.
pub struct RootKey(SigningKey);

impl RootKey {
    /// A new key from the operating system's randomness.
    pub fn generate() -> Result<Self, Error> {
        SigningKey::generate().map(Self)
    }

    /// The key whose secret is `secret` (RFC 8032 section 5.1.5).
    pub fn from_secret_bytes(secret: &[u8; 32]) -> Result<Self, Error> {
        SigningKey::from_secret_bytes(secret).map(Self)
    }

    /// Reads a key from its private JWK, as [`RootKey::to_jwk`] wrote it.
    pub fn from_jwk(text: &str) -> Result<Self, Error> {
        SigningKey::from_jwk(text).map(Self)
    }

    /// The key as a private JWK, for a file that only its owner can read; erased from memory when dropped.
    pub fn to_jwk(&self) -> Result<Zeroizing<String>, Error> {
        self.0.to_jwk()
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        self.0.verifying_key()
    }

    /// The vendor's address, which pins this key.
    pub fn issuer(&self) -> String {
        issuer_of(self.verifying_key().thumbprint())
    }

    /// Signs a key set: number `seq`, with `keys`, at `now`.
    pub fn sign_keys(&self, seq: u64, keys: Vec<PublishedKey>, now: Timestamp) -> Result<String, Error> {
        self.0.sign(&KeySetStatement {
            iss: self.issuer(),
            iat: now,
            seq,
            root: self.verifying_key().jwk(),
            keys,
        })
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.verifying_key().thumbprint())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public.thumbprint())
    }
}

fn json(value: &impl Serialize, what: &'static str) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| encode_error(what, &error))
}

fn encode_error(what: &'static str, error: &serde_json::Error) -> Error {
    Error::Encode {
        what,
        why: error.to_string(),
    }
}
