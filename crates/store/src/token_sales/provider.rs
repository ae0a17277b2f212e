//! What the payment provider said of purchases.

use scrip_domain::{PurchaseId, PurchaseStatus, Timestamp};

use super::{PurchaseRow, SQL, TokenPurchase, find_purchase, save_purchase};
use crate::db::args;
use crate::ledger::retrying;
use crate::{Error, Store};

/// The page on which a purchase is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderPage {
    /// What the provider calls it.
    pub session: String,
    /// Its address.
    pub url: String,
}

impl Store {
    /// Notes where an open purchase is paid.
    pub async fn put_purchase_page(&self, id: PurchaseId, page: &ProviderPage) -> Result<TokenPurchase, Error> {
        retrying!("note a payment page", {
            let mut tx = self.database.write().await?;
            let mut purchase = find_purchase(&mut tx, id).await?;
            if purchase.page.as_ref() == Some(page) || purchase.status != PurchaseStatus::Open {
                return Ok(purchase);
            }
            purchase.page = Some(page.clone());
            save_purchase(&mut tx, &mut purchase).await?;
            tx.commit().await?;
            Ok(purchase)
        })
    }

    /// Notes why a try to pay an open purchase failed; another may succeed.
    pub async fn put_purchase_failure(&self, id: PurchaseId, why: &str) -> Result<TokenPurchase, Error> {
        retrying!("note a failed payment", {
            let mut tx = self.database.write().await?;
            let mut purchase = find_purchase(&mut tx, id).await?;
            if purchase.status != PurchaseStatus::Open || purchase.failure.as_deref() == Some(why) {
                return Ok(purchase);
            }
            purchase.failure = Some(why.to_owned());
            save_purchase(&mut tx, &mut purchase).await?;
            let text = format!(
                "Your payment of {} failed: {why}. You can try again.",
                purchase.quote.total
            );
            let at = self.clock.now();
            let detail = format!(" {}", purchase.revision);
            self.tell_buyer(&mut tx, &purchase, "purchase.failed", &detail, &text, at)
                .await?;
            tx.commit().await?;
            Ok(purchase)
        })
    }

    /// The purchase that is paid on the provider's page with this name.
    pub async fn purchase_of_session(&self, session: &str) -> Result<Option<TokenPurchase>, Error> {
        self.purchase_where("provider_session", session).await
    }

    /// The purchase that was paid by the provider's payment with this name.
    pub async fn purchase_of_payment(&self, payment: &str) -> Result<Option<TokenPurchase>, Error> {
        self.purchase_where("provider_payment", payment).await
    }

    async fn purchase_where(&self, column: &'static str, value: &str) -> Result<Option<TokenPurchase>, Error> {
        let sql = format!("{SQL} WHERE {column} = $1");
        let row = self
            .database
            .row_by_key::<PurchaseRow>("look for a purchase", &sql, &args![value])
            .await?;
        row.map(PurchaseRow::read).transpose()
    }

    /// Up to `limit` open purchases with a payment page that were made before `before`, the oldest first, after `after`.
    pub async fn purchases_on_pages(
        &self,
        before: Timestamp,
        after: Option<PurchaseId>,
        limit: i64,
    ) -> Result<Vec<TokenPurchase>, Error> {
        let sql = format!(
            "{SQL} WHERE status = 'open' AND provider_session IS NOT NULL AND created_at < $1 AND id > $2 \
             ORDER BY id LIMIT $3"
        );
        let after = after.map_or(uuid::Uuid::nil(), |purchase| purchase.0);
        let values = args![before, after, limit];
        let rows = self
            .database
            .rows::<PurchaseRow>("list open purchases", &sql, &values)
            .await?;
        rows.into_iter().map(PurchaseRow::read).collect()
    }

    /// Whether a message of the provider was heard before.
    pub async fn is_provider_event_known(&self, id: &str) -> Result<bool, Error> {
        let sql = "SELECT created_at FROM provider_events WHERE id = $1";
        let row = self
            .database
            .row_by_key::<(i64,)>("look for a provider's message", sql, &args![id])
            .await?;
        Ok(row.is_some())
    }

    /// Notes a message of the provider after it was heeded, and what came of it.
    pub async fn put_provider_event(&self, id: &str, kind: &str, at: Timestamp, outcome: &str) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        let sql = "INSERT INTO provider_events (id, kind, created_at, heard_at, outcome) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (id) DO NOTHING";
        let values = args![id, kind, at, self.clock.now(), outcome];
        tx.execute("note a provider's message", sql, &values).await?;
        tx.commit().await
    }

    /// When the newest of the provider's messages was sent.
    pub async fn last_provider_event(&self) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT MAX(created_at) FROM provider_events";
        let rows = self
            .database
            .rows::<(Option<i64>,)>("read the provider's messages", sql, &[])
            .await?;
        Ok(rows.first().and_then(|(at,)| *at).map(Timestamp::from_micros))
    }
}
