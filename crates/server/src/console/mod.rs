//! The console: pages for the vendor's people, made of `crate::html`.
//!
//! Nothing under `/console` but the sign-in is reached without a session: [`gate`] stands before every page, whatever the
//! page asks for. It also sends operators who must have a second factor to where they set it up. What an operator may do is
//! asked by the page, with [`Operator::require`], before it does anything.

mod areas;
mod factor;
mod operator;
mod pages;
mod sign_in;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
pub(crate) use factor::{check as check_factor, is_required as is_factor_required};
pub(crate) use operator::Operator;
use operator::SignedIn;
pub(crate) use pages::write_settings;
use scrip_domain::Password;
use scrip_store::OperatorRow;

use crate::caller::hash_token;
use crate::html::{Realm, Refused, framed, secret_cookie, see};
use crate::{Error, Server};

/// Every page under `/console`.
pub(crate) fn router(server: &Server) -> Router<Server> {
    let behind = pages::router()
        .merge(factor::router())
        .route("/console/sign-out", post(sign_in::sign_out))
        .layer(from_fn_with_state(server.clone(), gate));
    let open = Router::new().route("/console/sign-in", get(sign_in::show).post(sign_in::sign_in));
    framed(open.merge(behind), "/console/{*rest}")
}

/// Lets those through who are signed in.
async fn gate(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let Some(token) = secret_cookie(request.headers(), Realm::Console.session()) else {
        return Refused::SignedOut(Realm::Console).into_response();
    };
    let token = hash_token(&token);
    match server.0.store.operator_of(token).await {
        Ok(Some(row)) => {
            match must_enroll(&server, &row, request.uri().path()).await {
                Ok(false) => {}
                Ok(true) => return see(factor::PATH),
                Err(error) => return error.into_response(),
            }
            request.extensions_mut().insert(SignedIn { row, token });
            next.run(request).await
        }
        Ok(None) => Refused::SignedOut(Realm::Console).into_response(),
        Err(error) => Error::from(error).into_response(),
    }
}

/// Whether an operator has to set up a second factor before anything else.
async fn must_enroll(server: &Server, row: &OperatorRow, path: &str) -> Result<bool, Error> {
    let open = path == "/console/sign-out" || path.starts_with(factor::PATH);
    Ok(!row.has_factor && !open && factor::is_required(server).await?)
}

/// The hash of an operator's new password; refuses one that is too short.
pub async fn hash_password(server: &Server, password: Password) -> Result<String, Error> {
    password.check()?;
    server.0.passwords.hash(password).await
}
