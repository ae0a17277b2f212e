//! Why a program may not run.

use std::path::PathBuf;

use scrip_domain::{Coded, ErrorCode, ProductId};
use scrip_licensing::{Error, clock, journal};

/// A refusal: a stable code to branch on, a sentence for a person (its `Display`), and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A code, a key set, a journal or the clock says no.
    #[error(transparent)]
    Licensing(#[from] Error),
    /// There is no code for the product.
    #[error("there is no authorization code for {product} on this computer")]
    #[expect(missing_docs, reason = "the message names the fields")]
    NoCode { product: ProductId },
    /// Nothing is left of a rental by uses or processings, or less than was asked for.
    #[error("{}", exhausted(product, what, *asked, *left))]
    #[expect(missing_docs, reason = "the message names the fields")]
    Exhausted {
        product: ProductId,
        what: &'static str,
        asked: u64,
        left: u64,
    },
    /// The vendor's keys were never stored here.
    #[error("the vendor's keys are not on this computer: {} is missing", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    KeysMissing { path: PathBuf },
    /// The key that signs what is counted was never stored here.
    #[error("the key that counts the uses of {product} is not on this computer: {} is missing", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    MeteringMissing { product: ProductId, path: PathBuf },
    /// A file cannot be read.
    #[error("{} cannot be read: {why}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    File { path: PathBuf, why: String },
    /// A setting that the program passed is wrong.
    #[error("the setting \"{setting}\" is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SettingInvalid { setting: &'static str, why: String },
    /// Nobody knows where this person's files are.
    #[error("no home folder is known")]
    HomeUnknown,
}

fn exhausted(product: &ProductId, what: &str, asked: u64, left: u64) -> String {
    if left == 0 {
        format!("no {what} of {product} are left")
    } else {
        format!("{asked} {what} of {product} are needed and {left} are left")
    }
}

impl From<journal::Fault> for Refusal {
    fn from(fault: journal::Fault) -> Self {
        Self::Licensing(fault.into())
    }
}

impl From<clock::Behind> for Refusal {
    fn from(behind: clock::Behind) -> Self {
        Self::Licensing(Error::ClockBehind(behind))
    }
}

impl Coded for Refusal {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Licensing(error) => error.code(),
            Self::NoCode { .. } => ErrorCode::CodeNotFound,
            Self::Exhausted { .. } => ErrorCode::LicenseExhausted,
            Self::KeysMissing { .. } => ErrorCode::CodeKeysInvalid,
            Self::MeteringMissing { .. } => ErrorCode::JournalKeyInvalid,
            Self::File { .. } => ErrorCode::StateIo,
            Self::SettingInvalid { .. } | Self::HomeUnknown => ErrorCode::ConfigInvalid,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Licensing(error) => return error.hints(),
            Self::NoCode { product } => {
                return vec![format!(
                    "Buy or rent {product}, then authorize this computer: scrip code show {product}"
                )];
            }
            Self::Exhausted { .. } => "Extend the rental or convert it into ownership, then fetch the new code.",
            Self::KeysMissing { .. } | Self::MeteringMissing { .. } => {
                "Open the store's app once, or import the code again: it stores them."
            }
            Self::File { .. } => "Look at the file's permissions.",
            Self::SettingInvalid { .. } => "Tell the people who made this program.",
            Self::HomeUnknown => "Set SCRIP_HOME to a folder of yours.",
        };
        vec![hint.to_owned()]
    }
}
