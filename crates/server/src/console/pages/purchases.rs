//! Tokens that people bought, and giving their money back.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{DeedKind, Permission, PurchaseId, PurchaseMethod, PurchaseStatus, Tokens};
use scrip_store::{PurchaseFilter, ReversalStatus, TokenPurchase};
use serde::Deserialize;
use uuid::Uuid;

use crate::Server;
use crate::account::{lines, state};
use crate::console::Operator;
use crate::deeds::{OnePurchaseRefund, REFUND_PURCHASE, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Viewer as _, address, cut, facts, filter, hidden, limit_one_more, number,
    pager, section, text, when,
};
use crate::request::{Path, Query};

const PATH: &str = "/console/purchases";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/purchases/{purchase}", get(one))
        .route("/console/purchases/{purchase}/refund", post(refund))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    status: String,
    method: String,
    before: Option<PurchaseId>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let only = PurchaseFilter {
        user: None,
        status: PurchaseStatus::parse(&wanted.status),
        method: PurchaseMethod::parse(&wanted.method),
    };
    let mut found = server.0.store.purchases(only, wanted.before, limit_one_more()).await?;
    let more = cut(&mut found);
    let chosen = [("status", wanted.status.as_str()), ("method", wanted.method.as_str())];
    let next = found.last().filter(|_| more).map(|last| last.id.to_string());
    let next = next.map(|id| address(PATH, &[chosen[0], chosen[1], ("before", &id)]));
    let statuses = PurchaseStatus::ALL
        .iter()
        .map(|status| (status.as_str(), status.as_str()));
    let methods = PurchaseMethod::ALL
        .iter()
        .map(|method| (method.as_str(), method.label()));
    let fields = [
        Field::select("status", "State", std::iter::once(("", "any")).chain(statuses)).value(&*wanted.status),
        Field::select("method", "How", std::iter::once(("", "any")).chain(methods)).value(&*wanted.method),
    ];
    let columns = [
        text("When"),
        text("Account"),
        number("Tokens"),
        number("Total"),
        text("How"),
        text("State"),
        text(""),
    ];
    let table = Table::new("Purchases of tokens", columns)
        .empty("Nobody bought tokens yet.")
        .rows(&found, row);
    let body = html! {
        @if server.0.stripe.is_none() {
            p role="note" { "Cards are not taken: this server was started without " code { "SCRIP_STRIPE_SECRET_KEY" } "." }
        } @else if server.0.config.stripe.as_ref().is_some_and(|stripe| stripe.webhook_secret.is_none()) {
            p role="note" { "Messages of the payment provider are not taken: this server was started without "
                code { "SCRIP_STRIPE_WEBHOOK_SECRET" } ". Payments are found by looking again, every few minutes." }
        }
        (filter(PATH, only.status.is_some() || only.method.is_some(), &fields))
        (table)
        (pager(wanted.before.map(|_| address(PATH, &chosen)), next))
    };
    Ok(Page::new("Purchases of tokens", body).show(&operator))
}

fn row(purchase: &TokenPurchase) -> Vec<Markup> {
    vec![
        when(purchase.created_at),
        html! { code { (purchase.user) } },
        html! { (purchase.quote.tokens.get()) },
        html! { (purchase.quote.total) },
        html! { (purchase.method.label()) },
        state(purchase.status),
        html! { a href=(format!("{PATH}/{}", purchase.id)) { "Details of " (when(purchase.created_at)) } },
    ]
}

async fn one(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<PurchaseId>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let store = &server.0.store;
    let purchase = store.any_purchase(id).await?;
    let buyer = store.user_by_id(purchase.user).await?;
    let reversals = store.reversals(id).await?;
    let columns = [
        text("When"),
        text("What"),
        number("Money"),
        number("Tokens"),
        number("Spent already"),
        text("State"),
        text("Why"),
    ];
    let table = Table::new("What went back", columns)
        .empty("Nothing went back.")
        .rows(&reversals, |reversal| {
            vec![
                when(reversal.created_at),
                html! { (reversal.kind.as_str()) },
                html! { (reversal.money) },
                html! { (reversal.tokens.get()) },
                html! { (reversal.short.get()) },
                html! { (reversal.status.as_str()) },
                html! { (reversal.why) },
            ]
        });
    let pending = reversals
        .iter()
        .any(|reversal| reversal.status == ReversalStatus::Pending);
    let at = |at| html! { @match at { Some(at) => (when(at)), None => "–" } };
    let or_dash = |text: Option<&str>| html! { (text.filter(|text| !text.is_empty()).unwrap_or("–")) };
    let billed = purchase.method != PurchaseMethod::Card && store.is_purchase_billed(id).await?;
    let body = html! {
        (facts([
            ("Account", html! { @match &buyer { Some(buyer) => (buyer.email), None => code { (purchase.user) } } }),
            ("State", state(purchase.status)),
            ("How", html! { (purchase.method.label()) }),
            ("Reference", or_dash(Some(&purchase.reference))),
            ("Opened", when(purchase.created_at)),
            ("Paid", at(purchase.paid_at)),
            ("Tokens issued", at(purchase.issued_at)),
            ("Payment", or_dash(purchase.provider_payment.as_deref())),
            ("Payment page", or_dash(purchase.page.as_ref().map(|page| page.session.as_str()))),
            ("Last failure", or_dash(purchase.failure.as_deref())),
        ]))
        (section("The price", &lines(&purchase.quote)))
        (section("What went back", &html! {
            (table)
            @if pending { p { "What is pending is sent, or decided, by the payment provider; it is looked at again every few minutes." } }
        }))
        @if billed {
            p { "It is billed: a credit note on its bill gives the money back. "
                a href=(format!("/console/token-orders/{id}")) { "Its order and bill" } }
        } @else if operator.may(Permission::Refunds) && purchase.status == PurchaseStatus::Issued {
            (section("Give money back", &refund_form(&server, &operator, &purchase)))
        }
    };
    let page = Page::new(format!("{} for {}", purchase.quote.tokens, purchase.quote.total), body);
    Ok(page.above(PATH, "Purchases of tokens").show(&operator))
}

fn refund_form(server: &Server, operator: &Operator, purchase: &TokenPurchase) -> Markup {
    let left = purchase.outstanding().get();
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::number("tokens", "For how many tokens", 1, left).value(left.to_string()).required()
            .hint("They leave the wallet at once; they must be there."))
        (Field::text("why", "Why").length_max(200).required())
    };
    html! { (Form::post(operator, format!("{PATH}/{}/refund", purchase.id), "Give back", fields).danger()) }
}

#[derive(Deserialize)]
struct Asked {
    command: Uuid,
    tokens: i64,
    why: String,
}

async fn refund(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<PurchaseId>,
    Sent(asked): Sent<Asked>,
) -> Result<Response, Refused> {
    operator.require(Permission::Refunds)?;
    let tokens = Tokens::new(asked.tokens)?;
    let quote = server.0.store.any_purchase(id).await?.quote;
    let money = quote.total.share(tokens.get(), quote.tokens.get())?;
    let refund = OnePurchaseRefund {
        purchase: id,
        tokens: Some(tokens),
        command: asked.command,
    };
    let summary = format!("Give {money} back for {tokens} of the purchase {id}.");
    let kind = DeedKind::Money(money.minor);
    let said = do_or_ask(
        &server,
        &operator,
        &REFUND_PURCHASE,
        kind,
        (&summary, &refund, &asked.why),
    )
    .await?;
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &said))
}
