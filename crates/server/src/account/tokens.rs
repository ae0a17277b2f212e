//! Buying tokens, and coming back from the page on which they were paid.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{
    Currency, Money, PackId, PurchaseId, PurchaseMethod, PurchaseStatus, TokenPriceList, TokenQuote, Tokens,
    price_tokens,
};
use scrip_store::{PurchaseFilter, TokenPurchase};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Person;
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, Visit, address, badge, cut, facts, hidden,
    limit_one_more, number, pager, section, see, text, when,
};
use crate::purchasing::{self, Asked};
use crate::request::{Path, Query};
use crate::routes::token_sales::wanted;
use crate::{Error, Server, stripe};

const PATH: &str = "/account/tokens";
const PURCHASES: &str = "/account/tokens/purchases";

/// The page where a card is asked for, which a form of ours leads to.
const CHECKOUT: &str = "https://checkout.stripe.com";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(show))
        .route("/account/tokens/review", post(review))
        .route("/account/tokens/buy", post(buy))
        .route("/account/tokens/return", get(come_back))
        .route(PURCHASES, get(list))
        .route("/account/tokens/purchases/{purchase}", get(one))
        .route("/account/tokens/purchases/{purchase}/cancel", post(cancel))
}

async fn show(State(server): State<Server>, person: Person) -> Result<Response, Refused> {
    let store = &server.0.store;
    let lists = store.price_lists_at(server.now()).await?;
    let balance = store.balance(person.user).await?;
    let mine = PurchaseFilter {
        user: Some(person.user),
        ..PurchaseFilter::default()
    };
    let recent = store.purchases(mine, None, 5).await?;
    let methods = purchasing::methods(&server).await?;
    let card = methods.contains(&PurchaseMethod::Card);
    let on_paper = methods.iter().any(|method| *method != PurchaseMethod::Card);
    let body = html! {
        (super::verification::notice(&server, &person).await?)
        p { "Your wallet holds " strong { (balance) } "." }
        @if lists.is_empty() { p.empty { "The vendor sells no tokens at the moment." } }
        @else if on_paper { p { a href="/account/token-orders/new" { "Order tokens on a bill" } } }
        @else if !card { p.empty { "The vendor does not take cards. These are the prices; ask the vendor how to pay." } }
        @for list in &lists { (section(&format!("In {}", list.currency), &offers(&server, &person, list, card)?)) }
        (section("Your purchases", &html! {
            (purchases_table(&recent))
            p { a href=(PURCHASES) { "All purchases" } }
        }))
    };
    Ok(Page::new("Buy tokens", body).show(&person))
}

/// What a list sells: packs, and any number.
fn offers(server: &Server, person: &Person, list: &TokenPriceList, card: bool) -> Result<Markup, Error> {
    let (terms, now) = (&list.terms, server.now());
    let mut packs = Vec::with_capacity(terms.packs.len());
    for pack in &terms.packs {
        packs.push(price_tokens(
            list,
            &scrip_domain::TokenAmount::Pack(pack.id.clone()),
            now,
        )?);
    }
    let columns = [
        text("Pack"),
        number("Tokens"),
        number("You save"),
        number("To pay"),
        text(""),
    ];
    let table = Table::new(format!("Packs in {}", list.currency), columns).rows(&packs, |quote| {
        let name = quote.pack.as_ref().map_or("", PackId::as_str);
        let choose = html! {
            (hidden("currency", list.currency))
            (hidden("pack", name))
        };
        vec![
            html! { (name) },
            html! { (quote.tokens.get()) },
            html! { @if quote.discount.is_zero() { "–" } @else { (quote.discount) } },
            html! { (quote.total) },
            html! { @if card { (Form::post(person, "/account/tokens/review", format!("Choose {name}"), choose).quiet()) } },
        ]
    });
    let one = Money::new(terms.price_minor, list.currency)?;
    let any = html! {
        (hidden("currency", list.currency))
        (Field::number("tokens", "How many tokens", terms.tokens_min.get(), terms.tokens_max.get())
            .id(format!("tokens-{}", list.currency)).required())
    };
    Ok(html! {
        p { "The price is " (one) " for " (terms.per_tokens) @if terms.tax_permille > 0 { ", plus " (terms.tax_name) } "." }
        @if !terms.tiers.is_empty() {
            ul { @for tier in &terms.tiers {
                li { "From " (tier.from) " on: " (percent(tier.discount_permille)) " less." }
            } }
        }
        @if !packs.is_empty() { (table) }
        @if card { (Form::post(person, "/account/tokens/review", format!("See the price in {}", list.currency), any)) }
    })
}

/// `12.5 %`.
pub(crate) fn percent(permille: u16) -> String {
    match permille % 10 {
        0 => format!("{} %", permille / 10),
        tenth => format!("{}.{tenth} %", permille / 10),
    }
}

#[derive(Deserialize)]
struct Choice {
    currency: String,
    #[serde(default)]
    tokens: Option<i64>,
    #[serde(default)]
    pack: Option<String>,
}

impl Choice {
    fn read(&self) -> Result<(Currency, scrip_domain::TokenAmount), Error> {
        let tokens = self.tokens.map(Tokens::new).transpose()?;
        let pack = self.pack.as_deref().map(str::parse::<PackId>).transpose()?;
        Ok((self.currency.parse()?, wanted(tokens, pack)?))
    }
}

async fn review(State(server): State<Server>, person: Person, Sent(choice): Sent<Choice>) -> Result<Response, Refused> {
    let (currency, amount) = choice.read()?;
    let list = server.0.store.price_list_at(currency, server.now()).await?;
    let quote = price_tokens(&list, &amount, server.now())?;
    let confirm = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (hidden("currency", currency))
        @match &quote.pack {
            Some(pack) => (hidden("pack", pack)),
            None => (hidden("tokens", quote.tokens.get())),
        }
        (hidden("expected", quote.total.minor))
    };
    let body = html! {
        (lines(&quote))
        p { "You pay on the page of the payment provider and come back here. The card's number never reaches this server." }
        (Form::post(&person, "/account/tokens/buy", format!("Pay {}", quote.total), confirm))
    };
    let page = Page::new("Buy these tokens?", body).above(PATH, "Buy tokens");
    Ok(page.form_target(target(&server)).show(&person))
}

/// Where the payment page lives.
fn target(server: &Server) -> String {
    let url = server.0.config.stripe.as_ref().map_or("", |stripe| stripe.url.as_str());
    if url == crate::config::STRIPE_URL {
        CHECKOUT.to_owned()
    } else {
        url.trim_end_matches('/').to_owned()
    }
}

/// A quote, line by line.
pub(crate) fn lines(quote: &TokenQuote) -> Markup {
    let mut table = Table::new("The price, line by line", [text("What"), number("Amount")]);
    table.row([html! { (quote.tokens) }, html! { (quote.gross) }]);
    if !quote.discount.is_zero() {
        table.row([html! { "Discount" }, html! { "−" (quote.discount) }]);
    }
    if quote.tax_permille > 0 {
        table.row([html! { (quote.tax_name) }, html! { (quote.tax) }]);
    }
    html! { (table.foot([html! { "To pay" }, html! { (quote.total) }])) }
}

#[derive(Deserialize)]
struct Order {
    command: Uuid,
    expected: i64,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

async fn buy(State(server): State<Server>, person: Person, Sent(order): Sent<Order>) -> Result<Response, Refused> {
    let field = |name: &str| order.rest.get(name).cloned();
    let choice = Choice {
        currency: field("currency").unwrap_or_default(),
        tokens: field("tokens").and_then(|text| text.parse().ok()),
        pack: field("pack"),
    };
    let (currency, amount) = choice.read()?;
    let said = format!("{currency} {:?} {:?} {}", choice.tokens, choice.pack, order.expected);
    let asked = Asked {
        user: person.user,
        command: order.command,
        digest: Sha256::digest(said.as_bytes()).into(),
        wanted: amount,
        currency,
        expected_total: Some(Money::new(order.expected, currency)?),
        cart: None,
    };
    let (purchase, _) = purchasing::buy_by_card(&server, asked).await?;
    let own = format!("{PURCHASES}/{}", purchase.id);
    Ok(match purchase.page {
        Some(page) if purchase.status == PurchaseStatus::Open => see(&page.url),
        _ => see(&own),
    })
}

#[derive(Deserialize)]
struct Back {
    purchase: PurchaseId,
    #[serde(default)]
    session: Option<String>,
}

/// Where the payment page sends the buyer, who may be in another browser than the one that is signed in. Whoever knows the page's
/// name has been there, so that the provider is asked; what came of it is told to the buyer alone.
async fn come_back(
    State(server): State<Server>,
    visit: Visit,
    person: Option<Person>,
    Query(back): Query<Back>,
) -> Result<Response, Refused> {
    let purchase = match server.0.store.any_purchase(back.purchase).await {
        Ok(purchase) => purchase,
        Err(scrip_store::Error::PurchaseNotFound { .. }) => return Ok(neutral().show(&visit)),
        Err(other) => return Err(Error::from(other).into()),
    };
    let own = person.filter(|person| person.user == purchase.user);
    let page = purchase.page.as_ref().map(|page| page.session.as_str());
    let paid = back.session.is_some() && back.session.as_deref() == page;
    let purchase = if paid {
        look_again(&server, purchase).await?
    } else {
        purchase
    };
    Ok(match own {
        None => neutral().show(&visit),
        Some(person) => outcome(&purchase, paid).show(&person),
    })
}

/// The purchase, after asking the provider whether it is paid.
async fn look_again(server: &Server, purchase: TokenPurchase) -> Result<TokenPurchase, Error> {
    match stripe::confirm(server, purchase.clone()).await {
        // The message of the provider, or the next look, will tell.
        Err(Error::PaymentUnavailable { why }) => {
            tracing::warn!(purchase = %purchase.id, why, "a payment is confirmed later");
            Ok(purchase)
        }
        looked => looked,
    }
}

/// What everybody sees, whatever became of the purchase and whether or not there is one.
fn neutral() -> Page {
    let body = html! {
        p { "You can go back to the app. It shows the tokens as soon as the payment is confirmed." }
        p { a href=(PURCHASES) { "Sign in to look at your purchases" } }
    };
    Page::new("Back from the payment page", body)
}

/// What the buyer sees.
fn outcome(purchase: &TokenPurchase, paid: bool) -> Page {
    let link = html! { p { a href=(format!("{PURCHASES}/{}", purchase.id)) { "Look at the purchase" } } };
    if !paid {
        let body = html! {
            p { "Nothing was charged. The purchase stays open for a while, so that you can still pay it." }
            (link)
        };
        return Page::new("Not paid", body);
    }
    let tokens = purchase.quote.tokens;
    let body = html! {
        p {
            @if purchase.issued_at.is_some() { (tokens) " are in your wallet." }
            @else { (tokens) " will be in your wallet as soon as the payment is confirmed." }
        }
        p { "If you came from the app, go back to it: your cart waits there at the price that you saw." }
        (link)
    };
    Page::new("Thank you", body)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<PurchaseId>,
}

async fn list(State(server): State<Server>, person: Person, Query(wanted): Query<Wanted>) -> Result<Response, Refused> {
    let mine = PurchaseFilter {
        user: Some(person.user),
        ..PurchaseFilter::default()
    };
    let mut found = server.0.store.purchases(mine, wanted.before, limit_one_more()).await?;
    let more = cut(&mut found);
    let next = found.last().filter(|_| more).map(|last| last.id.to_string());
    let next = next.map(|id| address(PURCHASES, &[("before", &id)]));
    let body = html! {
        (purchases_table(&found))
        (pager(wanted.before.map(|_| PURCHASES.to_owned()), next))
    };
    Ok(Page::new("Purchases of tokens", body)
        .above(PATH, "Buy tokens")
        .show(&person))
}

fn purchases_table(purchases: &[TokenPurchase]) -> Markup {
    let columns = [
        text("When"),
        number("Tokens"),
        number("Paid"),
        text("How"),
        text("State"),
        text(""),
    ];
    let table = Table::new("Purchases of tokens", columns).empty("There is none yet.");
    let table = table.rows(purchases, |purchase| {
        vec![
            when(purchase.created_at),
            html! { (purchase.quote.tokens.get()) },
            html! { (purchase.quote.total) },
            html! { (purchase.method.label()) },
            state(purchase.status),
            html! { a href=(format!("{PURCHASES}/{}", purchase.id)) { "Details of " (when(purchase.created_at)) } },
        ]
    });
    html! { (table) }
}

/// Where a purchase stands, as a badge.
pub(crate) fn state(status: PurchaseStatus) -> Markup {
    match status {
        PurchaseStatus::Open => badge(Tone::Plain, "waits for payment"),
        PurchaseStatus::Paid => badge(Tone::Plain, "paid"),
        PurchaseStatus::Issued => badge(Tone::Good, "in the wallet"),
        PurchaseStatus::Canceled => badge(Tone::Plain, "given up"),
        PurchaseStatus::Refunded => badge(Tone::Wait, "given back"),
        PurchaseStatus::Disputed => badge(Tone::Bad, "disputed"),
    }
}

async fn one(State(server): State<Server>, person: Person, Path(id): Path<PurchaseId>) -> Result<Response, Refused> {
    let store = &server.0.store;
    let purchase = store.purchase(person.user, id).await?;
    let reversals = store.reversals(id).await?;
    let open = purchase.status == PurchaseStatus::Open;
    let live = purchase.expires_at.is_none_or(|end| end > server.now());
    let page = purchase
        .page
        .as_ref()
        .filter(|page| open && live && !page.url.is_empty());
    let columns = [
        text("When"),
        number("Money"),
        number("Tokens"),
        text("State"),
        text("Why"),
    ];
    let back = Table::new("Given back", columns).rows(&reversals, |reversal| {
        vec![
            when(reversal.created_at),
            html! { (reversal.money) },
            html! { (reversal.tokens.get()) },
            html! { (reversal.status.as_str()) },
            html! { (reversal.why) },
        ]
    });
    let body = html! {
        (facts([
            ("State", state(purchase.status)),
            ("How", html! { (purchase.method.label()) }),
            ("Opened", when(purchase.created_at)),
            ("Paid", html! { @match purchase.paid_at { Some(at) => (when(at)), None => "not yet" } }),
        ]))
        @if let Some(why) = &purchase.failure { p role="status" { "The last try to pay failed: " (why) "." } }
        (section("The price", &lines(&purchase.quote)))
        @if !reversals.is_empty() { (section("Given back", &html! { (back) })) }
        @if let Some(page) = page {
            p { a.button href=(page.url) rel="noreferrer" { "Go to the payment page" } }
        }
        @if open {
            (Form::post(&person, format!("{PURCHASES}/{id}/cancel"), "Give the purchase up", html! {}).quiet())
        }
    };
    let page = Page::new(format!("{} for {}", purchase.quote.tokens, purchase.quote.total), body);
    Ok(page
        .above(PATH, "Buy tokens")
        .above(PURCHASES, "Purchases")
        .show(&person))
}

async fn cancel(
    State(server): State<Server>,
    person: Person,
    Path(id): Path<PurchaseId>,
    Sent(_): Sent<crate::html::Bare>,
) -> Result<Response, Refused> {
    let purchase = purchasing::cancel(&server, person.user, id).await?;
    let text = match purchase.status {
        PurchaseStatus::Canceled => "The purchase is given up. Nothing was charged.",
        _ => "The purchase was paid already.",
    };
    Ok(person.visit().see_saying(&format!("{PURCHASES}/{id}"), text))
}
