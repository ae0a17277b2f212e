//! What one operator may not do alone.

use serde::{Deserialize, Serialize};

/// Which deeds need a second operator. Nothing does until the vendor says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApprovalPolicy {
    /// Giving more tokens than these at once.
    pub grants_over: Option<i64>,
    /// Giving back more tokens than these at once.
    pub refunds_over: Option<i64>,
    /// Giving back more money than this at once, in the smallest unit of its currency.
    pub money_over: Option<i64>,
    /// Making a batch of vouchers that is worth more tokens than these.
    pub vouchers_over: Option<i64>,
    /// Changing what tokens cost.
    pub prices: bool,
    /// Revoking a license for good.
    pub revocations: bool,
    /// Changing the vendor's keys.
    pub keys: bool,
}

/// A kind of deed that a policy may hold back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeedKind {
    /// Gives so many tokens.
    Grant(i64),
    /// Gives so many tokens back.
    Refund(i64),
    /// Gives so much money back, in the smallest unit of its currency.
    Money(i64),
    /// Makes vouchers worth so many tokens.
    Vouchers(i64),
    /// Changes what tokens cost.
    Prices,
    /// Revokes a license.
    Revocation,
    /// Changes the vendor's keys.
    Keys,
}

impl ApprovalPolicy {
    /// Whether a second operator has to approve it.
    pub fn holds_back(&self, deed: DeedKind) -> bool {
        let over = |limit: Option<i64>, amount| limit.is_some_and(|limit| amount > limit);
        match deed {
            DeedKind::Grant(tokens) => over(self.grants_over, tokens),
            DeedKind::Refund(tokens) => over(self.refunds_over, tokens),
            DeedKind::Money(minor) => over(self.money_over, minor),
            DeedKind::Vouchers(tokens) => over(self.vouchers_over, tokens),
            DeedKind::Prices => self.prices,
            DeedKind::Revocation => self.revocations,
            DeedKind::Keys => self.keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_policy_names_is_held_back() {
        let policy = ApprovalPolicy {
            grants_over: Some(100),
            keys: true,
            ..ApprovalPolicy::default()
        };
        assert!(policy.holds_back(DeedKind::Grant(101)) && policy.holds_back(DeedKind::Keys));
        assert!(!policy.holds_back(DeedKind::Grant(100)) && !policy.holds_back(DeedKind::Refund(101)));
        assert!(!ApprovalPolicy::default().holds_back(DeedKind::Keys));
    }
}
