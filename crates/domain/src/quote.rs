//! What a checkout would cost, line by line.

use serde::{Deserialize, Serialize};

use crate::{Intent, OfferId, ProductId, Tokens};

/// One line of a quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct QuoteLine {
    /// The product.
    pub product: ProductId,
    /// What will happen; a purchase of something rented becomes a conversion here.
    pub intent: Intent,
    /// The offer that is taken; `None` for a conversion.
    pub offer: Option<OfferId>,
    /// The list price of the offer, in tokens.
    pub list_price: Tokens,
    /// What will be charged, in tokens: the list price, less what equity saves.
    pub charge: Tokens,
    /// The part of the frozen purchase price that will be paid afterwards.
    pub equity_after: Tokens,
    /// The purchase price that the equity counts toward, where the product can be owned.
    pub price_to_reach: Option<Tokens>,
    /// Whether the product is owned afterwards.
    pub owned_after: bool,
}

/// The cost of a checkout beside the wallet that would pay it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Quote {
    /// The lines, in the order of the cart.
    pub lines: Vec<QuoteLine>,
    /// The sum of the charges, in tokens.
    pub total: Tokens,
    /// What the wallet holds, in tokens.
    pub balance: Tokens,
    /// What the wallet lacks; zero when the checkout can be paid.
    pub missing: Tokens,
}
