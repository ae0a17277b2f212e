//! What is wrong with a journal, or with a code that it is asked to count under.

use std::path::PathBuf;

use scrip_domain::{Coded, ErrorCode, LicenseId};

/// Why a journal counts nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A newer code has taken the place of this one.
    #[error("the code has the number {seq}; the code {highest} took its place")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Superseded { seq: u64, highest: u64 },
    /// The code was given back on this computer.
    #[error("the code {seq} was given back on this computer")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Surrendered { seq: u64 },
    /// A file of a journal cannot be used.
    #[error("cannot {what} the journal {}: {why}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Io {
        what: &'static str,
        path: PathBuf,
        why: String,
    },
    /// A journal does not hold what was written into it.
    #[error("the journal of the license {license} was changed: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Edited { license: LicenseId, why: &'static str },
    /// A journal is an older copy of itself.
    #[error(
        "the journal of the license {license} is an old copy: it ends at entry {found}, and entry {known} was written"
    )]
    #[expect(missing_docs, reason = "the message names the fields")]
    RolledBack { license: LicenseId, found: u64, known: u64 },
    /// A journal counts less than the vendor acknowledged of it.
    #[error(
        "the journal of the license {license} is an old copy: it counts {counted} {what}, and {known} were reported"
    )]
    #[expect(missing_docs, reason = "the message names the fields")]
    Fewer {
        license: LicenseId,
        what: &'static str,
        counted: u64,
        known: u64,
    },
    /// A journal was written elsewhere.
    #[error("the journal of the license {license} was written for another {what}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Copied { license: LicenseId, what: &'static str },
    /// Bytes are not the records of a journal.
    #[error("these are not the records of a journal: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Malformed { why: &'static str },
    /// The file of the metering key holds something else.
    #[error("the metering key cannot be used: 64 hexadecimal digits are expected")]
    KeyInvalid,
}

impl Coded for Fault {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Superseded { .. } => ErrorCode::CodeSuperseded,
            Self::Surrendered { .. } => ErrorCode::CodeSurrendered,
            Self::Io { .. } => ErrorCode::JournalIo,
            Self::Edited { .. } | Self::Malformed { .. } => ErrorCode::JournalEdited,
            Self::RolledBack { .. } | Self::Fewer { .. } => ErrorCode::JournalRolledBack,
            Self::Copied { .. } => ErrorCode::JournalCopied,
            Self::KeyInvalid => ErrorCode::JournalKeyInvalid,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Superseded { .. } => "Use the newest code: fetch it from your library.",
            Self::Surrendered { .. } => "Activate the program on this computer again from your library.",
            Self::Io { .. } => "Look at the folder's permissions and at the free space of the disk.",
            Self::Edited { .. } | Self::Malformed { .. } | Self::KeyInvalid => {
                "Go online once, so that the vendor compares what was counted, and fetch the code again."
            }
            Self::RolledBack { .. } | Self::Fewer { .. } => {
                "Put the newest copy back, or go online once, so that the vendor compares what was counted."
            }
            Self::Copied { .. } => "Activate the program on this computer: what was counted elsewhere stays there.",
        };
        vec![hint.to_owned()]
    }
}
