use scrip_domain::{Coded, ErrorCode, PurchaseStatus, Quote};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address names no database that the store speaks.
    #[error("\"{url}\" is not a database address")]
    #[expect(missing_docs, reason = "the message names the fields")]
    UrlInvalid { url: String },
    /// The database cannot be opened or reached.
    #[error("the database cannot be reached while trying to {operation}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Unavailable {
        operation: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The tables cannot be brought up to date.
    #[error("the database's tables cannot be brought up to date")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Migration { source: sqlx::migrate::MigrateError },
    /// Others changed the same rows again and again.
    #[error("too many others were changing the same rows while trying to {operation}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Busy { operation: &'static str },
    /// A guard of the database refused a write; internal, turned into another attempt.
    #[error("a row changed while trying to {operation}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Conflict { operation: &'static str },
    /// A stored value breaks a rule.
    #[error("{table} {id} holds a value that cannot be read: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Corrupt {
        table: &'static str,
        id: String,
        why: String,
    },
    /// The address has an account already.
    #[error("{email} has an account already")]
    #[expect(missing_docs, reason = "the message names the fields")]
    EmailTaken { email: String },
    /// No account has this address.
    #[error("no account has the address {email}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    AccountNotFound { email: String },
    /// The device is not one of the caller's.
    #[error("there is no device {device} in your account")]
    #[expect(missing_docs, reason = "the message names the fields")]
    DeviceNotFound { device: String },
    /// The license is not one of the caller's.
    #[error("there is no license {license} in your account")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseNotFound { license: String },
    /// The seat is not one of the caller's.
    #[error("there is no seat {activation} in your account")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SeatNotFound { activation: String },
    /// No price list has this id.
    #[error("there is no price list {list}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PriceListNotFound { list: String },
    /// The purchase is not one of the caller's.
    #[error("there is no purchase {purchase}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PurchaseNotFound { purchase: String },
    /// A purchase went on to where this can no longer be done.
    #[error("the purchase {purchase} is {status} and can no longer be {what}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PurchaseSettled {
        purchase: String,
        status: PurchaseStatus,
        what: &'static str,
    },
    /// No campaign has this id.
    #[error("there is no campaign {campaign}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    CampaignNotFound { campaign: String },
    /// The transfer between two people is not one of the caller's.
    #[error("there is no transfer {sending} in your account")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SendingNotFound { sending: String },
    /// A transfer between two people can no longer be taken back.
    #[error("the transfer {sending} is {state} and cannot be taken back")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SendingOver { sending: String, state: &'static str },
    /// The gift is not one of the caller's.
    #[error("there is no gift {gift} in your account")]
    #[expect(missing_docs, reason = "the message names the fields")]
    GiftNotFound { gift: String },
    /// A gift no longer waits.
    #[error("the gift {gift} is {state} already")]
    #[expect(missing_docs, reason = "the message names the fields")]
    GiftOver { gift: String, state: &'static str },
    /// The team is not one of the caller's.
    #[error("there is no team {team} in your account")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TeamNotFound { team: String },
    /// The order is not one of the caller's.
    #[error("there is no order {order} in your account")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OrderNotFound { order: String },
    /// A period has more entries than one answer holds.
    #[error("the period has more than {most} transfers")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PeriodTooLong { most: usize },
    /// A code was never given, was used, or is too old.
    #[error("the code is wrong, was used before, or is too old")]
    CodeWrong,
    /// The account has no such session.
    #[error("there is no session {session} in your account")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SessionNotFound { session: String },
    /// An authenticator is confirmed already, or its code was used.
    #[error("the account has an authenticator already")]
    SecondFactorOn,
    /// A passkey cannot be added or used.
    #[error("the passkey is refused: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PasskeyRefused { why: &'static str },
    /// A person cannot be erased now.
    #[error("the account cannot be erased: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    NotErasable { why: String },
    /// There is no such order for tokens, or it is somebody else's.
    #[error("there is no order for tokens {order}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TokenOrderNotFound { order: String },
    /// There is no such bill, or it is somebody else's.
    #[error("there is no bill {invoice}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    InvoiceNotFound { invoice: String },
    /// There is no such payment.
    #[error("there is no payment {payment}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PaymentNotFound { payment: String },
    /// A command's id was used with another body.
    #[error("the idempotency key {command} was used before with another request")]
    #[expect(missing_docs, reason = "the message names the fields")]
    IdempotencyConflict { command: String },
    /// The address is an operator's already.
    #[error("{email} is an operator already")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OperatorEmailTaken { email: String },
    /// No operator has this id or address.
    #[error("there is no operator {operator}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OperatorNotFound { operator: String },
    /// The vendor would be left without an owner.
    #[error("one owner must stay")]
    OperatorLastOwner,
    /// Nothing with this id waits for approval.
    #[error("there is no request for approval {approval}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    ApprovalNotFound { approval: String },
    /// Another operator decided first.
    #[error("it was {status} already")]
    #[expect(missing_docs, reason = "the message names the fields")]
    ApprovalDecided { status: String },
    /// Who asked wants to approve, too.
    #[error("who asked for it cannot approve it")]
    ApprovalOwn,
    /// A rule refused.
    #[error(transparent)]
    Rule(#[from] scrip_domain::Error),
    /// There is no such endpoint of webhooks, or no such message to one.
    #[error("there is no endpoint or message {endpoint}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    EndpointNotFound { endpoint: String },
    /// A list is full.
    #[error("there are {most} {what} already, which is the most")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TooMany { what: &'static str, most: i64 },
    /// A copy cannot be put back where it should go.
    #[error("the copy cannot be put back: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    NotRestorable { why: String },
    /// A file of a copy cannot be read or written.
    #[error("cannot {operation}: {path}", path = path.display())]
    #[expect(missing_docs, reason = "the message names the fields")]
    Io {
        operation: &'static str,
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    /// A secret of the database was asked for without the key that opens it.
    #[error("the secrets in the database are sealed, and there is no key to open them")]
    DataKeyMissing,
    /// A sealed secret does not open.
    #[error("the secret of {table} {id} cannot be opened: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SecretUnreadable {
        table: &'static str,
        id: String,
        why: &'static str,
    },
    /// The store is closing.
    #[error("the server is shutting down")]
    Closing,
}

impl Error {
    /// What a database refused: a conflict where another attempt is worth it.
    pub(crate) fn of_database(
        operation: &'static str,
        retry: bool,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        if retry {
            Self::Conflict { operation }
        } else {
            Self::Unavailable {
                operation,
                source: source.into(),
            }
        }
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::UrlInvalid { .. } => ErrorCode::ConfigInvalid,
            Self::Unavailable { .. } | Self::Migration { .. } | Self::Closing => ErrorCode::StoreUnavailable,
            Self::Busy { .. } | Self::Conflict { .. } => ErrorCode::StoreBusy,
            Self::Corrupt { .. } => ErrorCode::StoreCorrupt,
            Self::EmailTaken { .. } => ErrorCode::AccountEmailTaken,
            Self::AccountNotFound { .. } => ErrorCode::AccountNotFound,
            Self::DeviceNotFound { .. } => ErrorCode::DeviceNotFound,
            Self::LicenseNotFound { .. } => ErrorCode::LicenseNotFound,
            Self::SeatNotFound { .. } => ErrorCode::SeatNotFound,
            Self::PriceListNotFound { .. } => ErrorCode::PriceListNotFound,
            Self::PurchaseNotFound { .. } => ErrorCode::PurchaseNotFound,
            Self::PurchaseSettled { .. } => ErrorCode::PurchaseSettled,
            Self::CampaignNotFound { .. } => ErrorCode::CampaignNotFound,
            Self::SendingNotFound { .. } => ErrorCode::SendingNotFound,
            Self::SendingOver { .. } => ErrorCode::SendingOver,
            Self::GiftNotFound { .. } => ErrorCode::GiftNotFound,
            Self::GiftOver { .. } => ErrorCode::GiftOver,
            Self::TeamNotFound { .. } => ErrorCode::TeamNotFound,
            Self::OrderNotFound { .. } => ErrorCode::OrderNotFound,
            Self::PeriodTooLong { .. } => ErrorCode::HistoryPeriod,
            Self::CodeWrong => ErrorCode::AccountCodeWrong,
            Self::SessionNotFound { .. } => ErrorCode::SessionNotFound,
            Self::SecondFactorOn => ErrorCode::AuthSecondFactorState,
            Self::PasskeyRefused { .. } => ErrorCode::AuthPasskeyRefused,
            Self::NotErasable { .. } => ErrorCode::AccountNotErasable,
            Self::TokenOrderNotFound { .. } => ErrorCode::PurchaseOrderNotFound,
            Self::InvoiceNotFound { .. } => ErrorCode::InvoiceNotFound,
            Self::PaymentNotFound { .. } => ErrorCode::PaymentNotFound,
            Self::IdempotencyConflict { .. } => ErrorCode::IdempotencyConflict,
            Self::OperatorEmailTaken { .. } => ErrorCode::OperatorEmailTaken,
            Self::OperatorNotFound { .. } => ErrorCode::OperatorNotFound,
            Self::OperatorLastOwner => ErrorCode::OperatorLastOwner,
            Self::ApprovalNotFound { .. } => ErrorCode::ApprovalNotFound,
            Self::ApprovalDecided { .. } => ErrorCode::ApprovalDecided,
            Self::ApprovalOwn => ErrorCode::ApprovalOwn,
            Self::EndpointNotFound { .. } => ErrorCode::WebhookNotFound,
            Self::TooMany { .. } => ErrorCode::RequestTooMany,
            Self::NotRestorable { .. } => ErrorCode::BackupRefused,
            Self::Io { .. } => ErrorCode::StateIo,
            Self::DataKeyMissing | Self::SecretUnreadable { .. } => ErrorCode::StoreSealed,
            Self::Rule(rule) => rule.code(),
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::UrlInvalid { .. } => "Give sqlite:PATH or postgres://USER@HOST/DATABASE.",
            Self::Unavailable { .. } | Self::Closing => "Try again in a moment; nothing was charged.",
            Self::Migration { .. } => "Use a server version at least as new as the database.",
            Self::Busy { .. } | Self::Conflict { .. } => "Try again; nothing was charged.",
            Self::Corrupt { .. } => "Run scrip-server audit.",
            Self::DataKeyMissing | Self::SecretUnreadable { .. } => {
                "Put keys/data.key of the data folder back from a backup, or set SCRIP_DATA_KEY to the key of the other servers."
            }
            Self::NotRestorable { .. } => "Restore into a new data folder and a new, empty database of the same kind.",
            Self::EmailTaken { .. } => "Sign in instead.",
            Self::CodeWrong => "Ask for a new one.",
            Self::SecondFactorOn => "Take it off first.",
            Self::PasskeyRefused { .. } => "Sign in with the password, or use another passkey.",
            Self::NotErasable { .. } => "See to that first, or say that the tokens may be lost.",
            Self::DeviceNotFound { .. } => "Register this computer again.",
            Self::IdempotencyConflict { .. } => "Make a new command id for a new request.",
            Self::ApprovalOwn => "Ask another operator.",
            Self::OperatorLastOwner => "Make another operator an owner first.",
            Self::PeriodTooLong { .. } => "Choose a shorter period.",
            Self::SendingOver { .. } => "Ask the recipient to send it back.",
            Self::GiftOver { .. }
            | Self::CampaignNotFound { .. }
            | Self::SendingNotFound { .. }
            | Self::GiftNotFound { .. }
            | Self::TeamNotFound { .. }
            | Self::OrderNotFound { .. } => return Vec::new(),
            Self::Rule(rule) => return rule.hints(),
            Self::PurchaseSettled { .. } => "Look at where it stands now.",
            Self::AccountNotFound { .. }
            | Self::PriceListNotFound { .. }
            | Self::PurchaseNotFound { .. }
            | Self::TokenOrderNotFound { .. }
            | Self::InvoiceNotFound { .. }
            | Self::PaymentNotFound { .. }
            | Self::LicenseNotFound { .. }
            | Self::SeatNotFound { .. }
            | Self::OperatorEmailTaken { .. }
            | Self::OperatorNotFound { .. }
            | Self::ApprovalNotFound { .. }
            | Self::ApprovalDecided { .. }
            | Self::SessionNotFound { .. }
            | Self::EndpointNotFound { .. }
            | Self::TooMany { .. }
            | Self::Io { .. } => {
                return Vec::new();
            }
        };
        vec![hint.to_owned()]
    }
}

impl From<scrip_domain::BillingError> for Error {
    fn from(error: scrip_domain::BillingError) -> Self {
        Self::Rule(error.into())
    }
}

/// Why a checkout was refused, with today's quote where a price or the balance was the reason.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// The reason.
    #[source]
    pub error: Error,
    /// Today's quote.
    pub quote: Option<Quote>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, quote: None }
    }
}
