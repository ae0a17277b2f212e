use scrip_domain::{Tokens, TransferId};
use serde::{Deserialize, Serialize};

/// A voucher to redeem.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RedeemRequest {
    /// What is printed on it; dashes, spaces and the case of letters do not matter.
    #[cfg_attr(feature = "openapi", schema(max_length = 80))]
    pub code: String,
}

/// A code is as good as its tokens: no log shows it.
impl std::fmt::Debug for RedeemRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedeemRequest(…)")
    }
}

/// What a voucher added to the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Redeemed {
    /// The voucher's tokens.
    pub tokens: Tokens,
    /// What the wallet holds now.
    pub balance_after: Tokens,
    /// The ledger transfer.
    pub transfer: TransferId,
}
