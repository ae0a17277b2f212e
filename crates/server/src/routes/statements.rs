//! What the vendor states under its signature.

use axum::Json;
use axum::extract::State;
use scrip_api::{RecoveryRequest, Signed};

use crate::caller::Caller;
use crate::request::Body;
use crate::{Error, Server, statements};

/// The vendor's keys, signed by its root key (`scrip-keys+jwt`).
#[utoipa::path(get, path = "/v1/keys", tag = "service", security(()), responses((status = 200, body = Signed)))]
pub(crate) async fn keys(State(server): State<Server>) -> Json<Signed> {
    let statement = server.0.signed_keys.clone();
    Json(Signed { statement })
}

/// The codes that no longer hold (`scrip-revocations+jwt`), signed with the time of the answer.
#[utoipa::path(get, path = "/v1/revocations", tag = "service", security(()), responses((status = 200, body = Signed)))]
pub(crate) async fn revocations(State(server): State<Server>) -> Result<Json<Signed>, Error> {
    let statement = statements::revocation_list(&server).await?;
    Ok(Json(Signed { statement }))
}

/// What the catalog's prices are (`scrip-prices+jwt`), to price an order without a network.
#[utoipa::path(get, path = "/v1/catalog/prices", tag = "catalog", security(()), responses((status = 200, body = Signed)))]
pub(crate) async fn prices(State(server): State<Server>) -> Result<Json<Signed>, Error> {
    let statement = statements::price_sheet(&server).await?;
    Ok(Json(Signed { statement }))
}

/// A code that sets a computer's idea of time right (`scrip-clock+jwt`).
#[utoipa::path(post, path = "/v1/clock/recovery", tag = "library", request_body = RecoveryRequest,
    responses((status = 200, body = Signed)))]
pub(crate) async fn recovery(
    State(server): State<Server>,
    caller: Caller,
    body: Body<RecoveryRequest>,
) -> Result<Json<Signed>, Error> {
    let device = server.0.store.device(caller.user, body.value.device).await?;
    let statement = statements::recovery_code(&server, &device)?;
    tracing::info!(device = %device.id, "a recovery code was made");
    Ok(Json(Signed { statement }))
}
