//! The account pages: plain HTML that works without JavaScript, for a phone beside a computer without a network.
//!
//! They are made of `crate::html`, which says how. A session is a cookie that no script reads; every form carries a token
//! that only a page of this visit shows.

mod answer;
mod computers;
mod home;
mod offline;
mod paper;
mod person;
mod sign_in;
mod tokens;

use axum::Router;
use axum::routing::{get, post};
pub(crate) use home::{left_words, state_badge};
pub(crate) use person::Person;

use crate::Server;

/// Where a person can go: groups of paths and what they are called.
const NAVIGATION: &[(&str, &[(&str, &str)])] = &[
    ("Account", &[("/account", "Overview")]),
    (
        "Tokens",
        &[
            ("/account/tokens", "Buy tokens"),
            ("/account/redeem", "Redeem a voucher"),
            ("/account/invoices", "Orders and bills"),
        ],
    ),
    ("Computers", &[("/account/offline", "Offline activation")]),
];

/// Every page under `/account`.
pub(crate) fn router() -> Router<Server> {
    let pages = Router::new()
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
        .merge(paper::router());
    let pages = pages.merge(tokens::router());
    crate::html::framed(pages, "/account/{*rest}")
}
