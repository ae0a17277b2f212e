//! The vocabulary and the rules of Scrip.
//!
//! Everything a token can do is decided here: what an [`Offer`] costs, what a
//! [`License`] still allows, what a [`Quote`] adds up to and how a rental becomes
//! ownership. The crate is pure: no files, no network, no SQL, no async, and the
//! only clock is the [`Clock`] that a caller passes in.

mod account;
mod allotment;
mod allowance;
mod approvals;
mod billing;
mod campaign;
mod checkout;
mod clock;
mod detection;
mod digest;
mod error;
mod error_code;
mod ids;
mod license;
mod lifecycle;
mod lots;
mod money;
mod offer;
mod operators;
mod password;
mod platform;
mod product;
mod quote;
mod recognition;
mod refund;
mod retention;
mod seats;
mod secret_code;
mod sending;
mod team;
mod tenure;
mod token_price;
mod token_purchase;
mod tokens;
mod version;
mod voucher;

pub use account::{AccountPolicy, Deed, Lockout, PersonalDetails, Tries};
pub use allotment::{Outstanding, allot};
pub use allowance::{Allowance, AllowanceKind, Limits, parse_duration};
pub use approvals::{ApprovalPolicy, DeedKind};
pub use billing::{
    BillTo, BillingError, BillingPolicy, InvoiceKind, InvoiceLine, InvoiceNumber, InvoiceState, InvoiceStatus,
    InvoiceTotals, IssueOn, OrderChannel, PaymentStatus, TokenOrderStatus, check_text, creditor_reference,
    invoice_keys_in,
};
pub use campaign::{Audience, Campaign, CampaignState};
pub use checkout::{Holdings, Intent, Item, MAX_LINES, Settlement, quote, settle};
pub use clock::{Clock, FixedClock, SystemClock, Timestamp};
pub use detection::DetectionRule;
pub use digest::Sha256;
pub use error::Error;
pub use error_code::{Coded, ErrorCode};
pub use ids::{
    ActivationId, CampaignId, CommandId, DeviceId, GiftId, IdSource, InvoiceId, LicenseId, OperatorId, OrderId,
    PriceListId, PurchaseId, SendingId, SystemIds, TeamId, TransferId, UserId,
};
pub use license::{License, LicenseKind, LicenseState, Remaining, TermsSnapshot};
pub use lifecycle::{Refund, start_trial};
pub use lots::{ExpiryPolicy, ExpiryStep, Flow, FlowKind, Holding, HoldingState, Lot, LotDates, Taking};
pub use money::{Currency, Money};
pub use offer::{Offer, Offers, PauseRule, Policy, RentalOffer, RentalRules, Sale};
pub use operators::{ConsolePolicy, Permission, Role};
pub use password::{Email, Password};
pub use platform::{ArtifactKind, Platform};
pub use product::{OfferId, PackId, ProductId};
pub use quote::{Quote, QuoteLine};
pub use recognition::Revenue;
pub use refund::{LineRefund, OrderRefundPolicy};
pub use retention::RetentionPolicy;
pub use seats::{Seat, SeatKind, Seating, refuse_release, take_seat};
pub use secret_code::SecretCode;
pub use sending::{GiftState, SendingPolicy, SendingState, SentToday, check_message, masked};
pub use team::{Draw, TeamRole, check_team_name};
pub use tenure::{Hold, HoldKind, Prepaid, Renewal, Tenure, Usage};
pub use token_price::{
    Shortfall, TokenAmount, TokenPack, TokenPriceList, TokenPriceTerms, TokenQuote, TokenTier, list_in_force,
    price_shortfall, price_tokens,
};
pub use token_purchase::{PurchaseMethod, PurchaseStatus};
pub use tokens::Tokens;
pub use version::Version;
pub use voucher::{VoucherCode, VoucherError, VoucherState, VoucherTerms};
