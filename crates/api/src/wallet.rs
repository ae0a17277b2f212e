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
    /// Given back, for a rental that was ended early or an order that was returned.
    Refund,
    /// Bought with money.
    Purchase,
    /// Taken back because the money was given back.
    PurchaseRefund,
    /// Redeemed from a voucher.
    Voucher,
    /// Sent to or by another person.
    Transfer,
    /// Paid for a gift, or given back for one that was not taken.
    Gift,
    /// Granted for a time that ran out.
    Expiry,
    /// Moved into or out of a team's wallet.
    Team,
    /// Lost with the account of a person who was erased.
    Forfeit,
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

impl TransferKind {
    /// The ledger's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Order => "order",
            Self::Refund => "refund",
            Self::Purchase => "purchase",
            Self::PurchaseRefund => "purchase_refund",
            Self::Voucher => "voucher",
            Self::Transfer => "transfer",
            Self::Gift => "gift",
            Self::Expiry => "expiry",
            Self::Team => "team",
            Self::Forfeit => "forfeit",
        }
    }

    /// Reads the ledger's word for it.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "grant" => Self::Grant,
            "order" => Self::Order,
            "refund" => Self::Refund,
            "purchase" => Self::Purchase,
            "purchase_refund" => Self::PurchaseRefund,
            "voucher" => Self::Voucher,
            "transfer" => Self::Transfer,
            "gift" => Self::Gift,
            "expiry" => Self::Expiry,
            "team" => Self::Team,
            "forfeit" => Self::Forfeit,
            _ => return None,
        })
    }
}
