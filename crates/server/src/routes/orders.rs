//! Orders: the one way tokens are spent.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use scrip_api::{CheckoutRequest, Order};
use scrip_store::Checkout;
use sha2::{Digest as _, Sha256};

use crate::caller::Caller;
use crate::request::{Body, CommandKey};
use crate::routes::cart::check_lines;
use crate::{Error, Server};

/// Pays for some items: all of them at exactly the expected total, or none. The same key pays once.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = CheckoutRequest,
    params(("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 201, body = Order), (status = 200, body = Order, description = "The first answer again")))]
pub(crate) async fn create(
    State(server): State<Server>,
    caller: Caller,
    CommandKey(command): CommandKey,
    body: Body<CheckoutRequest>,
) -> Result<(StatusCode, Json<Order>), Error> {
    let CheckoutRequest {
        items,
        expected_total,
        clear_cart,
        purchase,
    } = body.value;
    check_lines(&items)?;
    let digest = Sha256::digest(&body.bytes).into();
    let checkout = Checkout {
        user: caller.user,
        command,
        digest,
        items,
        expected_total,
        clear_cart,
        renewal_lead_seconds: None,
        held: purchase,
    };
    let paid = server.0.store.check_out(checkout).await?;
    let status = if paid.replayed {
        StatusCode::OK
    } else {
        server.0.metrics.orders.inc();
        StatusCode::CREATED
    };
    let order = Order {
        id: paid.id,
        created_at: paid.created_at,
        lines: paid.lines,
        total: paid.total,
        balance_after: paid.balance_after,
    };
    Ok((status, Json(order)))
}
