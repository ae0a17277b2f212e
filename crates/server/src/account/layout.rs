//! What all pages look like.

use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use scrip_api::Problem;
use scrip_domain::Coded as _;

use super::visit::Person;
use crate::Error;

/// The style of every page, light and dark.
pub(super) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("style.css")).into_response()
}

/// A whole page; `person` is who is signed in.
pub(super) fn page(title: &str, person: Option<&Person>, body: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Scrip" }
                link rel="stylesheet" href="/account/style.css";
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    @if let Some(person) = person {
                        nav aria-label="Account" {
                            a href="/account" { "Account" }
                            a href="/account/offline" { "Offline activation" }
                        }
                        form method="post" action="/account/sign-out" {
                            (token(person))
                            span { (person.email) }
                            button type="submit" { "Sign out" }
                        }
                    } @else {
                        strong { "Scrip" }
                    }
                }
                main #main { h1 { (title) } (body) }
            }
        }
    };
    Html(page.into_string())
}

/// The hidden field that every form of a person carries.
pub(super) fn token(person: &Person) -> Markup {
    html! { input type="hidden" name="token" value=(person.visit.form_token()); }
}

/// A page that says what was refused, why, and what to do next.
pub(super) fn refusal(status: StatusCode, text: &str, hints: &[String], code: &str) -> Response {
    let body = html! {
        div.problem role="alert" {
            p { (text) }
            @for hint in hints { p { (hint) } }
            p.code { (code) }
        }
        p { a href="/account" { "Back to the account" } }
    };
    (status, page("That did not work", None, &body)).into_response()
}

/// The same for an error of the server.
pub(super) fn refusal_of(error: &Error) -> Response {
    let problem = Problem::of(error);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status.is_server_error() {
        tracing::error!(code = %error.code(), error = error as &dyn std::error::Error, "an account page failed");
        return refusal(
            status,
            "The server failed inside.",
            &["Try again in a moment.".to_owned()],
            problem.code.as_str(),
        );
    }
    let mut text = error.to_string();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text.push('.');
    refusal(status, &text, &error.hints(), error.code().as_str())
}
