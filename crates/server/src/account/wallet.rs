//! The wallet's history with filters, as a table and as a signed statement; and when to be told that it holds little.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header;
use maud::html;
use scrip_api::TransferKind;
use scrip_domain::{SendingPolicy, Timestamp, Tokens, TransferId};
use scrip_store::HistoryFilter;
use serde::Deserialize;

use super::Person;
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Viewer as _, address, cut, day, figures, filter, grouped, limit_one_more,
    number, pager, read_day, section, text, when,
};
use crate::request::Query;
use crate::routes::wallet::csv;
use crate::{Server, billing, wallets};

const PATH: &str = "/account/wallet";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(show))
        .route("/account/wallet/history.csv", get(table))
        .route("/account/wallet/statement.json", get(statement))
        .route("/account/wallet/statement.pdf", get(statement_pdf))
        .route("/account/wallet/alert", post(alert))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    from: String,
    until: String,
    kind: String,
    before: Option<TransferId>,
}

/// The instant after the last of a day.
fn day_after(text: &str) -> Option<Timestamp> {
    read_day(text).map(|day| day.plus_seconds(86_400))
}

impl Wanted {
    fn filter(&self) -> HistoryFilter {
        HistoryFilter {
            from: read_day(&self.from),
            until: day_after(&self.until),
            kind: TransferKind::parse(&self.kind).map(|kind| kind.as_str().to_owned()),
        }
    }

    fn parameters<'w>(&'w self, before: &'w str) -> [(&'static str, &'w str); 4] {
        [
            ("from", &self.from),
            ("until", &self.until),
            ("kind", &self.kind),
            ("before", before),
        ]
    }
}

/// What a person calls a kind of transfer.
pub(crate) fn kind_name(word: &str) -> &'static str {
    match word {
        "grant" => "Given by the vendor",
        "order" => "Paid",
        "refund" => "Given back",
        "purchase" => "Bought",
        "purchase_refund" => "Taken back with the money",
        "voucher" => "Redeemed",
        "transfer" => "Sent or received",
        "gift" => "Gift",
        "expiry" => "Ran out",
        "team" => "Team",
        "forfeit" => "Given up",
        _ => "Other",
    }
}

const KINDS: [&str; 10] = [
    "grant",
    "order",
    "refund",
    "purchase",
    "purchase_refund",
    "voucher",
    "transfer",
    "gift",
    "expiry",
    "team",
];

async fn show(State(server): State<Server>, person: Person, Query(wanted): Query<Wanted>) -> Result<Response, Refused> {
    let store = &server.0.store;
    let found = wanted.filter();
    let mut entries = store
        .history_of(person.user.0, &found, wanted.before, limit_one_more())
        .await?;
    let more = cut(&mut entries);
    let last = entries.last().filter(|_| more).map(|entry| entry.transfer.to_string());
    let first = wanted.before.map(|_| address(PATH, &wanted.parameters("")));
    let next = last.map(|id| address(PATH, &wanted.parameters(&id)));
    let policy: SendingPolicy = store.setting().await?;
    let (holding, below) = (
        store.holding(person.user).await?,
        store.wallet_alert(person.user).await?,
    );
    let columns = [
        text("When"),
        text("What"),
        text("For"),
        number("Tokens"),
        number("Balance"),
    ];
    let table = Table::new("Every token that came and went", columns).empty("Nothing came or went in this period.");
    let table = table.rows(&entries, |entry| {
        vec![
            when(entry.at),
            html! { (kind_name(&entry.kind)) },
            html! { (entry.reason) },
            html! { (format!("{:+}", entry.amount)) },
            html! { (grouped(entry.balance_after.get())) },
        ]
    });
    let lots = holding.lots();
    let running_out = Table::new("Tokens that run out", [number("Tokens"), text("Until")]);
    let running_out = running_out.rows(&lots, |lot| {
        vec![html! { (grouped(lot.left.get())) }, day(lot.expires_at)]
    });
    let kinds = std::iter::once(("", "Everything")).chain(KINDS.map(|kind| (kind, kind_name(kind))));
    let fields = [
        Field::date("from", "From").value(&*wanted.from),
        Field::date("until", "To, with this day").value(&*wanted.until),
        Field::select("kind", "What", kinds).value(&*wanted.kind),
    ];
    let is_set = !(wanted.from.is_empty() && wanted.until.is_empty() && wanted.kind.is_empty());
    let period = [("from", &*wanted.from), ("until", &*wanted.until)];
    let limit = below.map_or_else(String::new, |below| below.get().to_string());
    let body = html! {
        (figures([
            ("Balance", grouped(holding.balance()), html! { "tokens" }),
            ("Can be sent", grouped(holding.sendable(policy.given_can_be_sent).get()), html! { a href="/account/sending" { "Send tokens" } }),
        ]))
        @if !lots.is_empty() {
            (section("Running out", &html! { p { "What runs out first is spent first." } (running_out) }))
        }
        (section("History", &html! {
            (filter(PATH, is_set, &fields))
            (table)
            (pager(first, next))
        }))
        (section("To keep", &html! {
            ul {
                li { a href=(address("/account/wallet/history.csv", &wanted.parameters(""))) download { "This history as a table (CSV)" } }
                li { a href=(address("/account/wallet/statement.pdf", &period)) download { "A signed statement of this period, to print (PDF)" } }
                li { a href=(address("/account/wallet/statement.json", &period)) download { "The same for programs (JSON)" } }
            }
            p { "A statement is signed by the vendor, the PDF too: it holds what was signed. Anybody can check it without a network: "
                code { "scrip statement verify FILE" } "." }
        }))
        (section("Little left", &html! {
            (Form::post(&person, "/account/wallet/alert", "Save", html! {
                (Field::number("below", "Tell me when the wallet holds less than", 0, Tokens::MAX.get()).value(limit)
                    .hint("In tokens; 0 or nothing to hear no more of it."))
            }).quiet())
        }))
    };
    Ok(Page::new("Wallet", body).show(&person))
}

async fn table(
    State(server): State<Server>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let text = wallets::history_csv(&server, person.user, &wanted.filter()).await?;
    Ok(csv(text))
}

async fn statement(
    State(server): State<Server>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let (from, until) = (read_day(&wanted.from), day_after(&wanted.until));
    let file = wallets::statement_file(&server, person.user, from, until).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"statement.json\""),
    ];
    Ok((headers, file).into_response())
}

async fn statement_pdf(
    State(server): State<Server>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let (from, until) = (read_day(&wanted.from), day_after(&wanted.until));
    let bytes = wallets::statement_pdf(&server, person.user, from, until).await?;
    Ok(billing::download(bytes.into(), "application/pdf", "statement.pdf"))
}

#[derive(Deserialize)]
struct Alert {
    below: String,
}

async fn alert(State(server): State<Server>, person: Person, Sent(alert): Sent<Alert>) -> Result<Response, Refused> {
    let below = read_tokens(&alert.below)?;
    server.0.store.set_wallet_alert(person.user, below).await?;
    Ok(person.visit().see_saying(PATH, "Saved."))
}

/// A number of tokens that a form sent; `None` where the field is empty.
pub(super) fn read_tokens(text: &str) -> Result<Option<Tokens>, crate::Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let amount = text.parse().map_err(|_| crate::Error::Malformed {
        why: "a whole number of tokens is expected".to_owned(),
    })?;
    Ok(Some(Tokens::new(amount)?))
}
