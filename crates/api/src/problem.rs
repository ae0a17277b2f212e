use scrip_domain::{Coded, ErrorCode, Quote};
use serde::{Deserialize, Serialize};

/// The media type of [`Problem`] (RFC 9457 section 6.1).
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was refused: problem details (RFC 9457) with a stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Problem {
    /// Names the kind of problem: `urn:scrip:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code, such as `wallet.insufficient`.
    pub code: String,
    /// What happened, in one sentence.
    pub detail: String,
    /// What to do next.
    #[serde(default)]
    pub hints: Vec<String>,
    /// Today's quote, where the price changed or the wallet lacks tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
}

impl Problem {
    /// The problem that `error` is, with the status that belongs to its code.
    pub fn of(error: &dyn Coded) -> Self {
        let code = error.code();
        Self {
            kind: format!("urn:scrip:problem:{code}"),
            status: status_of(code),
            code: code.as_str().to_owned(),
            detail: error.to_string(),
            hints: error.hints(),
            quote: None,
        }
    }
}

/// The HTTP status of an error code (RFC 9110 section 15).
fn status_of(code: ErrorCode) -> u16 {
    use ErrorCode as C;
    match code {
        C::AuthCredentialsWrong
        | C::AuthSecondFactorMissing
        | C::AuthSecondFactorWrong
        | C::AuthPasskeyRefused
        | C::AuthSessionExpired
        | C::AuthSessionMissing => 401,
        C::WalletInsufficient => 402,
        C::LicenseExpired
        | C::LicenseExhausted
        | C::LicensePaused
        | C::LicenseSuspended
        | C::LicenseRevoked
        | C::TeamRefused
        | C::SendingOff
        | C::AccountUnverified
        | C::AccountRecipientUnverified
        | C::FormStale
        | C::OperatorForbidden
        | C::ApprovalOwn => 403,
        C::AccountNotFound
        | C::ApprovalNotFound
        | C::OperatorNotFound
        | C::CampaignNotFound
        | C::SendingNotFound
        | C::GiftNotFound
        | C::TeamNotFound
        | C::OrderNotFound
        | C::ArtifactNotFound
        | C::CodeNotFound
        | C::DeviceNotFound
        | C::JobUnknown
        | C::LicenseNotFound
        | C::OfferNotFound
        | C::PackNotFound
        | C::PriceListNotFound
        | C::ProductNotFound
        | C::PurchaseNotFound
        | C::RequestNotFound
        | C::SeatNotFound
        | C::SessionNotFound
        | C::VoucherUnknown
        | C::InvoiceNotFound
        | C::PaymentNotFound
        | C::PurchaseOrderNotFound => 404,
        C::RequestMethodNotAllowed => 405,
        C::RequestTimeout => 408,
        C::AccountEmailTaken
        | C::ApprovalDecided
        | C::OperatorEmailTaken
        | C::OperatorLastOwner
        | C::PaymentMethodOff
        | C::PurchaseSettled
        | C::TokensNotSold
        | C::AccountNotErasable
        | C::AuthSecondFactorState
        | C::MailNotSetUp
        | C::IdempotencyConflict
        | C::JobRunning
        | C::LicenseAlreadyActive
        | C::LicenseAlreadyOwned
        | C::LicenseInUse
        | C::SeatNoneFree
        | C::SeatCycling
        | C::TrialUsed
        | C::VoucherRedeemed
        | C::VoucherCanceled
        | C::VoucherExpired
        | C::BillingStateWrong
        | C::LicenseNotConvertible
        | C::LicenseOfferMismatch
        | C::SendingRecipient
        | C::SendingOver
        | C::GiftOver
        | C::CampaignOver
        | C::PriceChanged => 409,
        C::RequestTooLarge => 413,
        C::ArtifactRangeInvalid => 416,
        C::AuthLocked | C::RequestRateLimited | C::SeatReleaseLimited => 429,
        C::InternalError | C::StoreCorrupt | C::StoreSealed | C::LedgerUnbalanced | C::StateCorrupt | C::StateIo => 500,
        C::MailFailed | C::PaymentUnavailable | C::ServerUnavailable | C::StoreBusy | C::StoreUnavailable => 503,
        C::RequestMalformed => 400,
        _ => 422,
    }
}
