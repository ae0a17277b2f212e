//! The books as an accountant reads them: periods, what accounts are called, and exports.

mod csv;
mod hledger;

use scrip_domain::{PurchaseMethod, Revenue, Timestamp};
use scrip_store::{AccountTotal, BookLine, MoneyLine, MoneyTotal, RevenueDay};

use crate::{Error, Server};
pub(crate) use hledger::move_name;

/// Microseconds of a day.
const DAY_MICROS: i64 = 86_400_000_000;

/// Days from the first to the last, both among them, in days since 1970-01-01 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: i64,
    /// The last day.
    pub until: i64,
}

impl Period {
    /// The month of an instant, up to that day.
    pub fn month_of(now: Timestamp) -> Self {
        let until = day_number(now);
        let day_of_month: i64 = day_name(until).get(8..).and_then(|day| day.parse().ok()).unwrap_or(1);
        Self {
            from: until - day_of_month + 1,
            until,
        }
    }

    /// The period between two days that are written as `2026-01-31`; `None` where they are no days or in the wrong order.
    pub fn parse(from: &str, until: &str) -> Option<Self> {
        let (from, until) = (parse_day(from)?, parse_day(until)?);
        (from <= until).then_some(Self { from, until })
    }
}

/// What the books say of a period.
pub struct Books {
    /// Which period.
    pub period: Period,
    /// The accounts of tokens.
    pub accounts: Vec<AccountTotal>,
    /// Tokens by day.
    pub lines: Vec<BookLine>,
    /// Revenue by day, and the last day before the period.
    pub revenue: Vec<RevenueDay>,
    /// The accounts of money, by currency.
    pub money_accounts: Vec<MoneyTotal>,
    /// Money by day.
    pub money: Vec<MoneyLine>,
}

/// A file of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookFile {
    /// A journal of double entries for hledger.
    Hledger,
    /// The trial balance of tokens as CSV.
    Accounts,
    /// Revenue by month as CSV.
    Revenue,
    /// The trial balance of money as CSV.
    MoneyAccounts,
    /// Money by day as CSV.
    Money,
}

impl BookFile {
    /// Every file, with what it is called.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Hledger, "Double entries for hledger"),
        (Self::Accounts, "Trial balance of tokens as CSV"),
        (Self::MoneyAccounts, "Trial balance of money as CSV"),
        (Self::Revenue, "Revenue by month as CSV"),
        (Self::Money, "Money by day as CSV"),
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hledger => "journal.hledger",
            Self::Accounts => "accounts.csv",
            Self::Revenue => "revenue.csv",
            Self::MoneyAccounts => "money-accounts.csv",
            Self::Money => "money.csv",
        }
    }
}

impl Books {
    /// Reads the sums of a period. Costs as much as the days have lines, whatever was before them.
    pub async fn read(server: &Server, period: Period) -> Result<Self, Error> {
        let (store, from, until) = (&server.0.store, period.from, period.until);
        Ok(Self {
            period,
            accounts: store.account_totals(from, until).await?,
            lines: store.book_lines(from, until).await?,
            revenue: store.revenue_days(from, until).await?,
            money_accounts: store.money_totals(from, until).await?,
            money: store.money_lines(from, until).await?,
        })
    }

    /// What a file of them holds.
    pub fn write(&self, file: BookFile) -> String {
        match file {
            BookFile::Hledger => hledger::hledger_journal(self),
            BookFile::Accounts => csv::accounts_csv(&self.accounts),
            BookFile::Revenue => csv::revenue_csv(&revenue_by_month(&self.revenue, self.period)),
            BookFile::MoneyAccounts => csv::money_accounts_csv(&self.money_accounts),
            BookFile::Money => csv::money_csv(&self.money),
        }
    }
}

/// The day on which an instant is.
pub fn day_number(at: Timestamp) -> i64 {
    at.micros().div_euclid(DAY_MICROS)
}

/// A day as `2026-01-31`.
pub fn day_name(day: i64) -> String {
    let start = Timestamp::from_micros(day.saturating_mul(DAY_MICROS));
    start.to_string().chars().take(10).collect()
}

/// The day written as `2026-01-31`.
pub fn parse_day(text: &str) -> Option<i64> {
    let text = text.trim();
    let start: Timestamp = (text.len() == 10)
        .then(|| format!("{text}T00:00:00Z").parse().ok())
        .flatten()?;
    Some(day_number(start))
}

/// What an account of the ledger is called.
pub(crate) fn account_name(account: &str) -> &str {
    match account {
        "wallet" => "Wallets of customers",
        "vendor:issued" => "Tokens sold",
        "vendor:promotions" => "Tokens given",
        "vendor:revenue" => "Tokens spent on products",
        "vendor:escrow" => "Tokens underway",
        "vendor:expired" => "Tokens that ran out",
        other => other,
    }
}

/// What an account of money is called.
pub fn money_account_name(account: &str) -> String {
    match account {
        "receivable" => "Owed on bills".to_owned(),
        "written_off" => "Bills written off".to_owned(),
        "tokens" => "Tokens sold, before tax".to_owned(),
        "tax" => "Tax".to_owned(),
        "unused" => "Payments that wait".to_owned(),
        other => match other.strip_prefix("received:").and_then(PurchaseMethod::parse) {
            Some(method) => format!("Received: {}", method.label()),
            None => other.to_owned(),
        },
    }
}

/// The revenue of one month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevenueMonth {
    /// `2026-01`.
    pub month: String,
    /// What was spent less what was given back, in tokens.
    pub booked: i64,
    /// What was earned, in tokens.
    pub earned: i64,
    /// What was not earned at its end, in tokens.
    pub unearned: i64,
}

/// The revenue of each month: earned is what was booked less what the unearned part grew by.
pub fn revenue_by_month(days: &[RevenueDay], period: Period) -> Vec<RevenueMonth> {
    let mut before = days
        .iter()
        .rev()
        .find(|day| day.day < period.from)
        .map_or_else(Revenue::default, |day| day.revenue);
    let mut months: Vec<RevenueMonth> = Vec::new();
    for day in days
        .iter()
        .filter(|day| day.day >= period.from && day.day <= period.until)
    {
        let month: String = day_name(day.day).chars().take(7).collect();
        let (booked, earned) = (day.revenue.booked - before.booked, day.revenue.earned_since(before));
        before = day.revenue;
        match months.last_mut().filter(|last| last.month == month) {
            Some(last) => {
                last.booked += booked;
                last.earned += earned;
                last.unearned = day.revenue.unearned;
            }
            None => months.push(RevenueMonth {
                month,
                booked,
                earned,
                unearned: day.revenue.unearned,
            }),
        }
    }
    months
}

/// Rolls the ledger up; says nothing, as that is done whether anything happened or not.
pub(crate) async fn run_job(server: &Server) -> Result<String, Error> {
    server.0.store.roll_books().await?;
    Ok(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_are_those_of_the_calendar() {
        let now = Timestamp::from_seconds(1_750_000_000);
        assert_eq!(day_name(day_number(now)), "2025-06-15");
        let month = Period::month_of(now);
        assert_eq!(
            (day_name(month.from).as_str(), day_name(month.until).as_str()),
            ("2025-06-01", "2025-06-15")
        );
        assert_eq!(Period::parse("2025-06-02", "2025-06-01"), None);
        assert_eq!(Period::parse("x", "2025-06-01"), None);
    }

    #[test]
    fn what_is_booked_is_earned_as_it_runs() {
        let day = |day, booked, unearned| RevenueDay {
            day,
            at: Timestamp::from_micros(day * DAY_MICROS),
            revenue: Revenue { booked, unearned },
            rentals: 1,
            ending: Vec::new(),
        };
        // 2025-05-31 is day 20,239. A rental of 300 for 30 days begins there.
        let days = [
            day(20_239, 300, 300),
            day(20_240, 300, 290),
            day(20_268, 300, 10),
            day(20_270, 300, 0),
        ];
        let all = revenue_by_month(
            &days,
            Period {
                from: 20_239,
                until: 20_300,
            },
        );
        let of = |month: &str| all.iter().find(|found| found.month == month).unwrap();
        assert_eq!((of("2025-05").booked, of("2025-05").earned), (300, 0));
        assert_eq!((of("2025-06").booked, of("2025-06").earned), (0, 290));
        assert_eq!(
            (of("2025-07").booked, of("2025-07").earned, of("2025-07").unearned),
            (0, 10, 0)
        );
        let later = revenue_by_month(
            &days,
            Period {
                from: 20_268,
                until: 20_300,
            },
        );
        assert_eq!(
            later.iter().map(|month| month.earned).sum::<i64>(),
            290,
            "what came before is not counted again"
        );
    }
}
