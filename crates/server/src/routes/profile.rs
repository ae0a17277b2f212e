//! What the vendor keeps of a person: seen, corrected, exported, erased.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use scrip_api::{EmailChange, EmailChanged, EraseRequest, ErasurePreview, PasswordChange, Profile};
use scrip_domain::{Email, PersonalDetails};
use scrip_store::{Erasure, TokenHash, User};

use super::accounts::user_of;
use crate::accounts::{letters, second, sign_in};
use crate::caller::{Caller, Origin};
use crate::request::Body;
use crate::{Error, Server, personal};

/// What the vendor knows of the caller, and how the account is secured.
#[utoipa::path(get, path = "/v1/account/profile", tag = "accounts", responses((status = 200, body = Profile)))]
pub(crate) async fn show(State(server): State<Server>, caller: Caller) -> Result<Json<Profile>, Error> {
    let user = user_of(&server, &caller).await?;
    Ok(Json(profile_of(&server, &user).await?))
}

pub(crate) async fn profile_of(server: &Server, user: &User) -> Result<Profile, Error> {
    let store = &server.0.store;
    let factor = store.second_factor(user.id).await?;
    let passkeys = store.passkeys(user.id).await?;
    Ok(Profile {
        id: user.id,
        email: user.email.clone(),
        created_at: user.created_at,
        verified_at: user.verified_at,
        details: store.personal_details(user.id).await?,
        second_factor: factor.is_some_and(|factor| factor.confirmed),
        spare_codes: store.spares(user.id).await?,
        passkeys: passkeys.into_iter().map(|passkey| passkey.name).collect(),
        mail: server.mails(),
        barred: server.barred(user).await?,
        grant_waits: store.grant_waiting(user.id).await?,
    })
}

/// Corrects what the caller told of themselves; what is left out becomes empty.
#[utoipa::path(put, path = "/v1/account/profile", tag = "accounts", request_body = PersonalDetails,
    responses((status = 200, body = Profile)))]
pub(crate) async fn correct(
    State(server): State<Server>,
    caller: Caller,
    body: Body<PersonalDetails>,
) -> Result<Json<Profile>, Error> {
    let details = body.value.checked()?;
    server.0.store.set_personal_details(caller.user, &details).await?;
    show(State(server), caller).await
}

/// Gives the account another address: once a code that is mailed there comes back, or at once where the vendor sends no mail.
#[utoipa::path(post, path = "/v1/account/email", tag = "accounts", request_body = EmailChange,
    responses((status = 202, body = EmailChanged)))]
pub(crate) async fn change_email(
    State(server): State<Server>,
    caller: Caller,
    Origin(address): Origin,
    body: Body<EmailChange>,
) -> Result<(StatusCode, Json<EmailChanged>), Error> {
    let EmailChange { password, email } = body.value;
    let user = user_of(&server, &caller).await?;
    sign_in::check_again(&server, &user, password, address).await?;
    let mailed = change_address(&server, &user, &email).await?;
    Ok((StatusCode::ACCEPTED, Json(EmailChanged { mailed })))
}

/// Whether a mail was sent, so that the address changes later.
pub(crate) async fn change_address(server: &Server, user: &User, email: &Email) -> Result<bool, Error> {
    let store = &server.0.store;
    if let Some(other) = store.user_by_email(email).await?
        && other.id != user.id
    {
        let email = email.to_string();
        return Err(scrip_store::Error::EmailTaken { email }.into());
    }
    if !server.mails() {
        store.set_email(user.id, email).await?;
        return Ok(false);
    }
    letters::send_verification(server, user, email).await?;
    letters::tell_old_address(server, user, email).await?;
    Ok(true)
}

/// Sets a new password; every other session of the account ends.
#[utoipa::path(post, path = "/v1/account/password", tag = "accounts", request_body = PasswordChange,
    responses((status = 204)))]
pub(crate) async fn change_password(
    State(server): State<Server>,
    caller: Caller,
    Origin(address): Origin,
    body: Body<PasswordChange>,
) -> Result<StatusCode, Error> {
    let user = user_of(&server, &caller).await?;
    set_password(&server, &user, body.value, address, caller.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn set_password(
    server: &Server,
    user: &User,
    change: PasswordChange,
    address: std::net::IpAddr,
    kept: TokenHash,
) -> Result<(), Error> {
    change.new_password.check()?;
    sign_in::check_again(server, user, change.password, address).await?;
    let hash = server.0.passwords.hash(change.new_password).await?;
    server.0.store.set_password(user.id, &hash, Some(kept)).await?;
    let text = "Your password was changed, and every other session of your account ended.";
    letters::tell(server, user.id, "security.password", text).await
}

/// Everything that the vendor keeps of the caller, as JSON; secrets are not in it. `docs/personal-data.md` describes the form.
#[utoipa::path(get, path = "/v1/account/export", tag = "accounts",
    responses((status = 200, body = serde_json::Value, content_type = "application/json")))]
pub(crate) async fn export(State(server): State<Server>, caller: Caller) -> Result<Response, Error> {
    personal::export(&server, caller.user).await
}

/// What erasing the caller would mean now: what has to be seen to first, what is lost, what the law of books keeps and until when.
#[utoipa::path(get, path = "/v1/account/erasure", tag = "accounts", responses((status = 200, body = ErasurePreview)))]
pub(crate) async fn erasure(State(server): State<Server>, caller: Caller) -> Result<Json<ErasurePreview>, Error> {
    let outlook = server.0.store.erasure_outlook(caller.user).await?;
    Ok(Json(personal::preview(outlook)))
}

/// Erases the caller: what says who they are goes, the ledger keeps its numbers. What the wallet holds is lost.
#[utoipa::path(post, path = "/v1/account/erase", tag = "accounts", request_body = EraseRequest,
    responses((status = 204)))]
pub(crate) async fn erase(
    State(server): State<Server>,
    caller: Caller,
    Origin(address): Origin,
    body: Body<EraseRequest>,
) -> Result<StatusCode, Error> {
    let user = user_of(&server, &caller).await?;
    erase_user(&server, &user, body.value, address).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn erase_user(
    server: &Server,
    user: &User,
    request: EraseRequest,
    address: std::net::IpAddr,
) -> Result<(), Error> {
    sign_in::check_again(server, user, request.password, address).await?;
    second::check(server, user, request.code.as_deref()).await?;
    let erasure = Erasure {
        user: user.id,
        forfeit: request.forfeit,
    };
    server.0.store.erase(&erasure).await?;
    tracing::info!(user = %user.id, "a person was erased");
    Ok(())
}
