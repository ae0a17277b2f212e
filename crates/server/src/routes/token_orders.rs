//! Tokens that are ordered on paper, and the bills for them.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use scrip_api::{InvoiceView, Page, TokenOrderRequest, TokenOrderView};
use scrip_domain::{InvoiceId, OrderChannel, PurchaseId, TokenAmount};
use scrip_store::{Invoice, InvoiceFilter, OrderFilter, TokenOrder};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::billing::{self, Asked, DOCUMENT_BYTES_MAX};
use crate::caller::Caller;
use crate::openapi::File;
use crate::request::{Body, CommandKey, Path, Query};
use crate::{Error, Server};

const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;

/// Which part of a list is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// The cursor of the page before.
    #[param(value_type = Option<String>, format = "uuid")]
    cursor: Option<Uuid>,
    /// Rows on the page, 1 to 200.
    limit: Option<i64>,
}

impl Part {
    fn limit(&self) -> i64 {
        self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }
}

/// Orders tokens that are not paid by card. It is billed at once, or waits for the vendor's approval.
#[utoipa::path(post, path = "/v1/token-orders", tag = "tokens", request_body = TokenOrderRequest,
    params(("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 201, body = TokenOrderView), (status = 200, body = TokenOrderView, description = "The first answer again")))]
pub(crate) async fn place(
    State(server): State<Server>,
    caller: Caller,
    CommandKey(command): CommandKey,
    body: Body<TokenOrderRequest>,
) -> Result<(StatusCode, Json<TokenOrderView>), Error> {
    let asked = body.value;
    let wanted = wanted(asked.tokens, asked.pack)?;
    let asked = Asked {
        command,
        method: asked.method,
        currency: asked.currency,
        wanted,
        expected_total: asked.expected_total,
        number: asked.number,
        channel: OrderChannel::Online,
        channel_reference: String::new(),
        note: asked.note,
        bill_to: asked.bill_to,
        approved: false,
    };
    let (order, replayed) = billing::place(&server, caller.user, asked, None).await?;
    let status = if replayed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(order_view(order))))
}

/// Either a number of tokens or a pack.
pub(crate) fn wanted(
    tokens: Option<scrip_domain::Tokens>,
    pack: Option<scrip_domain::PackId>,
) -> Result<TokenAmount, Error> {
    match (tokens, pack) {
        (Some(tokens), None) => Ok(TokenAmount::Tokens(tokens)),
        (None, Some(pack)) => Ok(TokenAmount::Pack(pack)),
        _ => Err(Error::Malformed {
            why: "either a number of tokens or a pack is ordered".to_owned(),
        }),
    }
}

/// The caller's orders for tokens, the newest first.
#[utoipa::path(get, path = "/v1/token-orders", tag = "tokens", params(Part),
    responses((status = 200, body = Page<TokenOrderView>)))]
pub(crate) async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(part): Query<Part>,
) -> Result<Json<Page<TokenOrderView>>, Error> {
    let filter = OrderFilter {
        user: Some(caller.user),
        status: None,
        before: part.cursor.map(PurchaseId),
    };
    let found = server.0.store.token_orders(&filter, part.limit() + 1).await?;
    Ok(Json(page(
        found,
        part.limit(),
        |order| order.id.to_string(),
        order_view,
    )))
}

/// One of the caller's orders for tokens.
#[utoipa::path(get, path = "/v1/token-orders/{order}", tag = "tokens", params(("order" = String, Path, format = "uuid")),
    responses((status = 200, body = TokenOrderView)))]
pub(crate) async fn show(
    State(server): State<Server>,
    caller: Caller,
    Path(order): Path<PurchaseId>,
) -> Result<Json<TokenOrderView>, Error> {
    let order = server.0.store.token_order(Some(caller.user), order).await?;
    Ok(Json(order_view(order)))
}

/// Hands in the document of an order that waits: PDF, PNG or JPEG, at most 10 MiB. A second one replaces the first.
#[utoipa::path(put, path = "/v1/token-orders/{order}/document", tag = "tokens", params(("order" = String, Path, format = "uuid"),
    ("File-Name" = Option<String>, Header, description = "What the document is called")),
    request_body(content = File, content_type = "application/octet-stream"),
    responses((status = 200, body = TokenOrderView)))]
pub(crate) async fn put_document(
    State(server): State<Server>,
    caller: Caller,
    Path(order): Path<PurchaseId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<TokenOrderView>, Error> {
    let name = headers.get("file-name").and_then(|value| value.to_str().ok());
    let name = name.unwrap_or("document").to_owned();
    let bytes = axum::body::to_bytes(request.into_body(), DOCUMENT_BYTES_MAX)
        .await
        .map_err(|_| Error::TooLarge {
            limit_bytes: DOCUMENT_BYTES_MAX,
        })?;
    let order = billing::keep_document(&server, Some(caller.user), order, &name, bytes).await?;
    Ok(Json(order_view(order)))
}

/// The document of an order, as it was handed in.
#[utoipa::path(get, path = "/v1/token-orders/{order}/document", tag = "tokens", params(("order" = String, Path, format = "uuid")),
    responses((status = 200, description = "The file", content((File = "application/pdf"), (File = "image/png"),
        (File = "image/jpeg")))))]
pub(crate) async fn document(
    State(server): State<Server>,
    caller: Caller,
    Path(order): Path<PurchaseId>,
) -> Result<Response, Error> {
    let order = server.0.store.token_order(Some(caller.user), order).await?;
    billing::document(&server, &order).await
}

/// Takes back an order that waits.
#[utoipa::path(delete, path = "/v1/token-orders/{order}", tag = "tokens", params(("order" = String, Path, format = "uuid")),
    responses((status = 200, body = TokenOrderView)))]
pub(crate) async fn cancel(
    State(server): State<Server>,
    caller: Caller,
    Path(order): Path<PurchaseId>,
) -> Result<Json<TokenOrderView>, Error> {
    let order = server.0.store.cancel_token_order(caller.user, order).await?;
    Ok(Json(order_view(order)))
}

/// The caller's bills and credit notes, the newest first.
#[utoipa::path(get, path = "/v1/invoices", tag = "tokens", params(Part),
    responses((status = 200, body = Page<InvoiceView>)))]
pub(crate) async fn invoices(
    State(server): State<Server>,
    caller: Caller,
    Query(part): Query<Part>,
) -> Result<Json<Page<InvoiceView>>, Error> {
    let filter = InvoiceFilter {
        user: Some(caller.user),
        status: None,
        before: part.cursor,
    };
    let found = server.0.store.invoices(&filter, part.limit() + 1).await?;
    Ok(Json(page(
        found,
        part.limit(),
        |invoice| invoice.id.to_string(),
        invoice_view,
    )))
}

/// One of the caller's bills.
#[utoipa::path(get, path = "/v1/invoices/{invoice}", tag = "tokens", params(("invoice" = String, Path, format = "uuid")),
    responses((status = 200, body = InvoiceView)))]
pub(crate) async fn invoice(
    State(server): State<Server>,
    caller: Caller,
    Path(invoice): Path<Uuid>,
) -> Result<Json<InvoiceView>, Error> {
    let invoice = server.0.store.invoice(Some(caller.user), invoice).await?;
    Ok(Json(invoice_view(invoice)))
}

/// The same as PDF.
#[utoipa::path(get, path = "/v1/invoices/{invoice}/pdf", tag = "tokens", params(("invoice" = String, Path, format = "uuid")),
    responses((status = 200, body = File, content_type = "application/pdf")))]
pub(crate) async fn invoice_pdf(
    State(server): State<Server>,
    caller: Caller,
    Path(invoice): Path<Uuid>,
) -> Result<Response, Error> {
    let invoice = server.0.store.invoice(Some(caller.user), invoice).await?;
    let bytes = billing::invoice_pdf(&invoice)?;
    Ok(billing::download(
        bytes.into(),
        "application/pdf",
        &format!("{}.pdf", invoice.number),
    ))
}

/// A page of rows that were read one longer than it.
fn page<R, V>(mut rows: Vec<R>, limit: i64, cursor: impl Fn(&R) -> String, view: impl Fn(R) -> V) -> Page<V> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(cursor);
    let items = rows.into_iter().map(view).collect();
    Page { items, next_cursor }
}

fn order_view(order: TokenOrder) -> TokenOrderView {
    TokenOrderView {
        id: order.id,
        quote: order.quote,
        method: order.method,
        status: order.status,
        purchase_status: order.purchase_status,
        number: order.number,
        document: order.document.map(|document| document.name),
        why: if order.status == scrip_domain::TokenOrderStatus::Rejected {
            order.decided_why
        } else {
            String::new()
        },
        invoice: order.invoice.map(InvoiceId),
        created_at: order.created_at,
    }
}

fn invoice_view(invoice: Invoice) -> InvoiceView {
    InvoiceView {
        id: InvoiceId(invoice.id),
        kind: invoice.kind,
        reference: invoice.reference(),
        number: invoice.number,
        purchase: invoice.purchase,
        lines: invoice.lines,
        gross: invoice.state.gross,
        paid: invoice.state.paid,
        credited: invoice.state.credited,
        open: invoice.state.open(),
        status: invoice.state.status,
        issued_at: invoice.issued_at,
        due_at: invoice.due_at,
    }
}
