//! The console: pages for the vendor's people, made of `crate::html`.
//!
//! Nothing under `/console` but the sign-in is reached without a session: [`gate`] stands before every page, whatever the
//! page asks for. What an operator may do is asked by the page, with [`Operator::require`], before it does anything.

mod areas;
mod operator;
mod pages;
mod sign_in;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
pub(crate) use operator::Operator;
use operator::SignedIn;
pub(crate) use pages::write_settings;
use scrip_domain::Password;

use crate::caller::hash_token;
use crate::html::{Realm, Refused, framed, secret_cookie};
use crate::{Error, Server};

/// Every page under `/console`.
pub(crate) fn router(server: &Server) -> Router<Server> {
    let behind = pages::router()
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
            request.extensions_mut().insert(SignedIn { row, token });
            next.run(request).await
        }
        Ok(None) => Refused::SignedOut(Realm::Console).into_response(),
        Err(error) => Error::from(error).into_response(),
    }
}

/// The hash of an operator's new password; refuses one that is too short.
pub async fn hash_password(server: &Server, password: Password) -> Result<String, Error> {
    password.check()?;
    server.0.passwords.hash(password).await
}
