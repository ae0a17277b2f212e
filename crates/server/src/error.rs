//! Why a request or a command of the server failed.

use std::path::PathBuf;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use scrip_api::{PROBLEM_CONTENT_TYPE, Problem};
use scrip_domain::{Coded, Deed, ErrorCode, PurchaseMethod, Quote, Sha256, Timestamp};

/// Why the server could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] scrip_store::Error),
    /// A checkout was refused; today's quote is shown where it helps.
    #[error("{error}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Refused {
        error: scrip_store::Error,
        quote: Option<Quote>,
    },
    /// A rule refused.
    #[error(transparent)]
    Rule(#[from] scrip_domain::Error),
    /// A code cannot be made or read.
    #[error(transparent)]
    Licensing(#[from] scrip_licensing::Error),
    /// A catalog file cannot be read.
    #[error(transparent)]
    Appstream(#[from] scrip_appstream::Error),
    /// The address or the password is wrong; which one is not told.
    #[error("the e-mail address or the password is wrong")]
    CredentialsWrong,
    /// The password of whoever is signed in is wrong.
    #[error("the password is wrong")]
    PasswordWrong,
    /// Too many wrong tries at an account from strangers, or from this client.
    #[error("too many wrong tries at this account from here; the next one is possible in {seconds} seconds")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Locked { seconds: u64 },
    /// The account has a second factor, and no code of it came.
    #[error("a code of the authenticator app is needed")]
    SecondFactorMissing,
    /// The code of the second factor is wrong, or was used.
    #[error("the code of the authenticator app is wrong or was used before")]
    SecondFactorWrong,
    /// The second factor cannot be changed so.
    #[error("the second factor stays as it is: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SecondFactorState { why: &'static str },
    /// A passkey cannot be added or used.
    #[error("the passkey is refused: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PasskeyRefused { why: &'static str },
    /// The account's address is not verified.
    #[error("the e-mail address of your account is not verified, and only verified accounts may {}", deed.words())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Unverified { deed: Deed },
    /// The address of the account that would get something is not verified.
    #[error("the e-mail address of the recipient is not verified, and only verified accounts may {}", Deed::Receive.words())]
    RecipientUnverified,
    /// Mail cannot be sent.
    #[error("this server sends no mail")]
    MailNotSetUp,
    /// An app's request to sign in by the browser cannot be granted.
    #[error("the app cannot be signed in: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    BrowserRefused { why: &'static str },
    /// No session token came with the request.
    #[error("nobody is signed in")]
    SessionMissing,
    /// The session ended, or never was.
    #[error("the session has ended")]
    SessionExpired,
    /// A form was not shown to this browser, or long ago.
    #[error("this form is too old, or did not come from this page")]
    FormStale,
    /// The operator's role does not allow it.
    #[error("your role, {role}, does not allow that")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OperatorForbidden { role: scrip_domain::Role },
    /// The body or a parameter cannot be read.
    #[error("the request cannot be read: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Malformed { why: String },
    /// The body is too large.
    #[error("the request is larger than {limit_bytes} bytes")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TooLarge { limit_bytes: usize },
    /// Too many tries.
    #[error("too many tries; the next one is possible in {seconds} seconds")]
    #[expect(missing_docs, reason = "the message names the fields")]
    RateLimited { seconds: u64 },
    /// The request took too long.
    #[error("the request took longer than {seconds} seconds")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Timeout { seconds: u64 },
    /// No such resource.
    #[error("there is nothing at {path}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    NotFound { path: String },
    /// The resource does not answer this method.
    #[error("{path} does not answer {method}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    MethodNotAllowed { path: String, method: String },
    /// A command came without its id.
    #[error("the header Idempotency-Key is missing or is not a UUID")]
    IdempotencyKeyMissing,
    /// No such file.
    #[error("there is no file {sha256}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    ArtifactNotFound { sha256: Sha256 },
    /// The asked range does not fit the file.
    #[error("the range \"{range}\" does not fit a file of {size} bytes")]
    #[expect(missing_docs, reason = "the message names the fields")]
    RangeInvalid { range: String, size: u64 },
    /// The device's key or digest is malformed.
    #[error("the device cannot be registered: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    DeviceInvalid { why: String },
    /// A file to publish does not say what it is.
    #[error("{path} cannot be published: {why}", path = path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Unpublishable { path: PathBuf, why: String },
    /// The configuration cannot be read.
    #[error("{path} is not a valid configuration: {source}", path = path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    ConfigInvalid {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    /// The server cannot be reached where it should be.
    #[error("cannot listen on {address}: {source}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Listen {
        address: std::net::SocketAddr,
        source: std::io::Error,
    },
    /// The address of the server's pages cannot be used.
    #[error("public_url = \"{url}\" is not an address: http or https, a host, and no path")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PublicUrlInvalid { url: String },
    /// The settings of mail cannot be used.
    #[error("the settings of [mail] cannot be used: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    MailInvalid { why: String },
    /// A computer without a network asks in the name of another account.
    #[error("the request is for the account {account}, and its computer is not one of yours")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OfflineOtherAccount { account: String },
    /// A file of the key folder is missing, or does not fit the others.
    #[error("{path} cannot be used: {why}", path = path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    KeysUnusable { path: PathBuf, why: String },
    /// A change of the key set would leave the server without a key, or has no object.
    #[error("the keys stay as they are: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    KeyChangeRefused { why: String },
    /// A file or folder cannot be used.
    #[error("cannot {operation} {path}", path = path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Io {
        operation: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file storage failed.
    #[error("cannot {operation} in the file storage")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Storage {
        operation: &'static str,
        source: object_store::Error,
    },
    /// Webhooks do not go to this address.
    #[error("{url} is not told of events: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    WebhookAddressRefused { url: String, why: String },
    /// A backup would replace something, or cannot go where it should.
    #[error("{path}: {why}", path = path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    BackupRefused { path: PathBuf, why: String },
    /// A backup does not hold what it says.
    #[error("{path} is damaged: {why}", path = path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    BackupDamaged { path: PathBuf, why: String },
    /// Tokens cannot be paid so.
    #[error("the vendor does not take payment by {}", method.label().to_lowercase())]
    #[expect(missing_docs, reason = "the message names the fields")]
    PaymentMethodOff { method: PurchaseMethod },
    /// The payment provider cannot be reached, or does not answer as it should.
    #[error("the payment provider cannot be used: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PaymentUnavailable { why: String },
    /// The payment provider refused.
    #[error("the payment provider refused: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PaymentRefused { why: String },
    /// The audit found what must not be.
    #[error("{breaches} rules of the books are broken, the first: {first}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    BooksBroken { breaches: usize, first: String },
    /// No job has this name.
    #[error("there is no job \"{name}\"")]
    #[expect(missing_docs, reason = "the message names the fields")]
    JobUnknown { name: String },
    /// Another server, or another run, does the job.
    #[error("{name} is being done already, at least until {until}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    JobRunning { name: &'static str, until: Timestamp },
    /// A job failed.
    #[error("{name} failed: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    JobFailed { name: &'static str, why: String },
    /// A bank's statement cannot be read.
    #[error("the statement cannot be read: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    StatementUnreadable { why: String },
    /// A bug: the server could not finish a step that cannot fail.
    #[error("the server failed inside while it tried to {operation}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Internal { operation: &'static str },
}

impl From<scrip_store::Refusal> for Error {
    fn from(refusal: scrip_store::Refusal) -> Self {
        Self::Refused {
            error: refusal.error,
            quote: refusal.quote,
        }
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Store(error) | Self::Refused { error, .. } => error.code(),
            Self::Rule(error) => error.code(),
            Self::Licensing(error) => error.code(),
            Self::Appstream(error) => error.code(),
            Self::CredentialsWrong | Self::PasswordWrong => ErrorCode::AuthCredentialsWrong,
            Self::Locked { .. } => ErrorCode::AuthLocked,
            Self::SecondFactorMissing => ErrorCode::AuthSecondFactorMissing,
            Self::SecondFactorWrong => ErrorCode::AuthSecondFactorWrong,
            Self::SecondFactorState { .. } => ErrorCode::AuthSecondFactorState,
            Self::PasskeyRefused { .. } => ErrorCode::AuthPasskeyRefused,
            Self::Unverified { .. } => ErrorCode::AccountUnverified,
            Self::RecipientUnverified => ErrorCode::AccountRecipientUnverified,
            Self::MailNotSetUp => ErrorCode::MailNotSetUp,
            Self::BrowserRefused { .. } => ErrorCode::AuthBrowser,
            Self::SessionMissing => ErrorCode::AuthSessionMissing,
            Self::SessionExpired => ErrorCode::AuthSessionExpired,
            Self::FormStale => ErrorCode::FormStale,
            Self::OperatorForbidden { .. } => ErrorCode::OperatorForbidden,
            Self::Malformed { .. } | Self::Unpublishable { .. } => ErrorCode::RequestMalformed,
            Self::TooLarge { .. } => ErrorCode::RequestTooLarge,
            Self::RateLimited { .. } => ErrorCode::RequestRateLimited,
            Self::Timeout { .. } => ErrorCode::RequestTimeout,
            Self::NotFound { .. } => ErrorCode::RequestNotFound,
            Self::MethodNotAllowed { .. } => ErrorCode::RequestMethodNotAllowed,
            Self::IdempotencyKeyMissing => ErrorCode::IdempotencyKeyMissing,
            Self::ArtifactNotFound { .. } => ErrorCode::ArtifactNotFound,
            Self::RangeInvalid { .. } => ErrorCode::ArtifactRangeInvalid,
            Self::DeviceInvalid { .. } => ErrorCode::DeviceKeyInvalid,
            Self::ConfigInvalid { .. }
            | Self::Listen { .. }
            | Self::PublicUrlInvalid { .. }
            | Self::MailInvalid { .. }
            | Self::KeyChangeRefused { .. } => ErrorCode::ConfigInvalid,
            Self::KeysUnusable { .. } => ErrorCode::CodeKeysInvalid,
            Self::OfflineOtherAccount { .. } => ErrorCode::OfflineOtherAccount,
            Self::Io { .. } => ErrorCode::StateIo,
            Self::Storage { .. } => ErrorCode::ServerUnavailable,
            Self::WebhookAddressRefused { .. } => ErrorCode::WebhookAddressRefused,
            Self::BackupRefused { .. } => ErrorCode::BackupRefused,
            Self::BackupDamaged { .. } => ErrorCode::BackupDamaged,
            Self::PaymentMethodOff { .. } => ErrorCode::PaymentMethodOff,
            Self::PaymentUnavailable { .. } => ErrorCode::PaymentUnavailable,
            Self::PaymentRefused { .. } => ErrorCode::PaymentRefused,
            Self::BooksBroken { .. } => ErrorCode::LedgerUnbalanced,
            Self::JobUnknown { .. } => ErrorCode::JobUnknown,
            Self::JobRunning { .. } => ErrorCode::JobRunning,
            Self::JobFailed { .. } => ErrorCode::JobFailed,
            Self::StatementUnreadable { .. } => ErrorCode::BankStatementMalformed,
            Self::Internal { .. } => ErrorCode::InternalError,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Store(error) => return error.hints(),
            Self::Refused { error, quote } => {
                let mut hints = error.hints();
                let names = scrip_store::ProductNames::default();
                hints.extend(
                    quote
                        .iter()
                        .flat_map(|quote| crate::offline::quote_words(quote, &names)),
                );
                return hints;
            }
            Self::Rule(error) => return error.hints(),
            Self::Licensing(error) => return error.hints(),
            Self::Appstream(error) => return error.hints(),
            Self::CredentialsWrong => "Check both and try again.",
            Self::PasswordWrong => "Check it and try again.",
            Self::Locked { .. } => {
                "Sign in on a computer that signed in before, or recover the account by mail; that works at once."
            }
            Self::SecondFactorMissing | Self::SecondFactorWrong => {
                "Enter the six digits that your authenticator app shows now, or one of your spare codes."
            }
            Self::PasskeyRefused { .. } => "Sign in with the password, or use another passkey.",
            Self::Unverified { .. } => {
                "Follow the link in the mail that the vendor sent, or ask for another: in the app under Account, on the \
                 page /account/personal, or with scrip account verify."
            }
            Self::RecipientUnverified => "Ask them to follow the link in the mail that they got when they registered.",
            Self::MailNotSetUp => "Ask the vendor for a code.",
            Self::BrowserRefused { .. } => "Begin again in the app.",
            Self::SessionMissing | Self::SessionExpired => "Sign in.",
            Self::FormStale => "Go back, load the page anew, and send it again.",
            Self::OperatorForbidden { .. } => "Ask an owner.",
            Self::IdempotencyKeyMissing => {
                "Send a UUID made by the client, the same for every repetition of the command."
            }
            Self::Storage { .. } | Self::Timeout { .. } => "Try again in a moment.",
            Self::Unpublishable { .. } => "Give --version, and a file whose name ends in .deb, .AppImage or .tar.*.",
            Self::KeysUnusable { .. } => {
                "Put the file back from a copy, or give the root key to scrip-server keys rotate --root FILE."
            }
            Self::OfflineOtherAccount { .. } => {
                "Sign in to that account, or let the computer name yours in a new request."
            }
            Self::WebhookAddressRefused { .. } => {
                "Give an https:// address that is reached from everywhere; webhooks_private = true in scrip-server.toml allows others."
            }
            Self::BackupRefused { .. } => {
                "Give a new file to back up to, and a new, empty data folder to restore into."
            }
            Self::BackupDamaged { .. } => "Use another backup; nothing was changed.",
            Self::PaymentMethodOff { .. } => "Choose another way to pay, or ask the vendor.",
            Self::PaymentUnavailable { .. } => "Try again in a moment; nothing was charged.",
            Self::PaymentRefused { .. } => "Choose another amount or another way to pay; nothing was charged.",
            Self::BooksBroken { .. } => "Stop selling, and look into what scrip-server audit says.",
            Self::JobUnknown { .. } => "See which there are with scrip-server jobs list.",
            Self::JobRunning { .. } => "Wait until it has ended; two servers never do one job at the same time.",
            Self::Listen { .. } => "Give another address with --listen, or end the program that listens there.",
            Self::KeyChangeRefused { .. } => "Look at the keys with scrip-server keys show.",
            Self::StatementUnreadable { .. } => "Export it anew, as CAMT.053 or as a table with named columns.",
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

impl Error {
    /// Whether it is the server's own failure, and not a refusal.
    pub(crate) fn is_internal(&self) -> bool {
        Problem::of(self).status >= 500
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut problem = Problem::of(&self);
        if problem.status >= 500 {
            // Logged once, here, where it becomes an answer; what went wrong inside is not the caller's business.
            tracing::error!(code = %self.code(), error = &self as &dyn std::error::Error, "a request failed");
        }
        if let Self::Refused { quote, .. } = &self {
            problem.quote.clone_from(quote);
        }
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_CONTENT_TYPE)], body).into_response();
        let headers = response.headers_mut();
        match &self {
            Self::RateLimited { seconds } | Self::Locked { seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Self::SessionMissing | Self::SessionExpired => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::RangeInvalid { size, .. } => {
                if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
                    headers.insert(header::CONTENT_RANGE, value);
                }
            }
            _ => {}
        }
        response
    }
}
