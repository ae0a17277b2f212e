//! Signing an app in that asks by the system's browser (RFC 8252): the person sees who asks, and agrees.
//!
//! The app listens on this computer alone and proves by a verifier (RFC 7636) that it is the one that asked.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, PreEscaped, html};
use scrip_store::NewBrowserCode;
use serde::Deserialize;

use super::Person;
use crate::caller::new_token;
use crate::html::{Form, Page, Refused, Sent, Visit, address, hidden, see};
use crate::request::Query;
use crate::{Error, Server};

const PATH: &str = "/account/authorize";
/// How long the app has to fetch its session, in seconds.
const CODE_SECONDS: i64 = 120;

/// What an app asks for (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Ask {
    response_type: String,
    redirect_uri: String,
    code_challenge: String,
    code_challenge_method: String,
    state: String,
    /// What the session is to be shown as.
    client: String,
}

impl Ask {
    /// Refuses what this server does not answer. Nobody is sent anywhere where the address is not this computer's own.
    fn check(&self) -> Result<(), Error> {
        let refuse = |why| Err(Error::BrowserRefused { why });
        let plain = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'))
        };
        if self.response_type != "code" {
            return refuse("only codes are given (response_type=code)");
        }
        if self.code_challenge_method != "S256" || self.code_challenge.len() != 43 || !plain(&self.code_challenge) {
            return refuse("a challenge by S256 is needed");
        }
        if self.state.is_empty() || self.state.len() > 128 || !plain(&self.state) {
            return refuse("a state of letters and digits is needed");
        }
        if !is_loopback(&self.redirect_uri) {
            return refuse("it can only be sent back to an app on this computer");
        }
        Ok(())
    }

    fn query(&self) -> [(&'static str, &str); 6] {
        [
            ("response_type", &self.response_type),
            ("redirect_uri", &self.redirect_uri),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
            ("state", &self.state),
            ("client", &self.client),
        ]
    }
}

/// `http://127.0.0.1:PORT/PATH` or `http://[::1]:PORT/PATH` (RFC 8252 section 7.3), and nothing that could mean another place.
fn is_loopback(uri: &str) -> bool {
    let rest = uri
        .strip_prefix("http://127.0.0.1:")
        .or_else(|| uri.strip_prefix("http://[::1]:"));
    let Some((port, path)) = rest.and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    port.parse::<u16>().is_ok_and(|port| port > 0) && path.len() <= 100 && path.bytes().all(plain)
}

pub(super) async fn show(
    visit: Visit,
    person: Result<Person, Refused>,
    Query(ask): Query<Ask>,
) -> Result<Response, Refused> {
    ask.check()?;
    let person = match person {
        Ok(person) => person,
        Err(Refused::SignedOut(_)) => {
            let back = address(PATH, &ask.query());
            drop(visit);
            return Ok(see(&address("/account/sign-in", &[("next", &back)])));
        }
        Err(other) => return Err(other),
    };
    let client = crate::accounts::label(&ask.client);
    let fields = |answer: &str| {
        html! {
            @for (name, value) in ask.query() { (hidden(name, value)) }
            (hidden("answer", answer))
        }
    };
    let body = html! {
        p {
            "The app Scrip on this computer"
            @if !client.is_empty() { " (" strong { (client) } ")" }
            " asks to be signed in as " strong { (person.email) } "."
        }
        p { "Agree only if you began this yourself, just now, in the app." }
        (Form::post(&person, PATH, "Sign the app in", fields("yes")))
        (Form::post(&person, PATH, "Do not", fields("no")).quiet())
    };
    Ok(Page::new("Sign an app in", body).show(&person))
}

#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    ask: Ask,
    answer: String,
}

pub(super) async fn decide(
    State(server): State<Server>,
    person: Person,
    Sent(Answer { ask, answer }): Sent<Answer>,
) -> Result<Response, Refused> {
    ask.check()?;
    let issuer = server.public_url();
    let back = if answer == "yes" {
        let (code, hash) = new_token()?;
        let kept = NewBrowserCode {
            hash,
            user: person.user,
            challenge: &ask.code_challenge,
            redirect: &ask.redirect_uri,
            label: &crate::accounts::label(&ask.client),
            expires_at: server.0.clock.now().plus_seconds(CODE_SECONDS),
        };
        server.0.store.put_browser_code(&kept).await?;
        tracing::info!(user = %person.user, "an app is signed in by the browser");
        // The issuer tells the app which server answered (RFC 9207).
        address(
            &ask.redirect_uri,
            &[("code", &code), ("state", &ask.state), ("iss", issuer)],
        )
    } else {
        address(
            &ask.redirect_uri,
            &[("error", "access_denied"), ("state", &ask.state), ("iss", issuer)],
        )
    };
    Ok(Page::new("Back to the app", handed_back(&back)).show(&person))
}

/// A form that was redirected to another place would be stopped by the page's policy; the page itself may go on.
fn handed_back(back: &str) -> Markup {
    let refresh = html! { meta http-equiv="refresh" content=(format!("0;url={back}")); };
    html! {
        (PreEscaped(refresh.into_string()))
        p { "The app goes on by itself. If it does not: " a href=(back) { "back to the app" } "." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_carried_to_this_computer_alone() {
        for good in [
            "http://127.0.0.1:4711/signed-in",
            "http://[::1]:1/",
            "http://127.0.0.1:80/a/b",
        ] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "https://evil.example/",
            "http://127.0.0.1.evil.example:80/",
            "http://127.0.0.1:80@evil.example/",
            "http://localhost:80/",
            "http://127.0.0.1/",
            "http://127.0.0.1:0/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:80/?a=b",
            "http://127.0.0.1:80/\";url=x",
            "",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
