//! The account pages: plain HTML that works without JavaScript, for a phone beside a computer without a network.
//!
//! They are made of `crate::html`, which says how. A session is a cookie that no script reads; every form carries a token
//! that only a page of this visit shows.

mod answer;
mod authorize;
mod computers;
mod home;
mod offline;
mod orders;
mod paper;
mod passkeys;
mod person;
mod personal;
mod security;
mod sending;
mod sign_in;
mod sign_up;
mod teams;
mod tokens;
mod verification;
mod wallet;

use axum::Router;
use axum::routing::{get, post};
pub(crate) use home::{left_words, state_badge};
pub(crate) use person::Person;
pub(crate) use sign_in::asks_code;
pub(crate) use tokens::{lines, percent, state};
pub(crate) use wallet::kind_name;

use crate::Server;

/// Where a person can go: groups of paths and what they are called.
const NAVIGATION: &[(&str, &[(&str, &str)])] = &[
    (
        "Account",
        &[
            ("/account", "Overview"),
            ("/account/personal", "Personal data"),
            ("/account/security", "Security"),
        ],
    ),
    (
        "Tokens",
        &[
            ("/account/tokens", "Buy tokens"),
            ("/account/wallet", "Wallet"),
            ("/account/sending", "Send tokens"),
            ("/account/gifts", "Gifts"),
            ("/account/teams", "Teams"),
            ("/account/orders", "Orders"),
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
        .route("/account/sign-in/passkey", post(passkeys::sign_in_with))
        .route("/account/sign-in/passkey/question", get(passkeys::request))
        .route("/account/passkeys.js", get(passkeys::script))
        .route("/account/sign-up", get(sign_up::show_sign_up).post(sign_up::sign_up))
        .route("/account/verify", get(sign_up::show_verify).post(sign_up::verify))
        .route("/account/recover", get(sign_up::show_recover).post(sign_up::recover))
        .route(
            "/account/recover/finish",
            get(sign_up::show_finish).post(sign_up::finish),
        )
        .route("/account/claim", get(sign_up::show_claim).post(sign_up::claim))
        .route("/account/authorize", get(authorize::show).post(authorize::decide))
        .route("/account/security", get(security::show))
        .route("/account/security/end", post(security::end))
        .route("/account/security/end-others", post(security::end_others))
        .route("/account/security/password", post(security::change_password))
        .route("/account/security/factor", post(security::begin_factor))
        .route("/account/security/factor/confirm", post(security::confirm_factor))
        .route("/account/security/factor/remove", post(security::remove_factor))
        .route("/account/security/passkeys", post(passkeys::add))
        .route("/account/security/passkeys/question", get(passkeys::creation))
        .route("/account/security/passkeys/{id}/remove", post(security::remove_passkey))
        .route("/account/personal", get(personal::show).post(personal::correct))
        .route("/account/personal/verification", post(personal::send_verification))
        .route("/account/personal/email", post(personal::change_email))
        .route("/account/personal/export.json", get(personal::export))
        .route("/account/personal/erase", post(personal::erase))
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
        .merge(tokens::router())
        .merge(orders::router())
        .merge(sending::router())
        .merge(teams::router())
        .merge(wallet::router())
        .merge(paper::router());
    crate::html::framed(pages, "/account/{*rest}")
}
