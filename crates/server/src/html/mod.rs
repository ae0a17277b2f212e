//! The kit of which the pages under `/account` and `/console` are made. Pages work without script and by keyboard.
//!
//! A page is a handler that asks for who looks (`Person` of the account, `Operator` of the console, or a mere [`Visit`]),
//! and answers [`Page::show`]. A form is answered by a redirect that leaves a sentence for the next page:
//!
//! ```text
//! pub(super) fn router() -> Router<Server> {
//!     Router::new().route("/console/campaigns", get(list).post(create))
//! }
//!
//! #[derive(Default, Deserialize)]
//! #[serde(default)]
//! struct Wanted { name: String, before: Option<Uuid> }
//!
//! async fn list(State(server): State<Server>, operator: Operator, Query(wanted): Query<Wanted>) -> Result<Response, Refused> {
//!     operator.require(Permission::Grants)?;
//!     let mut found = server.0.store.campaigns(&wanted.name, wanted.before, limit_one_more()).await?;
//!     let more = cut(&mut found);                                   // the list was read one row longer than a page
//!     let next = found.last().filter(|_| more).map(|last| last.id.to_string());
//!     let next = next.map(|id| address("/console/campaigns", &[("name", &wanted.name), ("before", &id)]));
//!     let body = html! {
//!         (Chart::bars("Tokens given", "tokens", vec![("Jan".to_owned(), 120), ("Feb".to_owned(), 80)]))
//!         (filter("/console/campaigns", !wanted.name.is_empty(), &[Field::text("name", "Name").value(&*wanted.name)]))
//!         (Table::new("Campaigns", [text("Name"), number("Tokens")]).empty("No campaign yet.")
//!             .rows(&found, |row| vec![html! { (row.name) }, html! { (grouped(row.tokens)) }]))
//!         (pager(wanted.before.map(|_| address("/console/campaigns", &[("name", &wanted.name)])), next))
//!         (section("A new campaign", &html! {
//!             (Form::post(&operator, "/console/campaigns", "Create", html! {
//!                 (hidden("command", server.new_id()))               // what makes a repetition harmless
//!                 (Field::text("name", "Name").required().length_max(80))
//!                 (Field::number("tokens", "Tokens", 1, 1_000_000).hint("The whole budget."))
//!             }))
//!         }))
//!     };
//!     Ok(Page::new("Campaigns", body).show(&operator))
//! }
//!
//! async fn create(State(server): State<Server>, operator: Operator, Sent(new): Sent<NewCampaign>) -> Result<Response, Refused> {
//!     operator.require(Permission::Grants)?;
//!     server.0.store.create_campaign(&new, &operator.act("campaign.created", &new.name, &new.why)).await?;
//!     Ok(operator.visit().see_saying("/console/campaigns", "The campaign is open."))
//! }
//! ```
//!
//! [`Sent`] and [`SentFiles`] check the form's token, so that no other site can send it. An error that a handler returns is
//! drawn as a page with its code and hints; to keep what was typed, draw the form again with [`problem`] above it and
//! `Field::error`. Whoever needs a script names a file of this server with [`Page::script`]; there is no inline script or
//! style. The page joins the navigation in `account/mod.rs` or `console/areas.rs`, its router in `account/mod.rs` or
//! `console/pages/mod.rs`.

#![expect(
    dead_code,
    unused_imports,
    reason = "the pages that use the rest of the kit are being written"
)]

mod chart;
mod factor;
mod form;
mod page;
mod parts;
mod table;
mod visit;

use std::fmt::Write as _;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
pub(crate) use chart::{Chart, grouped};
pub(crate) use factor::enrollment;
pub(crate) use form::{Bare, Field, Form, Sent, SentFile, SentFiles, hidden, hidden_token, reveal};
use http::{HeaderValue, header};
pub(crate) use page::{Group, Page, Viewer};
pub(crate) use parts::{
    Tone, badge, day, day_text, facts, figures, problem, problem_of, read_day, section, when, when_text,
};
use scrip_api::{PROBLEM_CONTENT_TYPE, Problem};
pub(crate) use table::{Column, ROWS, Table, address, cut, filter, number, pager, text};
pub(crate) use visit::{Realm, Refused, Visit, secret_cookie, see};

use crate::{Error, Server};

/// The largest form with files, in bytes: a document of 10 MiB and what surrounds it.
const UPLOAD_BYTES_MAX: usize = 11 * 1024 * 1024;
/// The largest problem that is drawn as a page, in bytes.
const PROBLEM_BYTES_MAX: usize = 256 * 1024;

/// How many rows to read for a page of a table: one more than it shows.
pub(crate) fn limit_one_more() -> i64 {
    i64::try_from(ROWS + 1).unwrap_or(i64::MAX)
}

/// What all pages share.
pub(crate) fn router() -> Router<Server> {
    Router::new().route("/pages/style.css", get(style))
}

/// Puts the frame around the pages of a realm: no address without a page, limits, headers, refusals as pages.
pub(crate) fn framed(pages: Router<Server>, everything_else: &'static str) -> Router<Server> {
    pages
        .route(everything_else, any(absent))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
        .layer(from_fn(frame))
}

async fn absent(request: Request) -> Error {
    Error::NotFound {
        path: request.uri().path().chars().take(200).collect(),
    }
}

/// What a page may load: this server's own style and pictures, and its scripts where the page has one. Forms go to this
/// server and to those named; no other page frames it (Content Security Policy Level 3).
fn policy(script: bool, form_targets: &[String]) -> String {
    let mut text = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
                    form-action 'self'"
        .to_owned();
    for target in form_targets {
        let written = write!(text, " {target}");
        debug_assert!(written.is_ok());
    }
    if script {
        text.push_str("; script-src 'self'; connect-src 'self'");
    }
    text
}

async fn frame(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::begin(&mut parts);
    let mut response = match visit {
        Ok(visit) => {
            let response = next.run(Request::from_parts(parts, body)).await;
            draw_problem(&visit, response).await
        }
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(value) = HeaderValue::from_str(&policy(false, &[]))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

/// A refusal for programs becomes a page for people.
async fn draw_problem(visit: &Visit, response: Response) -> Response {
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == PROBLEM_CONTENT_TYPE);
    if !is_problem {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, PROBLEM_BYTES_MAX).await.unwrap_or_default();
    let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) else {
        return Error::Internal {
            operation: "draw a problem as a page",
        }
        .into_response();
    };
    let mut page = page::refusal(visit, &problem);
    if let Some(wait) = parts.headers.get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    page
}

/// The style of every page, light and dark.
async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("style.css")).into_response()
}
