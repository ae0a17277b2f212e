//! Offline activation: hand in a request, see what it asks and costs, confirm, carry the answer away.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use scrip_store::ProductNames;
use serde::Deserialize;
use uuid::Uuid;

use super::computers::file;
use super::{Person, answer as answers};
use crate::Server;
use crate::html::{Field, Form, Page, Refused, Sent, SentFiles, hidden, problem, section, see, when};
use crate::offline::{self, Handed, item_words, quote_words};
use crate::request::Path;

/// The confirmed request.
#[derive(Deserialize)]
pub(super) struct Confirmed {
    request: String,
}

pub(super) async fn show(person: Person) -> Response {
    let fields = html! {
        (Field::file("file", "The request's file", ".scrip,.txt,text/plain"))
        (Field::area("request", "Or its text", 8).autocomplete("off"))
    };
    let body = html! {
        p { "On the computer without a network, make a request (" code { "scrip offline request … -o FILE" }
            ") and hand it in here. You see what it asks for and what it costs before anything is paid." }
        (Form::post(&person, "/account/offline", "Look at it", fields).files())
    };
    Page::new("Offline activation", body).show(&person)
}

/// Says what a request asks and costs.
pub(super) async fn confirm(
    State(server): State<Server>,
    person: Person,
    mut form: SentFiles,
) -> Result<Response, Refused> {
    let chosen = form
        .take_file("file")
        .map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    let text = chosen.unwrap_or_else(|| form.field("request").to_owned());
    let handed = Handed::open(&server, &text)?;
    let user = handed.user_signed_in(&server, person.user).await?;
    if handed.stored(&server, user).await?.is_some() {
        return Ok(see(&format!("/account/offline/answers/{}", handed.request.jti)));
    }
    let names = handed.names(&server).await?;
    let price = price(&server, &handed, &names, &person).await?;
    let body = html! {
        p { "From the computer " strong { (handed.request.name) } ", made at " (when(handed.request.iat)) " by its clock." }
        (section("It asks for", &html! { ul { @for item in &handed.request.items { li { (item_words(item, &names)) } } } }))
        (price)
        (Form::post(&person, "/account/offline/answer", "Confirm", hidden("request", text.trim())))
        p { a href="/account/offline" { "Cancel" } }
    };
    Ok(Page::new("Confirm the request", body)
        .above("/account/offline", "Offline activation")
        .show(&person))
}

async fn price(server: &Server, handed: &Handed, names: &ProductNames, person: &Person) -> Result<Markup, Refused> {
    let quote = match handed.quote(server, person.user).await {
        Ok(None) => return Ok(html! { p { "Nothing is to be paid." } }),
        Ok(Some(quote)) => quote,
        Err(refused) if refused.is_internal() => return Err(refused.into()),
        Err(refused) => {
            return Ok(problem(&refused));
        }
    };
    let agreed = handed.request.expected_total;
    Ok(html! {
        h2 { "It costs" }
        ul { @for line in quote_words(&quote, names) { li { (line) } } }
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
    Sent(sent): Sent<Confirmed>,
) -> Result<Response, Refused> {
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
    Ok(Page::new("The answer", body)
        .above("/account/offline", "Offline activation")
        .show(&person))
}

pub(super) async fn answer_file(
    State(server): State<Server>,
    person: Person,
    Path(nonce): Path<Uuid>,
) -> Result<Response, Refused> {
    let answered = offline::answer_of(&server, person.user, nonce).await?;
    Ok(file("answer.scrip", answered.bundle))
}
