//! Signing in and out.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use scrip_domain::{Email, Password};
use scrip_store::User;
use serde::Deserialize;

use super::Person;
use crate::accounts::sign_in::{self, Admitted, Attempt, Opened};
use crate::caller::Origin;
use crate::html::{
    Bare, Field, Form, Page, Refused, Sent, Viewer as _, Visit, address, hidden, problem, problem_of, secret_cookie,
    see,
};
use crate::request::Query;
use crate::routes::accounts::agent;
use crate::{Error, Server};

/// The cookie by which a browser is known that signed in before.
const KNOWN: &str = "scrip_known";
/// How long it is known, in seconds: a year.
const KNOWN_SECONDS: i64 = 365 * 86_400;

/// What the form says.
#[derive(Deserialize)]
pub(super) struct SignIn {
    email: String,
    password: Password,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// Where to go afterwards.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Next {
    next: String,
}

pub(super) async fn show(State(server): State<Server>, visit: Visit, Query(wanted): Query<Next>) -> Response {
    form(&server, &visit, ("", &wanted.next), false, None)
}

fn form(
    server: &Server,
    visit: &Visit,
    (email, next): (&str, &str),
    with_code: bool,
    trouble: Option<(StatusCode, Markup)>,
) -> Response {
    let next = local(next);
    let with_passkeys = super::passkeys::are_possible(server);
    let fields = html! {
        (Field::email("email", "E-mail address").value(email).autocomplete("username").required())
        (Field::password("password", "Password").autocomplete("current-password").required())
        @if with_code {
            (Field::text("code", "Code").autocomplete("one-time-code").length_max(40).required()
                .hint("The six digits that your authenticator app shows, or a spare code."))
        }
        @if next != "/account" { (hidden("next", next)) }
    };
    let (status, above) = trouble.map_or((StatusCode::OK, Markup::default()), |(status, words)| (status, words));
    let body = html! {
        (above)
        (Form::post(visit, "/account/sign-in", "Sign in", fields))
        @if with_passkeys { (super::passkeys::button(visit, next)) }
        ul.plain {
            li { a href=(address("/account/sign-up", &[("next", if next == "/account" { "" } else { next })])) { "Open an account" } }
            li { a href="/account/recover" { "Set a new password" } }
            li { a href="/account/claim" { "Claim an account that was opened for you" } }
        }
    };
    let page = Page::new("Sign in", body).status(status);
    let page = if with_passkeys {
        page.script(super::passkeys::SCRIPT)
    } else {
        page
    };
    page.show(visit)
}

/// What is said where the code of an authenticator app is asked for: that is a question rather than a failure.
pub(crate) fn asks_code() -> Markup {
    html! { p role="status" { "Enter your password once more, with the code of your authenticator app." } }
}

/// A page of the account to go on to; its first page where it is another site's.
pub(super) fn local(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let inside = next.starts_with("/account/") && !next.contains("//") && next.len() <= 2000;
    if plain && inside { next } else { "/account" }
}

pub(super) async fn sign_in(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    headers: HeaderMap,
    Sent(sent): Sent<SignIn>,
) -> Result<Response, Refused> {
    let SignIn {
        email: typed,
        password,
        code,
        next,
    } = sent;
    let refused = |words, with_code| {
        Ok(form(
            &server,
            &visit,
            (&typed, &next),
            with_code,
            Some((StatusCode::UNAUTHORIZED, words)),
        ))
    };
    let wrong = || problem_of("The e-mail address or the password is wrong", &[], "");
    let Ok(email) = typed.parse::<Email>() else {
        server.0.limits.count_address(address)?;
        return refused(wrong(), false);
    };
    let known = secret_cookie(&headers, KNOWN);
    let attempt = Attempt {
        email: &email,
        password,
        code: Some(code.as_str()).filter(|code| !code.is_empty()),
        address,
        known: known.as_deref(),
    };
    match sign_in::check(&server, attempt).await {
        Ok(Admitted { user, known }) => {
            let opened = sign_in::open(&server, &user, known, &agent(&headers)).await?;
            Ok(go_on(&server, &visit, opened, see(local(&next))))
        }
        Err(Error::CredentialsWrong) => refused(wrong(), !code.is_empty()),
        Err(Error::SecondFactorMissing) => refused(asks_code(), true),
        Err(error @ Error::SecondFactorWrong) => refused(problem(&error), true),
        Err(other) => Err(other.into()),
    }
}

/// Signs a browser in whose person has just proved who they are, and goes on with `response`.
pub(super) fn go_on(server: &Server, visit: &Visit, opened: Opened, mut response: Response) -> Response {
    let seconds = i64::from(server.0.config.settings.session_days) * 86_400;
    visit.sign_in(&mut response, &opened.token, seconds);
    if let Some(known) = opened.known {
        visit.set(&mut response, KNOWN, &known, KNOWN_SECONDS);
    }
    response
}

/// The same for an account that was opened or claimed just now.
pub(super) async fn begin(
    server: &Server,
    visit: &Visit,
    user: &User,
    headers: &HeaderMap,
    response: Response,
) -> Result<Response, Error> {
    let opened = sign_in::open(server, user, None, &agent(headers)).await?;
    Ok(go_on(server, visit, opened, response))
}

pub(super) async fn sign_out(State(server): State<Server>, person: Person, _: Sent<Bare>) -> Result<Response, Refused> {
    server.0.store.close_session(person.token).await?;
    let mut response = see("/account/sign-in");
    person.visit().sign_out(&mut response);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local("/account/authorize?a=b%2Fc"), "/account/authorize?a=b%2Fc");
        for bad in [
            "",
            "https://evil.example",
            "//evil.example",
            "/account//evil",
            "/account/\\evil",
            "/console",
            "/account/\n",
        ] {
            assert_eq!(local(bad), "/account", "{bad}");
        }
    }
}
