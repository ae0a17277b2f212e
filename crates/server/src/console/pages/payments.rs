//! Payments: read a bank's statement, use what waits for bills, clear cheques, give back.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{DeedKind, PaymentStatus, Permission};
use scrip_store::Payment;
use serde::Deserialize;
use uuid::Uuid;

use crate::console::Operator;
use crate::deeds::{self, CLEAR_PAYMENT, OneClearing, OneReturn, RETURN_PAYMENT, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, SentFiles, Table, Tone, Viewer as _, address, badge, cut, day, facts, filter,
    hidden, limit_one_more, number, pager, section, text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server, bank};

const PATH: &str = "/console/payments";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/payments/import", post(import))
        .route("/console/payments/{payment}", get(show))
        .route("/console/payments/{payment}/use", post(apply))
        .route("/console/payments/{payment}/return", post(give_back))
        .route("/console/payments/{payment}/clear", post(clear))
}

fn state(payment: &Payment) -> Markup {
    match payment.status {
        PaymentStatus::Pending => badge(Tone::Wait, payment.status.label()),
        PaymentStatus::Bounced => badge(Tone::Bad, payment.status.label()),
        PaymentStatus::Booked if payment.left().is_zero() => badge(Tone::Good, "Used"),
        PaymentStatus::Booked => badge(Tone::Wait, "Waits"),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    all: Option<String>,
    before: Option<Uuid>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let all = wanted.all.is_some();
    let mut rows = server.0.store.payments(!all, wanted.before, limit_one_more()).await?;
    let more = cut(&mut rows);
    let kept = if all { "on" } else { "" };
    let next = rows.last().filter(|_| more).map(|last| last.id.to_string());
    let next = next.map(|before| address(PATH, &[("all", kept), ("before", &before)]));
    let columns = [
        text("Came"),
        text("Payer"),
        text("Text"),
        text("How"),
        number("Amount"),
        number("Waits"),
        text("State"),
    ];
    let table = Table::new("Payments", columns)
        .empty("No payment waits.")
        .rows(&rows, |row| {
            vec![
                html! { a href=(format!("{PATH}/{}", row.id)) { (day(row.received_at)) } },
                html! { (row.payer) },
                html! { (row.text) },
                html! { (row.method.label()) },
                html! { (row.money) },
                html! { (row.left()) },
                state(row),
            ]
        });
    let file = html! {
        (Field::file("statement", "The statement", ".xml,.csv,.txt,application/xml,text/csv").required()
            .hint("CAMT.053, or a table whose first line names the columns date, amount, currency, payer and reference."))
    };
    let body = html! {
        (filter(PATH, all, &[Field::check("all", "Also those that are used").ticked(all)]))
        (table)
        (pager(wanted.before.map(|_| address(PATH, &[("all", kept)])), next))
        @if operator.may(Permission::Sales) {
            (section("Read a bank's statement", &html! {
                p { "Each line counts once, however often a statement that holds it is read. Money that goes out is passed over." }
                (Form::post(&operator, "/console/payments/import", "Read it", file).files())
            }))
        }
    };
    Ok(Page::new("Payments", body).show(&operator))
}

async fn import(State(server): State<Server>, operator: Operator, mut sent: SentFiles) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let file = sent.take_file("statement").ok_or_else(|| Error::Malformed {
        why: "no file was chosen".to_owned(),
    })?;
    let name: String = file
        .name
        .chars()
        .filter(|letter| !letter.is_control())
        .take(80)
        .collect();
    let by = deeds::Asker::Operator(&operator.email);
    if let Some(said) = bank::hold_statement(&server, by, &name, &file.bytes).await? {
        return Ok(operator.visit().see_saying(PATH, &said));
    }
    let act = operator.act("bank.imported", &name, "a bank's statement");
    let done = bank::import_statement(&server, &file.bytes, &act).await?;
    let said = format!(
        "{} payments were read: {} paid bills, {} wait below, {} were known already.",
        done.lines, done.matched, done.waiting, done.known
    );
    Ok(operator.visit().see_saying(PATH, &said))
}

async fn show(State(server): State<Server>, operator: Operator, Path(id): Path<Uuid>) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let payment = server.0.store.payment(id).await?;
    let mut rows = vec![
        ("State", state(&payment)),
        ("Amount", html! { (payment.money) }),
        ("Used for bills", html! { (payment.applied) }),
        ("Given back", html! { (payment.returned) }),
        ("Waits", html! { (payment.left()) }),
        ("How", html! { (payment.method.label()) }),
        ("Payer", html! { (payment.payer) }),
        ("Text", html! { (payment.text) }),
        ("Came", day(payment.received_at)),
        (
            "Recorded",
            html! { (when(payment.recorded_at)) " by " (payment.recorded_by) },
        ),
    ];
    if let Some(invoice) = payment.meant_for {
        rows.push((
            "Meant for",
            html! { a href=(format!("/console/invoices/{invoice}")) { "A bill" } },
        ));
    }
    if !payment.why.is_empty() {
        rows.push(("Why", html! { (payment.why) }));
    }
    let body = html! {
        (facts(rows))
        @if operator.may(Permission::Sales) { (forms(&operator, &payment)) }
    };
    Ok(Page::new("Payment", body).above(PATH, "Payments").show(&operator))
}

fn forms(operator: &Operator, payment: &Payment) -> Markup {
    let path = format!("{PATH}/{}", payment.id);
    let why = |id: &'static str| Field::text("why", "Why").id(id).length_max(200).required();
    let used = html! {
        (Field::text("number", "The bill's number").length_max(40).required())
        (why("why-use"))
    };
    html! {
        @if payment.status == PaymentStatus::Pending {
            (section("The cheque", &html! {
                (Form::post(operator, format!("{path}/clear"), "It is cleared",
                    html! { (hidden("cleared", true)) (why("why-clear")) }))
                (Form::post(operator, format!("{path}/clear"), "It bounced",
                    html! { (hidden("cleared", false)) (why("why-bounce")) }).danger())
            }))
        }
        @if !payment.left().is_zero() {
            (section("Use it for a bill", &html! { (Form::post(operator, format!("{path}/use"), "Use it", used)) }))
            (section("Give it back", &html! {
                p { "Notes that " (payment.left()) " went back to the payer; the transfer itself is made at the bank." }
                (Form::post(operator, format!("{path}/return"), "It went back", html! { (why("why-return")) }).danger())
            }))
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Change {
    number: String,
    cleared: bool,
    why: String,
}

async fn apply(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Change>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let invoice = server.0.store.invoice_by_number(&sent.number).await?;
    let act = operator.act("payment.used", &invoice.number, &sent.why);
    let payment = server.0.store.apply_payment(id, invoice.id, &act).await?;
    let said = format!("Used for bill {}; {} are left of it.", invoice.number, payment.left());
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &said))
}

async fn give_back(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Change>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let left = server.0.store.payment(id).await?.left();
    let summary = format!("Note that {left} of a payment went back to its payer.");
    let asked = (summary.as_str(), &OneReturn { payment: id }, sent.why.as_str());
    let said = do_or_ask(&server, &operator, &RETURN_PAYMENT, DeedKind::Money(left.minor), asked).await?;
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &said))
}

async fn clear(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Change>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let page = format!("{PATH}/{id}");
    if !sent.cleared {
        let subject = id.to_string();
        let act = operator.act("payment.bounced", &subject, &sent.why);
        server.0.store.clear_payment(id, false, &act).await?;
        return Ok(operator.visit().see_saying(&page, "Noted: it bounced."));
    }
    let payment = server.0.store.payment(id).await?;
    let summary = format!(
        "Note that a cheque over {} of {} is cleared.",
        payment.money, payment.payer
    );
    let asked = (summary.as_str(), &OneClearing { payment: id }, sent.why.as_str());
    let kind = DeedKind::Payment(payment.money.minor);
    let said = do_or_ask(&server, &operator, &CLEAR_PAYMENT, kind, asked).await?;
    Ok(operator.visit().see_saying(&page, &said))
}
