use scrip_domain::{OrderId, Timestamp, Tokens, TransferId};
use serde::{Deserialize, Serialize};

/// What a wallet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Wallet {
    /// The balance, in tokens.
    pub balance: Tokens,
}

/// Why tokens moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Issued by the vendor.
    Grant,
    /// Paid for an order.
    Order,
    /// Given back for a rental that was ended early.
    Refund,
}

/// A line of a wallet's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct WalletEntry {
    /// The ledger transfer.
    pub transfer: TransferId,
    /// When it happened.
    pub at: Timestamp,
    /// Why.
    pub kind: TransferKind,
    /// Tokens that came in (positive) or went out (negative).
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub amount: i64,
    /// What the wallet held afterwards.
    pub balance_after: Tokens,
    /// What it was for, in words.
    pub reason: String,
    /// The order that was paid.
    pub order: Option<OrderId>,
}
