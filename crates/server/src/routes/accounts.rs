//! Registering, signing in and out.

use axum::Json;
use axum::extract::State;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::{HeaderMap, StatusCode, header};
use scrip_api::{Account, BrowserExchange, RegisterRequest, Session, SignInRequest};
use scrip_domain::{Email, Password, PersonalDetails};
use scrip_store::{NewUser, User};
use sha2::{Digest as _, Sha256};

use crate::accounts::letters;
use crate::accounts::sign_in::{self, Attempt};
use crate::caller::{Caller, Origin, hash_token};
use crate::request::Body;
use crate::{Error, Server};

/// Opens an account, grants its first tokens, and signs it in. Its address is verified by a mail, where the vendor sends any.
#[utoipa::path(post, path = "/v1/accounts", tag = "accounts", request_body = RegisterRequest, security(()),
    responses((status = 201, body = Session)))]
pub(crate) async fn register(
    State(server): State<Server>,
    Origin(address): Origin,
    headers: HeaderMap,
    body: Body<RegisterRequest>,
) -> Result<(StatusCode, Json<Session>), Error> {
    server.0.limits.count_address(address)?;
    let RegisterRequest {
        email,
        password,
        name,
        client,
    } = body.value;
    let user = open_account(&server, email, password, name).await?;
    let label = client.unwrap_or_else(|| agent(&headers));
    let opened = sign_in::open(&server, &user, None, &label).await?;
    Ok((StatusCode::CREATED, Json(sign_in::session_of(opened, &user))))
}

/// Opens an account and mails the link that verifies its address.
pub(crate) async fn open_account(
    server: &Server,
    email: Email,
    password: Password,
    name: Option<String>,
) -> Result<User, Error> {
    password.check()?;
    let details = PersonalDetails {
        name: name.unwrap_or_default(),
        ..PersonalDetails::default()
    };
    let details = details.checked()?;
    let password_hash = server.0.passwords.hash(password).await?;
    let (grant, grant_later) = server.registration_grant().await?;
    let new = NewUser {
        email,
        password_hash,
        grant,
        grant_later,
    };
    let store = &server.0.store;
    let mut user = store.register(&new).await?;
    tracing::info!(user = %user.id, "an account was opened");
    if !details.name.is_empty() {
        store.set_personal_details(user.id, &details).await?;
        user.name = details.name;
    }
    if server.mails() {
        letters::send_verification(server, &user, &user.email).await?;
    }
    Ok(user)
}

/// Opens a session.
#[utoipa::path(post, path = "/v1/sessions", tag = "accounts", request_body = SignInRequest, security(()),
    responses((status = 201, body = Session)))]
pub(crate) async fn sign_in(
    State(server): State<Server>,
    Origin(address): Origin,
    headers: HeaderMap,
    body: Body<SignInRequest>,
) -> Result<(StatusCode, Json<Session>), Error> {
    let SignInRequest {
        email,
        password,
        code,
        client,
        known,
    } = body.value;
    let attempt = Attempt {
        email: &email,
        password,
        code: code.as_deref(),
        address,
        known: known.as_deref(),
    };
    let admitted = sign_in::check(&server, attempt).await?;
    let label = client.unwrap_or_else(|| agent(&headers));
    let opened = sign_in::open(&server, &admitted.user, admitted.known, &label).await?;
    Ok((StatusCode::CREATED, Json(sign_in::session_of(opened, &admitted.user))))
}

/// Opens the session that a browser signed in for an app: the verifier must be the one whose challenge the browser was sent
/// with (RFC 7636 section 4.6). The code serves no more afterwards, also where that is refused.
#[utoipa::path(post, path = "/v1/sessions/exchange", tag = "accounts", request_body = BrowserExchange, security(()),
    responses((status = 201, body = Session)))]
pub(crate) async fn exchange(
    State(server): State<Server>,
    Origin(address): Origin,
    body: Body<BrowserExchange>,
) -> Result<(StatusCode, Json<Session>), Error> {
    server.0.limits.count_address(address)?;
    let BrowserExchange {
        code,
        verifier,
        redirect_uri,
    } = body.value;
    let granted = server.0.store.take_browser_code(hash_token(&code)).await?;
    let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes()));
    if challenge != granted.challenge || redirect_uri != granted.redirect {
        return Err(Error::BrowserRefused {
            why: "the code was made for another app",
        });
    }
    let user = server.0.store.user_by_id(granted.user).await?;
    let user = user.ok_or(Error::SessionExpired)?;
    let opened = sign_in::open(&server, &user, None, &granted.label).await?;
    Ok((StatusCode::CREATED, Json(sign_in::session_of(opened, &user))))
}

/// What a client calls itself in its requests (RFC 9110 section 10.1.5).
pub(crate) fn agent(headers: &HeaderMap) -> String {
    let named = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    named.unwrap_or_default().to_owned()
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
    Ok(Json(sign_in::account_of(&user_of(&server, &caller).await?)))
}

/// The account of whoever asks.
pub(crate) async fn user_of(server: &Server, caller: &Caller) -> Result<User, Error> {
    let user = server.0.store.user_by_id(caller.user).await?;
    user.ok_or(Error::SessionExpired)
}
