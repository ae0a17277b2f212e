//! The HTTP contract of a Scrip server: request and response types, and problem details.
//!
//! Shapes only: nothing here sends or answers. Amounts are whole tokens, instants RFC 3339,
//! digests lowercase hexadecimal. Every list that can grow is a page with a cursor.

mod account;
mod catalog;
mod code;
mod holding;
mod license;
mod order;
mod page;
mod problem;
mod server;
mod token_order;
mod token_sale;
mod voucher;
mod wallet;

pub use account::{
    Account, BrowserExchange, CodeByMail, EmailChange, EmailChanged, EraseRequest, ErasurePreview, PasswordByCode,
    PasswordChange, PasswordProof, Profile, RecoveryAsk, RegisterRequest, SecondFactorCode, SecondFactorSetup, Session,
    SessionView, SignInRequest, SpareCodes,
};
pub use catalog::{
    Artifact, CatalogChanges, CatalogEntry, Category, DescriptionBlock, Product, ReleaseNote, Screenshot, SearchPage,
};
pub use code::{Code, CodeRequest, Device, DeviceRequest, Devices};
pub use holding::{
    ExpiringTokens, GiftRequest, GiftView, OrderRefundRequest, OrderView, Recipient, RecipientRequest, RefundQuote,
    Refunded, RefundedLine, SendRequest, TeamBalance, TeamMember, TeamMemberRequest, TeamMoveView, TeamRequest,
    TeamTokensRequest, TeamView, TokenTransfer, WalletAlert, WalletHolding, WalletStatementFile,
};
pub use license::{
    ActivationView, EndQuote, EndRequest, Ended, Finding, JournalReceipt, JournalUpload, Notice, OfflineAnswer,
    OfflineSubmission, RecoveryRequest, ReleaseRequest, RenewalRequest, Seats, Signed, StopRequest, Surrender,
    TransferRequest, Transferred, TrialRequest, UsageReport, UsageRow, UsageTotal,
};
pub use order::{Cart, CheckoutRequest, Library, LicenseView, Order, QuoteRequest};
pub use page::Page;
pub use problem::{PROBLEM_CONTENT_TYPE, Problem};
pub use server::ServerInfo;
pub use token_order::{InvoiceView, TokenOrderRequest, TokenOrderView};
pub use token_sale::{BuyTokensRequest, KeptCart, TokenPrices, TokenPurchase, WaitingCart};
pub use voucher::{RedeemRequest, Redeemed};
pub use wallet::{TransferKind, Wallet, WalletEntry};

/// The request header that carries a command's idempotency key: a UUID made by the client.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
