//! Codes that were mailed or told: proving an address, recovering and claiming an account.

use axum::Json;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use scrip_api::{CodeByMail, PasswordByCode, RecoveryAsk, Session};
use scrip_domain::UserId;
use scrip_store::CodePurpose;

use super::accounts::{agent, user_of};
use crate::accounts::{hash_code, letters, sign_in};
use crate::caller::{Caller, Origin};
use crate::request::Body;
use crate::{Error, Server};

/// Mails the code that verifies the caller's address once more.
#[utoipa::path(post, path = "/v1/account/verification", tag = "accounts", responses((status = 204)))]
pub(crate) async fn send_again(State(server): State<Server>, caller: Caller) -> Result<StatusCode, Error> {
    let user = user_of(&server, &caller).await?;
    letters::send_verification(&server, &user, &user.email).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Uses a mailed code: its address is verified, and becomes the account's where it was not.
#[utoipa::path(post, path = "/v1/verifications", tag = "accounts", request_body = CodeByMail, security(()),
    responses((status = 204)))]
pub(crate) async fn verify(
    State(server): State<Server>,
    Origin(address): Origin,
    body: Body<CodeByMail>,
) -> Result<StatusCode, Error> {
    server.0.limits.count_address(address)?;
    server.0.store.verify_address(hash_code(&body.value.code)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mails a code that sets a new password, where the address has an account. Whether it has is not told.
#[utoipa::path(post, path = "/v1/recoveries", tag = "accounts", request_body = RecoveryAsk, security(()),
    responses((status = 204)))]
pub(crate) async fn ask(
    State(server): State<Server>,
    Origin(address): Origin,
    body: Body<RecoveryAsk>,
) -> Result<StatusCode, Error> {
    server.0.limits.count_address(address)?;
    letters::send_recovery(&server, &body.value.email).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password by a mailed code; every session of the account ends.
#[utoipa::path(post, path = "/v1/recoveries/finish", tag = "accounts", request_body = PasswordByCode, security(()),
    responses((status = 204)))]
pub(crate) async fn finish(
    State(server): State<Server>,
    Origin(address): Origin,
    body: Body<PasswordByCode>,
) -> Result<StatusCode, Error> {
    server.0.limits.count_address(address)?;
    set_password(&server, body.value, CodePurpose::Recover).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password by a code; whose account it is.
pub(crate) async fn set_password(
    server: &Server,
    request: PasswordByCode,
    purpose: CodePurpose,
) -> Result<UserId, Error> {
    request.password.check()?;
    let password_hash = server.0.passwords.hash(request.password).await?;
    let hash = hash_code(&request.code);
    let user = server.0.store.recover(hash, purpose, &password_hash).await?;
    let text = "A new password was set for your account, and every session of it ended.";
    letters::tell(server, user, "security.password", text).await?;
    Ok(user)
}

/// Claims an account that an operator opened, by the code that they told, and signs it in.
#[utoipa::path(post, path = "/v1/claims", tag = "accounts", request_body = PasswordByCode, security(()),
    responses((status = 201, body = Session)))]
pub(crate) async fn claim(
    State(server): State<Server>,
    Origin(address): Origin,
    headers: HeaderMap,
    body: Body<PasswordByCode>,
) -> Result<(StatusCode, Json<Session>), Error> {
    server.0.limits.count_address(address)?;
    let user = set_password(&server, body.value, CodePurpose::Claim).await?;
    let store = &server.0.store;
    if store.second_factor(user).await?.is_some_and(|factor| factor.confirmed) {
        return Err(Error::SecondFactorMissing);
    }
    let user = store.user_by_id(user).await?.ok_or(Error::SessionExpired)?;
    if server.mails() && user.verified_at.is_none() {
        match letters::send_verification(&server, &user, &user.email).await {
            // One is on its way already.
            Err(Error::RateLimited { .. }) => {}
            other => other?,
        }
    }
    let opened = sign_in::open(&server, &user, None, &agent(&headers)).await?;
    Ok((StatusCode::CREATED, Json(sign_in::session_of(opened, &user))))
}
