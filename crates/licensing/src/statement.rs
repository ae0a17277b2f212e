//! Signed statements: JWS in compact form (RFC 7515) whose header has exactly `alg`, `typ` and `kid`.
//!
//! Each kind has its own `typ`, so that none can pass for another and none for a code.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, Signer};
use scrip_domain::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{CODE_TYPE, Error, KeySet, Thumbprint, VerifyingKey};

/// The longest header, decoded, in bytes.
const MAX_HEADER_BYTES: usize = 192;

/// What a signed text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementKind {
    /// An authorization code.
    Code,
    /// The vendor's keys, signed by the vendor's root key.
    KeySet,
    /// The codes that no longer hold.
    Revocations,
    /// What sets a clock guard right that trusts a wrong time.
    Recovery,
    /// The vendor's answer to a request.
    Bundle,
    /// The prices of a moment.
    Prices,
    /// What a computer without a network asks for.
    Request,
    /// A computer's word that a metering key counts for it.
    Metering,
    /// How far a metering journal has come.
    Journal,
    /// What a wallet held, and what happened to it.
    Wallet,
}

impl StatementKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Code,
        Self::KeySet,
        Self::Revocations,
        Self::Recovery,
        Self::Bundle,
        Self::Prices,
        Self::Request,
        Self::Metering,
        Self::Journal,
        Self::Wallet,
    ];

    /// The `typ` of the header (RFC 7515 section 4.1.9).
    pub const fn typ(self) -> &'static str {
        match self {
            Self::Code => CODE_TYPE,
            Self::KeySet => "scrip-keys+jwt",
            Self::Revocations => "scrip-revocations+jwt",
            Self::Recovery => "scrip-clock+jwt",
            Self::Bundle => "scrip-bundle+jwt",
            Self::Prices => "scrip-prices+jwt",
            Self::Request => "scrip-request+jwt",
            Self::Metering => "scrip-metering+jwt",
            Self::Journal => "scrip-journal+jwt",
            Self::Wallet => "scrip-statement+jwt",
        }
    }

    /// The longest compact form that is looked at, in bytes.
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Code => crate::MAX_CODE_BYTES,
            Self::Recovery | Self::Prices | Self::Metering | Self::Journal => 4 * 1024,
            Self::KeySet => 64 * 1024,
            Self::Bundle => 1024 * 1024,
            // They grow with what a vendor revoked, and with what a computer counted while it was offline.
            Self::Revocations | Self::Request | Self::Wallet => 4 * 1024 * 1024,
        }
    }

    /// What `text` claims to be by its header, without any check; `None` where that cannot be told.
    pub fn of(text: &str) -> Option<Self> {
        let (header, _) = text.split_once('.')?;
        let mut buffer = [0; MAX_HEADER_BYTES];
        let json = Base64UrlUnpadded::decode(header, &mut buffer).ok()?;
        let header: Header<'_> = serde_json::from_slice(json).ok()?;
        Self::ALL.into_iter().find(|kind| kind.typ() == header.typ)
    }
}

impl fmt::Display for StatementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code => "authorization code",
            Self::KeySet => "key set",
            Self::Revocations => "revocation list",
            Self::Recovery => "recovery code",
            Self::Bundle => "bundle",
            Self::Prices => "price sheet",
            Self::Request => "request",
            Self::Metering => "metering certificate",
            Self::Journal => "journal seal",
            Self::Wallet => "wallet statement",
        })
    }
}

/// What can stand in a statement. Members that are not known are ignored (RFC 7519 section 4), so that an older
/// reader understands a newer statement; a member that stands twice is refused.
pub(crate) trait Statement: Serialize + DeserializeOwned {
    const KIND: StatementKind;

    /// The first way in which the statement contradicts itself, if any.
    fn contradiction(&self) -> Option<&'static str>;
}

/// A statement of the vendor, signed with one of the keys that the key set names.
pub(crate) trait VendorStatement: Statement {
    fn issuer(&self) -> &str;
    fn issued_at(&self) -> Timestamp;
}

/// Exactly these members, each once, none escaped.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'h> {
    alg: &'h str,
    typ: &'h str,
    kid: Thumbprint,
}

/// A statement whose signature has not been checked.
pub(crate) struct Sealed<'t> {
    kind: StatementKind,
    signed: &'t str,
    payload: Vec<u8>,
    signature: [u8; 64],
    /// The key that is said to have signed it.
    pub(crate) kid: Thumbprint,
}

impl<'t> Sealed<'t> {
    /// Takes a statement apart. Refused in this order: type where it is too long, length, form, header, type.
    pub(crate) fn parse(kind: StatementKind, text: &'t str) -> Result<Self, Error> {
        let malformed = |why: &str| Error::malformed_statement(kind, why);
        if text.len() > kind.max_bytes() {
            // What is too long for one kind is named as the other that it is.
            return Err(match StatementKind::of(text).filter(|found| *found != kind) {
                Some(found) => Error::StatementKind { kind, found },
                None => malformed("it is longer than any that is made"),
            });
        }
        let three = || malformed("three parts joined by dots are expected");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(three)?;
        let (header, payload) = signed.split_once('.').ok_or_else(three)?;
        if payload.contains('.') {
            return Err(three());
        }
        let mut buffer = [0; MAX_HEADER_BYTES];
        let json = Base64UrlUnpadded::decode(header, &mut buffer)
            .map_err(|_| malformed("its header is too long or not in canonical base64url"))?;
        let header: Header<'_> =
            serde_json::from_slice(json).map_err(|error| malformed(&format!("its header: {error}")))?;
        if header.alg != "EdDSA" {
            return Err(malformed("it is signed in another way than EdDSA"));
        }
        if header.typ != kind.typ() {
            let found = StatementKind::ALL.into_iter().find(|other| other.typ() == header.typ);
            return Err(found.map_or_else(
                || malformed("it is a token of another type"),
                |found| Error::StatementKind { kind, found },
            ));
        }
        let mut bytes = [0; 64];
        if Base64UrlUnpadded::decode(signature, &mut bytes).map_or(0, <[u8]>::len) != bytes.len() {
            return Err(malformed("the signature is not 64 bytes of base64url"));
        }
        Ok(Self {
            kind,
            signed,
            payload: Base64UrlUnpadded::decode_vec(payload)
                .map_err(|_| malformed("its content is not in canonical base64url"))?,
            signature: bytes,
            kid: header.kid,
        })
    }

    /// Checks that `key` signed it.
    pub(crate) fn check(&self, key: &VerifyingKey) -> Result<(), Error> {
        let kid = self.kid;
        if key.thumbprint() != kid {
            return Err(Error::StatementKey { kind: self.kind, kid });
        }
        key.point
            .verify_strict(self.signed.as_bytes(), &Signature::from_bytes(&self.signature))
            .map_err(|_| Error::StatementSignature { kind: self.kind, kid })
    }

    /// Reads what it says. Nothing of it holds before [`Sealed::check`].
    pub(crate) fn read<S: Statement>(&self) -> Result<S, Error> {
        let statement: S = serde_json::from_slice(&self.payload)
            .map_err(|error| Error::malformed_statement(self.kind, format!("its content: {error}")))?;
        match statement.contradiction() {
            None => Ok(statement),
            Some(why) => Err(Error::malformed_statement(self.kind, why)),
        }
    }

    /// Checks and reads a statement of `issuer`, signed with one of `keys`.
    pub(crate) fn open<S: VendorStatement>(&self, issuer: &str, keys: &KeySet) -> Result<S, Error> {
        let key = keys.get(self.kid).ok_or(Error::StatementKey {
            kind: self.kind,
            kid: self.kid,
        })?;
        self.check(key)?;
        let statement: S = self.read()?;
        if statement.issuer() != issuer {
            return Err(Error::StatementIssuer {
                kind: self.kind,
                issuer: statement.issuer().to_owned(),
                expected: issuer.to_owned(),
            });
        }
        keys.check_date(self.kid, statement.issued_at())?;
        Ok(statement)
    }
}

/// Reads a statement of `issuer`, signed with one of `keys`.
pub(crate) fn open<S: VendorStatement>(text: &str, issuer: &str, keys: &KeySet) -> Result<S, Error> {
    Sealed::parse(S::KIND, text)?.open(issuer, keys)
}

/// Signs a statement. Refuses one that contradicts itself and one too large to be read.
pub(crate) fn sign<S: Statement>(
    pair: &ed25519_dalek::SigningKey,
    kid: Thumbprint,
    statement: &S,
) -> Result<String, Error> {
    let encode = |why: String| Error::EncodeStatement { kind: S::KIND, why };
    if let Some(why) = statement.contradiction() {
        return Err(encode(why.to_owned()));
    }
    let header = Header {
        alg: "EdDSA",
        typ: S::KIND.typ(),
        kid,
    };
    let broken = |error: serde_json::Error| encode(error.to_string());
    let header = serde_json::to_vec(&header).map_err(broken)?;
    let payload = serde_json::to_vec(statement).map_err(broken)?;
    let mut text = Base64UrlUnpadded::encode_string(&header);
    text.push('.');
    text.push_str(&Base64UrlUnpadded::encode_string(&payload));
    let signature = pair.sign(text.as_bytes()).to_bytes();
    text.push('.');
    text.push_str(&Base64UrlUnpadded::encode_string(&signature));
    if text.len() > S::KIND.max_bytes() {
        return Err(encode(format!("it would be longer than {} bytes", S::KIND.max_bytes())));
    }
    Ok(text)
}
