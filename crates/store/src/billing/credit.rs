//! What an account may owe.

use scrip_domain::{BillingError, BillingPolicy, Currency, IssueOn, Money, UserId};

use super::orders::TokenOrder;
use crate::acts::{Act, log_act};
use crate::db::{Tx, args};
use crate::ledger::retrying;
use crate::{Error, Store};

impl Store {
    /// Sets what an account may owe in a currency; `None` for what the policy says of all.
    pub async fn set_credit_limit(
        &self,
        user: UserId,
        currency: Currency,
        limit: Option<Money>,
        act: &Act<'_>,
    ) -> Result<(), Error> {
        let minor = limit.map(|limit| limit.minor);
        retrying!("set a credit limit", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "INSERT INTO credit_limits (user_id, currency, minor, revision) VALUES ($1, $2, $3, 1) \
                       ON CONFLICT (user_id, currency) DO UPDATE SET minor = $3, revision = credit_limits.revision + 1";
            tx.execute("set a credit limit", sql, &args![user.0, currency.as_str(), minor])
                .await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }

    /// What an account owes for tokens that it has, and may owe.
    pub async fn credit(
        &self,
        user: UserId,
        currency: Currency,
        policy: &BillingPolicy,
    ) -> Result<(Money, Money), Error> {
        let mut tx = self.database.read().await?;
        let sql = "SELECT minor FROM credit_limits WHERE user_id = $1 AND currency = $2";
        let values = args![user.0, currency.as_str()];
        let found = tx.row::<(Option<i64>,)>("read a credit limit", sql, &values).await?;
        let limit = found.and_then(|(minor,)| minor).unwrap_or(policy.credit_limit_minor);
        Ok((owed(&mut tx, user, currency).await?, Money::new(limit, currency)?))
    }

    /// Why the tokens of an order cannot be issued on credit; `None` where they can, or where they wait for the money.
    pub(super) async fn exceeds_credit(
        &self,
        tx: &mut Tx,
        order: &TokenOrder,
        policy: &BillingPolicy,
    ) -> Result<Option<BillingError>, Error> {
        if policy.issues_on(order.method) != IssueOn::Approval {
            return Ok(None);
        }
        let (amount, user) = (order.quote.total, order.user);
        // Writing the row first lets two approvals of one account come one after the other.
        let sql = "INSERT INTO credit_limits (user_id, currency, minor, revision) VALUES ($1, $2, $3, 1) \
                   ON CONFLICT (user_id, currency) DO UPDATE SET revision = credit_limits.revision + 1";
        let values = args![user.0, amount.currency.as_str(), None::<i64>];
        tx.execute("look at a credit limit", sql, &values).await?;
        let sql = "SELECT minor FROM credit_limits WHERE user_id = $1 AND currency = $2";
        let values = args![user.0, amount.currency.as_str()];
        let found = tx.row::<(Option<i64>,)>("read a credit limit", sql, &values).await?;
        let minor = found.and_then(|(minor,)| minor).unwrap_or(policy.credit_limit_minor);
        let limit = Money::new(minor, amount.currency)?;
        let owed = owed(tx, user, amount.currency).await?;
        let after = owed.checked_add(amount)?;
        Ok((after.minor > limit.minor).then_some(BillingError::CreditLimit { owed, amount, limit }))
    }
}

/// What is not paid of bills whose tokens were issued.
// `CASE` chooses no index: bills that are open may be everybody's, those of the account are few.
async fn owed(tx: &mut Tx, user: UserId, currency: Currency) -> Result<Money, Error> {
    let sql = "SELECT CAST(COALESCE(SUM(i.gross - i.paid - i.credited), 0) AS BIGINT) FROM invoices i \
               JOIN token_purchases p ON p.id = i.purchase_id \
               WHERE i.user_id = $1 AND i.currency = $2 AND CASE WHEN i.status = 'open' THEN TRUE ELSE FALSE END \
               AND p.issued_at IS NOT NULL";
    let values = args![user.0, currency.as_str()];
    let found = tx.row::<(i64,)>("add up what is owed", sql, &values).await?;
    Ok(Money::new(found.map_or(0, |(minor,)| minor), currency)?)
}
