//! Orders, and taking back what they paid for.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use maud::html;
use scrip_domain::{OrderId, OrderRefundPolicy, ProductId, Tokens};
use scrip_store::RefundBy;
use serde::Deserialize;

use super::Person;
use super::wallet::read_tokens;
use crate::Server;
use crate::html::{
    Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, facts, grouped, hidden, limit_one_more,
    number, pager, problem, text, when,
};
use crate::request::{Path, Query};

const PATH: &str = "/account/orders";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/account/orders/{order}/refund", get(confirm).post(refund))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<OrderId>,
}

async fn list(State(server): State<Server>, person: Person, Query(wanted): Query<Wanted>) -> Result<Response, Refused> {
    let store = &server.0.store;
    let policy: OrderRefundPolicy = store.setting().await?;
    let mut orders = store.orders(person.user, wanted.before, limit_one_more()).await?;
    let more = cut(&mut orders);
    let next = orders
        .last()
        .filter(|_| more)
        .map(|last| format!("{PATH}?before={}", last.id));
    let now = server.0.clock.now();
    let paid = orders.iter().flat_map(|order| &order.lines);
    let names = store.product_names(paid.map(|line| &line.product)).await?;
    let columns = [text("When"), text("Product"), number("Tokens"), text("Take back")];
    let lines = orders
        .iter()
        .flat_map(|order| order.lines.iter().map(move |line| (order, line)));
    let table = Table::new("What you paid for", columns).empty("There is no order yet.");
    let table = table.rows(lines, |(order, line)| {
        let back = order.refunds.iter().find(|refund| refund.product == line.product);
        let name = names.of(&line.product);
        let path = address(
            &format!("{PATH}/{}/refund", order.id),
            &[("product", line.product.as_str())],
        );
        vec![
            when(order.created_at),
            html! { (name) },
            html! { (grouped(line.charge.get())) },
            html! {
                @if let Some(back) = back {
                    (badge(Tone::Plain, "taken back")) " " (back.tokens)
                } @else if policy.is_open(order.created_at, now) && !line.charge.is_zero() {
                    a href=(path) { "Take " (name) " back" }
                }
            },
        ]
    });
    let body = html! {
        p { "What nobody uses any more can be taken back within " (policy.window_days)
            " days: a purchase whole, a rental as far as it is unused." }
        (table)
        (pager(wanted.before.map(|_| PATH.to_owned()), next))
    };
    Ok(Page::new("Orders", body).show(&person))
}

#[derive(Deserialize)]
struct Which {
    product: ProductId,
}

async fn confirm(
    State(server): State<Server>,
    person: Person,
    Path(order): Path<OrderId>,
    Query(which): Query<Which>,
) -> Result<Response, Refused> {
    let policy: OrderRefundPolicy = server.0.store.setting().await?;
    let quoted = server
        .0
        .store
        .quote_refund(order, &which.product, Some(person.user), policy)
        .await;
    let mut status = StatusCode::OK;
    let body = match quoted {
        Err(error @ scrip_store::Error::OrderNotFound { .. }) => return Err(error.into()),
        Err(error) => {
            status = StatusCode::CONFLICT;
            html! { (problem(&error)) p { a href=(PATH) { "Back to the orders" } } }
        }
        Ok(tokens) => {
            let names = server.0.store.product_names(std::iter::once(&which.product)).await?;
            let fields = html! {
                (hidden("product", &which.product))
                (hidden("at_least", tokens.get()))
            };
            html! {
                (facts([("Product", html! { (names.of(&which.product)) }), ("You get back", html! { strong { (tokens) } })]))
                p { "The license ends, or what was added to it. No computer may have it any more: give its seat back there, or free it on the "
                    a href="/account" { "overview" } "." }
                (Form::post(&person, format!("{PATH}/{order}/refund"), format!("Take it back for {tokens}"), fields).danger())
                p { a href=(PATH) { "No, keep it" } }
            }
        }
    };
    let page = Page::new("Take back", body).above(PATH, "Orders").status(status);
    Ok(page.show(&person))
}

#[derive(Deserialize)]
struct Confirmed {
    product: ProductId,
    at_least: String,
}

async fn refund(
    State(server): State<Server>,
    person: Person,
    Path(order): Path<OrderId>,
    Sent(sent): Sent<Confirmed>,
) -> Result<Response, Refused> {
    let policy: OrderRefundPolicy = server.0.store.setting().await?;
    let least = read_tokens(&sent.at_least)?.unwrap_or(Tokens::ZERO);
    let by = RefundBy::Person(person.user, None);
    let (tokens, balance) = server
        .0
        .store
        .refund_order(order, &sent.product, least, by, policy)
        .await?;
    let text = format!("{tokens} are back; your wallet holds {balance}.");
    Ok(person.visit().see_saying(PATH, &text))
}
