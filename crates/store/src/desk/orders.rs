//! Orders of everybody.

use scrip_domain::{OrderId, QuoteLine, Timestamp, Tokens, UserId};
use uuid::Uuid;

use crate::catalog::read_json;
use crate::db::args;
use crate::ledger::read_tokens;
use crate::{Error, Store};

/// An order with its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyOrder {
    /// The order, and the transfer that paid it.
    pub id: OrderId,
    /// Whose.
    pub user: UserId,
    /// The account's address; empty where it was erased.
    pub email: String,
    /// What was paid for.
    pub lines: Vec<QuoteLine>,
    /// What was paid.
    pub total: Tokens,
    /// What the wallet held afterwards.
    pub balance_after: Tokens,
    /// When.
    pub at: Timestamp,
}

type Found = (Uuid, Uuid, Option<String>, String, i64, i64, i64);
const SQL: &str = "SELECT o.id, o.user_id, u.email, o.lines, o.total, o.balance_after, o.created_at \
                   FROM orders o LEFT JOIN users u ON u.id = o.user_id";

fn read((id, user, email, lines, total, balance_after, at): Found) -> Result<AnyOrder, Error> {
    Ok(AnyOrder {
        id: OrderId(id),
        user: UserId(user),
        email: email.unwrap_or_default(),
        lines: read_json("orders", &id.to_string(), &lines)?,
        total: read_tokens("orders", id, total)?,
        balance_after: read_tokens("orders", id, balance_after)?,
        at: Timestamp::from_micros(at),
    })
}

impl Store {
    /// Up to `limit` orders, the newest first, older than the one named `before`; of one account where it is given.
    pub async fn any_orders(
        &self,
        user: Option<UserId>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<Vec<AnyOrder>, Error> {
        let before = before.map_or(Uuid::max(), |order| order.0);
        let rows = if let Some(user) = user {
            let sql = format!(
                "{SQL} JOIN entries e ON e.transfer_id = o.id WHERE e.owner = $3 AND e.account = 'wallet' \
                 AND e.transfer_id < $1 ORDER BY e.transfer_id DESC LIMIT $2"
            );
            let values = args![before, limit, user.0];
            self.database.rows::<Found>("list orders", &sql, &values).await?
        } else {
            let sql = format!("{SQL} WHERE o.id < $1 ORDER BY o.id DESC LIMIT $2");
            self.database
                .rows::<Found>("list orders", &sql, &args![before, limit])
                .await?
        };
        rows.into_iter().map(read).collect()
    }

    /// The order with this id, whoever paid it.
    pub async fn any_order(&self, order: OrderId) -> Result<Option<AnyOrder>, Error> {
        let sql = format!("{SQL} WHERE o.id = $1");
        let row = self
            .database
            .row_by_key::<Found>("read an order", &sql, &args![order.0])
            .await?;
        row.map(read).transpose()
    }
}
