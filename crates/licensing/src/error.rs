//! Why a code, a key or a machine id was refused.

use scrip_domain::{Coded, ErrorCode, ProductId, Timestamp};

use crate::{Thumbprint, armor, verify};

/// What went wrong with a code or with a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The code is longer than any that is issued.
    #[error("the code has {length} characters; {max} are the most", max = verify::MAX_CODE_BYTES)]
    #[expect(missing_docs, reason = "the message names the fields")]
    TooLong { length: usize },
    /// The text is not an authorization code.
    #[error("this is not an authorization code: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Malformed { why: String },
    /// An armored file is not as it should be.
    #[error("line {line} of the authorization file is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Armor { line: usize, why: &'static str },
    /// The code claims another algorithm than Ed25519.
    #[error("the code is signed with \"{algorithm}\"; only EdDSA is accepted")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Algorithm { algorithm: String },
    /// The code names a key that the vendor has not published.
    #[error("the code is signed with the key {kid}, which is not one of the vendor's")]
    #[expect(missing_docs, reason = "the message names the fields")]
    KeyUnknown { kid: Thumbprint },
    /// The signature does not fit the code.
    #[error("the signature of the code is wrong: it was changed, or not made by the key {kid}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Signature { kid: Thumbprint },
    /// Another vendor issued the code.
    #[error("the code was issued by {issuer}, not by {expected}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Issuer { issuer: String, expected: String },
    /// The code is for another product.
    #[error("the code is for {product}, not for {expected}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OtherProduct { product: ProductId, expected: ProductId },
    /// The code is for another computer.
    #[error("the code for {product} was issued for another {what}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OtherDevice { product: ProductId, what: &'static str },
    /// The time of the code is over.
    #[error("the code for {product} ended at {ended_at}; it is {now}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Expired {
        product: ProductId,
        ended_at: Timestamp,
        now: Timestamp,
    },
    /// The time of the code has not come.
    #[error("the code for {product} begins at {begins_at}; it is {now}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    NotYetValid {
        product: ProductId,
        begins_at: Timestamp,
        now: Timestamp,
    },
    /// A set of public keys cannot be used.
    #[error("the vendor's keys cannot be used: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    KeysInvalid { why: String },
    /// A device key, or a statement made with one, cannot be used.
    #[error("the device key cannot be used: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    DeviceKeyInvalid { why: &'static str },
    /// The operating system's id of this computer is not one.
    #[error("this computer's id is not valid: 32 hexadecimal digits that are not all zero are expected")]
    MachineIdInvalid,
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes for a new key: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Randomness { why: String },
    /// Something could not be written as JSON, or contradicts itself.
    #[error("{what} cannot be written: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Encode { what: &'static str, why: String },
}

impl Error {
    pub(crate) fn malformed(why: impl Into<String>) -> Self {
        Self::Malformed { why: why.into() }
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::TooLong { .. } | Self::Malformed { .. } | Self::Armor { .. } => ErrorCode::CodeMalformed,
            Self::Algorithm { .. } => ErrorCode::CodeAlgorithm,
            Self::KeyUnknown { .. } => ErrorCode::CodeKeyUnknown,
            Self::Signature { .. } => ErrorCode::CodeSignature,
            Self::Issuer { .. } => ErrorCode::CodeIssuer,
            Self::OtherProduct { .. } => ErrorCode::CodeOtherProduct,
            Self::OtherDevice { .. } => ErrorCode::CodeOtherDevice,
            Self::Expired { .. } => ErrorCode::CodeExpired,
            Self::NotYetValid { .. } => ErrorCode::CodeNotYetValid,
            Self::KeysInvalid { .. } => ErrorCode::CodeKeysInvalid,
            Self::DeviceKeyInvalid { .. } => ErrorCode::DeviceKeyInvalid,
            Self::MachineIdInvalid => ErrorCode::DeviceMachineIdInvalid,
            Self::Randomness { .. } | Self::Encode { .. } => ErrorCode::InternalError,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::TooLong { .. } | Self::Malformed { .. } => {
                "Copy the whole code again: three parts of letters and digits, joined by dots."
            }
            Self::Armor { .. } => {
                return vec![format!(
                    "Use the file as it was sent: it begins with {} and ends with {}.",
                    armor::BEGIN,
                    armor::END
                )];
            }
            Self::Algorithm { .. } | Self::Signature { .. } => {
                "Do not trust this code; fetch a new one from your library."
            }
            Self::KeyUnknown { .. } => "Go online once, so that the vendor's present keys are fetched, then try again.",
            Self::Issuer { .. } => "Sign in with the vendor that issued the code.",
            Self::OtherProduct { .. } => "Use this code for its own product, or fetch the other one from your library.",
            Self::OtherDevice { .. } => {
                "Fetch a code for this computer from your library; a license may run on several."
            }
            Self::Expired { .. } => "Extend the rental or convert it into ownership, then fetch the new code.",
            Self::NotYetValid { .. } => "Check this computer's date and time.",
            Self::KeysInvalid { .. } => "Fetch the vendor's keys again.",
            Self::DeviceKeyInvalid { .. } => "Register this computer again; a new key is made.",
            Self::MachineIdInvalid => "Let the system make a new id (on Linux: systemd-machine-id-setup).",
            Self::Randomness { .. } | Self::Encode { .. } => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}
