use scrip_domain::{
    Hold, Item, License, LicenseId, LicenseKind, LicenseState, OfferId, OrderId, ProductId, PurchaseId, Quote,
    QuoteLine, Remaining, Renewal, TermsSnapshot, Timestamp, Tokens, Usage,
};
use serde::{Deserialize, Serialize};

use crate::Problem;

/// Asks what some items would cost.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    /// The items, 1 to 100.
    pub items: Vec<Item>,
}

/// Pays for some items: all of them at exactly the expected total, or none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckoutRequest {
    /// The items, 1 to 100.
    pub items: Vec<Item>,
    /// The total that the person saw; another total today answers `price.changed`.
    pub expected_total: Tokens,
    /// Whether the account's cart is emptied by the same transaction.
    #[serde(default)]
    pub clear_cart: bool,
    /// The purchase of tokens with which the price of these items was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<PurchaseId>,
}

/// A paid checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Order {
    /// The order's id.
    pub id: OrderId,
    /// When it was paid.
    pub created_at: Timestamp,
    /// What was paid for.
    pub lines: Vec<QuoteLine>,
    /// What was paid.
    pub total: Tokens,
    /// What the wallet held afterwards.
    pub balance_after: Tokens,
}

/// The account's cart, priced as of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Cart {
    /// The items, in the order in which they were added.
    pub items: Vec<Item>,
    /// What they cost; absent when the cart is empty or an item cannot be had.
    pub quote: Option<Quote>,
    /// Why the cart cannot be priced.
    pub problem: Option<Problem>,
}

/// A license as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LicenseView {
    /// The license's id.
    pub id: LicenseId,
    /// What it is for.
    pub product: ProductId,
    /// Whether it lasts.
    pub kind: LicenseKind,
    /// What it allows at the time of the answer.
    pub state: LicenseState,
    /// What is left of a rental.
    pub remaining: Remaining,
    /// The part of the frozen purchase price that is paid.
    pub equity: Tokens,
    /// What owning costs from here; absent where the frozen terms name no price, zero when owned.
    pub price_to_own: Option<Tokens>,
    /// The offer of the last rental payment.
    pub last_offer: Option<OfferId>,
    /// What was reported as taken so far, on all computers.
    #[serde(default)]
    pub used: Usage,
    /// Everything paid for the license less what was given back.
    #[serde(default)]
    pub paid: Tokens,
    /// Since when the rental is paused.
    #[serde(default)]
    pub paused_at: Option<Timestamp>,
    /// How often it was paused.
    #[serde(default)]
    pub pauses: u16,
    /// Whether it is a trial.
    #[serde(default)]
    pub trial: bool,
    /// How it is extended by itself.
    #[serde(default)]
    pub renewal: Option<Renewal>,
    /// Why the vendor stopped it.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// The prices promised when the license began.
    pub terms: TermsSnapshot,
    /// When the license began.
    pub started_at: Timestamp,
    /// Counts the changes of the license, from 1.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub revision: i64,
}

impl LicenseView {
    /// How `license` looks at `now`.
    pub fn of(license: &License, now: Timestamp) -> Self {
        Self {
            id: license.id,
            product: license.product.clone(),
            kind: license.kind,
            state: license.state(now),
            remaining: license.remaining_at(now),
            equity: license.equity,
            price_to_own: license.price_to_own(),
            last_offer: license.last_offer.clone(),
            used: license.tenure.used,
            paid: license.tenure.paid,
            paused_at: license.tenure.paused_at,
            pauses: license.tenure.pauses,
            trial: license.tenure.trial,
            renewal: license.tenure.renewal.clone(),
            hold: license.tenure.hold.clone(),
            terms: license.terms.clone(),
            started_at: license.started_at,
            revision: license.revision,
        }
    }
}

/// Everything that an account holds licenses for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Library {
    /// The licenses, the newest first.
    pub licenses: Vec<LicenseView>,
    /// The server's clock, to judge what is left by.
    pub server_time: Timestamp,
}
