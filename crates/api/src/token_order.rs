use scrip_domain::{
    BillTo, Currency, InvoiceId, InvoiceKind, InvoiceLine, InvoiceStatus, Money, PackId, PurchaseId, PurchaseMethod,
    PurchaseStatus, Timestamp, TokenOrderStatus, TokenQuote, Tokens,
};
use serde::{Deserialize, Serialize};

/// Orders tokens that are not paid by card: either a number of them or a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenOrderRequest {
    /// The currency.
    pub currency: Currency,
    /// How many tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// A pack of the price list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackId>,
    /// How it will be paid.
    pub method: PurchaseMethod,
    /// The total that the person saw; another total today answers `price.changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Money>,
    /// The number of the purchase order; needed where it is one.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub number: String,
    /// What else is to be said.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub note: String,
    /// Whom the bill is for.
    pub bill_to: BillTo,
}

/// An order for tokens, as its buyer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TokenOrderView {
    /// Its id.
    pub id: PurchaseId,
    /// What is bought, at what price.
    pub quote: TokenQuote,
    /// How it will be paid.
    pub method: PurchaseMethod,
    /// Where the order stands.
    pub status: TokenOrderStatus,
    /// Where its tokens stand.
    pub purchase_status: PurchaseStatus,
    /// The number of the purchase order; may be empty.
    pub number: String,
    /// The name of its document, where one was handed in.
    pub document: Option<String>,
    /// Why the vendor said no; may be empty.
    pub why: String,
    /// Its bill.
    pub invoice: Option<InvoiceId>,
    /// When it was placed.
    pub created_at: Timestamp,
}

/// A bill or a credit note, as its buyer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct InvoiceView {
    /// Its id.
    pub id: InvoiceId,
    /// What it is.
    pub kind: InvoiceKind,
    /// Its number.
    pub number: String,
    /// What a transfer names (ISO 11649).
    pub reference: String,
    /// The purchase that it is for.
    pub purchase: PurchaseId,
    /// What it bills.
    pub lines: Vec<InvoiceLine>,
    /// What it asks for, tax included.
    pub gross: Money,
    /// What was paid.
    pub paid: Money,
    /// What was taken back by credit notes.
    pub credited: Money,
    /// What is still to be paid.
    pub open: Money,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// When it was sent.
    pub issued_at: Timestamp,
    /// When it is to be paid.
    pub due_at: Timestamp,
}
