//! How the business goes, at a glance. Everything comes from the sums of the books, so that it costs the same however much
//! was sold.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use scrip_domain::{Money, Permission};
use scrip_store::{ApprovalStatus, BookLine, MoneyLine, RevenueDay, SalesDay};

use crate::Server;
use crate::books::{day_name, day_number};
use crate::console::Operator;
use crate::deeds;
use crate::html::{
    Chart, Page, Refused, Table, Tone, badge, figures, grouped, limit_one_more, number, section, text, when,
};

/// How many days the charts show.
const DAYS: i64 = 30;
/// How long a deed without a second operator is shown, in seconds: a week.
const EMERGENCY_SECONDS: i64 = 7 * 86_400;
/// How many weeks of conversions.
const WEEKS: i64 = 12;

pub(super) fn router() -> Router<Server> {
    Router::new().route("/console", get(show))
}

async fn show(State(server): State<Server>, operator: Operator) -> Result<Response, Refused> {
    operator.require(Permission::See)?;
    let store = &server.0.store;
    let today = day_number(server.0.clock.now());
    let from = today - DAYS + 1;
    let lines = store.book_lines(from, today).await?;
    let totals = store.account_totals(from, today).await?;
    let sales = store.sales_days(today - WEEKS * 7 + 1, today).await?;
    let revenue = store.revenue_days(from, today).await?;
    let money = store.money_lines(from, today).await?;
    let waiting = store
        .approvals(Some(ApprovalStatus::Waiting), None, limit_one_more())
        .await?
        .len();
    let emergency = store.last_act(deeds::EMERGENCY).await?;
    let emergency = emergency.filter(|act| act.at.plus_seconds(EMERGENCY_SECONDS) > server.now());
    let wallets = totals.iter().find(|total| total.account == "wallet");
    let last = revenue.last();
    let tokens_sold = -sum(&lines, |line| line.account == "vendor:issued");
    let spent: i64 = sales.iter().filter(|day| day.day >= from).map(|day| day.tokens).sum();
    let by_money = received(&money);
    let sold_note = html! { (if by_money.is_empty() { "for no money".to_owned() } else { by_money.join(", ") }) };
    let body = html! {
        @if let Some(act) = &emergency {
            p role="note" { (badge(Tone::Bad, "Without a second operator")) " " (when(act.at)) " on the machine: " (act.why)
                " The " a href="/console/log" { "audit log" } " has every such deed." }
        }
        (figures([
            ("Tokens outstanding", grouped(wallets.map_or(0, scrip_store::AccountTotal::after)), html! { "owed to customers" }),
            ("Tokens sold", grouped(tokens_sold), sold_note),
            ("Tokens spent", grouped(spent), html! { "in " (DAYS) " days" }),
            ("Rentals running", grouped(last.map_or(0, |day| day.rentals)), html! {
                (grouped(last.map_or(0, |day| day.revenue.unearned))) " tokens not earned yet"
            }),
            ("Approvals", waiting.to_string(), html! { a href="/console/approvals" { "Look at them" } }),
        ]))
        (charts(&lines, wallets.map_or(0, |total| total.before), &sales, last, (from, today)))
        (section("What was paid for", &sales_table(&sales, from)))
        @match store.books_at().await? {
            Some(at) => p.soft { "As of " (when(at)) ". The books are rolled up by themselves, and on their page at once." },
            None => p.soft { "The books were not rolled up yet; that happens by itself within a quarter of an hour." },
        }
    };
    Ok(Page::new("Dashboard", body).show(&operator))
}

fn sum(lines: &[BookLine], wanted: impl Fn(&BookLine) -> bool) -> i64 {
    lines.iter().filter(|line| wanted(line)).map(|line| line.amount).sum()
}

/// The money that arrived less what went back, by currency.
fn received(money: &[MoneyLine]) -> Vec<String> {
    let mut sums: BTreeMap<_, i64> = BTreeMap::new();
    for line in money.iter().filter(|line| line.account.starts_with("received:")) {
        *sums.entry(line.money.currency).or_default() += line.money.minor;
    }
    sums.into_iter()
        .map(|(currency, minor)| Money { minor, currency }.to_string())
        .collect()
}

/// A point for each day, also where nothing happened; named by day and month.
fn by_day(from: i64, until: i64, value: impl Fn(i64) -> i64) -> Vec<(String, i64)> {
    let name = |day| day_name(day).get(5..).unwrap_or_default().to_owned();
    (from..=until).map(|day| (name(day), value(day))).collect()
}

fn charts(
    lines: &[BookLine],
    outstanding_before: i64,
    sales: &[SalesDay],
    last: Option<&RevenueDay>,
    (from, today): (i64, i64),
) -> Markup {
    let sold = by_day(from, today, |day| {
        -sum(lines, |line| line.day == day && line.account == "vendor:issued")
    });
    let spent = by_day(from, today, |day| {
        sales
            .iter()
            .filter(|sale| sale.day == day)
            .map(|sale| sale.tokens)
            .sum()
    });
    let mut held = outstanding_before;
    let mut outstanding = Vec::new();
    for (name, gained) in by_day(from, today, |day| {
        sum(lines, |line| line.day == day && line.account == "wallet")
    }) {
        held += gained;
        outstanding.push((name, held));
    }
    let ending = by_day(today, today + DAYS - 1, |day| {
        let found = last.and_then(|last| last.ending.iter().find(|(ends, _)| *ends == day));
        found.map_or(0, |(_, count)| *count)
    });
    let conversions = (0..WEEKS)
        .rev()
        .map(|week| {
            let (first, end) = (today - week * 7 - 6, today - week * 7);
            let count = sales
                .iter()
                .filter(|sale| sale.intent == "convert" && (first..=end).contains(&sale.day))
                .map(|sale| sale.lines)
                .sum();
            (day_name(first).get(5..).unwrap_or_default().to_owned(), count)
        })
        .collect();
    html! {
        div.charts {
            (Chart::bars("Tokens sold by day", "tokens", sold))
            (Chart::bars("Tokens spent by day", "tokens", spent))
            (Chart::line("Tokens outstanding", "tokens", outstanding))
            (Chart::bars("Rentals that end", "rentals", ending))
            (Chart::bars("Rentals that became owned, by week", "conversions", conversions))
        }
    }
}

fn sales_table(sales: &[SalesDay], from: i64) -> Markup {
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for sale in sales.iter().filter(|sale| sale.day >= from) {
        let sum = sums.entry(&sale.intent).or_default();
        *sum = (sum.0 + sale.lines, sum.1 + sale.tokens);
    }
    let word = |intent: &str| match intent {
        "buy" => "Bought",
        "rent" => "Rented",
        "extend" => "Extended",
        "convert" => "Became owned",
        "upgrade" => "Upgraded",
        _ => "Other",
    };
    let table = Table::new("What was paid for", [text("What"), number("Times"), number("Tokens")]);
    let table = table
        .empty("Nothing was sold in these days.")
        .rows(sums, |(intent, (lines, tokens))| {
            vec![
                html! { (word(intent)) },
                html! { (grouped(lines)) },
                html! { (grouped(tokens)) },
            ]
        });
    html! { (table) }
}
