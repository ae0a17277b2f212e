//! The money that tokens brought: sums of its entries by day.

use scrip_domain::{Currency, Money};

use crate::db::args;
use crate::{Error, Store};

/// What an account of money gained by one kind of moves on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyLine {
    /// The day, in days since 1970-01-01 (UTC).
    pub day: i64,
    /// What happened: `sale`, `invoice`, `credit_note`, `payment` ….
    pub kind: String,
    /// The account: `receivable`, `tax`, `received:card` ….
    pub account: String,
    /// What it gained; below zero for what it lost.
    pub money: Money,
    /// By how many moves.
    pub moves: i64,
}

/// What an account of money gained and lost in a period, in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyTotal {
    /// The account.
    pub account: String,
    /// What it held before.
    pub before: Money,
    /// What came in, in the smallest unit.
    pub gained: i64,
    /// What went out, in the smallest unit; not negative.
    pub lost: i64,
}

impl MoneyTotal {
    /// What it holds afterwards.
    pub const fn after(&self) -> Money {
        Money {
            minor: self.before.minor + self.gained - self.lost,
            currency: self.before.currency,
        }
    }
}

fn read_currency(day: &str, currency: &str) -> Result<Currency, Error> {
    currency.parse().map_err(|why: scrip_domain::Error| Error::Corrupt {
        table: "money_days",
        id: day.to_owned(),
        why: why.to_string(),
    })
}

impl Store {
    /// The sums of the days `from` to `until`, both among them.
    pub async fn money_lines(&self, from: i64, until: i64) -> Result<Vec<MoneyLine>, Error> {
        let sql = "SELECT day, kind, account, currency, minor, moves FROM money_days WHERE day >= $1 AND day <= $2 \
                   ORDER BY day, kind, currency, account";
        let rows = self
            .database
            .rows::<(i64, String, String, String, i64, i64)>("read money", sql, &args![from, until])
            .await?;
        rows.into_iter()
            .map(|(day, kind, account, currency, minor, moves)| {
                let currency = read_currency(&day.to_string(), &currency)?;
                Ok(MoneyLine {
                    day,
                    kind,
                    account,
                    money: Money { minor, currency },
                    moves,
                })
            })
            .collect()
    }

    /// Every account of money with what it gained and lost on the days `from` to `until`, both among them, and what it held before;
    /// by currency.
    pub async fn money_totals(&self, from: i64, until: i64) -> Result<Vec<MoneyTotal>, Error> {
        let sql = "SELECT account, currency, \
                   CAST(COALESCE(SUM(CASE WHEN day < $1 THEN minor ELSE 0 END), 0) AS BIGINT), \
                   CAST(COALESCE(SUM(CASE WHEN day >= $1 AND minor > 0 THEN minor ELSE 0 END), 0) AS BIGINT), \
                   CAST(COALESCE(SUM(CASE WHEN day >= $1 AND minor < 0 THEN -minor ELSE 0 END), 0) AS BIGINT) \
                   FROM money_days WHERE day <= $2 GROUP BY account, currency ORDER BY currency, account";
        let rows = self
            .database
            .rows::<(String, String, i64, i64, i64)>("read the trial balance", sql, &args![from, until])
            .await?;
        rows.into_iter()
            .map(|(account, currency, before, gained, lost)| {
                let currency = read_currency(&account, &currency)?;
                Ok(MoneyTotal {
                    account,
                    before: Money {
                        minor: before,
                        currency,
                    },
                    gained,
                    lost,
                })
            })
            .collect()
    }
}
