//! Why a catalog, its icons or its prices cannot be used.

use std::io;
use std::path::PathBuf;

use scrip_domain::{Coded, ErrorCode};

/// What went wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Unreadable { path: PathBuf, source: io::Error },
    /// A file is larger than any that is read.
    #[error("{} is too large: {max} {unit} are the most", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    TooLarge {
        path: PathBuf,
        max: u64,
        unit: &'static str,
    },
    /// A file is no AppStream catalog.
    #[error("{} is not an AppStream catalog: line {line}: {why}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Malformed { path: PathBuf, line: usize, why: String },
    /// An archive of icons cannot be used.
    #[error("{} is not an archive of icons: {why}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    IconsMalformed { path: PathBuf, why: String },
    /// A price policy is wrong.
    #[error("{}: line {line}: {why}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    PricesInvalid { path: PathBuf, line: usize, why: String },
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable { .. } => ErrorCode::CatalogUnavailable,
            Self::TooLarge { .. } | Self::Malformed { .. } | Self::IconsMalformed { .. } => ErrorCode::CatalogMalformed,
            Self::PricesInvalid { .. } => ErrorCode::CatalogPricesInvalid,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "Check the path; on Debian, `apt-get install appstream && apt-get update` brings the catalog."
            }
            Self::Unreadable { .. } => "Check that the file can be read by this user.",
            Self::TooLarge { .. } => "Check where the file comes from, or split it.",
            Self::Malformed { .. } => {
                "Give a DEP-11 file (.yml, .yml.gz), a collection (.xml, .xml.gz) or one program's .metainfo.xml; `appstreamcli validate` tells more."
            }
            Self::IconsMalformed { .. } => "Give a folder of icons or an icons-SIZE.tar.gz of the same catalog.",
            Self::PricesInvalid { .. } => {
                "A section is [default] or [product.\"ID\"] with `purchase = N`; a rental has `id`, `price` and one of `duration`, `uses`, `processings`."
            }
        };
        vec![hint.to_owned()]
    }
}
