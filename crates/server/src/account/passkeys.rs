//! Passkeys on pages: the only place that needs a script, because browsers offer them to scripts alone.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use maud::{Markup, html};
use scrip_store::Passkey;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Person;
use super::security::proof;
use super::sign_in::{go_on, local};
use crate::accounts::{letters, passkeys, sign_in};
use crate::caller::Origin;
use crate::html::{Field, Form, Refused, Sent, Table, Visit, day, hidden, see, text};
use crate::routes::accounts::agent;
use crate::{Error, Server};

/// The script's address.
pub(super) const SCRIPT: &str = "/account/passkeys.js";

pub(super) async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("passkeys.js")).into_response()
}

/// Whether browsers would offer passkeys for this server's address.
pub(super) fn are_possible(server: &Server) -> bool {
    passkeys::Party::of(server).is_some()
}

/// The passkeys of an account, and a form that adds one.
pub(super) fn part(server: &Server, person: &Person, rows: &[Passkey]) -> Markup {
    let columns = [text("Passkey"), text("Since"), text("Last used"), text("Remove it")];
    let table = Table::new("Passkeys", columns).rows(rows, |row| {
        let path = format!("/account/security/passkeys/{}/remove", row.id);
        let remove = Form::post(person, path, format!("Remove {}", row.name), Markup::default());
        vec![
            html! { (row.name) },
            day(row.created_at),
            html! { @match row.used_at { Some(at) => (day(at)), None => "never" } },
            html! { (remove.quiet()) },
        ]
    });
    html! {
        p { "A passkey signs you in by your telephone, computer or security key, without a password." }
        @if !rows.is_empty() { (table) }
        @if are_possible(server) {
            div #passkey-add hidden {
                (Form::post(person, "/account/security/passkeys", "Add a passkey", html! {
                    (Field::text("name", "What to call it").id("passkey-name").length_max(80).required())
                    (proof("proof-passkey"))
                    (hidden("answer", ""))
                }).quiet())
            }
            noscript { p { "Browsers add passkeys with a script only, and this one runs none." } }
            p #passkey-trouble role="alert" {}
        } @else {
            p.soft { "They need a server with a name and HTTPS, which this one has not." }
        }
    }
}

/// A button that signs in with a passkey, for the page that signs in.
pub(super) fn button(visit: &Visit, next: &str) -> Markup {
    html! {
        div #passkey-sign-in hidden {
            (Form::post(visit, "/account/sign-in/passkey", "Sign in with a passkey", html! {
                (hidden("answer", ""))
                (hidden("next", next))
            }).quiet())
        }
        p #passkey-trouble role="alert" {}
    }
}

/// What the browser is to sign to add a passkey.
pub(super) async fn creation(State(server): State<Server>, person: Person) -> Result<Json<Value>, Refused> {
    let party = passkeys::Party::required(&server)?;
    let challenge = passkeys::ask(&server, Some(person.user)).await?;
    let known = server.0.store.passkeys(person.user).await?;
    let known: Vec<_> = known
        .iter()
        .map(|key| json!({"type": "public-key", "id": passkeys::encode(&key.credential)}))
        .collect();
    Ok(Json(json!({
        "challenge": challenge,
        "rp": {"id": party.id, "name": server.0.config.settings.name},
        "user": {"id": passkeys::encode(person.user.0.as_bytes()), "name": person.email, "displayName": person.email},
        "pubKeyCredParams": passkeys::ALGORITHMS.map(|alg| json!({"type": "public-key", "alg": alg})),
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "attestation": "none",
        "excludeCredentials": known,
        "timeout": 120_000,
    })))
}

/// What the browser is to sign to sign in.
pub(super) async fn request(
    State(server): State<Server>,
    Origin(address): Origin,
    _: Visit,
) -> Result<Json<Value>, Refused> {
    server.0.limits.count_address(address)?;
    let party = passkeys::Party::required(&server)?;
    let challenge = passkeys::ask(&server, None).await?;
    Ok(Json(json!({
        "challenge": challenge,
        "rpId": party.id,
        "userVerification": "required",
        "timeout": 120_000,
    })))
}

#[derive(Deserialize)]
pub(super) struct Add {
    name: String,
    password: scrip_domain::Password,
    answer: String,
}

pub(super) async fn add(
    State(server): State<Server>,
    Origin(address): Origin,
    person: Person,
    Sent(sent): Sent<Add>,
) -> Result<Response, Refused> {
    let user = person.account(&server).await?;
    let added = async {
        sign_in::check_again(&server, &user, sent.password, address).await?;
        let answer = passkeys::read(&sent.answer)?;
        passkeys::add(&server, &user, &crate::accounts::label(&sent.name), &answer).await?;
        letters::tell(
            &server,
            user.id,
            "security.passkey",
            "A passkey was added to your account.",
        )
        .await
    };
    super::security::answer(&server, &person, added.await, "The passkey is added.").await
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    answer: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn sign_in_with(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    headers: http::HeaderMap,
    Sent(sent): Sent<SignIn>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    let answer = passkeys::read(&sent.answer)?;
    let user = passkeys::check(&server, &answer).await?;
    let user = server.0.store.user_by_id(user).await?.ok_or(Error::SessionExpired)?;
    let opened = sign_in::open(&server, &user, None, &agent(&headers)).await?;
    Ok(go_on(&server, &visit, opened, see(local(&sent.next))))
}
