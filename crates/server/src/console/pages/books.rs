//! The books: trial balance, liability, revenue, money, and files of them for an accountant.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header;
use maud::{Markup, html};
use scrip_domain::Permission;
use scrip_store::{AccountTotal, MoneyLine, MoneyTotal, RevenueDay};
use serde::Deserialize;

use crate::books::{BookFile, Books, Period, account_name, day_name, money_account_name, move_name, revenue_by_month};
use crate::console::Operator;
use crate::html::{
    Bare, Field, Form, Page, Refused, Sent, Table, Viewer as _, address, figures, filter, grouped, number, section,
    text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server};

const PATH: &str = "/console/books";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(show))
        .route("/console/books/roll", post(roll))
        .route("/console/books/files/{file}", get(file))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    from: String,
    until: String,
}

impl Wanted {
    fn period(&self, server: &Server) -> Result<Period, Error> {
        if self.from.is_empty() && self.until.is_empty() {
            return Ok(Period::month_of(server.0.clock.now()));
        }
        Period::parse(&self.from, &self.until).ok_or_else(|| Error::Malformed {
            why: "a period is two days, the first one first".to_owned(),
        })
    }
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let store = &server.0.store;
    let period = wanted.period(&server)?;
    let Books {
        accounts,
        revenue,
        money_accounts,
        money,
        ..
    } = Books::read(&server, period).await?;
    let (from, until) = (day_name(period.from), day_name(period.until));
    let fields = [
        Field::date("from", "From").value(from.as_str()).required(),
        Field::date("until", "Until").value(until.as_str()).required(),
    ];
    let link = |file: BookFile| {
        address(
            &format!("{PATH}/files/{}", file.name()),
            &[("from", &from), ("until", &until)],
        )
    };
    let body = html! {
        (filter(PATH, !wanted.from.is_empty(), &fields))
        (liability(&accounts, &revenue))
        (section("Trial balance", &trial_balance(&accounts)))
        (section("Revenue", &revenue_table(&revenue, period)))
        (section("Money", &html! { (money_balances(&money_accounts)) (money_table(&money)) }))
        (section("Files", &html! {
            ul {
                @for (file, name) in BookFile::ALL { li { a href=(link(file)) download { (name) } } }
            }
        }))
        (section("Up to date", &html! {
            @match store.books_at().await? {
                Some(at) => p { "The books go up to " (when(at)) "." },
                None => p { "The books were not rolled up yet." },
            }
            (Form::post(&operator, "/console/books/roll", "Roll them up now", html! {}).quiet())
        }))
    };
    Ok(Page::new("Books", body).show(&operator))
}

fn held(accounts: &[AccountTotal], name: &str) -> i64 {
    accounts
        .iter()
        .find(|total| total.account == name)
        .map_or(0, AccountTotal::after)
}

fn liability(accounts: &[AccountTotal], revenue: &[RevenueDay]) -> Markup {
    let unearned = revenue.last().map_or(0, |day| day.revenue.unearned);
    figures([
        (
            "Held by customers",
            grouped(held(accounts, "wallet")),
            html! { "tokens, at the end" },
        ),
        (
            "Underway between people",
            grouped(held(accounts, "vendor:escrow")),
            html! { "tokens" },
        ),
        (
            "Paid for rentals that run",
            grouped(unearned),
            html! { "tokens not earned yet" },
        ),
        (
            "Sold so far",
            grouped(-held(accounts, "vendor:issued")),
            html! { "tokens" },
        ),
        (
            "Given so far",
            grouped(-held(accounts, "vendor:promotions")),
            html! { "tokens" },
        ),
    ])
}

fn trial_balance(accounts: &[AccountTotal]) -> Markup {
    let columns = [
        text("Account"),
        number("Before"),
        number("Came in"),
        number("Went out"),
        number("At the end"),
    ];
    let sum = |of: fn(&AccountTotal) -> i64| grouped(accounts.iter().map(of).sum());
    let table = Table::new("Trial balance", columns)
        .empty("Nothing was booked up to then.")
        .rows(accounts, |total| {
            vec![
                html! { (account_name(&total.account)) },
                html! { (grouped(total.before)) },
                html! { (grouped(total.gained)) },
                html! { (grouped(total.lost)) },
                html! { (grouped(total.after())) },
            ]
        });
    let foot = [
        html! { "Sum" },
        html! { (sum(|total| total.before)) },
        html! { (sum(|total| total.gained)) },
        html! { (sum(|total| total.lost)) },
        html! { (sum(AccountTotal::after)) },
    ];
    html! {
        (table.foot(foot))
        p.soft { "In tokens. What somebody has, somebody else lacks: the sums before and at the end are zero." }
    }
}

fn revenue_table(revenue: &[RevenueDay], period: Period) -> Markup {
    let columns = [
        text("Month"),
        number("Booked"),
        number("Earned"),
        number("Not earned at its end"),
    ];
    let months = revenue_by_month(revenue, period);
    let table = Table::new("Revenue by month", columns)
        .empty("No revenue in this period.")
        .rows(&months, |month| {
            vec![
                html! { (month.month) },
                html! { (grouped(month.booked)) },
                html! { (grouped(month.earned)) },
                html! { (grouped(month.unearned)) },
            ]
        });
    html! {
        (table)
        p.soft { "In tokens. A purchase is earned at once; a rental as it runs, by its time, its uses or its processings." }
    }
}

/// A trial balance for each currency.
fn money_balances(accounts: &[MoneyTotal]) -> Markup {
    let columns = || {
        [
            text("Account"),
            number("Before"),
            number("Came in"),
            number("Went out"),
            number("At the end"),
        ]
    };
    html! {
        @if accounts.is_empty() { p { "No money up to then." } }
        @for group in accounts.chunk_by(|a, b| a.before.currency == b.before.currency) {
            @let currency = group[0].before.currency;
            @let money = |minor| scrip_domain::Money { minor, currency };
            @let sum = |of: fn(&MoneyTotal) -> i64| money(group.iter().map(of).sum());
            @let table = Table::new(format!("Trial balance in {currency}"), columns()).rows(group, |total| {
                vec![
                    html! { (money_account_name(&total.account)) },
                    html! { (total.before) },
                    html! { (money(total.gained)) },
                    html! { (money(total.lost)) },
                    html! { (total.after()) },
                ]
            });
            (table.foot([
                html! { "Sum" },
                html! { (sum(|total| total.before.minor)) },
                html! { (sum(|total| total.gained)) },
                html! { (sum(|total| total.lost)) },
                html! { (sum(|total| total.after().minor)) },
            ]))
        }
        p.soft { "What you have or are owed stands above zero, what you owe or sold below it: each sum before and at the end is zero." }
    }
}

fn money_table(money: &[MoneyLine]) -> Markup {
    let columns = [
        text("Day"),
        text("What"),
        text("Account"),
        number("Moves"),
        number("Amount"),
    ];
    // The newest days; the file has them all.
    let table = Table::new("Money by day", columns).empty("No money in this period.");
    let table = table.rows(money.iter().rev().take(crate::html::ROWS), |line| {
        vec![
            html! { (day_name(line.day)) },
            html! { (move_name(&line.kind)) },
            html! { (money_account_name(&line.account)) },
            html! { (line.moves) },
            html! { (line.money) },
        ]
    });
    html! { (table) }
}

async fn roll(State(server): State<Server>, operator: Operator, _: Sent<Bare>) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    server.0.store.roll_books().await?;
    Ok(operator.visit().see_saying(PATH, "The books are up to date."))
}

async fn file(
    State(server): State<Server>,
    operator: Operator,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let period = wanted.period(&server)?;
    let Some((file, _)) = BookFile::ALL.into_iter().find(|(file, _)| file.name() == name) else {
        let path = format!("{PATH}/files/{}", name.chars().take(100).collect::<String>());
        return Err(Error::NotFound { path }.into());
    };
    let text = Books::read(&server, period).await?.write(file);
    let (from, until) = (period.from, period.until);
    let kind = match file {
        BookFile::Hledger => "text/plain; charset=utf-8",
        _ => "text/csv; charset=utf-8",
    };
    let disposition = format!("attachment; filename=\"{}_{}_{name}\"", day_name(from), day_name(until));
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, text).into_response())
}
