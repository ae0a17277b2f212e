//! Orders for tokens on paper: decide those that wait, record those that come by phone, fax, mail or e-mail.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{
    ApprovalPolicy, BillTo, BillingPolicy, Currency, DeedKind, Email, Money, OrderChannel, Permission, PurchaseId,
    PurchaseMethod, TokenAmount, TokenOrderStatus, Tokens,
};
use scrip_store::{OrderFilter, TokenOrder};
use serde::Deserialize;
use uuid::Uuid;

use crate::billing::{self, Asked};
use crate::console::Operator;
use crate::deeds::{APPROVE_ORDER, OneLimit, OneOrder, SET_CREDIT_LIMIT, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, SentFiles, Table, Tone, Viewer as _, address, badge, cut, facts, filter, hidden,
    limit_one_more, number, pager, section, text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server};

const PATH: &str = "/console/token-orders";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/token-orders/new", get(new).post(record))
        .route("/console/token-orders/limit", post(set_limit))
        .route("/console/token-orders/{order}", get(show))
        .route(
            "/console/token-orders/{order}/document",
            get(document).post(put_document),
        )
        .route("/console/token-orders/{order}/approve", post(approve))
        .route("/console/token-orders/{order}/reject", post(reject))
}

pub(super) fn tone(status: TokenOrderStatus) -> Tone {
    match status {
        TokenOrderStatus::Submitted => Tone::Wait,
        TokenOrderStatus::Approved => Tone::Good,
        TokenOrderStatus::Rejected => Tone::Bad,
        TokenOrderStatus::Canceled => Tone::Plain,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    status: String,
    before: Option<PurchaseId>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let order_filter = OrderFilter {
        user: None,
        status: TokenOrderStatus::parse(&wanted.status),
        before: wanted.before,
    };
    let mut rows = server.0.store.token_orders(&order_filter, limit_one_more()).await?;
    let more = cut(&mut rows);
    let next = rows.last().filter(|_| more).map(|last| last.id.to_string());
    let next = next.map(|before| address(PATH, &[("status", &wanted.status), ("before", &before)]));
    let columns = [
        text("Order"),
        text("Account"),
        text("How"),
        text("Came by"),
        number("Tokens"),
        number("Total"),
        text("Placed"),
        text("State"),
    ];
    let table = Table::new("Orders for tokens", columns).rows(&rows, |row| {
        let name = if row.number.is_empty() { "Order" } else { &row.number };
        vec![
            html! { a href=(format!("{PATH}/{}", row.id)) { (name) } },
            html! { (row.email) },
            html! { (row.method.label()) },
            html! { (row.channel.label()) },
            html! { (row.quote.tokens.get()) },
            html! { (row.quote.total) },
            when(row.created_at),
            badge(tone(row.status), row.status.label()),
        ]
    });
    let states = [("", "All")].into_iter().chain(
        TokenOrderStatus::ALL
            .iter()
            .map(|status| (status.as_str(), status.label())),
    );
    let fields = [Field::select("status", "State", states).value(&*wanted.status)];
    let body = html! {
        @if operator.may(Permission::Sales) { p { a href="/console/token-orders/new" { "Record an order" } } }
        (filter(PATH, !wanted.status.is_empty(), &fields))
        (table)
        (pager(wanted.before.map(|_| address(PATH, &[("status", &wanted.status)])), next))
        @if operator.may(Permission::Sales) { (section("What an account may owe", &limit_form(&operator))) }
    };
    Ok(Page::new("Orders for tokens", body).show(&operator))
}

fn limit_form(operator: &Operator) -> Markup {
    let fields = html! {
        (Field::email("email", "The account's e-mail address").autocomplete("off").required())
        (Field::text("limit", "The limit").hint("Such as 500.00 EUR. Only the currency takes the limit away.").required())
        (Field::text("why", "Why").length_max(200).required())
    };
    html! { (Form::post(operator, "/console/token-orders/limit", "Set the limit", fields).quiet()) }
}

#[derive(Deserialize)]
struct Credit {
    email: String,
    limit: String,
    why: String,
}

async fn set_limit(
    State(server): State<Server>,
    operator: Operator,
    Sent(sent): Sent<Credit>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let user = account(&server, &sent.email).await?;
    let (currency, limit) = if let Ok(currency) = sent.limit.parse::<Currency>() {
        (currency, None)
    } else {
        let limit: Money = sent.limit.parse()?;
        (limit.currency, Some(limit))
    };
    let summary = match limit {
        Some(limit) => format!("Let {} owe {limit}.", sent.email),
        None => format!("Let {} owe in {currency} what every account may.", sent.email),
    };
    let one = OneLimit { user, currency, limit };
    let kind = DeedKind::Credit(limit.map_or(0, |limit| limit.minor));
    let said = do_or_ask(&server, &operator, &SET_CREDIT_LIMIT, kind, (&summary, &one, &sent.why)).await?;
    Ok(operator.visit().see_saying(PATH, &said))
}

async fn account(server: &Server, email: &str) -> Result<scrip_domain::UserId, Error> {
    let email: Email = email.parse()?;
    let found = server.0.store.user_by_email(&email).await?;
    let user = found.ok_or_else(|| scrip_store::Error::AccountNotFound {
        email: email.to_string(),
    })?;
    Ok(user.id)
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<PurchaseId>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let order = server.0.store.token_order(None, id).await?;
    let policy = billing::policy(&server).await?;
    let (owed, limit) = server
        .0
        .store
        .credit(order.user, order.quote.total.currency, &policy)
        .await?;
    let waits = order.status == TokenOrderStatus::Submitted && operator.may(Permission::Sales);
    let mut rows = vec![
        ("Account", html! { (order.email) }),
        ("State", badge(tone(order.status), order.status.label())),
        ("Tokens", html! { (order.quote.tokens) ", " (order.purchase_status) }),
        ("Total", html! { (order.quote.total) }),
        ("Paid by", html! { (order.method.label()) }),
        ("Order number", html! { (order.number) }),
        (
            "Came by",
            html! { (order.channel.label()) " " (order.channel_reference) },
        ),
        (
            "Taken by",
            html! { @if order.taken_by.is_empty() { "the buyer" } @else { (order.taken_by) } },
        ),
        ("Placed", when(order.created_at)),
        ("Note", html! { (order.note) }),
        (
            "Bill to",
            html! { (order.bill_to.name) @for line in order.bill_to.address.lines() { br; (line) } },
        ),
        ("Document", document_link(&order)),
        ("Owes now", html! { (owed) " of " (limit) }),
    ];
    if let Some(at) = order.decided_at {
        rows.push((
            "Decided",
            html! { (when(at)) " by " (order.decided_by) ": " (order.decided_why) },
        ));
    }
    if let (Some(invoice), Some(name)) = (order.invoice, &order.invoice_number) {
        rows.push((
            "Bill",
            html! { a href=(format!("/console/invoices/{invoice}")) { (name) } },
        ));
    }
    let body = html! {
        (facts(rows))
        @if waits { (decide(&operator, &order)) }
    };
    Ok(Page::new("Order for tokens", body)
        .above(PATH, "Orders for tokens")
        .show(&operator))
}

fn document_link(order: &TokenOrder) -> Markup {
    html! {
        @match &order.document {
            Some(document) => a href=(format!("{PATH}/{}/document", order.id)) download {
                (document.name) " (" (document.bytes / 1024) " KiB)"
            },
            None => "none",
        }
    }
}

fn decide(operator: &Operator, order: &TokenOrder) -> Markup {
    let path = format!("{PATH}/{}", order.id);
    let approve = html! {
        (Field::text("why", "Why").id("why-approve").length_max(200).required())
        (Field::check("over_limit", "Even if the account then owes more than its limit"))
    };
    let reject = html! { (Field::text("why", "Why not").id("why-reject").length_max(200).required().hint("The buyer reads it.")) };
    let file = html! { (Field::file("document", "PDF, PNG or JPEG, 10 MiB at most", "application/pdf,image/png,image/jpeg").required()) };
    html! {
        (section("Approve", &html! { (Form::post(operator, format!("{path}/approve"), "Approve and bill", approve)) }))
        (section("Reject", &html! { (Form::post(operator, format!("{path}/reject"), "Reject", reject).danger()) }))
        (section("Keep its document", &html! {
            (Form::post(operator, format!("{path}/document"), "Keep the document", file).files().quiet())
        }))
    }
}

async fn document(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<PurchaseId>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let order = server.0.store.token_order(None, id).await?;
    Ok(billing::document(&server, &order).await?)
}

async fn put_document(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<PurchaseId>,
    mut sent: SentFiles,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let file = sent.take_file("document").ok_or_else(|| Error::Malformed {
        why: "no file was chosen".to_owned(),
    })?;
    billing::keep_document(&server, None, id, &file.name, file.bytes).await?;
    let subject = id.to_string();
    let act = operator.act("token_order.document", &subject, "a document was kept");
    server.0.store.put_act(&act).await?;
    Ok(operator
        .visit()
        .see_saying(&format!("{PATH}/{id}"), "The document is kept."))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Decision {
    why: String,
    over_limit: Option<String>,
}

async fn approve(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<PurchaseId>,
    Sent(sent): Sent<Decision>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let order = server.0.store.token_order(None, id).await?;
    let said = approve_or_ask(&server, &operator, &order, sent.over_limit.is_some(), &sent.why).await?;
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &said))
}

/// Approves an order, or lets that wait: where it is large, or where it lets the account owe more than its limit.
async fn approve_or_ask(
    server: &Server,
    operator: &Operator,
    order: &TokenOrder,
    over_limit: bool,
    why: &str,
) -> Result<String, Refused> {
    let (tokens, total) = (order.quote.tokens, order.quote.total);
    let beyond = if over_limit { ", over the account's limit" } else { "" };
    let summary = format!("Approve the order of {} for {tokens} at {total}{beyond}.", order.email);
    let one = OneOrder {
        order: order.id,
        over_limit,
    };
    let approval: ApprovalPolicy = server.0.store.setting().await?;
    let kind = match DeedKind::Credit(total.minor) {
        credit if over_limit && approval.holds_back(credit) => credit,
        _ => DeedKind::Order(tokens.get()),
    };
    do_or_ask(server, operator, &APPROVE_ORDER, kind, (&summary, &one, why)).await
}

async fn reject(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<PurchaseId>,
    Sent(sent): Sent<Decision>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let subject = id.to_string();
    let act = operator.act("token_order.rejected", &subject, &sent.why);
    server.0.store.reject_token_order(id, &act).await?;
    Ok(operator
        .visit()
        .see_saying(&format!("{PATH}/{id}"), "Rejected; the buyer is told why."))
}

async fn new(State(server): State<Server>, operator: Operator) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let policy: BillingPolicy = billing::policy(&server).await?;
    let channels = OrderChannel::ALL
        .iter()
        .filter(|channel| **channel != OrderChannel::Online)
        .map(|channel| (channel.as_str(), channel.label()));
    let methods = PurchaseMethod::ALL
        .iter()
        .filter(|method| **method != PurchaseMethod::Card)
        .map(|method| (method.as_str(), method.label()));
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::email("email", "The account's e-mail address").autocomplete("off").required())
        (Field::select("channel", "How it came", channels))
        (Field::text("channel_reference", "What names it there").length_max(60)
            .hint("The caller's number, the line of a fax, the date of a letter."))
        (Field::number("tokens", "Tokens", 1, 1_000_000_000).required())
        (Field::text("currency", "Currency").value("EUR").length_max(3).required())
        (Field::select("method", "Paid by", methods))
        (Field::text("number", "The buyer's order number").length_max(60).hint("Needed for a purchase order."))
        (Field::text("name", "Bill to").length_max(120).required())
        (Field::area("address", "Address", 4).length_max(600))
        (Field::text("note", "Note").length_max(500))
        (Field::text("why", "Why").length_max(200).required())
        (Field::check("approved", "Approve and bill it at once"))
    };
    let body = html! {
        @if policy.seller.is_empty() {
            p role="note" { "No bill can be sent yet: the seller's name and address are missing (" code { "scrip-server billing set" } ")." }
        }
        (Form::post(&operator, "/console/token-orders/new", "Record the order", fields))
    };
    Ok(Page::new("Record an order", body)
        .above(PATH, "Orders for tokens")
        .show(&operator))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Recorded {
    command: Uuid,
    email: String,
    channel: String,
    channel_reference: String,
    tokens: i64,
    currency: String,
    method: String,
    number: String,
    name: String,
    address: String,
    note: String,
    why: String,
    approved: Option<String>,
}

async fn record(
    State(server): State<Server>,
    operator: Operator,
    Sent(sent): Sent<Recorded>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let malformed = |why: &str| Error::Malformed { why: why.to_owned() };
    let user = account(&server, &sent.email).await?;
    let approval: ApprovalPolicy = server.0.store.setting().await?;
    // A large one is recorded by one operator and approved by two.
    let large = approval.holds_back(DeedKind::Order(sent.tokens));
    let asked = Asked {
        command: sent.command,
        method: PurchaseMethod::parse(&sent.method).ok_or_else(|| malformed("the method is unknown"))?,
        currency: sent.currency.parse()?,
        wanted: TokenAmount::Tokens(Tokens::new(sent.tokens)?),
        expected_total: None,
        number: sent.number,
        channel: OrderChannel::parse(&sent.channel).ok_or_else(|| malformed("the channel is unknown"))?,
        channel_reference: sent.channel_reference,
        note: sent.note,
        bill_to: BillTo {
            name: sent.name,
            address: sent.address,
            tax_number: String::new(),
        },
        approved: sent.approved.is_some() && !large,
    };
    let subject = user.to_string();
    let act = operator.act("token_order.recorded", &subject, &sent.why);
    let (order, _) = billing::place(&server, user, asked, Some(&act)).await?;
    let mut said = "The order is recorded.".to_owned();
    if sent.approved.is_some() && order.status == TokenOrderStatus::Submitted {
        said = approve_or_ask(&server, &operator, &order, false, &sent.why).await?;
    }
    Ok(operator.visit().see_saying(&format!("{PATH}/{}", order.id), &said))
}
