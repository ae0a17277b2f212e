//! The authenticator app of an account.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use scrip_api::{PasswordProof, SecondFactorCode, SecondFactorSetup, SpareCodes};

use super::accounts::user_of;
use crate::accounts::{second, sign_in};
use crate::caller::{Caller, Origin};
use crate::request::Body;
use crate::{Error, Server};

/// Begins to set up an authenticator app; it is asked for once its first code is confirmed.
#[utoipa::path(post, path = "/v1/account/second-factor", tag = "accounts", request_body = PasswordProof,
    responses((status = 201, body = SecondFactorSetup)))]
pub(crate) async fn begin(
    State(server): State<Server>,
    caller: Caller,
    Origin(address): Origin,
    body: Body<PasswordProof>,
) -> Result<(StatusCode, Json<SecondFactorSetup>), Error> {
    let user = user_of(&server, &caller).await?;
    sign_in::check_again(&server, &user, body.value.password, address).await?;
    let enrollment = second::begin(&server, &user).await?;
    let setup = SecondFactorSetup {
        secret: enrollment.secret,
        uri: enrollment.uri,
    };
    Ok((StatusCode::CREATED, Json(setup)))
}

/// Confirms the authenticator app by its first code; the spare codes are shown once.
#[utoipa::path(post, path = "/v1/account/second-factor/confirm", tag = "accounts", request_body = SecondFactorCode,
    responses((status = 200, body = SpareCodes)))]
pub(crate) async fn confirm(
    State(server): State<Server>,
    caller: Caller,
    Origin(address): Origin,
    body: Body<SecondFactorCode>,
) -> Result<Json<SpareCodes>, Error> {
    server.0.limits.count_address(address)?;
    let user = user_of(&server, &caller).await?;
    let codes = second::confirm(&server, &user, &body.value.code).await?;
    Ok(Json(SpareCodes { codes }))
}

/// Takes the authenticator app off.
#[utoipa::path(post, path = "/v1/account/second-factor/remove", tag = "accounts", request_body = PasswordProof,
    responses((status = 204)))]
pub(crate) async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Origin(address): Origin,
    body: Body<PasswordProof>,
) -> Result<StatusCode, Error> {
    let user = user_of(&server, &caller).await?;
    sign_in::check_again(&server, &user, body.value.password, address).await?;
    second::remove(&server, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
