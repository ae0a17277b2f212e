//! Price lists of tokens, with their history.

use scrip_domain::{Currency, PriceListId, Timestamp, TokenPriceList, TokenPriceTerms};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::catalog::read_json;
use crate::db::{Database, Tx, Value, args};
use crate::ledger::retrying;
use crate::{Error, Store};

/// A price list to publish.
#[derive(Clone, Debug)]
pub struct NewPriceList {
    /// The currency.
    pub currency: Currency,
    /// When it begins; at once where none is given. Never in the past.
    pub effective_from: Option<Timestamp>,
    /// When it ends, where it is an offer for a while.
    pub effective_until: Option<Timestamp>,
    /// What it asks.
    pub terms: TokenPriceTerms,
}

/// A price list as it stands in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceListRow {
    /// The list.
    pub list: TokenPriceList,
    /// When it was published.
    pub created_at: Timestamp,
    /// Who published it.
    pub created_by: String,
}

type Found = (Uuid, String, i64, Option<i64>, String, i64, String);
const SQL: &str = "SELECT l.id, l.currency, l.effective_from, l.effective_until, l.terms, l.created_at, l.created_by \
                   FROM token_price_lists l";
/// Keeps the list in force of each currency at `$1`.
const IN_FORCE: &str = "l.effective_from = (SELECT MAX(o.effective_from) FROM token_price_lists o \
                        WHERE o.currency = l.currency AND o.effective_from <= $1 \
                        AND (o.effective_until IS NULL OR o.effective_until > $1))";

fn read((id, currency, from, until, terms, created_at, created_by): Found) -> Result<PriceListRow, Error> {
    let list = TokenPriceList {
        id: PriceListId(id),
        currency: currency.parse().map_err(|why: scrip_domain::Error| Error::Corrupt {
            table: "token_price_lists",
            id: id.to_string(),
            why: why.to_string(),
        })?,
        effective_from: Timestamp::from_micros(from),
        effective_until: until.map(Timestamp::from_micros),
        terms: read_json("token_price_lists", &id.to_string(), &terms)?,
    };
    Ok(PriceListRow {
        list,
        created_at: Timestamp::from_micros(created_at),
        created_by,
    })
}

async fn lists(database: &Database, sql: &str, values: &[Value]) -> Result<Vec<PriceListRow>, Error> {
    let rows = database.rows::<Found>("read price lists", sql, values).await?;
    rows.into_iter().map(read).collect()
}

/// The list of a currency in force at `at`.
pub(crate) async fn list_at(tx: &mut Tx, currency: Currency, at: Timestamp) -> Result<TokenPriceList, Error> {
    let sql = format!("{SQL} WHERE {IN_FORCE} AND l.currency = $2");
    let row = tx
        .row::<Found>("read a price list", &sql, &args![at, currency.as_str()])
        .await?;
    let row = row.ok_or(scrip_domain::Error::TokensNotSold { currency })?;
    Ok(read(row)?.list)
}

impl Store {
    /// Publishes a price list and logs who did. One that begins in the past, or at the instant of another, is refused.
    pub async fn put_price_list(&self, new: &NewPriceList, act: &Act<'_>) -> Result<TokenPriceList, Error> {
        const FAULT_PAST: &str = "it begins and ends in the future, and ends after it begins";
        new.terms.check(new.currency)?;
        let terms = serde_json::to_string(&new.terms).unwrap_or_default();
        let id = self.new_id();
        retrying!("publish a price list", {
            let now = self.clock.now();
            let from = new.effective_from.unwrap_or(now);
            if from < now || new.effective_until.is_some_and(|end| end <= from) {
                return Err(scrip_domain::Error::PriceListInvalid { why: FAULT_PAST }.into());
            }
            let mut tx = self.database.write().await?;
            let sql = "SELECT id FROM token_price_lists WHERE currency = $1 AND effective_from = $2";
            let taken = tx
                .row::<(Uuid,)>("look for a price list", sql, &args![new.currency.as_str(), from])
                .await?;
            if taken.is_some() {
                let why = "another list of this currency begins at the same instant";
                return Err(scrip_domain::Error::PriceListInvalid { why }.into());
            }
            let sql = "INSERT INTO token_price_lists \
                       (id, currency, effective_from, effective_until, terms, created_at, created_by) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let until = new.effective_until.map(Timestamp::micros);
            let values = args![id, new.currency.as_str(), from, until, terms.as_str(), now, act.actor];
            tx.execute("publish a price list", sql, &values).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(TokenPriceList {
                id: PriceListId(id),
                currency: new.currency,
                effective_from: from,
                effective_until: new.effective_until,
                terms: new.terms.clone(),
            })
        })
    }

    /// Ends a price list at `end`, or now where that is past, and logs who did. The list before it holds again then.
    pub async fn end_price_list(
        &self,
        id: PriceListId,
        end: Timestamp,
        act: &Act<'_>,
    ) -> Result<TokenPriceList, Error> {
        retrying!("end a price list", {
            let now = self.clock.now();
            let mut tx = self.database.write().await?;
            let sql = format!("{SQL} WHERE l.id = $1");
            let found = tx.row::<Found>("read a price list", &sql, &args![id.0]).await?;
            let mut list = read(found.ok_or(Error::PriceListNotFound { list: id.to_string() })?)?.list;
            let end = end.max(now);
            if list.effective_until.is_some_and(|known| known <= end) {
                return Ok(list);
            }
            let sql = "UPDATE token_price_lists SET effective_until = $2 WHERE id = $1";
            tx.execute("end a price list", sql, &args![id.0, end]).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            list.effective_until = Some(end);
            Ok(list)
        })
    }

    /// The list in force of each currency at `at`, by currency.
    pub async fn price_lists_at(&self, at: Timestamp) -> Result<Vec<TokenPriceList>, Error> {
        let sql = format!("{SQL} WHERE {IN_FORCE} ORDER BY l.currency");
        let rows = lists(&self.database, &sql, &args![at]).await?;
        Ok(rows.into_iter().map(|row| row.list).collect())
    }

    /// The list of a currency in force at `at`; refuses where tokens are not sold for it.
    pub async fn price_list_at(&self, currency: Currency, at: Timestamp) -> Result<TokenPriceList, Error> {
        let sql = format!("{SQL} WHERE {IN_FORCE} AND l.currency = $2");
        let rows = lists(&self.database, &sql, &args![at, currency.as_str()]).await?;
        let row = rows.into_iter().next();
        Ok(row.ok_or(scrip_domain::Error::TokensNotSold { currency })?.list)
    }

    /// Up to `limit` lists of every age, the newest first, made before the one named `before`.
    pub async fn price_list_history(
        &self,
        before: Option<PriceListId>,
        limit: i64,
    ) -> Result<Vec<PriceListRow>, Error> {
        let sql = format!("{SQL} WHERE l.id < $1 ORDER BY l.id DESC LIMIT $2");
        let before = before.map_or(Uuid::max(), |list| list.0);
        lists(&self.database, &sql, &args![before, limit]).await
    }
}
