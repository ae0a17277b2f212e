//! The price of a cart that waits for tokens to be bought.

use std::collections::BTreeMap;

use scrip_domain::{Item, ProductId, PurchaseId, Quote, Sale, Timestamp, Tokens, UserId};

use crate::catalog::read_json;
use crate::db::{Tx, Write, args};
use crate::holdings::{State, Wanted};
use crate::ledger::read_tokens;
use crate::{Error, Store};

/// A cart whose price is to be kept while its owner buys what is missing.
#[derive(Clone, Debug)]
pub struct HoldRequest {
    /// What is in it.
    pub items: Vec<Item>,
    /// The total that was seen; another total today is refused.
    pub expected_total: Tokens,
    /// Until when the price is kept.
    pub until: Timestamp,
}

/// A cart whose price is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldQuote {
    /// What is in it.
    pub items: Vec<Item>,
    /// What it costs.
    pub total: Tokens,
    /// Until when.
    pub until: Timestamp,
}

/// How products were sold when a price was kept.
pub(crate) type HeldSales = BTreeMap<ProductId, Sale>;

/// Keeps the price of a cart with a purchase of the tokens that it lacks.
pub(super) async fn hold_quote(
    tx: &mut Tx,
    purchase: PurchaseId,
    user: UserId,
    hold: &HoldRequest,
    now: Timestamp,
) -> Result<Quote, Error> {
    let state = State::read(tx, &Wanted::all(user, &hold.items, None), now).await?;
    let holdings = state.holdings(user, &hold.items);
    let quote = scrip_domain::quote(&hold.items, &holdings, now)?;
    if quote.total != hold.expected_total {
        let (expected, current) = (hold.expected_total, quote.total);
        return Err(scrip_domain::Error::PriceChanged { expected, current }.into());
    }
    let sql =
        "INSERT INTO held_quotes (purchase_id, user_id, items, total, sales, ends_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = args![
        purchase.0,
        user.0,
        serde_json::to_string(&hold.items).unwrap_or_default(),
        quote.total,
        serde_json::to_string(&holdings.sales).unwrap_or_default(),
        hold.until,
    ];
    tx.execute("keep a price", sql, &values).await?;
    Ok(quote)
}

/// How the products of a cart were sold when its price was kept; nothing where it is another cart, or no longer kept.
pub(crate) async fn find_held(
    tx: &mut Tx,
    purchase: PurchaseId,
    user: UserId,
    items: &[Item],
    now: Timestamp,
) -> Result<Option<HeldSales>, Error> {
    let sql = "SELECT items, sales FROM held_quotes WHERE purchase_id = $1 AND user_id = $2 AND ends_at > $3";
    let row = tx
        .row::<(String, String)>("look for a kept price", sql, &args![purchase.0, user.0, now])
        .await?;
    let Some((kept, sales)) = row else {
        return Ok(None);
    };
    let kept: Vec<Item> = read_json("held_quotes", &purchase.to_string(), &kept)?;
    if kept != items {
        return Ok(None);
    }
    read_json("held_quotes", &purchase.to_string(), &sales).map(Some)
}

/// Forgets kept prices that were used.
pub(crate) fn forget_held(used: &[(UserId, PurchaseId)]) -> Write {
    let sql = "DELETE FROM held_quotes WHERE (purchase_id, user_id) IN ({rows})";
    let values = used.iter().flat_map(|(user, purchase)| args![purchase.0, user.0]);
    Write::new("forget kept prices", sql, 2, values.collect())
}

impl Store {
    /// The cart that waits for a purchase of this person's.
    pub async fn held_quote(&self, user: UserId, purchase: PurchaseId) -> Result<Option<HeldQuote>, Error> {
        let sql = "SELECT items, total, ends_at FROM held_quotes WHERE purchase_id = $1 AND user_id = $2";
        let values = args![purchase.0, user.0];
        let row = self
            .database
            .row_by_key::<(String, i64, i64)>("read a kept price", sql, &values);
        let Some((items, total, until)) = row.await? else {
            return Ok(None);
        };
        Ok(Some(HeldQuote {
            items: read_json("held_quotes", &purchase.to_string(), &items)?,
            total: read_tokens("held_quotes", purchase.0, total)?,
            until: Timestamp::from_micros(until),
        }))
    }
}
