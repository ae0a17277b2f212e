use scrip_domain::{
    Currency, Item, Money, PackId, PurchaseId, PurchaseMethod, PurchaseStatus, Timestamp, TokenPriceList, TokenQuote,
    Tokens,
};
use serde::{Deserialize, Serialize};

/// What tokens cost, and how they can be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TokenPrices {
    /// The price list in force of each currency, by currency; empty where tokens are not sold.
    pub lists: Vec<TokenPriceList>,
    /// How tokens can be paid.
    pub methods: Vec<PurchaseMethod>,
}

/// A cart whose price is kept while what it lacks is bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct WaitingCart {
    /// The items, 1 to 100.
    pub items: Vec<Item>,
    /// The total that the person saw; another total today answers `price.changed`.
    pub expected_total: Tokens,
}

/// Buys tokens: either a number of them or a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BuyTokensRequest {
    /// The currency.
    pub currency: Currency,
    /// How many tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// A pack of the price list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackId>,
    /// How it is paid.
    pub method: PurchaseMethod,
    /// The total that the person saw; another total today answers `price.changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Money>,
    /// The cart that waits for the tokens: its price is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<WaitingCart>,
}

/// A cart whose price is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct KeptCart {
    /// The items.
    pub items: Vec<Item>,
    /// What they cost, in tokens.
    pub total: Tokens,
    /// Until when.
    pub until: Timestamp,
}

/// A purchase of tokens, as its buyer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TokenPurchase {
    /// Its id.
    pub id: PurchaseId,
    /// How many tokens at what price.
    pub quote: TokenQuote,
    /// How it is paid.
    pub method: PurchaseMethod,
    /// Where it stands.
    pub status: PurchaseStatus,
    /// What names it on paper; may be empty.
    pub reference: String,
    /// The page on which it is paid, to be opened in a browser; absent once that is over.
    pub pay_url: Option<String>,
    /// Why the last try to pay failed.
    pub failure: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it is given up unless it was paid.
    pub expires_at: Option<Timestamp>,
    /// When the money arrived.
    pub paid_at: Option<Timestamp>,
    /// When the tokens were issued.
    pub issued_at: Option<Timestamp>,
    /// Tokens that were taken back since.
    pub reversed: Tokens,
    /// Money that was given back since.
    pub returned: Money,
    /// The cart that waits for it.
    pub cart: Option<KeptCart>,
}
