//! Orders that were paid, and taking back what they paid for.

use axum::Json;
use axum::extract::State;
use scrip_api::{OrderRefundRequest, OrderView, Page, RefundQuote, Refunded, RefundedLine};
use scrip_domain::{OrderId, OrderRefundPolicy, ProductId};
use scrip_store::{OrderRow, RefundBy};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::request::{Body, Path, Query};
use crate::routes::paging::PageQuery;
use crate::surrender::surrendered_seat;
use crate::{Error, Server};

fn view(order: OrderRow) -> OrderView {
    let refund = |refund: scrip_store::OrderRefund| RefundedLine {
        product: refund.product,
        tokens: refund.tokens,
        at: refund.at,
    };
    OrderView {
        id: order.id,
        created_at: order.created_at,
        lines: order.lines,
        total: order.total,
        refunds: order.refunds.into_iter().map(refund).collect(),
    }
}

/// The caller's orders, the newest first.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(PageQuery),
    responses((status = 200, body = Page<OrderView>)))]
pub(crate) async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<OrderView>>, Error> {
    let before = query.cursor.map(OrderId);
    let found = server.0.store.orders(caller.user, before, query.rows()).await?;
    Ok(Json(query.page(found, |order| order.id.0, view)))
}

/// One of the caller's orders.
#[utoipa::path(get, path = "/v1/orders/{order}", tag = "orders", params(("order" = String, Path, format = "uuid")),
    responses((status = 200, body = OrderView)))]
pub(crate) async fn show(
    State(server): State<Server>,
    caller: Caller,
    Path(order): Path<OrderId>,
) -> Result<Json<OrderView>, Error> {
    Ok(Json(view(server.0.store.order(order, Some(caller.user)).await?)))
}

/// Of which product.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefundQuery {
    /// The product of the order.
    product: ProductId,
}

/// What taking a product of an order back now would give.
#[utoipa::path(get, path = "/v1/orders/{order}/refund", tag = "orders",
    params(("order" = String, Path, format = "uuid"), RefundQuery), responses((status = 200, body = RefundQuote)))]
pub(crate) async fn quote(
    State(server): State<Server>,
    caller: Caller,
    Path(order): Path<OrderId>,
    Query(query): Query<RefundQuery>,
) -> Result<Json<RefundQuote>, Error> {
    let policy: OrderRefundPolicy = server.0.store.setting().await?;
    let user = Some(caller.user);
    let tokens = server.0.store.quote_refund(order, &query.product, user, policy).await?;
    Ok(Json(RefundQuote { tokens }))
}

/// Takes a product of an order back, as the vendor's policy allows, where no other computer has it. Doing so again answers the
/// first time's tokens.
#[utoipa::path(post, path = "/v1/orders/{order}/refund", tag = "orders", request_body = OrderRefundRequest,
    params(("order" = String, Path, format = "uuid")), responses((status = 200, body = Refunded)))]
pub(crate) async fn refund(
    State(server): State<Server>,
    caller: Caller,
    Path(order): Path<OrderId>,
    body: Body<OrderRefundRequest>,
) -> Result<Json<Refunded>, Error> {
    let OrderRefundRequest {
        product,
        at_least,
        surrender,
    } = body.value;
    let store = &server.0.store;
    let licenses = store.licenses_for(caller.user, std::slice::from_ref(&product)).await?;
    let seat = match licenses.first() {
        Some(license) => surrendered_seat(&server, caller.user, license.id, surrender.as_ref()).await?,
        None => None,
    };
    let policy: OrderRefundPolicy = store.setting().await?;
    let by = RefundBy::Person(caller.user, seat.as_ref());
    let (tokens, balance_after) = store.refund_order(order, &product, at_least, by, policy).await?;
    Ok(Json(Refunded { tokens, balance_after }))
}
