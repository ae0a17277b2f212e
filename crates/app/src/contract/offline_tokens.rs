//! What the window and the terminal ask about tokens that were bought off-line.

use scrip_api::{InvoiceView, TokenOrderView};
use scrip_domain::{BillTo, Currency, InvoiceId, Money, PackId, PurchaseId, PurchaseMethod, Tokens};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Redeems a voucher.
#[derive(Clone, Serialize, Deserialize, TS)]
pub struct RedeemArgs {
    /// What is printed on it.
    pub code: String,
    /// The idempotency key, a UUID made when the person pressed the button.
    pub command: String,
}

/// A code is as good as its tokens: no log shows it.
impl std::fmt::Debug for RedeemArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedeemArgs")
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// Orders tokens that are not paid by card: either a number of them or a pack.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TokenOrderPlaceArgs {
    /// The currency.
    pub currency: Currency,
    /// How many tokens.
    pub tokens: Option<Tokens>,
    /// A pack of the price list.
    pub pack: Option<PackId>,
    /// How it will be paid.
    pub method: PurchaseMethod,
    /// The total that the person saw.
    pub expected_total: Option<Money>,
    /// The number of the purchase order; empty where it is none.
    pub number: String,
    /// What else is to be said; may be empty.
    pub note: String,
    /// Whom the bill is for.
    pub bill_to: BillTo,
    /// The idempotency key, a UUID made when the person pressed the button.
    pub command: String,
}

/// Names an order for tokens.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
pub struct TokenOrderArgs {
    /// The order.
    pub order: PurchaseId,
}

/// Hands in the document of an order that waits.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DocumentArgs {
    /// The order.
    pub order: PurchaseId,
    /// What the file is called.
    pub name: String,
    /// The file, in base64: PDF, PNG or JPEG, 10 MiB at most.
    pub document: String,
}

/// Names a bill.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
pub struct InvoiceArgs {
    /// The bill.
    pub invoice: InvoiceId,
}

/// Asks for a part of a list.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(optional_fields = nullable)]
pub struct PageArgs {
    /// Where the part before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A part of the orders for tokens, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TokenOrdersView {
    /// The orders.
    pub items: Vec<TokenOrderView>,
    /// Where the next part begins.
    pub next_cursor: Option<String>,
}

/// A part of the bills, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InvoicesView {
    /// The bills and credit notes.
    pub items: Vec<InvoiceView>,
    /// Where the next part begins.
    pub next_cursor: Option<String>,
}
