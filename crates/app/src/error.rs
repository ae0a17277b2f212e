//! Why a use case failed, and how the window and the terminal are told.

use std::io;
use std::path::{Path, PathBuf};

use scrip_domain::{Coded, ErrorCode, Platform, ProductId};
use scrip_licensing::StatementKind;

use crate::contract::Failure;

/// What went wrong in a use case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The exchange with the server failed.
    #[error(transparent)]
    Client(#[from] scrip_client::Error),
    /// Fetching, installing or removing a program failed.
    #[error(transparent)]
    Install(#[from] scrip_install::Error),
    /// A program could not be looked at or started.
    #[error(transparent)]
    Inventory(#[from] scrip_inventory::Error),
    /// A code or a key was refused.
    #[error(transparent)]
    Licensing(#[from] scrip_licensing::Error),
    /// A program may not run here.
    #[error(transparent)]
    Refused(scrip_sdk::Refusal),
    /// A rule refuses.
    #[error(transparent)]
    Rule(#[from] scrip_domain::Error),
    /// The operating system refused an operation on a file.
    #[error("could not {operation} {}: {source}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file of the local state cannot be understood.
    #[error("{} is damaged: {why}", path.display())]
    StateCorrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No folder for the local state is known.
    #[error("no home folder is known: {missing} is not set to an absolute path")]
    HomeUnknown {
        /// The variable of the environment.
        missing: &'static str,
    },
    /// A setting has a value that is not known.
    #[error("{name} is \"{value}\", which is not one of: {allowed}")]
    SettingInvalid {
        /// The variable of the environment.
        name: &'static str,
        /// Its value.
        value: String,
        /// The values that are known.
        allowed: &'static str,
    },
    /// The Secret Service is locked, or was not unlocked in time.
    #[error("the system's keyring is locked: {why}")]
    KeystoreLocked {
        /// What the keyring said.
        why: String,
    },
    /// There is no Secret Service.
    #[error("the system's keyring cannot be used: {why}")]
    KeystoreUnavailable {
        /// What the system said.
        why: String,
    },
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// Signing in by the browser did not work.
    #[error("signing in by the browser did not work: {why}")]
    BrowserSignIn {
        /// What went wrong.
        why: &'static str,
    },
    /// Several products fit a name.
    #[error("\"{text}\" may be any of {} products", candidates.len())]
    ProductAmbiguous {
        /// What was asked for.
        text: String,
        /// The products that it may be.
        candidates: Vec<ProductId>,
    },
    /// No product fits a name.
    #[error("there is no product \"{text}\" in the catalog")]
    ProductUnknown {
        /// What was asked for.
        text: String,
    },
    /// The vendor publishes no file for this computer.
    #[error("{product} has no file for this computer ({} on {})", platform.os, platform.arch)]
    NoArtifact {
        /// The product.
        product: ProductId,
        /// What this computer is.
        platform: Platform,
    },
    /// No authorization code for the product is stored here.
    #[error("there is no authorization code for {product} on this computer")]
    CodeNotFound {
        /// The product.
        product: ProductId,
    },
    /// No key of any vendor is known here.
    #[error("no vendor's keys are stored on this computer, so that no code can be verified")]
    KeysUnknown,
    /// A vendor's keys were all replaced at once.
    #[error("the keys of {issuer} share none with those that were trusted before")]
    KeysReplaced {
        /// The vendor.
        issuer: String,
    },
    /// A server names another vendor than the one that was trusted first.
    #[error("this server says that it belongs to the vendor {named}; it belonged to {pinned}")]
    VendorReplaced {
        /// The vendor that is trusted.
        pinned: String,
        /// The one that is named now.
        named: String,
    },
    /// A vendor's address pins no root key.
    #[error("\"{issuer}\" is not the address of a vendor")]
    VendorInvalid {
        /// The address.
        issuer: String,
    },
    /// No vendor was ever pinned here.
    #[error("this computer does not know the vendor yet")]
    VendorUnknown,
    /// Nobody is signed in, and no account was named.
    #[error("nobody was ever signed in on this computer, and no account is named")]
    AccountUnnamed,
    /// This computer has no seat of a license.
    #[error("this computer has no seat of the license for {product}")]
    SeatNotHere {
        /// The product.
        product: ProductId,
    },
    /// No computer of the account has that name.
    #[error("no computer of your account is called \"{name}\"")]
    ComputerUnknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A recovery code that serves no more.
    #[error("the recovery code of {at} was used already, or a later time is certain by now")]
    RecoveryUsed {
        /// The time that it states.
        at: scrip_domain::Timestamp,
    },
    /// A file with codes cannot be used.
    #[error("{} is no file of authorization codes: {why}", path.display())]
    CodeFileInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Whether a payment was carried out is not known.
    #[error("whether the payment was made is not known yet: {source}")]
    PaymentUnsettled {
        /// What broke the exchange.
        source: scrip_client::Error,
    },
    /// The program was put in place but is not found.
    #[error("{product} was installed, but is not found on this computer afterwards")]
    NotDetected {
        /// The product.
        product: ProductId,
    },
    /// The product is being acquired already.
    #[error("{product} is being installed already")]
    AlreadyRunning {
        /// The product.
        product: ProductId,
    },
    /// The person stopped the acquisition while it waited.
    #[error("the installation of {product} was cancelled")]
    Cancelled {
        /// The product.
        product: ProductId,
    },
    /// The program cannot be started.
    #[error("{product} could not be started: {why}")]
    LaunchFailed {
        /// The product.
        product: ProductId,
        /// What the system said.
        why: String,
    },
    /// The icon does not have the digest that the catalog names.
    #[error("the icon {digest} that the server sent is another one")]
    IconInvalid {
        /// The digest.
        digest: scrip_domain::Sha256,
    },
    /// A command of the table was called wrongly.
    #[error("the command {name} cannot be run: {why}")]
    CommandInvalid {
        /// The command.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A task of this program broke off.
    #[error("{what} broke off")]
    BrokenOff {
        /// What it was doing.
        what: &'static str,
    },
}

impl Error {
    /// Whether the server could not be asked, so that what is stored here should serve.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Client(source) | Self::PaymentUnsettled { source } if source.is_offline())
    }
}

/// Makes the closure that [`Result::map_err`] needs for a file operation.
pub(crate) fn io_error(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        operation,
        path,
        source,
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Client(source) | Self::PaymentUnsettled { source } => source.code(),
            Self::Install(source) => source.code(),
            Self::Inventory(source) => source.code(),
            Self::Licensing(source) => source.code(),
            Self::Refused(source) => source.code(),
            Self::Rule(source) => source.code(),
            Self::Io { .. } => ErrorCode::StateIo,
            Self::StateCorrupt { .. } => ErrorCode::StateCorrupt,
            Self::HomeUnknown { .. } | Self::SettingInvalid { .. } => ErrorCode::ConfigInvalid,
            Self::KeystoreLocked { .. } => ErrorCode::KeystoreLocked,
            Self::KeystoreUnavailable { .. } => ErrorCode::KeystoreUnavailable,
            Self::NotSignedIn | Self::AccountUnnamed => ErrorCode::AuthSessionMissing,
            Self::BrowserSignIn { .. } => ErrorCode::AuthBrowser,
            Self::ProductAmbiguous { .. } => ErrorCode::ProductAmbiguous,
            Self::ProductUnknown { .. } => ErrorCode::ProductNotFound,
            Self::NoArtifact { .. } => ErrorCode::ArtifactNoneForPlatform,
            Self::CodeNotFound { .. } => ErrorCode::CodeNotFound,
            Self::KeysUnknown | Self::KeysReplaced { .. } | Self::VendorUnknown => ErrorCode::CodeKeysInvalid,
            Self::VendorReplaced { .. } | Self::VendorInvalid { .. } => ErrorCode::CodeIssuer,
            Self::SeatNotHere { .. } | Self::ComputerUnknown { .. } => ErrorCode::DeviceNotFound,
            Self::RecoveryUsed { .. } => ErrorCode::StatementRolledBack,
            Self::CodeFileInvalid { .. } => ErrorCode::CodeMalformed,
            Self::NotDetected { .. } => ErrorCode::InstallNotInstalled,
            Self::AlreadyRunning { .. } => ErrorCode::InstallBusy,
            Self::Cancelled { .. } => ErrorCode::InstallCancelled,
            Self::LaunchFailed { .. } => ErrorCode::LaunchFailed,
            Self::IconInvalid { .. } => ErrorCode::ServerAnswerInvalid,
            Self::CommandInvalid { .. } => ErrorCode::CommandInvalid,
            Self::BrokenOff { .. } => ErrorCode::InternalError,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Client(source) => return source.hints(),
            Self::Install(source) => return source.hints(),
            Self::Inventory(source) => return source.hints(),
            Self::Licensing(source) => {
                let mut hints = source.hints();
                if let scrip_licensing::Error::StatementKind { found, .. } = source {
                    hints.extend(taken_by(*found));
                }
                return hints;
            }
            Self::Refused(source) => return source.hints(),
            Self::Rule(source) => return source.hints(),
            Self::Io { path, .. } => format!("Check that {} can be written and that the disk has space.", path.display()),
            Self::StateCorrupt { path, .. } => {
                format!("Move {} away and try again; what the vendor knows is fetched anew.", path.display())
            }
            Self::HomeUnknown { .. } => "Set SCRIP_HOME to a folder of yours.".to_owned(),
            Self::SettingInvalid { name, .. } => format!("Correct or unset {name}."),
            Self::KeystoreLocked { .. } => "Unlock the keyring (sign in to your desktop, or open its passwords), then try again.".to_owned(),
            Self::KeystoreUnavailable { .. } => {
                "Start a Secret Service such as gnome-keyring, or set SCRIP_KEYSTORE=file to keep secrets in a file that only you can read.".to_owned()
            }
            Self::BrowserSignIn { .. } => "Begin again, or sign in with your password.".to_owned(),
            Self::NotSignedIn => "Sign in or register first.".to_owned(),
            Self::ProductAmbiguous { candidates, .. } => {
                let ids: Vec<_> = candidates.iter().take(10).map(ProductId::as_str).collect();
                format!("Use one of these ids: {}.", ids.join(", "))
            }
            Self::ProductUnknown { .. } => "Search the catalog for it, and use the id that the search shows.".to_owned(),
            Self::NoArtifact { .. } => "Install the program by other means; the authorization code can be had all the same.".to_owned(),
            Self::CodeNotFound { product } => format!("Buy or rent {product}, or go online to fetch its code."),
            Self::KeysUnknown => "Go online once, or name a file with the vendor's keys.".to_owned(),
            Self::KeysReplaced { .. } => "Ask the vendor by another way whether the keys were replaced; until then do not trust this server.".to_owned(),
            Self::VendorReplaced { .. } => {
                "Do not trust this server: ask the vendor by another way. Nothing that is stored here was changed.".to_owned()
            }
            Self::VendorInvalid { .. } => {
                "A vendor's address is \"urn:scrip:vendor:\" and 43 letters and digits; the server must be of this version.".to_owned()
            }
            Self::VendorUnknown => {
                "Name the vendor's address, as the account page shows it, or go online once.".to_owned()
            }
            Self::AccountUnnamed => "Name the e-mail address of your account.".to_owned(),
            Self::SeatNotHere { product } => format!("Look at who has its seats: scrip seats {product}."),
            Self::ComputerUnknown { known, .. } if known.is_empty() => "No computer is registered yet.".to_owned(),
            Self::ComputerUnknown { known, .. } => format!("There are: {}.", known.join(", ")),
            Self::RecoveryUsed { .. } => "Fetch a new recovery code from your account page.".to_owned(),
            Self::CodeFileInvalid { .. } => "Give a file with an armored authorization or one code.".to_owned(),
            Self::PaymentUnsettled { .. } => {
                "It is kept under its own key and settled when the server answers; you are never charged twice for it.".to_owned()
            }
            Self::NotDetected { .. } => "Look at its plan for what was looked for; the vendor's listing may be wrong.".to_owned(),
            Self::AlreadyRunning { .. } => "Wait until it is done, or cancel it.".to_owned(),
            Self::LaunchFailed { .. } => "Start it from the menu of your desktop.".to_owned(),
            Self::Cancelled { .. } | Self::IconInvalid { .. } | Self::CommandInvalid { .. } | Self::BrokenOff { .. } => return Vec::new(),
        };
        vec![hint]
    }
}

/// Where a statement belongs that was put somewhere else.
fn taken_by(found: StatementKind) -> Option<String> {
    let (what, command) = match found {
        StatementKind::Code => ("An authorization code", "code import"),
        StatementKind::Request => ("A request", "offline submit"),
        StatementKind::Bundle => ("A bundle, the answer to a request,", "offline import"),
        StatementKind::Recovery => ("A recovery code", "clock recover"),
        StatementKind::Wallet => ("A wallet statement", "statement verify"),
        _ => return None,
    };
    Some(format!("{what} is taken by \"scrip {command}\"."))
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let server = match error {
            Error::Client(source) | Error::PaymentUnsettled { source } => Some(source),
            _ => None,
        };
        Self {
            code: server.map_or_else(|| error.code().as_str().to_owned(), scrip_client::Error::code_text),
            message: error.to_string(),
            hints: error.hints(),
            quote: server
                .and_then(|source| source.problem())
                .and_then(|problem| problem.quote.clone()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<scrip_sdk::Refusal> for Error {
    fn from(refusal: scrip_sdk::Refusal) -> Self {
        match refusal {
            scrip_sdk::Refusal::Licensing(error) => Self::Licensing(error),
            scrip_sdk::Refusal::NoCode { product } => Self::CodeNotFound { product },
            other => Self::Refused(other),
        }
    }
}
