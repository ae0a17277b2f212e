//! The books as a journal of double entries, as hledger reads it (its format; ledger and beancount have converters).
//!
//! Signs are those of accounting: what customers hold is owed to them and stands below zero. Tokens are a commodity of
//! their own beside money, so that no price of a token is made up.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use scrip_domain::Money;
use scrip_store::{AccountTotal, BookLine, MoneyEvent, MoneyLine, RevenueDay};

use super::{Period, day_name};

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

/// The journal of a period. `before` is what accounts held before it, `revenue` may begin with the last day before it.
pub fn hledger_journal(
    period: Period,
    before: &[AccountTotal],
    lines: &[BookLine],
    revenue: &[RevenueDay],
    money: &[MoneyLine],
) -> String {
    let mut journal = Journal::default();
    journal.line(&format!(
        "; Scrip, {} to {}",
        day_name(period.from),
        day_name(period.until)
    ));
    journal.line("commodity 1000. TOKEN");
    let currencies: BTreeSet<_> = money.iter().map(|line| line.net.currency).collect();
    for currency in currencies {
        let sample = amount(Money {
            minor: 10_i64.pow(3 + u32::from(currency.digits())),
            currency,
        });
        let sample = sample.replace(' ', if currency.digits() == 0 { ". " } else { " " });
        journal.line(&format!("commodity {sample}"));
    }
    let opening: Vec<_> = before.iter().filter(|total| total.before != 0).collect();
    if !opening.is_empty() {
        journal.entry(
            period.from,
            "opening balances",
            opening.iter().map(|total| (place(&total.account), -total.before)),
        );
    }
    for group in lines.chunk_by(|a, b| (a.day, &a.kind) == (b.day, &b.kind)) {
        let Some(first) = group.first() else { continue };
        let what = format!("{} | transfers of a day", first.kind);
        journal.entry(
            first.day,
            &what,
            group.iter().map(|line| (place(&line.account), -line.amount)),
        );
    }
    let mut unearned = revenue
        .iter()
        .rev()
        .find(|day| day.day < period.from)
        .map_or(0, |day| day.revenue.unearned);
    if unearned != 0 {
        let legs = [
            ("revenues:tokens:deferred", unearned),
            ("liabilities:tokens:rentals", -unearned),
        ];
        journal.entry(period.from, "opening balance of running rentals", legs.into_iter());
    }
    for day in revenue
        .iter()
        .filter(|day| day.day >= period.from && day.day <= period.until)
    {
        let grown = day.revenue.unearned - unearned;
        unearned = day.revenue.unearned;
        if grown != 0 {
            let legs = [
                ("revenues:tokens:deferred", grown),
                ("liabilities:tokens:rentals", -grown),
            ];
            journal.entry(
                day.day,
                "rentals that run | what of them is not earned",
                legs.into_iter(),
            );
        }
    }
    for line in money {
        journal.money(line);
    }
    journal.0
}

#[derive(Default)]
struct Journal(String);

impl Journal {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn leg(&mut self, account: &str, amount: &str) {
        let written = writeln!(self.0, "    {account}  {amount}");
        debug_assert!(written.is_ok());
    }

    /// An entry in tokens.
    fn entry(&mut self, day: i64, what: &str, legs: impl Iterator<Item = (&'static str, i64)>) {
        self.line("");
        self.line(&format!("{} * {what}", day_name(day)));
        for (account, tokens) in legs.filter(|(_, tokens)| *tokens != 0) {
            self.leg(account, &format!("{tokens} TOKEN"));
        }
    }

    /// An entry in money.
    fn money(&mut self, line: &MoneyLine) {
        let gross = Money {
            minor: line.net.minor.saturating_add(line.tax.minor),
            ..line.net
        };
        let minus = |money: Money| Money {
            minor: -money.minor,
            ..money
        };
        let (owed, bank) = (
            format!("assets:receivable:{}", line.method),
            format!("assets:receipts:{}", line.method),
        );
        let (tokens, tax) = ("liabilities:money for tokens", "liabilities:tax");
        let (what, legs) = match line.event {
            MoneyEvent::Issued => (
                "tokens sold",
                vec![
                    (owed.as_str(), gross),
                    (tokens, minus(line.net)),
                    (tax, minus(line.tax)),
                ],
            ),
            MoneyEvent::Paid => (
                "money received",
                vec![(bank.as_str(), gross), (owed.as_str(), minus(gross))],
            ),
            MoneyEvent::Returned => (
                "money given back",
                vec![(tokens, line.net), (tax, line.tax), (bank.as_str(), minus(gross))],
            ),
        };
        self.line("");
        self.line(&format!(
            "{} * {what} | {} by {}",
            day_name(line.day),
            line.purchases,
            line.method
        ));
        for (account, money) in legs {
            if money.minor != 0 {
                self.leg(account, &amount(money));
            }
        }
    }
}

/// `-12.50 EUR`.
fn amount(money: Money) -> String {
    let digits = usize::from(money.currency.digits());
    let sign = if money.minor < 0 { "-" } else { "" };
    let text = format!("{:0width$}", money.minor.unsigned_abs(), width = digits + 1);
    let (whole, part) = text.split_at(text.len() - digits);
    let dot = if digits == 0 { "" } else { "." };
    format!("{sign}{whole}{dot}{part} {}", money.currency.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        let of = |minor, currency: &str| {
            amount(Money {
                minor,
                currency: currency.parse().unwrap(),
            })
        };
        assert_eq!(
            (of(-1250, "EUR"), of(5, "EUR")),
            ("-12.50 EUR".to_owned(), "0.05 EUR".to_owned())
        );
        assert_eq!(
            (of(12, "JPY"), of(1234, "KWD")),
            ("12 JPY".to_owned(), "1.234 KWD".to_owned())
        );
    }
}
