//! The commands about the books.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use scrip_server::books::{
    BookFile, Books, Period, day_name, day_number, money_account_name, parse_day, revenue_by_month,
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
    /// The trial balance of money as CSV
    MoneyAccounts,
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
            let books = Books::read(server, days.period(server)?).await?;
            trial_balance(&books);
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
            let file = match format {
                Format::Hledger => BookFile::Hledger,
                Format::Accounts => BookFile::Accounts,
                Format::Revenue => BookFile::Revenue,
                Format::Money => BookFile::Money,
                Format::MoneyAccounts => BookFile::MoneyAccounts,
            };
            let text = Books::read(server, days.period(server)?).await?.write(file);
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

/// Tokens, and money by currency: what stood there before, what came in, what went out, what stands there.
fn trial_balance(books: &Books) {
    println!("{} to {}", day_name(books.period.from), day_name(books.period.until));
    for total in &books.accounts {
        let (before, after) = (total.before, total.after());
        println!(
            "{:20} {before:>15} +{:<12} -{:<12} {after:>15}",
            total.account, total.gained, total.lost
        );
    }
    let sum: i64 = books.accounts.iter().map(scrip_store::AccountTotal::after).sum();
    println!("{:20} {sum:>61}", "sum");
    let currencies = books
        .money_accounts
        .chunk_by(|a, b| a.before.currency == b.before.currency);
    for group in currencies {
        let money = |minor| scrip_domain::Money {
            minor,
            currency: group[0].before.currency,
        };
        println!();
        for total in group {
            let name = money_account_name(&total.account);
            let (before, after) = (total.before.to_string(), total.after().to_string());
            let (gained, lost) = (money(total.gained).to_string(), money(total.lost).to_string());
            println!("{name:28} {before:>18} +{gained:<18} -{lost:<18} {after:>18}");
        }
        let sum = money(group.iter().map(|total| total.after().minor).sum()).to_string();
        println!("{:28} {sum:>77}", "sum");
    }
}
