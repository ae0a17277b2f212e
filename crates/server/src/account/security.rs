//! Who is signed in, the password, and what is asked for beside it.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use scrip_api::PasswordChange;
use scrip_domain::Password;
use scrip_store::{SessionRow, User};
use serde::Deserialize;
use uuid::Uuid;

use super::Person;
use crate::accounts::{second, sign_in};
use crate::caller::Origin;
use crate::html::{
    Bare, Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, badge, day, enrollment, hidden, problem, reveal,
    section, text, when,
};
use crate::request::Path;
use crate::routes::profile::set_password;
use crate::{Error, Server};

const PATH: &str = "/account/security";

pub(super) async fn show(State(server): State<Server>, person: Person) -> Result<Response, Refused> {
    Ok(page(&server, &person, None).await?)
}

/// The page, with what was refused above it.
async fn page(server: &Server, person: &Person, refused: Option<&Error>) -> Result<Response, Error> {
    let store = &server.0.store;
    let user = person.account(server).await?;
    let sessions = store.sessions(person.user).await?;
    let passkeys = store.passkeys(person.user).await?;
    let body = html! {
        @if let Some(error) = refused { (problem(error)) }
        (section("Sessions", &session_list(person, &sessions)))
        (section("Password", &password_form(person)))
        (section("Authenticator app", &factor_part(server, person, &user).await?))
        (section("Passkeys", &super::passkeys::part(server, person, &passkeys)))
    };
    let status = refused.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let page = Page::new("Security", body).status(status);
    let page = if super::passkeys::are_possible(server) {
        page.script(super::passkeys::SCRIPT)
    } else {
        page
    };
    Ok(page.show(person))
}

fn session_list(person: &Person, sessions: &[SessionRow]) -> Markup {
    let columns = [text("Signed in on"), text("Since"), text("Last used"), text("End it")];
    let table = Table::new("Sessions", columns).rows(sessions, |row| {
        let name = if row.label.is_empty() {
            "An app or browser"
        } else {
            &row.label
        };
        let end = if row.token == person.token {
            badge(Tone::Good, "this browser")
        } else {
            let field = hidden("session", row.id);
            html! { (Form::post(person, "/account/security/end", format!("End {name}"), field).quiet()) }
        };
        vec![html! { (name) }, day(row.created_at), when(row.seen_at), end]
    });
    html! {
        (table)
        @if sessions.len() > 1 {
            (Form::post(person, "/account/security/end-others", "End all others", Markup::default()).quiet())
        }
    }
}

#[derive(Deserialize)]
pub(super) struct End {
    session: Uuid,
}

pub(super) async fn end(
    State(server): State<Server>,
    person: Person,
    Sent(sent): Sent<End>,
) -> Result<Response, Refused> {
    server.0.store.end_session(person.user, sent.session).await?;
    Ok(person.visit().see_saying(PATH, "The session has ended."))
}

pub(super) async fn end_others(
    State(server): State<Server>,
    person: Person,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    server.0.store.end_sessions(person.user, Some(person.token)).await?;
    Ok(person.visit().see_saying(PATH, "Every other session has ended."))
}

fn password_form(person: &Person) -> Markup {
    let hint = format!(
        "Between {} and {} characters. Every other session ends.",
        Password::MIN_CHARS,
        Password::MAX_CHARS
    );
    let fields = html! {
        (Field::password("password", "Password now").autocomplete("current-password").required())
        (Field::password("new_password", "New password").hint(hint).autocomplete("new-password").required())
    };
    html! { (Form::post(person, "/account/security/password", "Change the password", fields)) }
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    password: Password,
    new_password: Password,
}

pub(super) async fn change_password(
    State(server): State<Server>,
    Origin(address): Origin,
    person: Person,
    Sent(sent): Sent<NewPassword>,
) -> Result<Response, Refused> {
    let user = person.account(&server).await?;
    let change = PasswordChange {
        password: sent.password,
        new_password: sent.new_password,
    };
    match set_password(&server, &user, change, address, person.token).await {
        Ok(()) => Ok(person
            .visit()
            .see_saying(PATH, "The password is changed, and every other session has ended.")),
        Err(error) if error.is_internal() => Err(error.into()),
        Err(error) => Ok(page(&server, &person, Some(&error)).await?),
    }
}

/// A field for the password of whoever is signed in.
pub(super) fn proof(id: &str) -> Field<'static> {
    Field::password("password", "Password")
        .id(id.to_owned())
        .autocomplete("current-password")
        .required()
}

async fn factor_part(server: &Server, person: &Person, user: &User) -> Result<Markup, Error> {
    let store = &server.0.store;
    let confirmed = store
        .second_factor(user.id)
        .await?
        .is_some_and(|factor| factor.confirmed);
    if confirmed {
        let spares = store.spares(user.id).await?;
        return Ok(html! {
            p { (badge(Tone::Good, "on")) " It is asked for whenever you sign in. " (spares) " spare codes are left." }
            (reveal("Take it off", &html! {
                (Form::post(person, "/account/security/factor/remove", "Take it off", html! { (proof("proof-remove")) }).danger())
            }))
        });
    }
    if let Some(begun) = second::begun(server, user).await? {
        let confirm = "/account/security/factor/confirm";
        return Ok(enrollment(person, &begun.uri, &begun.secret, confirm));
    }
    Ok(html! {
        p { "An authenticator app on your telephone shows a code that is asked for beside the password." }
        (Form::post(person, "/account/security/factor", "Set one up", html! { (proof("proof-begin")) }).quiet())
    })
}

#[derive(Deserialize)]
pub(super) struct Proof {
    password: Password,
}

pub(super) async fn begin_factor(
    State(server): State<Server>,
    Origin(address): Origin,
    person: Person,
    Sent(sent): Sent<Proof>,
) -> Result<Response, Refused> {
    let user = person.account(&server).await?;
    let begun = async {
        sign_in::check_again(&server, &user, sent.password, address).await?;
        second::begin(&server, &user).await
    };
    answer(
        &server,
        &person,
        begun.await.map(drop),
        "Scan the picture with your app, then confirm.",
    )
    .await
}

pub(super) async fn remove_factor(
    State(server): State<Server>,
    Origin(address): Origin,
    person: Person,
    Sent(sent): Sent<Proof>,
) -> Result<Response, Refused> {
    let user = person.account(&server).await?;
    let removed = async {
        sign_in::check_again(&server, &user, sent.password, address).await?;
        second::remove(&server, &user).await
    };
    answer(
        &server,
        &person,
        removed.await,
        "The authenticator app is no longer asked for.",
    )
    .await
}

/// Goes back to the page, which says what was done or what was refused.
pub(super) async fn answer(
    server: &Server,
    person: &Person,
    outcome: Result<(), Error>,
    done: &str,
) -> Result<Response, Refused> {
    match outcome {
        Ok(()) => Ok(person.visit().see_saying(PATH, done)),
        Err(error) if error.is_internal() => Err(error.into()),
        Err(error) => Ok(page(server, person, Some(&error)).await?),
    }
}

#[derive(Deserialize)]
pub(super) struct FirstCode {
    code: String,
}

pub(super) async fn confirm_factor(
    State(server): State<Server>,
    Origin(address): Origin,
    person: Person,
    Sent(sent): Sent<FirstCode>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    let user = person.account(&server).await?;
    let codes = match second::confirm(&server, &user, &sent.code).await {
        Ok(codes) => codes,
        Err(error) if error.is_internal() => return Err(error.into()),
        Err(error) => return Ok(page(&server, &person, Some(&error)).await?),
    };
    let body = html! {
        p { "The authenticator app is asked for from now on. Keep these codes where you keep valuable papers: each stands in for the app once. They are not shown again." }
        ul.codes { @for code in &codes { li { code { (code) } } } }
        p { a href=(PATH) { "I have kept them" } }
    };
    Ok(Page::new("Spare codes", body).above(PATH, "Security").show(&person))
}

pub(super) async fn remove_passkey(
    State(server): State<Server>,
    person: Person,
    Path(id): Path<Uuid>,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    server.0.store.remove_passkey(person.user, id).await?;
    crate::accounts::letters::tell(
        &server,
        person.user,
        "security.passkey",
        "A passkey was taken off your account.",
    )
    .await?;
    Ok(person.visit().see_saying(PATH, "The passkey is gone."))
}
