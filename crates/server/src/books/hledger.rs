//! The books as a journal of double entries, as hledger reads it (its format; ledger and beancount have converters).
//!
//! Signs are those of accounting: what customers hold is owed to them and stands below zero. Tokens are a commodity of
//! their own beside money, so that no price of a token is made up. Money is entered on the day on which the vendor wrote it
//! down, so that days that are closed stay as they were.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use scrip_domain::Money;
use scrip_store::{AccountTotal, BookLine, MoneyLine, MoneyTotal, RevenueDay};

use super::{Books, Period, day_name};

/// Where an account of the ledger stands in an accountant's books.
fn place(account: &str) -> &'static str {
    match account {
        "wallet" => "liabilities:tokens:wallets",
        "vendor:escrow" => "liabilities:tokens:underway",
        "vendor:issued" => "equity:tokens:sold",
        "vendor:promotions" => "expenses:tokens:promotions",
        "vendor:revenue" => "revenues:tokens:products",
        "vendor:expired" => "revenues:tokens:expired",
        _ => "equity:tokens:other",
    }
}

/// Where an account of money stands.
fn money_place(account: &str) -> String {
    match account {
        "receivable" => "assets:receivable:bills".to_owned(),
        "written_off" => "expenses:bills written off".to_owned(),
        "tokens" => "liabilities:money for tokens".to_owned(),
        "tax" => "liabilities:tax".to_owned(),
        "unused" => "liabilities:payments not used".to_owned(),
        other => match other.strip_prefix("received:") {
            Some(method) => format!("assets:receipts:{}", method.replace('_', " ")),
            None => "equity:money:other".to_owned(),
        },
    }
}

/// The journal of a period: opening balances, the transfers of each day, what of rentals is not earned, and money.
pub(super) fn hledger_journal(books: &Books) -> String {
    let period = books.period;
    let mut journal = Journal::default();
    journal.tokens(period, &books.accounts, &books.lines);
    journal.rentals(period, &books.revenue);
    journal.money(period, &books.money_accounts, &books.money);
    let currencies: BTreeSet<_> = books
        .money_accounts
        .iter()
        .map(|total| total.before.currency)
        .chain(books.money.iter().map(|line| line.money.currency))
        .collect();
    let mut head = format!(
        "; Scrip, {} to {}\ncommodity 1000. TOKEN\n",
        day_name(period.from),
        day_name(period.until)
    );
    for currency in currencies {
        let minor = 10_i64.pow(3 + u32::from(currency.digits()));
        let sample = Money { minor, currency }.to_string();
        let sample = sample.replace(' ', if currency.digits() == 0 { ". " } else { " " });
        let written = writeln!(head, "commodity {sample}");
        debug_assert!(written.is_ok());
    }
    for account in &journal.accounts {
        let written = writeln!(head, "account {account}");
        debug_assert!(written.is_ok());
    }
    head + &journal.text
}

/// What a kind of moves of money is called.
pub(crate) fn move_name(kind: &str) -> &str {
    match kind {
        "sale" => "tokens sold",
        "invoice" => "bills sent",
        "credit_note" => "credit notes",
        "payment" => "payments received",
        "use" => "payments used for bills",
        "release" => "payments let go of by bills",
        "return" => "payments given back",
        "write_off" => "bills written off",
        "refund" => "money given back",
        "refund_undone" => "money that was not given back after all",
        "dispute" => "money taken back by banks",
        "dispute_undone" => "disputes that were won",
        other => other,
    }
}

#[derive(Default)]
struct Journal {
    text: String,
    /// Every account that is used: the journal declares them, so that a slip in one is found.
    accounts: BTreeSet<String>,
}

impl Journal {
    fn tokens(&mut self, period: Period, before: &[AccountTotal], lines: &[BookLine]) {
        let opening: Vec<_> = before.iter().filter(|total| total.before != 0).collect();
        if !opening.is_empty() {
            self.entry(
                period.from,
                "opening balances",
                opening.iter().map(|total| (place(&total.account), -total.before)),
            );
        }
        for group in lines.chunk_by(|a, b| (a.day, &a.kind) == (b.day, &b.kind)) {
            let Some(first) = group.first() else { continue };
            let what = format!("{} | transfers of a day", first.kind);
            self.entry(
                first.day,
                &what,
                group.iter().map(|line| (place(&line.account), -line.amount)),
            );
        }
    }

    /// What of running rentals is not earned, as it grows and shrinks. `revenue` may begin with the last day before the period.
    fn rentals(&mut self, period: Period, revenue: &[RevenueDay]) {
        let legs = |unearned: i64| {
            [
                ("revenues:tokens:deferred", unearned),
                ("liabilities:tokens:rentals", -unearned),
            ]
        };
        let before = revenue.iter().rev().find(|day| day.day < period.from);
        let mut unearned = before.map_or(0, |day| day.revenue.unearned);
        if unearned != 0 {
            let what = "opening balance of running rentals";
            self.entry(period.from, what, legs(unearned).into_iter());
        }
        for day in revenue
            .iter()
            .filter(|day| (period.from..=period.until).contains(&day.day))
        {
            let grown = day.revenue.unearned - unearned;
            unearned = day.revenue.unearned;
            if grown != 0 {
                let what = "rentals that run | what of them is not earned";
                self.entry(day.day, what, legs(grown).into_iter());
            }
        }
    }

    fn money(&mut self, period: Period, before: &[MoneyTotal], lines: &[MoneyLine]) {
        for group in before.chunk_by(|a, b| a.before.currency == b.before.currency) {
            let opening = group.iter().filter(|total| total.before.minor != 0);
            let legs: Vec<_> = opening
                .map(|total| (money_place(&total.account), total.before))
                .collect();
            if !legs.is_empty() {
                self.money_entry(period.from, "opening balances of money", &legs);
            }
        }
        let same =
            |a: &MoneyLine, b: &MoneyLine| (a.day, &a.kind, a.money.currency) == (b.day, &b.kind, b.money.currency);
        for group in lines.chunk_by(same) {
            let Some(first) = group.first() else { continue };
            let moves = group.iter().map(|line| line.moves).max().unwrap_or(0);
            let legs: Vec<_> = group
                .iter()
                .map(|line| (money_place(&line.account), line.money))
                .collect();
            self.money_entry(first.day, &format!("{} | {moves}", move_name(&first.kind)), &legs);
        }
    }

    fn begin(&mut self, day: i64, what: &str) {
        let written = writeln!(self.text, "\n{} * {what}", day_name(day));
        debug_assert!(written.is_ok());
    }

    fn leg(&mut self, account: &str, amount: &str) {
        self.accounts.insert(account.to_owned());
        let written = writeln!(self.text, "    {account}  {amount}");
        debug_assert!(written.is_ok());
    }

    /// An entry in tokens.
    fn entry(&mut self, day: i64, what: &str, legs: impl Iterator<Item = (&'static str, i64)>) {
        self.begin(day, what);
        for (account, tokens) in legs.filter(|(_, tokens)| *tokens != 0) {
            self.leg(account, &format!("{tokens} TOKEN"));
        }
    }

    fn money_entry(&mut self, day: i64, what: &str, legs: &[(String, Money)]) {
        self.begin(day, what);
        for (account, money) in legs.iter().filter(|(_, money)| money.minor != 0) {
            self.leg(account, &money.to_string());
        }
    }
}
