//! The account pages: plain HTML that works without JavaScript, for a phone beside a computer without a network.
//!
//! Pages are drawn by the server and hold no script. A session is a cookie that no script reads and no other site
//! sends; every form carries a token that only a page of this visit shows.

mod answer;
mod computers;
mod home;
mod layout;
mod offline;
mod sign_in;
mod visit;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderValue, header};

use crate::Server;

/// The largest form, in bytes: a request of 4 MiB, armored, as form data.
const FORM_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Nothing but this server's own style and pictures; forms go to it alone; no other page frames it.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page under `/account`.
pub(crate) fn router() -> Router<Server> {
    Router::new()
        .route("/account", get(home::show))
        .route("/account/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/account/sign-out", post(sign_in::sign_out))
        .route("/account/seats/{activation}/free", post(computers::free))
        .route("/account/computers/{device}/recovery", get(computers::recovery))
        .route(
            "/account/computers/{device}/recovery.scrip",
            get(computers::recovery_file),
        )
        .route("/account/offline", get(offline::show).post(offline::confirm))
        .route("/account/offline/answer", post(offline::answer))
        .route("/account/offline/answers/{nonce}", get(offline::answer_page))
        .route(
            "/account/offline/answers/{nonce}/bundle.scrip",
            get(offline::answer_file),
        )
        .route("/account/style.css", get(layout::style))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn(guard))
}

/// What surrounds every page.
async fn guard(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Sends the browser to another page of the account.
fn see(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/account"));
    (http::StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
