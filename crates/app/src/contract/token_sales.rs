//! Buying tokens: what a window asks and is answered.

use scrip_api::{TokenPurchase, WaitingCart};
use scrip_domain::{Currency, Money, PackId, PurchaseId, Tokens};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks what some tokens would cost: a number of them, or a pack.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TokenQuoteArgs {
    /// The currency.
    pub currency: Currency,
    /// How many tokens.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub tokens: Option<Tokens>,
    /// A pack of the price list.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub pack: Option<PackId>,
}

/// Asks what it costs to have so many tokens more.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ShortfallArgs {
    /// The currency.
    pub currency: Currency,
    /// How many tokens are missing, at least 1.
    pub missing: Tokens,
}

/// Buys tokens by card: a number of them, or a pack.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BuyTokensArgs {
    /// The currency.
    pub currency: Currency,
    /// How many tokens.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub tokens: Option<Tokens>,
    /// A pack of the price list.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub pack: Option<PackId>,
    /// The total that the person saw.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub expected_total: Option<Money>,
    /// The cart that waits for the tokens: its price is kept.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub cart: Option<WaitingCart>,
    /// The idempotency key, a UUID made when the person pressed the button; a repetition answers the same purchase.
    pub command: String,
}

/// Names a purchase of tokens.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PurchaseArgs {
    /// Its id.
    pub purchase: PurchaseId,
}

/// Asks for a part of the purchases of tokens.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct PurchasesArgs {
    /// The cursor of the page before; absent for the newest.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub cursor: Option<PurchaseId>,
}

/// A part of the purchases of tokens, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PurchasesView {
    /// The purchases.
    pub items: Vec<TokenPurchase>,
    /// Asks for older ones; absent at the end.
    pub next_cursor: Option<PurchaseId>,
}
