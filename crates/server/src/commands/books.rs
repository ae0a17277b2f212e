//! The commands about the books.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use scrip_server::books::{
    Period, accounts_csv, day_name, day_number, hledger_journal, money_csv, parse_day, revenue_by_month, revenue_csv,
};
use scrip_server::{Error, Server};

#[derive(Subcommand)]
pub(crate) enum BooksCommand {
    /// Every account with what it gained and lost
    TrialBalance(Days),
    /// What was booked, earned and not yet earned, by month
    Revenue(Days),
    /// What customers hold and what is owed to them
    Liability,
    /// Write the books as a file
    Export {
        #[command(flatten)]
        days: Days,
        /// What to write
        #[arg(long, value_enum, default_value_t = Format::Hledger)]
        format: Format,
        /// Where to; standard output by default
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A double-entry journal for hledger
    Hledger,
    /// The trial balance as CSV
    Accounts,
    /// Revenue by month as CSV
    Revenue,
    /// Money by day as CSV
    Money,
}

#[derive(Args)]
pub(crate) struct Days {
    /// The first day, as 2026-01-31; the beginning of the month by default
    #[arg(long, value_name = "DAY", value_parser = read_day)]
    from: Option<i64>,
    /// The last day; today by default
    #[arg(long, value_name = "DAY", value_parser = read_day)]
    until: Option<i64>,
}

fn read_day(text: &str) -> Result<i64, String> {
    parse_day(text).ok_or_else(|| "a day as 2026-01-31".to_owned())
}

impl Days {
    fn period(&self, server: &Server) -> anyhow::Result<Period> {
        let month = Period::month_of(server.now());
        let period = Period {
            from: self.from.unwrap_or(month.from),
            until: self.until.unwrap_or(month.until),
        };
        anyhow::ensure!(period.from <= period.until, "the last day is before the first");
        Ok(period)
    }
}

pub(crate) async fn run(server: &Server, command: BooksCommand) -> anyhow::Result<()> {
    let store = server.store();
    store.roll_books().await.map_err(Error::from)?;
    match command {
        BooksCommand::TrialBalance(days) => {
            let period = days.period(server)?;
            println!("{} to {}", day_name(period.from), day_name(period.until));
            let accounts = store
                .account_totals(period.from, period.until)
                .await
                .map_err(Error::from)?;
            for total in &accounts {
                let (before, after) = (total.before, total.after());
                println!(
                    "{:20} {before:>15} +{:<12} -{:<12} {after:>15}",
                    total.account, total.gained, total.lost
                );
            }
            let sum: i64 = accounts.iter().map(scrip_store::AccountTotal::after).sum();
            println!("{:20} {sum:>61}", "sum");
        }
        BooksCommand::Revenue(days) => {
            let period = days.period(server)?;
            let days = store
                .revenue_days(period.from, period.until)
                .await
                .map_err(Error::from)?;
            println!("{:8} {:>15} {:>15} {:>15}", "month", "booked", "earned", "unearned");
            for month in revenue_by_month(&days, period) {
                println!(
                    "{:8} {:>15} {:>15} {:>15}",
                    month.month, month.booked, month.earned, month.unearned
                );
            }
        }
        BooksCommand::Liability => {
            let today = day_number(server.now());
            let accounts = store.account_totals(today, today).await.map_err(Error::from)?;
            let held = |name: &str| {
                accounts
                    .iter()
                    .find(|total| total.account == name)
                    .map_or(0, scrip_store::AccountTotal::after)
            };
            let revenue = store.revenue_days(today, today).await.map_err(Error::from)?;
            println!("tokens in wallets: {}", held("wallet"));
            println!("tokens underway between people: {}", held("vendor:escrow"));
            println!(
                "tokens paid for rentals that still run: {}",
                revenue.last().map_or(0, |day| day.revenue.unearned)
            );
        }
        BooksCommand::Export { days, format, output } => {
            let text = export(server, days.period(server)?, format).await?;
            match output {
                Some(path) => {
                    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
                    println!("wrote {}", path.display());
                }
                None => print!("{text}"),
            }
        }
    }
    Ok(())
}

async fn export(server: &Server, period: Period, format: Format) -> Result<String, Error> {
    let store = server.store();
    let (from, until) = (period.from, period.until);
    Ok(match format {
        Format::Accounts => accounts_csv(&store.account_totals(from, until).await?),
        Format::Revenue => revenue_csv(&revenue_by_month(&store.revenue_days(from, until).await?, period)),
        Format::Money => money_csv(&store.money_lines(from, until).await?),
        Format::Hledger => hledger_journal(
            period,
            &store.account_totals(from, until).await?,
            &store.book_lines(from, until).await?,
            &store.revenue_days(from, until).await?,
            &store.money_lines(from, until).await?,
        ),
    })
}
