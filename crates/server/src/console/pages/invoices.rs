//! Bills: look at them, record payments, take them back, give them up.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{DeedKind, InvoiceKind, InvoiceStatus, Money, Permission, PurchaseMethod, Tokens};
use scrip_store::{Invoice, InvoiceFilter};
use serde::Deserialize;
use uuid::Uuid;

use crate::console::Operator;
use crate::deeds::{CREDIT_INVOICE, OneCredit, OneInvoice, OnePayment, RECORD_PAYMENT, WRITE_OFF, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, day, facts, filter, hidden,
    limit_one_more, number, pager, reveal, section, text,
};
use crate::request::{Path, Query};
use crate::{Error, Server, billing};

const PATH: &str = "/console/invoices";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/invoices/{invoice}", get(show))
        .route("/console/invoices/{invoice}/invoice.pdf", get(pdf))
        .route("/console/invoices/{invoice}/payment", post(pay))
        .route("/console/invoices/{invoice}/credit", post(credit))
        .route("/console/invoices/{invoice}/write-off", post(write_off))
}

/// Where a bill stands, in a word.
pub(crate) fn state(invoice: &Invoice, now: scrip_domain::Timestamp) -> Markup {
    if invoice.kind == InvoiceKind::CreditNote {
        return badge(Tone::Plain, invoice.kind.label());
    }
    match invoice.state.status {
        InvoiceStatus::Open if invoice.is_overdue(now) => badge(Tone::Bad, "Overdue"),
        InvoiceStatus::Open => badge(Tone::Wait, "Open"),
        InvoiceStatus::Paid => badge(Tone::Good, "Paid"),
        InvoiceStatus::Credited => badge(Tone::Plain, "Credited"),
        InvoiceStatus::WrittenOff => badge(Tone::Bad, "Written off"),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    status: String,
    number: String,
    before: Option<Uuid>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let store = &server.0.store;
    let mut rows = if wanted.number.trim().is_empty() {
        let invoice_filter = InvoiceFilter {
            user: None,
            status: InvoiceStatus::parse(&wanted.status),
            before: wanted.before,
        };
        store.invoices(&invoice_filter, limit_one_more()).await?
    } else {
        store.invoice_by_number(&wanted.number).await.into_iter().collect()
    };
    let more = cut(&mut rows);
    let next = rows.last().filter(|_| more).map(|last| last.id.to_string());
    let next = next.map(|before| address(PATH, &[("status", &wanted.status), ("before", &before)]));
    let now = server.0.clock.now();
    let columns = [
        text("Number"),
        text("Account"),
        text("Sent"),
        text("Due"),
        number("Total"),
        number("Still open"),
        text("State"),
    ];
    let table = Table::new("Bills", columns).rows(&rows, |row| {
        vec![
            html! { a href=(format!("{PATH}/{}", row.id)) { (row.number) } },
            html! { (row.email) },
            day(row.issued_at),
            day(row.due_at),
            html! { (row.state.gross) },
            html! { (row.state.open()) },
            state(row, now),
        ]
    });
    let states = [("", "All")].into_iter().chain(
        InvoiceStatus::ALL
            .iter()
            .map(|status| (status.as_str(), status.label())),
    );
    let fields = [
        Field::select("status", "State", states).value(&*wanted.status),
        Field::text("number", "Number").value(&*wanted.number).length_max(40),
    ];
    let is_set = !wanted.status.is_empty() || !wanted.number.is_empty();
    let body = html! {
        (filter(PATH, is_set, &fields))
        (table)
        (pager(wanted.before.map(|_| address(PATH, &[("status", &wanted.status)])), next))
    };
    Ok(Page::new("Bills", body).show(&operator))
}

async fn show(State(server): State<Server>, operator: Operator, Path(id): Path<Uuid>) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let store = &server.0.store;
    let invoice = store.invoice(None, id).await?;
    let uses = store.payments_of(id).await?;
    let now = server.0.clock.now();
    let mut rows = vec![
        ("State", state(&invoice, now)),
        ("Account", html! { (invoice.email) }),
        (
            "Bill to",
            html! { (invoice.bill_to.name) @for line in invoice.bill_to.address.lines() { br; (line) } },
        ),
        ("Reference", html! { code { (invoice.reference()) } }),
        ("Sent", day(invoice.issued_at)),
        ("Due", day(invoice.due_at)),
        (
            "Total",
            html! { (invoice.state.gross) " (" (invoice.net) " and tax " (invoice.tax) ")" },
        ),
        ("Paid", html! { (invoice.state.paid) }),
        ("Taken back", html! { (invoice.state.credited) }),
        ("Still open", html! { (invoice.state.open()) }),
        ("Reminders", html! { (invoice.reminders) }),
        (
            "Order",
            html! { a href=(format!("/console/token-orders/{}", invoice.purchase)) { "The order" } },
        ),
    ];
    if !invoice.why.is_empty() {
        rows.push(("Why", html! { (invoice.why) }));
    }
    let paid_with = Table::new("Payments", [text("Payment"), number("Used")])
        .empty("No payment yet.")
        .rows(&uses, |row| {
            vec![
                html! { a href=(format!("/console/payments/{}", row.payment)) { "Payment" } },
                html! { (row.money) },
            ]
        });
    let changes = invoice.kind == InvoiceKind::Invoice;
    let body = html! {
        (facts(rows))
        (section("Paid with", &html! { (paid_with) }))
        @if changes && operator.may(Permission::Sales) { (sales_forms(&server, &operator, &invoice)) }
        @if changes && operator.may(Permission::Refunds) { (refund_form(&server, &operator, &invoice)) }
    };
    let actions = html! { a href=(format!("{PATH}/{id}/invoice.pdf")) download { "PDF" } };
    let page = Page::new(format!("{} {}", invoice.kind.label(), invoice.number), body);
    Ok(page.above(PATH, "Bills").actions(actions).show(&operator))
}

/// The methods by which money is handed in.
pub(super) fn hand_in_methods() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        PurchaseMethod::BankTransfer,
        PurchaseMethod::Cheque,
        PurchaseMethod::MoneyOrder,
        PurchaseMethod::Cash,
    ]
    .into_iter()
    .map(|method| (method.as_str(), method.label()))
}

fn sales_forms(server: &Server, operator: &Operator, invoice: &Invoice) -> Markup {
    let path = format!("{PATH}/{}", invoice.id);
    let pay = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::select("method", "How it was paid", hand_in_methods()))
        (Field::text("amount", format!("Amount in {}", invoice.state.gross.currency)).required()
            .value(invoice.state.open().amount()))
        (Field::text("payer", "Who paid").length_max(140).value(&*invoice.bill_to.name))
        (Field::text("text", "What stands on it").length_max(200).hint("The number of a cheque, for example."))
        (Field::check("uncleared", "A cheque that is not cleared yet"))
    };
    let give_up = html! { (Field::text("why", "Why").id("why-write-off").length_max(200).required()) };
    html! {
        (section("Record a payment", &html! { (Form::post(operator, format!("{path}/payment"), "Record", pay)) }))
        @if invoice.state.status == InvoiceStatus::Open {
            (reveal("Give the bill up", &html! {
                p { "The tokens stay where they are. A payment that comes late still counts." }
                (Form::post(operator, format!("{path}/write-off"), "Write it off", give_up).danger())
            }))
        }
    }
}

fn refund_form(server: &Server, operator: &Operator, invoice: &Invoice) -> Markup {
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::text("amount", format!("Amount in {}", invoice.state.gross.currency)).id("amount-credit")
            .hint("Empty for all that is left of it."))
        (Field::number("tokens", "Tokens to take back from the wallet", 0, 1_000_000_000)
            .value("0"))
        (Field::text("why", "Why").id("why-credit").length_max(200).required().hint("Stands on the credit note."))
    };
    reveal(
        "Take the bill back",
        &html! {
            p { "A credit note is written. What was paid beyond what is owed then waits among the payments, to be given back." }
            (Form::post(operator, format!("{PATH}/{}/credit", invoice.id), "Write a credit note", fields).danger())
        },
    )
}

async fn pdf(State(server): State<Server>, operator: Operator, Path(id): Path<Uuid>) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let invoice = server.0.store.invoice(None, id).await?;
    let bytes = billing::invoice_pdf(&invoice)?;
    Ok(billing::download(
        bytes.into(),
        "application/pdf",
        &format!("{}.pdf", invoice.number),
    ))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paid {
    command: Uuid,
    method: String,
    amount: String,
    payer: String,
    text: String,
    uncleared: Option<String>,
}

async fn pay(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Paid>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let invoice = server.0.store.invoice(None, id).await?;
    let check =
        |field, text: &str, max| scrip_domain::check_text(field, text, 0, max).map_err(scrip_domain::Error::from);
    let method = PurchaseMethod::parse(&sent.method).filter(|method| *method != PurchaseMethod::Card);
    let one = OnePayment {
        command: sent.command,
        method: method.ok_or_else(|| Error::Malformed {
            why: "the method is unknown".to_owned(),
        })?,
        money: Money::parse(&sent.amount, invoice.state.gross.currency)?,
        payer: check("payer", &sent.payer, 140)?,
        text: check("text", &sent.text, 200)?,
        received_at: server.0.clock.now(),
        invoice: id,
        cleared: sent.uncleared.is_none(),
    };
    let summary = format!(
        "Record {} by {} for bill {}.",
        one.money,
        one.method.label(),
        invoice.number
    );
    // A cheque that is not cleared counts for nothing yet: clearing it is asked for.
    let kind = DeedKind::Payment(if one.cleared { one.money.minor } else { 0 });
    let why = one.method.label().to_owned();
    let said = do_or_ask(&server, &operator, &RECORD_PAYMENT, kind, (&summary, &one, &why)).await?;
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &said))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Credited {
    command: Uuid,
    amount: String,
    tokens: i64,
    why: String,
}

async fn credit(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Credited>,
) -> Result<Response, Refused> {
    operator.require(Permission::Refunds)?;
    let invoice = server.0.store.invoice(None, id).await?;
    let amount = match sent.amount.trim() {
        "" => None,
        text => Some(Money::parse(text, invoice.state.gross.currency)?),
    };
    let tokens = Tokens::new(sent.tokens)?;
    let left = invoice.state.gross.checked_sub(invoice.state.credited)?;
    let money = amount.unwrap_or(left);
    let one = OneCredit {
        invoice: id,
        amount,
        tokens,
        command: sent.command,
    };
    let summary = format!("Take {money} of bill {} back, and {tokens}.", invoice.number);
    let asked = (summary.as_str(), &one, sent.why.as_str());
    let said = do_or_ask(&server, &operator, &CREDIT_INVOICE, DeedKind::Money(money.minor), asked).await?;
    let note = server.0.store.invoice(None, sent.command).await;
    let path = note.map_or(id, |note| note.id);
    Ok(operator.visit().see_saying(&format!("{PATH}/{path}"), &said))
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn write_off(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let invoice = server.0.store.invoice(None, id).await?;
    let open = invoice.state.open();
    let summary = format!("Write {open} of bill {} off.", invoice.number);
    let asked = (summary.as_str(), &OneInvoice { invoice: id }, sent.why.as_str());
    let said = do_or_ask(&server, &operator, &WRITE_OFF, DeedKind::Money(open.minor), asked).await?;
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &said))
}
