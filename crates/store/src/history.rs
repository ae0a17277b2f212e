//! A wallet's history: filtered, in pages, and as the content of a statement.

use scrip_domain::{OrderId, Timestamp, TransferId, UserId};
use uuid::Uuid;

use crate::checkpoints::{CLOCKS_APART_SECONDS, balance_before};
use crate::db::{Tx, Value, args};
use crate::ledger::{KIND_GIFT, KIND_ORDER, KIND_REFUND, least_id, read_tokens};
use crate::names::ProductNames;
use crate::{Error, HistoryEntry, Store};

/// Which part of a history is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// Of this kind alone.
    pub kind: Option<String>,
}

/// What a wallet held before a period, and what happened in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletPeriod {
    /// What it held at the beginning, in tokens.
    pub opening: i64,
    /// What it held at the end, in tokens.
    pub closing: i64,
    /// What happened, the oldest first.
    pub entries: Vec<HistoryEntry>,
}

type Found = (Uuid, String, String, i64, i64, Option<i64>);
const SQL: &str = "SELECT t.id, t.kind, t.reason, t.created_at, e.amount, e.balance_after \
                   FROM entries e JOIN transfers t ON t.id = e.transfer_id \
                   WHERE e.owner = $1 AND e.account = 'wallet' AND e.transfer_id < $2 AND e.transfer_id >= $6 \
                   AND t.created_at >= $3 AND t.created_at < $4 AND (CAST($5 AS TEXT) IS NULL OR t.kind = $5)";

fn read((id, kind, reason, at, amount, balance_after): Found) -> Result<HistoryEntry, Error> {
    Ok(HistoryEntry {
        transfer: TransferId(id),
        order: (kind == KIND_ORDER).then_some(OrderId(id)),
        kind,
        reason,
        at: Timestamp::from_micros(at),
        amount,
        balance_after: read_tokens("entries", id, balance_after.unwrap_or(-1))?,
    })
}

/// Reads a page of rows. The ledger keeps the ids of products, which have names for whoever reads it.
async fn read_all(tx: &mut Tx, rows: Vec<Found>) -> Result<Vec<HistoryEntry>, Error> {
    let mut entries: Vec<_> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    let names_products = |entry: &HistoryEntry| [KIND_ORDER, KIND_GIFT, KIND_REFUND].contains(&entry.kind.as_str());
    let of_products = entries.iter().filter(|entry| names_products(entry));
    let names = ProductNames::read_words(tx, of_products.map(|entry| entry.reason.as_str())).await?;
    for entry in entries.iter_mut().filter(|entry| names_products(entry)) {
        entry.reason = names.put_into(&entry.reason);
    }
    Ok(entries)
}

impl HistoryFilter {
    fn values(&self, owner: Uuid, before: Option<TransferId>) -> Vec<Value> {
        let from = self.from.unwrap_or(Timestamp::from_micros(0));
        let until = self.until.unwrap_or(Timestamp::from_micros(i64::MAX));
        // Ids follow the clocks of servers, which differ by less than that: so only the period is read.
        let least = least_id(from.plus_seconds(-CLOCKS_APART_SECONDS));
        let end = self
            .until
            .map_or(Uuid::max(), |until| least_id(until.plus_seconds(CLOCKS_APART_SECONDS)));
        let before = before.map_or(end, |transfer| transfer.0.min(end));
        args![owner, before, from, until, self.kind.clone(), least].to_vec()
    }
}

impl Store {
    /// Up to `limit` entries of a wallet, the newest first, older than the transfer `before`. `owner` is the person or team.
    pub async fn history_of(
        &self,
        owner: Uuid,
        filter: &HistoryFilter,
        before: Option<TransferId>,
        limit: i64,
    ) -> Result<Vec<HistoryEntry>, Error> {
        let mut values = filter.values(owner, before);
        values.push(limit.into());
        let sql = format!("{SQL} ORDER BY e.transfer_id DESC LIMIT $7");
        let mut tx = self.database.read().await?;
        let rows = tx.rows::<Found>("read a wallet's history", &sql, &values).await?;
        read_all(&mut tx, rows).await
    }

    /// What happened to the user's wallet in a period of `most` entries at most, with what it held before and after.
    pub async fn wallet_period(
        &self,
        user: UserId,
        from: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<WalletPeriod, Error> {
        let mut tx = self.database.read().await?;
        let opening = sum_until(&mut tx, user, from).await?;
        let closing = sum_until(&mut tx, user, until).await?;
        let filter = HistoryFilter {
            from: Some(from),
            until: Some(until),
            kind: None,
        };
        let mut values = filter.values(user.0, None);
        values.push(i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1).into());
        let sql = format!("{SQL} ORDER BY e.transfer_id LIMIT $7");
        let rows = tx.rows::<Found>("read a wallet's history", &sql, &values).await?;
        if rows.len() > most {
            return Err(Error::PeriodTooLong { most });
        }
        let entries = read_all(&mut tx, rows).await?;
        Ok(WalletPeriod {
            opening,
            closing,
            entries,
        })
    }
}

/// What a wallet held at an instant: what it held at a point before it that was kept, and what happened from there on.
async fn sum_until(tx: &mut Tx, user: UserId, until: Timestamp) -> Result<i64, Error> {
    let surely_before = least_id(until.plus_seconds(-CLOCKS_APART_SECONDS));
    let (upto, balance) = balance_before(tx, user.0, surely_before).await?;
    let surely_after = least_id(until.plus_seconds(CLOCKS_APART_SECONDS));
    let sql = "SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entries e JOIN transfers t ON t.id = e.transfer_id \
               WHERE e.owner = $1 AND e.account = 'wallet' AND e.transfer_id > $2 AND e.transfer_id < $3 \
               AND t.created_at < $4";
    let values = args![user.0, upto, surely_after, until];
    let found = tx.row::<(i64,)>("add a wallet up", sql, &values).await?;
    Ok(balance + found.map_or(0, |(sum,)| sum))
}
