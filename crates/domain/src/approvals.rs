//! What one operator may not do alone.

use serde::{Deserialize, Serialize};

/// Which deeds need a second operator. Nothing does until the vendor says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a rule of its own that a vendor ticks"
)]
pub struct ApprovalPolicy {
    /// Giving more tokens than these at once.
    pub grants_over: Option<i64>,
    /// Giving back more tokens than these at once.
    pub refunds_over: Option<i64>,
    /// Giving back more money than this at once, taking it back by a credit note or writing it off, in the smallest unit of its
    /// currency.
    pub money_over: Option<i64>,
    /// Making a batch of vouchers that is worth more tokens than these.
    pub vouchers_over: Option<i64>,
    /// Approving an order on paper for more tokens than these.
    pub orders_over: Option<i64>,
    /// Recording by hand that more money than this came, in the smallest unit of its currency: tokens follow.
    pub payments_over: Option<i64>,
    /// Letting an account owe more than this, in the smallest unit of the currency.
    pub credit_over: Option<i64>,
    /// Changing what tokens cost.
    pub prices: bool,
    /// Revoking a license for good.
    pub revocations: bool,
    /// Changing the vendor's keys.
    pub keys: bool,
    /// Changing settings.
    pub settings: bool,
    /// Admitting operators, letting them in again, changing their roles and passwords.
    pub operators: bool,
    /// Telling another address what happens, and changing the secrets that sign it.
    pub webhooks: bool,
    /// Taking another operator's second factor off.
    pub second_factors: bool,
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
    /// Approves an order on paper for so many tokens.
    Order(i64),
    /// Says that so much money came, in the smallest unit of its currency.
    Payment(i64),
    /// Lets an account owe so much, in the smallest unit of the currency.
    Credit(i64),
    /// Changes what tokens cost.
    Prices,
    /// Revokes a license.
    Revocation,
    /// Changes the vendor's keys.
    Keys,
    /// Changes settings.
    Settings,
    /// Changes which deeds need a second operator.
    Policy,
    /// Changes who is an operator, and what they may do.
    Operators,
    /// Changes who is told what happens.
    Webhooks,
    /// Takes another operator's second factor off.
    SecondFactor,
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
            DeedKind::Order(tokens) => over(self.orders_over, tokens),
            DeedKind::Payment(minor) => over(self.payments_over, minor),
            DeedKind::Credit(minor) => over(self.credit_over, minor),
            DeedKind::Prices => self.prices,
            DeedKind::Revocation => self.revocations,
            DeedKind::Keys => self.keys,
            DeedKind::Settings => self.settings,
            // Whoever could lift the rules alone would not be held by them.
            DeedKind::Policy => *self != Self::default(),
            DeedKind::Operators => self.operators,
            DeedKind::Webhooks => self.webhooks,
            DeedKind::SecondFactor => self.second_factors,
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
        assert!(policy.holds_back(DeedKind::Policy) && !policy.holds_back(DeedKind::Settings));
        assert!(!ApprovalPolicy::default().holds_back(DeedKind::Policy));
        let credit = ApprovalPolicy {
            credit_over: Some(0),
            ..ApprovalPolicy::default()
        };
        assert!(credit.holds_back(DeedKind::Credit(1)) && !credit.holds_back(DeedKind::Credit(0)));
    }
}
