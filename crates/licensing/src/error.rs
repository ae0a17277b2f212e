//! Why a code, a key or a machine id was refused.

use scrip_domain::{Coded, ErrorCode, ProductId, Timestamp};
use uuid::Uuid;

use crate::armor::Label;
use crate::{StatementKind, Thumbprint, clock, journal, verify};

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
    #[error("line {line} of the {label} file is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Armor {
        label: Label,
        line: usize,
        why: &'static str,
    },
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
    /// The vendor took the code back.
    #[error("the code for {product} was revoked at {at}: {reason}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Revoked {
        product: ProductId,
        at: Timestamp,
        reason: String,
    },
    /// A key signed something after it was retired.
    #[error("it was signed at {issued_at} with the key {kid}, which the vendor retired at {retired_at}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    KeyRetired {
        kid: Thumbprint,
        retired_at: Timestamp,
        issued_at: Timestamp,
    },
    /// A text is not a statement of the kind that is expected.
    #[error("the {kind} is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    StatementMalformed { kind: StatementKind, why: String },
    /// A text or a file is a statement of another kind.
    #[error("this holds the {found}; the {kind} is expected")]
    #[expect(missing_docs, reason = "the message names the fields")]
    StatementKind { kind: StatementKind, found: StatementKind },
    /// A statement names a key that does not count here.
    #[error("the {kind} is signed with the key {kid}, which does not count here")]
    #[expect(missing_docs, reason = "the message names the fields")]
    StatementKey { kind: StatementKind, kid: Thumbprint },
    /// The signature does not fit the statement.
    #[error("the signature of the {kind} is wrong: it was changed, or not made by the key {kid}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    StatementSignature { kind: StatementKind, kid: Thumbprint },
    /// A statement of, or for, another vendor.
    #[error("the {kind} belongs to the vendor {issuer}, not to {expected}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    StatementIssuer {
        kind: StatementKind,
        issuer: String,
        expected: String,
    },
    /// A statement made for, or by, another computer.
    #[error("the {kind} belongs to another computer")]
    #[expect(missing_docs, reason = "the message names the fields")]
    StatementDevice { kind: StatementKind },
    /// An older statement than one already known.
    #[error("the {kind} has the number {seq}; one with the number {stored} is known already")]
    #[expect(missing_docs, reason = "the message names the fields")]
    RolledBack { kind: StatementKind, seq: u64, stored: u64 },
    /// A request that is too old, or from the future.
    #[error("the request was made at {made_at}, by its computer's clock; it is {now}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    RequestDate { made_at: Timestamp, now: Timestamp },
    /// A bundle that answers no request that waits here.
    #[error("the bundle answers the request {nonce}, which does not wait for an answer here")]
    #[expect(missing_docs, reason = "the message names the fields")]
    BundleNonce { nonce: Uuid },
    /// A statement cannot be written.
    #[error("the {kind} cannot be written: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    EncodeStatement { kind: StatementKind, why: String },
    /// A journal cannot be used, or counts nothing under this code any more.
    #[error(transparent)]
    Journal(#[from] journal::Fault),
    /// This computer's clock lies behind what is certain.
    #[error("{0}")]
    ClockBehind(clock::Behind),
    /// A picture file holds no QR code that can be read.
    #[error("the picture cannot be read: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    QrUnreadable { why: String },
    /// The texts of several pictures do not belong together.
    #[error("the QR pictures do not make up one text: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    QrParts { why: String },
    /// A text is too long for QR pictures.
    #[error("{length} bytes are too many for QR pictures")]
    #[expect(missing_docs, reason = "the message names the fields")]
    QrTooLarge { length: usize },
    /// Something could not be written as JSON, or contradicts itself.
    #[error("{what} cannot be written: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Encode { what: &'static str, why: String },
}

impl Error {
    pub(crate) fn malformed(why: impl Into<String>) -> Self {
        Self::Malformed { why: why.into() }
    }

    pub(crate) fn malformed_statement(kind: StatementKind, why: impl Into<String>) -> Self {
        Self::StatementMalformed { kind, why: why.into() }
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::TooLong { .. } | Self::Malformed { .. } | Self::Armor { .. } => ErrorCode::CodeMalformed,
            Self::Algorithm { .. } => ErrorCode::CodeAlgorithm,
            Self::KeyUnknown { .. } | Self::StatementKey { .. } | Self::KeyRetired { .. } => ErrorCode::CodeKeyUnknown,
            Self::Signature { .. } => ErrorCode::CodeSignature,
            Self::Issuer { .. } => ErrorCode::CodeIssuer,
            Self::OtherProduct { .. } => ErrorCode::CodeOtherProduct,
            Self::OtherDevice { .. } => ErrorCode::CodeOtherDevice,
            Self::Expired { .. } => ErrorCode::CodeExpired,
            Self::NotYetValid { .. } => ErrorCode::CodeNotYetValid,
            Self::KeysInvalid { .. } => ErrorCode::CodeKeysInvalid,
            Self::DeviceKeyInvalid { .. } => ErrorCode::DeviceKeyInvalid,
            Self::MachineIdInvalid => ErrorCode::DeviceMachineIdInvalid,
            Self::Revoked { .. } => ErrorCode::CodeRevoked,
            Self::StatementMalformed { .. } => ErrorCode::StatementMalformed,
            Self::StatementKind { .. } => ErrorCode::StatementOtherKind,
            Self::StatementSignature { .. } => ErrorCode::StatementSignature,
            Self::StatementIssuer { .. } => ErrorCode::StatementIssuer,
            Self::StatementDevice { .. } => ErrorCode::StatementOtherDevice,
            Self::RolledBack { .. } => ErrorCode::StatementRolledBack,
            Self::RequestDate { .. } => ErrorCode::StatementDate,
            Self::BundleNonce { .. } => ErrorCode::StatementOtherRequest,
            Self::QrUnreadable { .. } => ErrorCode::QrUnreadable,
            Self::QrParts { .. } => ErrorCode::QrParts,
            Self::QrTooLarge { .. } => ErrorCode::QrTooLarge,
            Self::Randomness { .. } | Self::Encode { .. } | Self::EncodeStatement { .. } => ErrorCode::InternalError,
            Self::Journal(fault) => fault.code(),
            Self::ClockBehind(_) => ErrorCode::ClockBehind,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::TooLong { .. } | Self::Malformed { .. } => {
                "Copy the whole code again: three parts of letters and digits, joined by dots."
            }
            Self::Armor { label, .. } => {
                return vec![format!(
                    "Use the file as it was sent: it begins with {} and ends with {}.",
                    label.begin(),
                    label.end()
                )];
            }
            Self::StatementKind { kind, .. } => {
                return vec![format!("Choose the file that holds the {kind}.")];
            }
            Self::Algorithm { .. } | Self::Signature { .. } => {
                "Do not trust this code; fetch a new one from your library."
            }
            Self::KeyUnknown { .. } | Self::StatementKey { .. } | Self::KeyRetired { .. } => {
                "Go online once, so that the vendor's present keys are fetched, then try again."
            }
            Self::Revoked { .. } => "Look at the license in your library, or ask the vendor why.",
            Self::StatementMalformed { .. } => "Use the file or the text as it was sent, whole.",
            Self::StatementSignature { .. } => "Do not trust it; ask for a new one.",
            Self::StatementIssuer { .. } => "Use it with the vendor that it belongs to.",
            Self::StatementDevice { .. } => "Use it on the computer that it was made for, or make a request here.",
            Self::RolledBack { .. } => "Nothing needs to be done: the newer one stays in use.",
            Self::RequestDate { .. } => {
                "Check that computer's date and time and make a new request; one holds for 30 days."
            }
            Self::QrUnreadable { .. } => {
                "Take the picture again: sharp, straight, the whole code with its light border, as PNG or JPEG."
            }
            Self::QrParts { .. } => "Scan all pictures of one set; their order does not matter.",
            Self::QrTooLarge { .. } => "Use a file instead.",
            Self::BundleNonce { .. } => "Import each answer once, on the computer that made the request.",
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
            Self::Randomness { .. } | Self::Encode { .. } | Self::EncodeStatement { .. } => return Vec::new(),
            Self::Journal(fault) => return fault.hints(),
            Self::ClockBehind(behind) => return behind.ways_out(),
        };
        vec![hint.to_owned()]
    }
}
