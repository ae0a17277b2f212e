//! Orders that an operator takes back, beyond what people can do themselves.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use scrip_domain::{DeedKind, OrderId, OrderRefundPolicy, Permission, ProductId, Tokens};
use scrip_store::OrderRow;
use serde::Deserialize;

use crate::console::Operator;
use crate::deeds::{OneRefund, REFUND, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, facts, filter, grouped, hidden, number,
    problem, reveal, section, text, when,
};
use crate::request::Query;
use crate::{Error, Server};

const PATH: &str = "/console/refunds";

pub(super) fn router() -> Router<Server> {
    Router::new().route(PATH, get(show).post(refund))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    order: String,
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let asked = wanted.order.trim();
    let store = &server.0.store;
    let found = match asked.parse::<OrderId>() {
        _ if asked.is_empty() => html! {},
        Err(error) => problem(&error),
        Ok(id) => match store.order(id, None).await {
            Err(error) => problem(&error),
            Ok(order) => order_view(&server, &operator, &order).await?,
        },
    };
    let policy: OrderRefundPolicy = store.setting().await?;
    let body = html! {
        p { "People take back themselves what they paid for within " (policy.window_days)
            " days. Here an operator does so, whenever that was; computers that have the product lose it." }
        (filter(PATH, !asked.is_empty(), &[Field::text("order", "Order").value(asked).length_max(36)]))
        (found)
    };
    Ok(Page::new("Refunds of orders", body).show(&operator))
}

async fn order_view(server: &Server, operator: &Operator, order: &OrderRow) -> Result<Markup, Error> {
    let store = &server.0.store;
    let policy: OrderRefundPolicy = store.setting().await?;
    let holder = store.user_by_id(order.user).await?;
    let holder = holder.map_or_else(|| order.user.to_string(), |user| user.email.to_string());
    let columns = [text("Product"), number("Tokens"), text("Taken back"), text("Take back")];
    let mut table = Table::new("Lines", columns);
    for line in &order.lines {
        let back = order.refunds.iter().find(|refund| refund.product == line.product);
        let quoted = match back {
            Some(_) => None,
            None => Some(store.quote_refund(order.id, &line.product, None, policy).await),
        };
        table.row([
            html! { (line.product) },
            html! { (grouped(line.charge.get())) },
            html! { @if let Some(back) = back { (badge(Tone::Plain, "taken back")) " " (back.tokens) " " (when(back.at)) } },
            match quoted {
                Some(Ok(tokens)) if operator.may(Permission::Refunds) => form(operator, order, &line.product, tokens),
                Some(Ok(tokens)) => html! { (tokens) },
                Some(Err(refused)) => html! { (refused) },
                None => html! {},
            },
        ]);
    }
    let inside = html! {
        (facts([("Holder", html! { (holder) }), ("Paid", when(order.created_at)), ("Total", html! { (order.total) })]))
        (table)
    };
    Ok(section(&format!("Order {}", order.id), &inside))
}

fn form(operator: &Operator, order: &OrderRow, product: &ProductId, tokens: Tokens) -> Markup {
    let fields = html! {
        (hidden("order", order.id))
        (hidden("product", product))
        (Field::text("why", "Why").id(format!("why-{product}")).required().length_max(200))
    };
    reveal(
        &format!("Take {product} back for {tokens}"),
        &html! { (Form::post(operator, PATH, "Take it back", fields).danger()) },
    )
}

#[derive(Deserialize)]
struct TakenBack {
    order: OrderId,
    product: ProductId,
    why: String,
}

async fn refund(
    State(server): State<Server>,
    operator: Operator,
    Sent(sent): Sent<TakenBack>,
) -> Result<Response, Refused> {
    operator.require(Permission::Refunds)?;
    let store = &server.0.store;
    let policy: OrderRefundPolicy = store.setting().await?;
    let tokens = store.quote_refund(sent.order, &sent.product, None, policy).await?;
    let path = address(PATH, &[("order", &sent.order.to_string())]);
    let summary = format!("Take {} back for {tokens}.", sent.product);
    let one = OneRefund {
        order: sent.order,
        product: sent.product,
    };
    let kind = DeedKind::Refund(tokens.get());
    let text = do_or_ask(&server, &operator, &REFUND, kind, (&summary, &one, &sent.why)).await?;
    Ok(operator.visit().see_saying(&path, &text))
}
