//! The money that tokens brought.

use std::collections::BTreeMap;

use scrip_domain::{Currency, Money};

use crate::db::args;
use crate::{Error, Store};

/// What happened with money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoneyEvent {
    /// Tokens were issued: the money is owed to the vendor, or here.
    Issued,
    /// The money arrived.
    Paid,
    /// Money was given back.
    Returned,
}

/// Money of one day, one way to pay and one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyLine {
    /// The day, in days since 1970-01-01 (UTC).
    pub day: i64,
    /// What happened.
    pub event: MoneyEvent,
    /// The way to pay, such as `card`.
    pub method: String,
    /// What tokens cost, without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// How many purchases.
    pub purchases: i64,
    /// How many tokens.
    pub tokens: i64,
}

type Found = (i64, String, String, i64, i64, i64, i64);

fn line(event: MoneyEvent, (day, method, currency, net, tax, purchases, tokens): Found) -> Result<MoneyLine, Error> {
    let currency: Currency = currency.parse().map_err(|why: scrip_domain::Error| Error::Corrupt {
        table: "token_purchases",
        id: day.to_string(),
        why: why.to_string(),
    })?;
    Ok(MoneyLine {
        day,
        event,
        method,
        net: Money { minor: net, currency },
        tax: Money { minor: tax, currency },
        purchases,
        tokens,
    })
}

impl Store {
    /// The money of the days `from` to `until`, both among them.
    pub async fn money_lines(&self, from: i64, until: i64) -> Result<Vec<MoneyLine>, Error> {
        let start = from.saturating_mul(super::DAY_MICROS);
        let end = until.saturating_add(1).saturating_mul(super::DAY_MICROS);
        let mut lines = Vec::new();
        for (event, column) in [(MoneyEvent::Issued, "issued_at"), (MoneyEvent::Paid, "paid_at")] {
            let sql = format!(
                "SELECT {column} / 86400000000, method, currency, CAST(SUM(net) AS BIGINT), CAST(SUM(tax) AS BIGINT), \
                 CAST(COUNT(*) AS BIGINT), CAST(SUM(tokens) AS BIGINT) FROM token_purchases \
                 WHERE {column} >= $1 AND {column} < $2 GROUP BY {column} / 86400000000, method, currency"
            );
            self.add_money(event, &sql, (start, end), &mut lines).await?;
        }
        self.add_returned((start, end), &mut lines).await?;
        lines.sort_by(|a, b| {
            (a.day, a.event, &a.method, a.net.currency).cmp(&(b.day, b.event, &b.method, b.net.currency))
        });
        Ok(lines)
    }

    async fn add_money(
        &self,
        event: MoneyEvent,
        sql: &str,
        (start, end): (i64, i64),
        lines: &mut Vec<MoneyLine>,
    ) -> Result<(), Error> {
        let rows = self
            .database
            .rows::<Found>("read money", sql, &args![start, end])
            .await?;
        for found in rows {
            lines.push(line(event, found)?);
        }
        Ok(())
    }

    /// What is given back has its part of the tax, rounded down.
    async fn add_returned(&self, (start, end): (i64, i64), lines: &mut Vec<MoneyLine>) -> Result<(), Error> {
        type Row = (i64, String, String, i64, i64, i64, i64);
        let sql = "SELECT r.created_at / 86400000000, p.method, p.currency, r.minor, p.net, p.tax, r.tokens \
                   FROM token_reversals r JOIN token_purchases p ON p.id = r.purchase_id \
                   WHERE r.created_at >= $1 AND r.created_at < $2 AND r.status <> 'undone' ORDER BY r.id";
        let rows = self.database.rows::<Row>("read money", sql, &args![start, end]).await?;
        let mut sums: BTreeMap<(i64, String, String), [i64; 4]> = BTreeMap::new();
        for (day, method, currency, minor, net, tax, tokens) in rows {
            let gross = i128::from(net) + i128::from(tax);
            let share = i128::from(minor) * i128::from(tax) / gross.max(1);
            let share = i64::try_from(share).unwrap_or(0);
            let sum = sums.entry((day, method, currency)).or_default();
            for (sum, more) in sum.iter_mut().zip([minor - share, share, 1, tokens]) {
                *sum = sum.saturating_add(more);
            }
        }
        for ((day, method, currency), [net, tax, purchases, tokens]) in sums {
            let found = (day, method, currency, net, tax, purchases, tokens);
            lines.push(line(MoneyEvent::Returned, found)?);
        }
        Ok(())
    }
}
