//! Reading the sums.

use scrip_domain::{Revenue, Timestamp};

use super::rolling::state;
use crate::catalog::read_json;
use crate::db::args;
use crate::{Error, Store};

/// What an account gained and lost in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTotal {
    /// `wallet` for all wallets together, or one of the vendor's accounts.
    pub account: String,
    /// What it held before, in tokens.
    pub before: i64,
    /// What came in, in tokens.
    pub gained: i64,
    /// What went out, in tokens; not negative.
    pub lost: i64,
}

impl AccountTotal {
    /// What it holds afterwards, in tokens.
    pub const fn after(&self) -> i64 {
        self.before + self.gained - self.lost
    }
}

/// What an account gained by one kind of transfers on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookLine {
    /// The day, in days since 1970-01-01 (UTC).
    pub day: i64,
    /// The account.
    pub account: String,
    /// The kind of transfers.
    pub kind: String,
    /// What it gained, in tokens.
    pub amount: i64,
    /// By how many transfers.
    pub transfers: i64,
}

/// What was paid for on one day with one intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalesDay {
    /// The day, in days since 1970-01-01 (UTC).
    pub day: i64,
    /// `buy`, `rent`, `extend`, `convert` ….
    pub intent: String,
    /// Lines of orders.
    pub lines: i64,
    /// What they brought, in tokens.
    pub tokens: i64,
}

/// The revenue at the last look of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevenueDay {
    /// The day, in days since 1970-01-01 (UTC).
    pub day: i64,
    /// When that look was.
    pub at: Timestamp,
    /// What stood in the books.
    pub revenue: Revenue,
    /// Rentals that ran.
    pub rentals: i64,
    /// How many of them end on which day, in the 30 days from then on.
    pub ending: Vec<(i64, i64)>,
}

impl Store {
    /// Up to which instant the sums go; `None` where they were never rolled.
    pub async fn books_at(&self) -> Result<Option<Timestamp>, Error> {
        let state = state(&mut self.database.read().await?).await?;
        Ok(state.map(|(_, at)| Timestamp::from_micros(at)))
    }

    /// Every account with what it gained and lost on the days `from` to `until`, both among them, and what it held before.
    pub async fn account_totals(&self, from: i64, until: i64) -> Result<Vec<AccountTotal>, Error> {
        let sql = "SELECT account, \
                   CAST(COALESCE(SUM(CASE WHEN day < $1 THEN amount ELSE 0 END), 0) AS BIGINT), \
                   CAST(COALESCE(SUM(CASE WHEN day >= $1 AND amount > 0 THEN amount ELSE 0 END), 0) AS BIGINT), \
                   CAST(COALESCE(SUM(CASE WHEN day >= $1 AND amount < 0 THEN -amount ELSE 0 END), 0) AS BIGINT) \
                   FROM book_days WHERE day <= $2 GROUP BY account ORDER BY account";
        let rows = self
            .database
            .rows::<(String, i64, i64, i64)>("read the trial balance", sql, &args![from, until])
            .await?;
        let read = |(account, before, gained, lost)| AccountTotal {
            account,
            before,
            gained,
            lost,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// The sums of the days `from` to `until`, both among them.
    pub async fn book_lines(&self, from: i64, until: i64) -> Result<Vec<BookLine>, Error> {
        let sql = "SELECT day, account, kind, amount, transfers FROM book_days WHERE day >= $1 AND day <= $2 \
                   ORDER BY day, kind, account";
        let rows = self
            .database
            .rows::<(i64, String, String, i64, i64)>("read the books", sql, &args![from, until])
            .await?;
        let read = |(day, account, kind, amount, transfers)| BookLine {
            day,
            account,
            kind,
            amount,
            transfers,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// What was paid for on the days `from` to `until`, both among them.
    pub async fn sales_days(&self, from: i64, until: i64) -> Result<Vec<SalesDay>, Error> {
        let sql =
            "SELECT day, intent, lines, tokens FROM sales_days WHERE day >= $1 AND day <= $2 ORDER BY day, intent";
        let rows = self
            .database
            .rows::<(i64, String, i64, i64)>("read sales", sql, &args![from, until])
            .await?;
        let read = |(day, intent, lines, tokens)| SalesDay {
            day,
            intent,
            lines,
            tokens,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// The revenue on the days `from` to `until`, both among them; and before them the last day that there is.
    pub async fn revenue_days(&self, from: i64, until: i64) -> Result<Vec<RevenueDay>, Error> {
        type Found = (i64, i64, i64, i64, i64, String);
        let sql = "SELECT day, at, booked, unearned, rentals, ending FROM revenue_days WHERE day <= $2 AND day >= \
                   COALESCE((SELECT MAX(day) FROM revenue_days WHERE day < $1), $1) ORDER BY day";
        let rows = self
            .database
            .rows::<Found>("read revenue", sql, &args![from, until])
            .await?;
        rows.into_iter()
            .map(|(day, at, booked, unearned, rentals, ending)| {
                Ok(RevenueDay {
                    day,
                    at: Timestamp::from_micros(at),
                    revenue: Revenue { booked, unearned },
                    rentals,
                    ending: read_json("revenue_days", &day.to_string(), &ending)?,
                })
            })
            .collect()
    }
}
