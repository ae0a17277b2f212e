//! What products cost when, and changing it at the console.

use scrip_domain::{Offers, ProductId, Timestamp};

use crate::acts::{Act, log_act};
use crate::catalog::{lock_revision, read_json, text_of, write_revision};
use crate::db::{Tx, Value, args};
use crate::ledger::retrying;
use crate::{Error, Store};

/// The most changes of a product's offers that are listed.
const CHANGES_MAX: usize = 200;

/// What a product cost from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferChange {
    /// The catalog's revision that brought it.
    pub revision: i64,
    /// When.
    pub at: Timestamp,
    /// The offers.
    pub offers: Offers,
}

/// Writes down what products cost from now on.
pub(crate) async fn remember_offers(
    tx: &mut Tx,
    changed: &[(&ProductId, i64, &str)],
    now: Timestamp,
) -> Result<(), Error> {
    if changed.is_empty() {
        return Ok(());
    }
    let values: Vec<Value> = changed
        .iter()
        .flat_map(|(product, revision, offers)| args![product.as_str(), *revision, *offers, now])
        .collect();
    let sql = "INSERT INTO offer_history (product, revision, offers, at) {rows}";
    tx.execute_each("remember prices", sql, 4, &values).await.map(drop)
}

impl Store {
    /// What a product cost, the newest price first.
    pub async fn offer_history(&self, product: &ProductId) -> Result<Vec<OfferChange>, Error> {
        let sql = format!(
            "SELECT revision, at, offers FROM offer_history WHERE product = $1 ORDER BY revision DESC LIMIT {CHANGES_MAX}"
        );
        let rows = self
            .database
            .rows::<(i64, i64, String)>("read prices", &sql, &args![product.as_str()])
            .await?;
        rows.into_iter()
            .map(|(revision, at, offers)| {
                Ok(OfferChange {
                    revision,
                    at: Timestamp::from_micros(at),
                    offers: read_json("offer_history", product.as_str(), &offers)?,
                })
            })
            .collect()
    }

    /// Lets a listed product be sold at these offers from now on. Licenses keep the terms that they began with.
    pub async fn set_offers(&self, product: &ProductId, offers: &Offers, act: &Act<'_>) -> Result<(), Error> {
        retrying!("change prices", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let revision = lock_revision(&mut tx).await? + 1;
            let text = text_of(offers);
            let sql = "UPDATE products SET offers = $2, revision = $3 WHERE id = $1 AND NOT removed";
            let values = args![product.as_str(), text.as_str(), revision];
            if tx.execute("change prices", sql, &values).await? == 0 {
                return Err(scrip_domain::Error::ProductNotFound {
                    product: product.clone(),
                }
                .into());
            }
            write_revision(&mut tx, revision).await?;
            remember_offers(&mut tx, &[(product, revision, &text)], now).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }
}
