//! Looking purchases up.

use scrip_domain::{PurchaseId, PurchaseMethod, PurchaseStatus, UserId};
use uuid::Uuid;

use super::{PurchaseRow, SQL, TokenPurchase};
use crate::db::{Value, args};
use crate::{Error, Store};

/// Which purchases are listed; all members have to hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct PurchaseFilter {
    /// Of this person.
    pub user: Option<UserId>,
    /// Standing there.
    pub status: Option<PurchaseStatus>,
    /// Paid so.
    pub method: Option<PurchaseMethod>,
}

impl Store {
    /// A purchase of this person's.
    pub async fn purchase(&self, user: UserId, id: PurchaseId) -> Result<TokenPurchase, Error> {
        let purchase = self.any_purchase(id).await?;
        if purchase.user == user {
            Ok(purchase)
        } else {
            Err(Error::PurchaseNotFound {
                purchase: id.to_string(),
            })
        }
    }

    /// A purchase, whoever made it.
    pub async fn any_purchase(&self, id: PurchaseId) -> Result<TokenPurchase, Error> {
        let sql = format!("{SQL} WHERE id = $1");
        let rows = self
            .database
            .row_by_key::<PurchaseRow>("read a purchase", &sql, &args![id.0])
            .await?;
        let row = rows;
        row.ok_or_else(|| Error::PurchaseNotFound {
            purchase: id.to_string(),
        })?
        .read()
    }

    /// Up to `limit` purchases, the newest first, older than the one named `before`.
    pub async fn purchases(
        &self,
        filter: PurchaseFilter,
        before: Option<PurchaseId>,
        limit: i64,
    ) -> Result<Vec<TokenPurchase>, Error> {
        let mut sql = format!("{SQL} WHERE id < $1");
        let mut values = args![before.map_or(Uuid::max(), |purchase| purchase.0), limit].to_vec();
        let conditions = [
            ("user_id", filter.user.map(|user| Value::from(user.0))),
            ("status", filter.status.map(|status| Value::from(status.as_str()))),
            ("method", filter.method.map(|method| Value::from(method.as_str()))),
        ];
        for (column, value) in conditions {
            if let Some(value) = value {
                values.push(value);
                sql = format!("{sql} AND {column} = ${}", values.len());
            }
        }
        sql.push_str(" ORDER BY id DESC LIMIT $2");
        let rows = self
            .database
            .rows::<PurchaseRow>("list purchases", &sql, &values)
            .await?;
        rows.into_iter().map(PurchaseRow::read).collect()
    }
}
