//! Orders: what was paid for with tokens.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use scrip_domain::{Intent, OrderId, Permission, QuoteLine};
use serde::Deserialize;

use super::people::{Whose, field};
use crate::console::Operator;
use crate::html::{
    Page, Refused, Table, address, cut, facts, filter, grouped, limit_one_more, number, pager, section, text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server};

const PATH: &str = "/console/orders";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/orders/{order}", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    email: String,
    before: Option<OrderId>,
}

/// What an intent is called once it was paid.
pub(super) const fn intent_word(intent: Intent) -> &'static str {
    match intent {
        Intent::Buy => "bought",
        Intent::Rent => "rented",
        Intent::Extend => "extended",
        Intent::Convert => "converted",
        Intent::Upgrade => "upgraded",
    }
}

fn line_words(line: &QuoteLine) -> String {
    format!("{} {}", line.product, intent_word(line.intent))
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let store = &server.0.store;
    let whose = Whose::find(&server, &wanted.email).await?;
    let mut orders = match &whose {
        Whose::All => store.any_orders(None, wanted.before, limit_one_more()).await?,
        Whose::Of(user) => store.any_orders(Some(*user), wanted.before, limit_one_more()).await?,
        Whose::Nobody => Vec::new(),
    };
    let more = cut(&mut orders);
    let email = wanted.email.trim();
    let last = orders.last().filter(|_| more).map(|order| order.id.to_string());
    let next = last.map(|id| address(PATH, &[("email", email), ("before", &id)]));
    let columns = [text("When"), text("Account"), text("What"), number("Tokens")];
    let table = Table::new("Orders", columns)
        .empty("No order yet.")
        .rows(&orders, |order| {
            let words: Vec<String> = order.lines.iter().take(3).map(line_words).collect();
            vec![
                html! { a href=(format!("{PATH}/{}", order.id)) { (when(order.at)) } },
                html! { a href=(address(PATH, &[("email", &order.email)])) { (order.email) } },
                html! { (words.join(", ")) @if order.lines.len() > 3 { " and " (order.lines.len() - 3) " more" } },
                html! { (grouped(order.total.get())) },
            ]
        });
    let body = html! {
        (filter(PATH, whose.is_set(), &[field(email)]))
        (table)
        (pager(wanted.before.map(|_| address(PATH, &[("email", email)])), next))
    };
    Ok(Page::new("Orders", body).show(&operator))
}

async fn show(State(server): State<Server>, operator: Operator, Path(id): Path<OrderId>) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let absent = || Error::NotFound {
        path: format!("{PATH}/{id}"),
    };
    let order = server.0.store.any_order(id).await?.ok_or_else(absent)?;
    let columns = [
        text("Product"),
        text("What"),
        text("Offer"),
        number("List price"),
        number("Paid"),
    ];
    let table = Table::new("What was paid for", columns).rows(&order.lines, |line| {
        vec![
            html! { a href=(format!("/console/catalog/{}", line.product)) { (line.product) } },
            html! { (intent_word(line.intent)) @if line.owned_after { ", owned since" } },
            html! { @if let Some(offer) = &line.offer { (offer) } @else { "–" } },
            html! { (grouped(line.list_price.get())) },
            html! { (grouped(line.charge.get())) },
        ]
    });
    let empty = || html! {};
    let table = table.foot([
        html! { "In all" },
        empty(),
        empty(),
        empty(),
        html! { (grouped(order.total.get())) },
    ]);
    let body = html! {
        (facts([
            ("Account", html! { a href=(address("/console/licenses", &[("email", &order.email)])) { (order.email) } }),
            ("Paid", when(order.at)),
            ("In all", html! { (order.total) }),
            ("The wallet held afterwards", html! { (order.balance_after) }),
            ("Transfer", html! { code { (order.id) } }),
        ]))
        (section("Lines", &html! { (table) }))
    };
    Ok(Page::new("Order", body).above(PATH, "Orders").show(&operator))
}
