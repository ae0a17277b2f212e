//! Tokens without a card: redeem vouchers, order on paper, see bills.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{
    BillTo, Coded as _, InvoiceKind, InvoiceStatus, OrderChannel, PurchaseId, PurchaseMethod, TokenAmount,
    TokenOrderStatus, Tokens,
};
use scrip_store::{Invoice, InvoiceFilter, OrderFilter, TokenOrder};
use serde::Deserialize;
use uuid::Uuid;

use super::Person;
use crate::billing::{self, Asked};
use crate::html::{
    Bare, Field, Form, Page, Refused, Sent, SentFiles, Table, Tone, Viewer as _, address, badge, cut, day, facts,
    hidden, limit_one_more, number, pager, problem, section, text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server, vouchers};

const INVOICES: &str = "/account/invoices";
const ORDER: &str = "/account/token-orders";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/account/redeem", get(redeem_page).post(redeem))
        .route(INVOICES, get(list))
        .route("/account/invoices/{invoice}/invoice.pdf", get(pdf))
        .route("/account/token-orders/new", get(new_page).post(place))
        .route("/account/token-orders/{order}", get(show))
        .route(
            "/account/token-orders/{order}/document",
            get(document).post(put_document),
        )
        .route("/account/token-orders/{order}/cancel", post(cancel))
}

async fn redeem_page(State(server): State<Server>, person: Person) -> Response {
    redeem_form(&server, &person, "", None)
}

fn redeem_form(server: &Server, person: &Person, typed: &str, refused: Option<&Error>) -> Response {
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::text("code", "The voucher's code").value(typed).autocomplete("off").length_max(80).required()
            .hint("20 letters and digits; dashes, spaces and small letters do not matter."))
    };
    let body = html! {
        @if let Some(refused) = refused { (problem(refused)) }
        p { "A voucher adds its tokens to your wallet, once." }
        (Form::post(person, "/account/redeem", "Redeem", fields))
    };
    let page = Page::new("Redeem a voucher", body);
    let status = refused.map_or(http::StatusCode::OK, |refused| {
        http::StatusCode::from_u16(scrip_api::Problem::of(refused).status).unwrap_or(http::StatusCode::BAD_REQUEST)
    });
    page.status(status).show(person)
}

#[derive(Deserialize)]
struct Redeemed {
    command: Uuid,
    code: String,
}

async fn redeem(State(server): State<Server>, person: Person, Sent(sent): Sent<Redeemed>) -> Result<Response, Refused> {
    match vouchers::redeem(&server, person.user, &sent.code, sent.command, None).await {
        Ok(done) => {
            let said = format!("{} added; your wallet holds {}.", done.tokens, done.balance_after);
            Ok(person.visit().see_saying("/account", &said))
        }
        Err(refused) if refused.is_internal() => Err(refused.into()),
        Err(refused) => {
            // What was mistyped stays there to be corrected.
            let kept = if refused.code() == scrip_domain::ErrorCode::VoucherMalformed {
                &sent.code
            } else {
                ""
            };
            Ok(redeem_form(&server, &person, kept, Some(&refused)))
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<Uuid>,
}

async fn list(State(server): State<Server>, person: Person, Query(wanted): Query<Wanted>) -> Result<Response, Refused> {
    let store = &server.0.store;
    let filter = InvoiceFilter {
        user: Some(person.user),
        status: None,
        before: wanted.before,
    };
    let mut rows = store.invoices(&filter, limit_one_more()).await?;
    let more = cut(&mut rows);
    let next = rows.last().filter(|_| more).map(|last| last.id.to_string());
    let next = next.map(|before| address(INVOICES, &[("before", &before)]));
    let now = server.0.clock.now();
    let columns = [
        text("Number"),
        text("Sent"),
        text("Due"),
        number("Total"),
        number("Still open"),
        text("Name on the transfer"),
        text("State"),
    ];
    let bills = Table::new("Bills", columns)
        .empty("There is no bill yet.")
        .rows(&rows, |row| {
            vec![
                html! { a href=(format!("{INVOICES}/{}/invoice.pdf", row.id)) download { (row.number) " (PDF)" } },
                day(row.issued_at),
                day(row.due_at),
                html! { (row.state.gross) },
                html! { (row.state.open()) },
                html! { @if row.state.open().minor > 0 { code { (row.reference()) } } },
                bill_state(row, now),
            ]
        });
    let filter = OrderFilter {
        user: Some(person.user),
        ..OrderFilter::default()
    };
    let orders = store.token_orders(&filter, 20).await?;
    let policy = billing::policy(&server).await?;
    let offers = billing::offered(&policy).next().is_some();
    let body = html! {
        @if offers { p { a href="/account/token-orders/new" { "Order tokens on a bill" } } }
        (section("Orders", &html! { (orders_table(&orders)) }))
        (section("Bills", &html! { (bills) (pager(wanted.before.map(|_| INVOICES.to_owned()), next)) }))
    };
    Ok(Page::new("Orders and bills", body).show(&person))
}

fn bill_state(invoice: &Invoice, now: scrip_domain::Timestamp) -> Markup {
    match invoice.state.status {
        _ if invoice.kind == InvoiceKind::CreditNote => badge(Tone::Plain, invoice.kind.label()),
        InvoiceStatus::Open if invoice.is_overdue(now) => badge(Tone::Bad, "Overdue"),
        InvoiceStatus::Open => badge(Tone::Wait, "To be paid"),
        InvoiceStatus::Paid => badge(Tone::Good, "Paid"),
        InvoiceStatus::Credited => badge(Tone::Plain, "Taken back"),
        InvoiceStatus::WrittenOff => badge(Tone::Plain, "Closed"),
    }
}

fn order_state(order: &TokenOrder) -> Markup {
    match order.status {
        TokenOrderStatus::Submitted => badge(Tone::Wait, "Waits for the vendor"),
        TokenOrderStatus::Approved => badge(Tone::Good, "Approved"),
        TokenOrderStatus::Rejected => badge(Tone::Bad, "Not accepted"),
        TokenOrderStatus::Canceled => badge(Tone::Plain, "Taken back"),
    }
}

fn orders_table(orders: &[TokenOrder]) -> Table {
    let columns = [
        text("Order"),
        text("Placed"),
        number("Tokens"),
        number("Total"),
        text("State"),
    ];
    Table::new("Orders", columns)
        .empty("There is no order yet.")
        .rows(orders, |row| {
            let name = if row.number.is_empty() {
                row.method.label()
            } else {
                &row.number
            };
            vec![
                html! { a href=(format!("{ORDER}/{}", row.id)) { (name) } },
                day(row.created_at),
                html! { (row.quote.tokens.get()) },
                html! { (row.quote.total) },
                order_state(row),
            ]
        })
}

async fn pdf(State(server): State<Server>, person: Person, Path(id): Path<Uuid>) -> Result<Response, Refused> {
    let invoice = server.0.store.invoice(Some(person.user), id).await?;
    let bytes = billing::invoice_pdf(&invoice)?;
    Ok(billing::download(
        bytes.into(),
        "application/pdf",
        &format!("{}.pdf", invoice.number),
    ))
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Ordered {
    command: Option<Uuid>,
    tokens: String,
    currency: String,
    method: String,
    number: String,
    name: String,
    address: String,
    tax_number: String,
    note: String,
}

async fn new_page(
    State(server): State<Server>,
    person: Person,
    Query(wanted): Query<Ordered>,
) -> Result<Response, Refused> {
    order_form(&server, &person, &wanted, None).await
}

async fn order_form(
    server: &Server,
    person: &Person,
    sent: &Ordered,
    refused: Option<&Error>,
) -> Result<Response, Refused> {
    let policy = billing::policy(server).await?;
    let methods: Vec<_> = billing::offered(&policy)
        .map(|method| (method.as_str(), method.label()))
        .collect();
    let currency = if sent.currency.is_empty() {
        "EUR"
    } else {
        &sent.currency
    };
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::number("tokens", "Tokens", 1, 1_000_000_000).value(&*sent.tokens).required())
        (Field::text("currency", "Currency").value(currency).length_max(3).required())
        (Field::select("method", "How you will pay", methods.iter().copied()).value(&*sent.method)
            .hint("A purchase order waits for the vendor's approval."))
        (Field::text("number", "Your order number").value(&*sent.number).length_max(60)
            .hint("Needed for a purchase order; its document can be handed in next."))
        (Field::text("name", "Bill to").value(&*sent.name).length_max(120).autocomplete("organization").required())
        (Field::area("address", "Address", 4).value(&*sent.address).length_max(600).autocomplete("street-address"))
        (Field::text("tax_number", "Tax number").value(&*sent.tax_number).length_max(40))
        (Field::text("note", "Note").value(&*sent.note).length_max(500))
    };
    let body = html! {
        @if let Some(refused) = refused { (problem(refused)) }
        (super::verification::notice(server, person).await?)
        @if policy.seller.is_empty() || methods.is_empty() {
            p { "This vendor takes no orders on a bill." }
        } @else {
            p { "You get a bill with what is to be paid. The tokens come when it is paid, or before that where the vendor gives you credit." }
            (Form::post(person, "/account/token-orders/new", "Order", fields))
        }
    };
    Ok(Page::new("Order tokens on a bill", body)
        .above(INVOICES, "Orders and bills")
        .show(person))
}

async fn place(State(server): State<Server>, person: Person, Sent(sent): Sent<Ordered>) -> Result<Response, Refused> {
    match place_order(&server, &person, &sent).await {
        Ok(order) => {
            let said = match order.status {
                TokenOrderStatus::Approved => "The bill is below; it says how to pay.",
                _ => "The vendor looks at your order.",
            };
            Ok(person.visit().see_saying(&format!("{ORDER}/{}", order.id), said))
        }
        Err(refused) if refused.is_internal() => Err(refused.into()),
        Err(refused) => order_form(&server, &person, &sent, Some(&refused)).await,
    }
}

async fn place_order(server: &Server, person: &Person, sent: &Ordered) -> Result<TokenOrder, Error> {
    let malformed = |why: &str| Error::Malformed { why: why.to_owned() };
    let count: i64 = sent
        .tokens
        .trim()
        .parse()
        .map_err(|_| malformed("the tokens are no whole number"))?;
    let asked = Asked {
        command: sent.command.ok_or_else(|| malformed("the form's id is missing"))?,
        method: PurchaseMethod::parse(&sent.method).ok_or_else(|| malformed("the method is unknown"))?,
        currency: sent.currency.parse()?,
        wanted: TokenAmount::Tokens(Tokens::new(count)?),
        expected_total: None,
        number: sent.number.clone(),
        channel: OrderChannel::Online,
        channel_reference: String::new(),
        note: sent.note.clone(),
        bill_to: BillTo {
            name: sent.name.clone(),
            address: sent.address.clone(),
            tax_number: sent.tax_number.clone(),
        },
        approved: false,
    };
    Ok(billing::place(server, person.user, asked, None).await?.0)
}

async fn show(State(server): State<Server>, person: Person, Path(id): Path<PurchaseId>) -> Result<Response, Refused> {
    let order = server.0.store.token_order(Some(person.user), id).await?;
    let mut rows = vec![
        ("State", order_state(&order)),
        ("Tokens", html! { (order.quote.tokens) }),
        ("To be paid", html! { (order.quote.total) }),
        ("How", html! { (order.method.label()) }),
        ("Your order number", html! { (order.number) }),
        ("Placed", when(order.created_at)),
        (
            "Document",
            html! {
                @match &order.document {
                    Some(document) => a href=(format!("{ORDER}/{}/document", order.id)) download { (document.name) },
                    None => "none",
                }
            },
        ),
    ];
    if order.status == TokenOrderStatus::Rejected {
        rows.push(("Why", html! { (order.decided_why) }));
    }
    if let (Some(invoice), Some(name)) = (order.invoice, &order.invoice_number) {
        let link = html! { a href=(format!("{INVOICES}/{invoice}/invoice.pdf")) download { (name) " (PDF)" } };
        rows.push(("Bill", link));
    }
    let path = format!("{ORDER}/{id}");
    let file = html! {
        (Field::file("document", "The document", "application/pdf,image/png,image/jpeg").required().hint("PDF, PNG or JPEG, 10 MiB at most."))
    };
    let body = html! {
        (facts(rows))
        @if order.status == TokenOrderStatus::Submitted {
            (section("Hand in its document", &html! { (Form::post(&person, format!("{path}/document"), "Hand in", file).files()) }))
            (section("Take it back", &html! { (Form::post(&person, format!("{path}/cancel"), "Take the order back", html! {}).quiet()) }))
        }
    };
    Ok(Page::new("Order for tokens", body)
        .above(INVOICES, "Orders and bills")
        .show(&person))
}

async fn document(
    State(server): State<Server>,
    person: Person,
    Path(id): Path<PurchaseId>,
) -> Result<Response, Refused> {
    let order = server.0.store.token_order(Some(person.user), id).await?;
    Ok(billing::document(&server, &order).await?)
}

async fn put_document(
    State(server): State<Server>,
    person: Person,
    Path(id): Path<PurchaseId>,
    mut sent: SentFiles,
) -> Result<Response, Refused> {
    let file = sent.take_file("document").ok_or_else(|| Error::Malformed {
        why: "no file was chosen".to_owned(),
    })?;
    billing::keep_document(&server, Some(person.user), id, &file.name, file.bytes).await?;
    Ok(person
        .visit()
        .see_saying(&format!("{ORDER}/{id}"), "The document is handed in."))
}

async fn cancel(
    State(server): State<Server>,
    person: Person,
    Path(id): Path<PurchaseId>,
    Sent(_): Sent<Bare>,
) -> Result<Response, Refused> {
    server.0.store.cancel_token_order(person.user, id).await?;
    Ok(person.visit().see_saying(INVOICES, "The order is taken back."))
}
