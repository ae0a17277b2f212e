//! What becomes of a license besides being paid for: trials, pauses, early ends, renewals, transfers.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use scrip_api::{
    EndQuote, EndRequest, Ended, LicenseView, RenewalRequest, StopRequest, TransferRequest, Transferred, TrialRequest,
};
use scrip_domain::{Email, License, LicenseId};
use scrip_store::LicenseCommand;
use sha2::{Digest as _, Sha256};

use crate::caller::Caller;
use crate::request::{Body, CommandKey, Path};
use crate::surrender::surrendered_seat;
use crate::{Error, Server};

fn view(server: &Server, license: &License) -> Json<LicenseView> {
    Json(LicenseView::of(license, server.0.clock.now()))
}

/// Begins the free trial of a product, once for each account and each computer.
#[utoipa::path(post, path = "/v1/trials", tag = "licenses", request_body = TrialRequest,
    responses((status = 201, body = LicenseView)))]
pub(crate) async fn start_trial(
    State(server): State<Server>,
    caller: Caller,
    body: Body<TrialRequest>,
) -> Result<(StatusCode, Json<LicenseView>), Error> {
    let TrialRequest { product, device } = body.value;
    let license = server.0.store.start_trial(caller.user, &product, device).await?;
    Ok((StatusCode::CREATED, view(&server, &license)))
}

/// Stops the time of a rental, where its frozen offer allows that and no other computer has a code.
#[utoipa::path(post, path = "/v1/licenses/{license}/pause", tag = "licenses", request_body = StopRequest,
    params(("license" = String, Path, format = "uuid")), responses((status = 200, body = LicenseView)))]
pub(crate) async fn pause(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
    body: Body<StopRequest>,
) -> Result<Json<LicenseView>, Error> {
    let seat = surrendered_seat(&server, caller.user, license, body.value.surrender.as_ref()).await?;
    let license = server.0.store.pause(caller.user, license, seat.as_ref()).await?;
    Ok(view(&server, &license))
}

/// Lets the time of a paused rental go on: its end moves by the time that it was paused.
#[utoipa::path(post, path = "/v1/licenses/{license}/resume", tag = "licenses",
    params(("license" = String, Path, format = "uuid")), responses((status = 200, body = LicenseView)))]
pub(crate) async fn resume(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
) -> Result<Json<LicenseView>, Error> {
    let license = server.0.store.resume(caller.user, license).await?;
    Ok(view(&server, &license))
}

/// What ending a rental now would give back.
#[utoipa::path(get, path = "/v1/licenses/{license}/end", tag = "licenses",
    params(("license" = String, Path, format = "uuid")), responses((status = 200, body = EndQuote)))]
pub(crate) async fn end_quote(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
) -> Result<Json<EndQuote>, Error> {
    let license = server.0.store.license(caller.user, license).await?;
    let refund = license.end(server.0.clock.now())?;
    Ok(Json(EndQuote {
        tokens: refund.tokens,
        equity_back: refund.equity_back,
        equity_after: refund.license.equity,
    }))
}

/// Ends a rental early and gives back what its frozen offer promised. The same key ends once.
#[utoipa::path(post, path = "/v1/licenses/{license}/end", tag = "licenses", request_body = EndRequest,
    params(("license" = String, Path, format = "uuid"),
        ("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 200, body = Ended)))]
pub(crate) async fn end(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
    CommandKey(command): CommandKey,
    body: Body<EndRequest>,
) -> Result<Json<Ended>, Error> {
    let EndRequest { at_least, surrender } = body.value;
    let seat = surrendered_seat(&server, caller.user, license, surrender.as_ref()).await?;
    let command = LicenseCommand {
        user: caller.user,
        command,
        digest: Sha256::digest(&body.bytes).into(),
        license,
    };
    let ended = server.0.store.end_license(&command, at_least, seat.as_ref()).await?;
    Ok(Json(Ended {
        license: LicenseView::of(&ended.license, server.0.clock.now()),
        tokens: ended.tokens,
        balance_after: ended.balance_after,
    }))
}

/// Lets a rental extend itself from the wallet, up to a cap.
#[utoipa::path(put, path = "/v1/licenses/{license}/renewal", tag = "licenses", request_body = RenewalRequest,
    params(("license" = String, Path, format = "uuid")), responses((status = 200, body = LicenseView)))]
pub(crate) async fn put_renewal(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
    body: Body<RenewalRequest>,
) -> Result<Json<LicenseView>, Error> {
    let RenewalRequest { offer, cap } = body.value;
    let wanted = Some((&offer, cap));
    let license = server.0.store.set_renewal(caller.user, license, wanted).await?;
    Ok(view(&server, &license))
}

/// Lets a rental run out.
#[utoipa::path(delete, path = "/v1/licenses/{license}/renewal", tag = "licenses",
    params(("license" = String, Path, format = "uuid")), responses((status = 200, body = LicenseView)))]
pub(crate) async fn remove_renewal(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
) -> Result<Json<LicenseView>, Error> {
    let license = server.0.store.set_renewal(caller.user, license, None).await?;
    Ok(view(&server, &license))
}

/// Gives a license to another account, where its publisher allows that. The same key transfers once.
#[utoipa::path(post, path = "/v1/licenses/{license}/transfer", tag = "licenses", request_body = TransferRequest,
    params(("license" = String, Path, format = "uuid"),
        ("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 200, body = Transferred)))]
pub(crate) async fn transfer(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
    CommandKey(command): CommandKey,
    body: Body<TransferRequest>,
) -> Result<Json<Transferred>, Error> {
    let TransferRequest { to, surrender } = body.value;
    let to: Email = to.parse()?;
    let seat = surrendered_seat(&server, caller.user, license, surrender.as_ref()).await?;
    let command = LicenseCommand {
        user: caller.user,
        command,
        digest: Sha256::digest(&body.bytes).into(),
        license,
    };
    let product = server
        .0
        .store
        .transfer_license(&command, to.as_str(), seat.as_ref())
        .await?;
    Ok(Json(Transferred {
        license,
        product,
        to: to.to_string(),
    }))
}
