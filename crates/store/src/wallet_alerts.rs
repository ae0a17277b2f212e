//! People who want to be told when their wallet holds little.

use scrip_domain::{Tokens, UserId};
use uuid::Uuid;

use crate::db::args;
use crate::ledger::read_tokens;
use crate::notices::NewNotice;
use crate::{Error, Store};

impl Store {
    /// Below what balance the user wants to be told.
    pub async fn wallet_alert(&self, user: UserId) -> Result<Option<Tokens>, Error> {
        let sql = "SELECT below FROM wallet_alerts WHERE user_id = $1";
        let found = self
            .database
            .row_by_key::<(i64,)>("read an alert", sql, &args![user.0])
            .await?;
        found
            .map(|(below,)| read_tokens("wallet_alerts", user.0, below))
            .transpose()
    }

    /// Tells the user from now on when the wallet holds less than `below`; with `None` no longer.
    pub async fn set_wallet_alert(&self, user: UserId, below: Option<Tokens>) -> Result<(), Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let sql = "DELETE FROM wallet_alerts WHERE user_id = $1";
        tx.execute("forget an alert", sql, &args![user.0]).await?;
        if let Some(below) = below.filter(|below| !below.is_zero()) {
            let sql = "INSERT INTO wallet_alerts (user_id, below, armed_at) VALUES ($1, $2, $3)";
            tx.execute("record an alert", sql, &args![user.0, below, now]).await?;
        }
        tx.commit().await
    }

    /// Tells whose wallet fell below what they wanted to hear of, once each time; up to `limit` people. Answers how many.
    pub async fn tell_low_balances(&self, limit: i64) -> Result<usize, Error> {
        let now = self.clock.now();
        let mut tx = self.database.write().await?;
        let sql = "UPDATE wallet_alerts SET armed_at = $1 WHERE armed_at IS NULL AND EXISTS (SELECT 1 FROM wallets w \
                   WHERE w.user_id = wallet_alerts.user_id AND w.balance >= wallet_alerts.below)";
        tx.execute("arm alerts", sql, &args![now]).await?;
        let sql = "SELECT a.user_id, a.below, a.armed_at, w.balance FROM wallet_alerts a \
                   JOIN wallets w ON w.user_id = a.user_id WHERE a.armed_at IS NOT NULL AND w.balance < a.below \
                   ORDER BY a.user_id LIMIT $1";
        let low = tx
            .rows::<(Uuid, i64, i64, i64)>("look for low balances", sql, &args![limit])
            .await?;
        let mut told = 0;
        for (user, below, armed_at, balance) in low {
            let sql = "UPDATE wallet_alerts SET armed_at = NULL WHERE user_id = $1";
            tx.execute("disarm an alert", sql, &args![user]).await?;
            let (below, balance) = (
                read_tokens("wallet_alerts", user, below)?,
                read_tokens("wallets", user, balance)?,
            );
            let text = format!("Your wallet holds {balance}, less than the {below} below which you wanted to be told.");
            let notice = NewNotice {
                user: UserId(user),
                kind: "wallet.low",
                product: None,
                subject: &armed_at.to_string(),
                text: &text,
            };
            told += usize::from(notice.put(&mut tx, self.new_id(), now).await?);
        }
        tx.commit().await?;
        Ok(told)
    }
}
