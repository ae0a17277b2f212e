//! What tokens cost: the lists in force, their history, and new ones.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{Coded as _, DeedKind, Money, Permission, PriceListId, TokenPriceList};
use scrip_store::PriceListRow;
use serde::Deserialize;

use crate::account::percent;
use crate::console::Operator;
use crate::deeds::{END_PRICES, OneList, PUBLISH_PRICES, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, limit_one_more, number, pager,
    problem, reveal, section, text, when,
};
use crate::price_sheet::PriceSheet;
use crate::request::{Path, Query};
use crate::{Error, Server};

const PATH: &str = "/console/token-prices";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list).post(publish))
        .route("/console/token-prices/{list}/end", post(end))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<PriceListId>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    draw(&server, &operator, wanted.before, &PriceSheet::default(), None).await
}

async fn draw(
    server: &Server,
    operator: &Operator,
    before: Option<PriceListId>,
    sheet: &PriceSheet,
    refused: Option<&Error>,
) -> Result<Response, Refused> {
    let store = &server.0.store;
    let in_force: Vec<PriceListId> = store
        .price_lists_at(server.now())
        .await?
        .iter()
        .map(|list| list.id)
        .collect();
    let mut history = store.price_list_history(before, limit_one_more()).await?;
    let more = cut(&mut history);
    let next = history.last().filter(|_| more).map(|row| row.list.id.to_string());
    let next = next.map(|id| address(PATH, &[("before", &id)]));
    let columns = [
        text("Currency"),
        number("Price"),
        text("Discounts"),
        text("Packs"),
        text("Tax"),
        text("From"),
        text("Until"),
        text("State"),
        text("By"),
    ];
    let may = operator.may(Permission::Prices);
    let table = Table::new("Price lists", columns).empty("Tokens are not sold yet.");
    let table = table.rows(&history, |row| {
        cells(server, operator, row, in_force.contains(&row.list.id), may)
    });
    let body = html! {
        p { "Of the lists of a currency the one that began last and has not ended holds. A list with an end is an offer for a while, "
            "after which the one before it holds again. A list that began is never changed." }
        (table)
        (pager(before.map(|_| PATH.to_owned()), next))
        @if may { (section("Publish a price list", &html! {
            @if let Some(refused) = refused { (problem(refused)) }
            (Form::post(operator, PATH, "Publish", fields(sheet)))
        })) }
    };
    Ok(Page::new("Token prices", body).show(operator))
}

fn cells(server: &Server, operator: &Operator, row: &PriceListRow, holds: bool, may: bool) -> Vec<Markup> {
    let TokenPriceList {
        id, currency, terms, ..
    } = &row.list;
    let money = |minor| Money::new(minor, *currency).map_or_else(|why| why.to_string(), |money| money.to_string());
    let ended = row.list.effective_until.is_some_and(|end| end <= server.now());
    let state = match (holds, ended) {
        (true, _) => badge(Tone::Good, "in force"),
        (_, true) => badge(Tone::Plain, "ended"),
        _ if row.list.effective_from > server.now() => badge(Tone::Wait, "will begin"),
        _ => badge(Tone::Plain, "replaced"),
    };
    let ending = html! { (Field::text("why", "Why").id(format!("why-{id}")).length_max(200).required()) };
    vec![
        html! { (currency) },
        html! { (terms.per_tokens) " for " (money(terms.price_minor)) },
        html! { @for tier in &terms.tiers { (tier.from) ": " (percent(tier.discount_permille)) br; } },
        html! { @for pack in &terms.packs { (pack.id) ": " (pack.tokens) " for " (money(pack.price_minor)) br; } },
        html! { (terms.tax_name) },
        when(row.list.effective_from),
        html! { @match row.list.effective_until { Some(end) => (when(end)), None => "–" } },
        html! {
            (state)
            @if may && !ended {
                (reveal(&format!("End the {currency} list"), &html! { (Form::post(operator, format!("{PATH}/{id}/end"), "End it now", ending).danger()) }))
            }
        },
        html! { (row.created_by) },
    ]
}

fn fields(sheet: &PriceSheet) -> Markup {
    html! {
        (Field::text("currency", "Currency").value(&*sheet.currency).length_max(3).required().hint("Three letters, such as EUR."))
        (Field::text("price", "Price before tax").value(&*sheet.price).length_max(20).required().hint("Without the currency: 0.10"))
        (Field::text("per", "For how many tokens").value(&*sheet.per).length_max(12).hint("1 where nothing is given."))
        (Field::text("least", "The fewest sold at once").value(&*sheet.least).length_max(12).hint("1 where nothing is given."))
        (Field::text("most", "The most sold at once").value(&*sheet.most).length_max(12).hint("A million where nothing is given."))
        (Field::area("tiers", "Discounts by volume", 3).value(&*sheet.tiers).length_max(1000).hint("A line each: tokens and percent, such as 1000 10"))
        (Field::area("packs", "Packs", 3).value(&*sheet.packs).length_max(2000).hint("A line each: name, tokens and price before tax, such as small 200 18.00"))
        (Field::text("tax", "Tax in percent").value(&*sheet.tax).length_max(6))
        (Field::text("tax_name", "What the tax is called").value(&*sheet.tax_name).length_max(40).hint("As on a bill, such as VAT 19 %"))
        (Field::date("from", "From").value(&*sheet.from).hint("At once where nothing is given."))
        (Field::date("until", "Until").value(&*sheet.until).hint("Without an end where nothing is given."))
        (Field::text("why", "Why").length_max(200).required())
    }
}

#[derive(Deserialize)]
struct NewList {
    why: String,
    #[serde(flatten)]
    sheet: PriceSheet,
}

async fn publish(
    State(server): State<Server>,
    operator: Operator,
    Sent(new): Sent<NewList>,
) -> Result<Response, Refused> {
    operator.require(Permission::Prices)?;
    // What can be told from the words alone is told beside them.
    if let Err(refused) = new.sheet.read() {
        tracing::debug!(code = %refused.code(), "a price list was refused");
        return draw(&server, &operator, None, &new.sheet, Some(&refused)).await;
    }
    let summary = format!("Sell tokens for {} {}.", new.sheet.price, new.sheet.currency);
    let asked = (summary.as_str(), &new.sheet, new.why.as_str());
    let said = do_or_ask(&server, &operator, &PUBLISH_PRICES, DeedKind::Prices, asked).await?;
    Ok(operator.visit().see_saying(PATH, &said))
}

#[derive(Deserialize)]
struct Ending {
    why: String,
}

async fn end(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<PriceListId>,
    Sent(ending): Sent<Ending>,
) -> Result<Response, Refused> {
    operator.require(Permission::Prices)?;
    let summary = format!("End the price list {id}.");
    let asked = (summary.as_str(), &OneList { list: id }, ending.why.as_str());
    let said = do_or_ask(&server, &operator, &END_PRICES, DeedKind::Prices, asked).await?;
    Ok(operator.visit().see_saying(PATH, &said))
}
