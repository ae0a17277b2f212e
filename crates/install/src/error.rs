//! What goes wrong when a program is fetched, installed or removed.

use std::io;
use std::path::{Path, PathBuf};

use scrip_domain::{Coded, ErrorCode, ProductId, Sha256};

use crate::SourceError;

/// Why a program was not fetched, installed or removed. Nothing half-made is left behind any of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused an operation on a file.
    #[error("could not {operation} {}: {source}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Io {
        operation: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// Too little space is left.
    #[error("the disk is full: {needed_bytes} bytes are needed at {} and {free_bytes} are free", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    DiskFull {
        path: PathBuf,
        needed_bytes: u64,
        free_bytes: u64,
    },
    /// Another process works on the same folder.
    #[error("{} is in use by {holder}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Busy { path: PathBuf, holder: String },
    /// The person stopped it.
    #[error("{what} was cancelled")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Cancelled { what: String },
    /// An artifact's name is not one plain file name.
    #[error("the file name {name:?} is refused: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    FileNameUnsafe { name: String, why: &'static str },
    /// An entry of an archive would leave its folder or harm the computer.
    #[error("the archive {archive} is refused: its entry {entry:?} {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    EntryUnsafe {
        archive: String,
        entry: String,
        why: &'static str,
    },
    /// A file of another program stands where this one's belongs.
    #[error("{} belongs to another program and is kept", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    NameTaken { path: PathBuf },
    /// A file is not what its kind promises.
    #[error("the file {archive} cannot be installed: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    ArchiveInvalid { archive: String, why: String },
    /// The file is longer than the release says.
    #[error("{file} has {got} bytes or more; the release says {expected}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SizeMismatch { file: String, expected: u64, got: u64 },
    /// The source ended early, again and again.
    #[error("{file} ended after {got} of {expected} bytes")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Truncated { file: String, expected: u64, got: u64 },
    /// The file is not the one that was released.
    #[error("{file} is not the released file: its SHA-256 is {got}; the release says {expected}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    DigestMismatch {
        file: String,
        expected: Sha256,
        got: Sha256,
    },
    /// The source gave no more bytes.
    #[error("could not download {file}: {source}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Source { file: String, source: SourceError },
    /// The package manager failed.
    #[error("the package manager could not {operation} {packages}: {tail}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PackageManager {
        operation: &'static str,
        packages: String,
        tail: String,
    },
    /// Another program uses the package manager.
    #[error("the package manager could not {operation} {packages}, because another program is using it")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PackageManagerBusy {
        operation: &'static str,
        packages: String,
        tail: String,
    },
    /// The person, or the system's policy, did not allow it.
    #[error("permission to {operation} {packages} was not given")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PermissionDenied {
        operation: &'static str,
        packages: String,
        tail: String,
    },
    /// This computer cannot use the file.
    #[error("{file} cannot be installed on this computer: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Unsupported { file: String, why: String },
    /// There is no receipt for the product.
    #[error("{product} is not installed by Scrip")]
    #[expect(missing_docs, reason = "the message names the fields")]
    NotInstalled { product: ProductId },
    /// A file of the journal or a receipt cannot be read.
    #[error("{} is damaged: {why}", path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    StateCorrupt { path: PathBuf, why: String },
    /// The thread that did the work broke off.
    #[error("{operation} broke off; the next start completes it or takes it back")]
    #[expect(missing_docs, reason = "the message names the fields")]
    BrokenOff { operation: &'static str },
}

impl Error {
    /// An [`Error::Io`]; where the disk is full an [`Error::DiskFull`] that asks for `needed_bytes` more.
    pub(crate) fn write(operation: &'static str, path: &Path, needed_bytes: u64, source: io::Error) -> Self {
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            let folder = path.parent().unwrap_or(path);
            let free_bytes = crate::system::free_bytes(folder).ok().flatten().unwrap_or(0);
            Self::DiskFull {
                path: folder.to_owned(),
                needed_bytes: needed_bytes.max(1),
                free_bytes,
            }
        } else {
            Self::Io {
                operation,
                path: path.to_owned(),
                source,
            }
        }
    }
}

/// Makes the closure that [`Result::map_err`] needs for a file operation.
pub(crate) fn io_error(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::write(operation, &path, 0, source)
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => ErrorCode::InstallPermission,
            Self::Io { .. } => ErrorCode::InstallIo,
            Self::DiskFull { .. } => ErrorCode::InstallDiskFull,
            Self::Busy { .. } | Self::PackageManagerBusy { .. } => ErrorCode::InstallBusy,
            Self::Cancelled { .. } => ErrorCode::InstallCancelled,
            Self::FileNameUnsafe { .. } | Self::EntryUnsafe { .. } | Self::NameTaken { .. } => {
                ErrorCode::InstallPathUnsafe
            }
            Self::ArchiveInvalid { .. } => ErrorCode::InstallArchiveInvalid,
            Self::SizeMismatch { .. } => ErrorCode::ArtifactSizeMismatch,
            Self::Truncated { .. } => ErrorCode::ArtifactTruncated,
            Self::DigestMismatch { .. } => ErrorCode::ArtifactDigestMismatch,
            Self::Source { source, .. } => source.code(),
            Self::PackageManager { .. } => ErrorCode::InstallPackageManager,
            Self::PermissionDenied { .. } => ErrorCode::InstallPermission,
            Self::Unsupported { .. } => ErrorCode::InstallUnsupported,
            Self::NotInstalled { .. } => ErrorCode::InstallNotInstalled,
            Self::StateCorrupt { .. } => ErrorCode::StateCorrupt,
            Self::BrokenOff { .. } => ErrorCode::InternalError,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Source { source, .. } => {
                let mut hints = source.hints();
                hints.push("Try again: the download continues where it stopped.".to_owned());
                return hints;
            }
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                format!("Make {} writable for you, then try again.", path.display())
            }
            Self::DiskFull { needed_bytes, free_bytes, .. } => {
                let more = needed_bytes.saturating_sub(*free_bytes).max(1);
                format!("Free at least {more} bytes, then try again; what was downloaded is kept.")
            }
            Self::Busy { .. } => "Wait until the other installation is done, then try again.".to_owned(),
            Self::PackageManagerBusy { .. } => {
                "Wait until the system's update or software program is done, then try again.".to_owned()
            }
            Self::Cancelled { .. } => "Start it again at any time; what was downloaded is kept.".to_owned(),
            Self::Truncated { .. } => "Try again: the download continues where it stopped.".to_owned(),
            Self::DigestMismatch { .. } | Self::SizeMismatch { .. } => {
                "The file was removed. Try again; if it happens again, tell the vendor: the file on the server is wrong."
                    .to_owned()
            }
            Self::FileNameUnsafe { .. } | Self::EntryUnsafe { .. } | Self::ArchiveInvalid { .. } => {
                "Nothing was installed. Tell the vendor: the release is faulty.".to_owned()
            }
            Self::NameTaken { path } => format!("Rename or remove {}, then try again.", path.display()),
            Self::PackageManager { .. } => "Read the last lines above; often another package has to be repaired or \
                 the package lists have to be refreshed first."
                .to_owned(),
            Self::PermissionDenied { .. } => "Try again and confirm with an administrator's password.".to_owned(),
            Self::Unsupported { .. } => "Choose a release for this computer.".to_owned(),
            Self::StateCorrupt { path, .. } => format!("Move {} away, then install the program again.", path.display()),
            Self::BrokenOff { .. } => "Start Scrip again.".to_owned(),
            Self::Io { .. } | Self::NotInstalled { .. } => return Vec::new(),
        };
        vec![hint]
    }
}
