//! What is for sale and for how many tokens, and what it cost before.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{Allowance, Offer, Offers, Permission, ProductId, Tokens};
use scrip_store::{ListedProduct, OfferChange};
use serde::Deserialize;

use crate::console::Operator;
use crate::html::{
    Field, Form, Page, ROWS, Refused, Sent, Table, Viewer as _, address, facts, filter, grouped, number, pager, reveal,
    section, text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server};

const PATH: &str = "/console/catalog";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/catalog/{product}", get(show))
        .route("/console/catalog/{product}/prices", post(set_prices))
        .route("/console/catalog/{product}/removal", post(remove))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    words: String,
    offset: u64,
}

/// The name in what a list shows of a product.
fn name_of(product: &ListedProduct) -> String {
    let entry: serde_json::Value = serde_json::from_str(&product.entry).unwrap_or_default();
    let name = entry.get("name").and_then(|name| name.as_str());
    name.map_or_else(|| product.id.to_string(), str::to_owned)
}

/// The prices in a few words.
fn price_words(offers: &Offers) -> String {
    let words: Vec<String> = offers.as_slice().iter().map(offer_words).collect();
    if words.is_empty() {
        "not for sale".to_owned()
    } else {
        words.join("; ")
    }
}

fn offer_words(offer: &Offer) -> String {
    match offer {
        Offer::Purchase { price, .. } => format!("{price} to own"),
        Offer::Rental(rental) => format!("{} for {}", rental.price, allowance_words(rental.allowance)),
        Offer::Trial { allowance, .. } => format!("trial of {}", allowance_words(*allowance)),
    }
}

fn allowance_words(allowance: Allowance) -> String {
    let limits = allowance.limits();
    let time = limits
        .seconds
        .map(|seconds| match (seconds / 86_400, seconds % 86_400) {
            (days, 0) => format!("{days} days"),
            _ if seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
            _ => format!("{} minutes", seconds / 60),
        });
    let uses = limits.uses.map(|count| format!("{count} uses"));
    let processings = limits.processings.map(|count| format!("{count} processings"));
    [time, uses, processings]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" or ")
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::See)?;
    let words = wanted.words.trim();
    let page = server.0.store.products(words, None, wanted.offset, ROWS as u64).await?;
    let columns = [
        text("Product"),
        text("Id"),
        text("Price"),
        number("Files"),
        number("Revision"),
    ];
    let table = Table::new("Products", columns)
        .empty("No product fits.")
        .rows(&page.items, |product| {
            vec![
                html! { a href=(format!("{PATH}/{}", product.id)) { (name_of(product)) } },
                html! { code { (product.id) } },
                html! { (price_words(&product.offers)) },
                html! { (product.artifacts.len()) },
                html! { (product.revision) },
            ]
        });
    let next = page.next_offset.map(|offset| offset.to_string());
    let next = next.map(|offset| address(PATH, &[("words", words), ("offset", &offset)]));
    let body = html! {
        p { (grouped(i64::try_from(page.total).unwrap_or(i64::MAX))) " products. Listings come from "
            code { "scrip-server import" } "; prices can be changed here, until the next import with a price policy sets them again." }
        (filter(PATH, !words.is_empty(), &[Field::text("words", "Words").value(words).length_max(100)]))
        (table)
        (pager((wanted.offset > 0).then(|| address(PATH, &[("words", words)])), next))
    };
    Ok(Page::new("Catalog", body).show(&operator))
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<ProductId>,
) -> Result<Response, Refused> {
    operator.require(Permission::See)?;
    let store = &server.0.store;
    let product = store.product(&id).await?;
    let history = store.offer_history(&id).await?;
    let policy = &product.policy;
    let files = Table::new(
        "Files",
        [
            text("File"),
            text("Version"),
            text("Runs on"),
            number("Bytes"),
            text("SHA-256"),
        ],
    );
    let files = files
        .empty("No file is published: it comes from elsewhere.")
        .rows(&product.artifacts, |file| {
            let digest: String = file.sha256.to_string().chars().take(16).collect();
            vec![
                html! { (file.file_name) },
                html! { (file.version.as_str()) },
                html! { (file.platform.os) " " (file.platform.arch) },
                html! { (grouped(i64::try_from(file.size).unwrap_or(i64::MAX))) },
                html! { code { (digest) "…" } },
            ]
        });
    let body = html! {
        (facts([
            ("Id", html! { code { (product.id) } }),
            ("Seats", html! { (policy.seats) @if policy.floating_seats > 0 { ", and " (policy.floating_seats) " floating" } }),
            ("May be given away", html! { @if policy.transferable { "yes" } @else { "no" } }),
            ("Revision", html! { (product.revision) }),
        ]))
        (section("Offers", &offers_table(&product.offers)))
        @if operator.may(Permission::Catalog) { (changes(&operator, &product)) }
        (section("What it cost", &history_table(&history)))
        (section("Files", &html! { (files) }))
    };
    Ok(Page::new(name_of(&product), body)
        .above(PATH, "Catalog")
        .show(&operator))
}

fn offers_table(offers: &Offers) -> Markup {
    let columns = [
        text("Offer"),
        text("What"),
        number("Tokens"),
        number("Counts toward owning"),
    ];
    let table = Table::new("Offers", columns)
        .empty("It is not for sale.")
        .rows(offers.as_slice(), |offer| {
            let credit = match offer {
                Offer::Rental(rental) => format!("{}.{} %", rental.credit_permille / 10, rental.credit_permille % 10),
                _ => "–".to_owned(),
            };
            vec![
                html! { code { (offer.id()) } },
                html! { (offer_words(offer)) },
                html! { (grouped(offer.price().get())) },
                html! { (credit) },
            ]
        });
    html! { (table) }
}

fn changes(operator: &Operator, product: &ListedProduct) -> Markup {
    let path = format!("{PATH}/{}", product.id);
    let for_sale = product
        .offers
        .as_slice()
        .iter()
        .filter(|offer| !matches!(offer, Offer::Trial { .. }));
    let fields: Vec<(String, String, i64)> = for_sale
        .map(|offer| (format!("price.{}", offer.id()), offer_words(offer), offer.price().get()))
        .collect();
    let prices = html! {
        @for (name, label, price) in &fields {
            (Field::number(name, label.as_str(), 0, Tokens::MAX.get()).value(price.to_string()).required())
        }
        (Field::text("why", "Why").id("why-prices").length_max(200).required())
    };
    html! {
        @if !fields.is_empty() {
            (reveal("Change the prices", &html! {
                p { "For orders from now on. Licenses keep the terms that they began with." }
                (Form::post(operator, format!("{path}/prices"), "Change the prices", prices))
            }))
        }
        (reveal("Take it off the catalog", &html! {
            p { "Nobody can get it any more. Licenses stay as they are." }
            (Form::post(operator, format!("{path}/removal"), "Take it off", html! {
                (Field::text("why", "Why").id("why-removal").length_max(200).required())
            }).danger())
        }))
    }
}

fn history_table(history: &[OfferChange]) -> Markup {
    let table = Table::new("Prices so far", [text("Since"), text("Price"), number("Revision")]);
    let table = table.empty("No price was written down yet.").rows(history, |change| {
        vec![
            when(change.at),
            html! { (price_words(&change.offers)) },
            html! { (change.revision) },
        ]
    });
    html! { (table) }
}

async fn set_prices(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<ProductId>,
    Sent(fields): Sent<Vec<(String, String)>>,
) -> Result<Response, Refused> {
    operator.require(Permission::Catalog)?;
    let store = &server.0.store;
    let product = store.product(&id).await?;
    let sent = |name: &str| {
        fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
    };
    let mut offers: Vec<Offer> = product.offers.as_slice().to_vec();
    for offer in &mut offers {
        let name = format!("price.{}", offer.id());
        let Some(text) = sent(&name) else { continue };
        let amount: i64 = text.parse().map_err(|_| Error::Malformed {
            why: format!(
                "\"{}\" is not a whole number",
                text.chars().take(40).collect::<String>()
            ),
        })?;
        let tokens = Tokens::new(amount)?;
        match offer {
            Offer::Purchase { price, .. } => *price = tokens,
            Offer::Rental(rental) => rental.price = tokens,
            Offer::Trial { .. } => {}
        }
    }
    let offers = Offers::new(offers)?;
    let why = format!("{}: {}", price_words(&offers), sent("why").unwrap_or_default());
    store
        .set_offers(&id, &offers, &operator.act("product.repriced", id.as_str(), &why))
        .await?;
    Ok(operator
        .visit()
        .see_saying(&format!("{PATH}/{id}"), "The prices hold from now on."))
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn remove(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<ProductId>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Catalog)?;
    let act = operator.act("product.unlisted", id.as_str(), &sent.why);
    server.0.store.unlist_product(&id, &act).await?;
    Ok(operator.visit().see_saying(PATH, &format!("{id} is no longer listed.")))
}
