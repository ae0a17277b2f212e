//! Offline activation: hand in a request, see what it asks and costs, confirm, carry the answer away.

use axum::Form;
use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use scrip_domain::Coded as _;
use serde::Deserialize;
use uuid::Uuid;

use super::computers::file;
use super::layout::{page, token};
use super::visit::{Person, Refused};
use super::{FORM_BYTES_MAX, answer as answers, see};
use crate::offline::{self, Handed, item_words, quote_words};
use crate::request::Path;
use crate::{Error, Server};

/// The confirmed request.
#[derive(Deserialize)]
pub(super) struct Confirmed {
    token: String,
    request: String,
}

pub(super) async fn show(person: Person) -> Response {
    let body = html! {
        p { "On the computer without a network, make a request (" code { "scrip offline request … -o FILE" }
            ") and hand it in here. You see what it asks for and what it costs before anything is paid." }
        form method="post" action="/account/offline" enctype="multipart/form-data" {
            (token(&person))
            label for="file" { "The request's file" }
            input #file type="file" name="file" accept=".scrip,.txt,text/plain";
            label for="request" { "Or its text" }
            textarea #request name="request" rows="8" spellcheck="false" autocomplete="off" {}
            p { button type="submit" { "Look at it" } }
        }
    };
    page("Offline activation", Some(&person), &body).into_response()
}

/// Says what a request asks and costs.
pub(super) async fn confirm(
    State(server): State<Server>,
    person: Person,
    form: Multipart,
) -> Result<Response, Refused> {
    let (form_token, text) = read(form).await?;
    person.visit.check(&form_token)?;
    let handed = Handed::open(&server, &text)?;
    let user = handed.user_signed_in(&server, person.user).await?;
    if handed.stored(&server, user).await?.is_some() {
        return Ok(see(&format!("/account/offline/answers/{}", handed.request.jti)));
    }
    let price = price(&server, &handed, &person).await?;
    let body = html! {
        p { "From the computer " strong { (handed.request.name) } ", made at " (super::home::day(handed.request.iat)) " by its clock." }
        h2 { "It asks for" }
        ul { @for item in &handed.request.items { li { (item_words(item)) } } }
        (price)
        form method="post" action="/account/offline/answer" {
            (token(&person))
            input type="hidden" name="request" value=(text.trim());
            p { button type="submit" { "Confirm" } " " a href="/account/offline" { "Cancel" } }
        }
    };
    Ok(page("Confirm the request", Some(&person), &body).into_response())
}

async fn price(server: &Server, handed: &Handed, person: &Person) -> Result<Markup, Refused> {
    let quote = match handed.quote(server, person.user).await {
        Ok(None) => return Ok(html! { p { "Nothing is to be paid." } }),
        Ok(Some(quote)) => quote,
        Err(refused) if refused.is_internal() => return Err(refused.into()),
        Err(refused) => {
            return Ok(html! {
                div.problem role="alert" {
                    p { "It cannot be had: " (refused) "." }
                    @for hint in refused.hints() { p { (hint) } }
                }
            });
        }
    };
    let agreed = handed.request.expected_total;
    Ok(html! {
        h2 { "It costs" }
        ul { @for line in quote_words(&quote) { li { (line) } } }
        @if let Some(agreed) = agreed.filter(|agreed| *agreed != quote.total) {
            div.problem role="alert" {
                p { "On that computer " (agreed) " were agreed to. The price changed, so that this request will be refused; "
                    "make a new one there." }
            }
        }
    })
}

/// Answers the request and shows the answer.
pub(super) async fn answer(
    State(server): State<Server>,
    person: Person,
    Form(sent): Form<Confirmed>,
) -> Result<Response, Refused> {
    person.visit.check(&sent.token)?;
    let handed = Handed::open(&server, &sent.request)?;
    let user = handed.user_signed_in(&server, person.user).await?;
    offline::answer(&server, &handed, user).await?;
    Ok(see(&format!("/account/offline/answers/{}", handed.request.jti)))
}

pub(super) async fn answer_page(
    State(server): State<Server>,
    person: Person,
    Path(nonce): Path<Uuid>,
) -> Result<Response, Refused> {
    let answered = offline::answer_of(&server, person.user, nonce).await?;
    let body = answers::answer(nonce, &answered);
    Ok(page("The answer", Some(&person), &body).into_response())
}

pub(super) async fn answer_file(
    State(server): State<Server>,
    person: Person,
    Path(nonce): Path<Uuid>,
) -> Result<Response, Refused> {
    let answered = offline::answer_of(&server, person.user, nonce).await?;
    Ok(file("answer.scrip", answered.bundle))
}

/// The form's token and the request, from the file where one was chosen, else from the text.
async fn read(mut form: Multipart) -> Result<(String, String), Error> {
    let (mut form_token, mut chosen, mut pasted) = (String::new(), String::new(), String::new());
    while let Some(field) = form.next_field().await.map_err(|why| malformed(&why))? {
        let into = match field.name() {
            Some("token") => &mut form_token,
            Some("file") => &mut chosen,
            Some("request") => &mut pasted,
            _ => continue,
        };
        *into = field.text().await.map_err(|why| malformed(&why))?;
    }
    let text = if chosen.trim().is_empty() { pasted } else { chosen };
    Ok((form_token, text))
}

fn malformed(why: &axum::extract::multipart::MultipartError) -> Error {
    if why.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
        return Error::TooLarge {
            limit_bytes: FORM_BYTES_MAX,
        };
    }
    Error::Malformed { why: why.body_text() }
}
