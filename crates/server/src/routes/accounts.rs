//! Accounts and sessions.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use scrip_api::{Account, RegisterRequest, Session, SignInRequest};
use scrip_domain::{Email, Password, Timestamp, UserId};
use scrip_store::{NewUser, User};

use crate::caller::{Caller, Origin, new_token};
use crate::request::Body;
use crate::{Error, Server};

/// Opens an account, grants its first tokens, and signs it in.
#[utoipa::path(post, path = "/v1/accounts", tag = "accounts", request_body = RegisterRequest, security(()),
    responses((status = 201, body = Session)))]
pub(crate) async fn register(
    State(server): State<Server>,
    Origin(address): Origin,
    body: Body<RegisterRequest>,
) -> Result<(StatusCode, Json<Session>), Error> {
    server.0.limits.count_address(address)?;
    let RegisterRequest { email, password } = body.value;
    password.check()?;
    let password_hash = server.0.passwords.hash(password).await?;
    let grant = server.0.config.settings.registration_tokens;
    let user = server
        .0
        .store
        .register(&NewUser {
            email,
            password_hash,
            grant,
        })
        .await?;
    tracing::info!(user = %user.id, "an account was opened");
    open_session(&server, user).await
}

/// Opens a session.
#[utoipa::path(post, path = "/v1/sessions", tag = "accounts", request_body = SignInRequest, security(()),
    responses((status = 201, body = Session)))]
pub(crate) async fn sign_in(
    State(server): State<Server>,
    Origin(address): Origin,
    body: Body<SignInRequest>,
) -> Result<(StatusCode, Json<Session>), Error> {
    server.0.limits.count_address(address)?;
    let SignInRequest { email, password } = body.value;
    let user = check_password(&server, &email, password).await?;
    open_session(&server, user).await
}

/// The account with this address, if the password is its own. Tries are limited.
pub(crate) async fn check_password(server: &Server, email: &Email, password: Password) -> Result<User, Error> {
    server.0.limits.count_account(email.as_str())?;
    let user = server.0.store.user_by_email(email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let matches = server.0.passwords.verify(password, hash).await?;
    user.filter(|_| matches).ok_or(Error::CredentialsWrong)
}

/// Ends the session of the request.
#[utoipa::path(delete, path = "/v1/sessions/current", tag = "accounts", responses((status = 204)))]
pub(crate) async fn sign_out(State(server): State<Server>, caller: Caller) -> Result<StatusCode, Error> {
    server.0.store.close_session(caller.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's account.
#[utoipa::path(get, path = "/v1/account", tag = "accounts", responses((status = 200, body = Account)))]
pub(crate) async fn account(State(server): State<Server>, caller: Caller) -> Result<Json<Account>, Error> {
    let user = server
        .0
        .store
        .user_by_id(caller.user)
        .await?
        .ok_or(Error::SessionExpired)?;
    Ok(Json(account_of(&user)))
}

/// Opens a session: its token, and when it ends.
pub(crate) async fn new_session(server: &Server, user: UserId) -> Result<(String, Timestamp), Error> {
    let (token, hash) = new_token()?;
    let seconds = i64::from(server.0.config.settings.session_days) * 86_400;
    let expires_at = server.0.clock.now().plus_seconds(seconds);
    server.0.store.open_session(user, hash, expires_at).await?;
    Ok((token, expires_at))
}

async fn open_session(server: &Server, user: User) -> Result<(StatusCode, Json<Session>), Error> {
    let (token, expires_at) = new_session(server, user.id).await?;
    Ok((
        StatusCode::CREATED,
        Json(Session {
            token,
            expires_at,
            account: account_of(&user),
        }),
    ))
}

fn account_of(user: &User) -> Account {
    Account {
        id: user.id,
        email: user.email.clone(),
        created_at: user.created_at,
        balance: user.balance,
    }
}
