//! Vouchers: tokens on paper.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use scrip_api::{RedeemRequest, Redeemed};

use crate::caller::Caller;
use crate::request::{Body, CommandKey};
use crate::{Error, Server, vouchers};

/// Redeems a voucher into the caller's wallet, once. The same key gets the first answer again.
#[utoipa::path(post, path = "/v1/vouchers/redeem", tag = "wallet", request_body = RedeemRequest,
    params(("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 201, body = Redeemed), (status = 200, body = Redeemed, description = "The first answer again")))]
pub(crate) async fn redeem(
    State(server): State<Server>,
    caller: Caller,
    CommandKey(command): CommandKey,
    body: Body<RedeemRequest>,
) -> Result<(StatusCode, Json<Redeemed>), Error> {
    let done = vouchers::redeem(&server, caller.user, &body.value.code, command, None).await?;
    let status = if done.replayed {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let redeemed = Redeemed {
        tokens: done.tokens,
        balance_after: done.balance_after,
        transfer: done.transfer,
    };
    Ok((status, Json(redeemed)))
}
