//! Signing in and out at the console.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use scrip_domain::{Email, Password};
use scrip_store::Act;
use serde::Deserialize;

use super::{Operator, factor};
use crate::account::asks_code;
use crate::caller::{Origin, new_token};
use crate::html::{Bare, Field, Form, Page, Refused, Sent, Viewer as _, Visit, problem_of, see};
use crate::{Error, Server};

/// How long an operator stays signed in, in seconds.
const SESSION_SECONDS: i64 = 12 * 3600;

/// What the form says.
#[derive(Deserialize)]
pub(super) struct SignIn {
    email: String,
    password: Password,
    #[serde(default)]
    code: String,
}

pub(super) async fn show(State(server): State<Server>, visit: Visit) -> Result<Response, Refused> {
    let nobody = server.0.store.operators().await?.is_empty();
    Ok(form(&visit, "", None, false, nobody))
}

fn form(visit: &Visit, email: &str, problem: Option<Markup>, with_code: bool, nobody: bool) -> Response {
    let fields = html! {
        (Field::email("email", "E-mail address").value(email).autocomplete("username").required())
        (Field::password("password", "Password").autocomplete("current-password").required())
        @if with_code {
            (Field::text("code", "Code").autocomplete("one-time-code").length_max(40).required()
                .hint("The six digits that your authenticator app shows, or a spare code."))
        }
    };
    let status = if problem.is_some() {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    let body = html! {
        @if nobody {
            p { "There is no operator yet. Admit the first one on the server: "
                code { "scrip-server operator add --email YOU --role owner" } }
        }
        @if let Some(problem) = problem { (problem) }
        (Form::post(visit, "/console/sign-in", "Sign in", fields))
    };
    Page::new("Sign in", body).status(status).show(visit)
}

pub(super) async fn sign_in(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    Sent(sent): Sent<SignIn>,
) -> Result<Response, Refused> {
    let (store, limits) = (&server.0.store, &server.0.limits);
    limits.count_address(address)?;
    let wrong = || {
        let problem = problem_of("The e-mail address or the password is wrong", &[], "");
        Ok(form(&visit, &sent.email, Some(problem), !sent.code.is_empty(), false))
    };
    let Ok(email) = sent.email.parse::<Email>() else {
        return wrong();
    };
    limits.count_account(&format!("operator {email}"))?;
    let known = store.operator_by_email(&email).await?;
    let hash = known.as_ref().map(|operator| operator.password_hash.clone());
    let matches = server.0.passwords.verify(sent.password, hash).await?;
    let Some(operator) = known.filter(|operator| matches && operator.disabled_at.is_none()) else {
        return wrong();
    };
    match factor::check(&server, operator.id, &sent.code).await {
        Ok(()) => {}
        Err(Error::SecondFactorMissing) => {
            return Ok(form(&visit, &sent.email, Some(asks_code()), true, false));
        }
        Err(error @ Error::SecondFactorWrong) => {
            return Ok(form(
                &visit,
                &sent.email,
                Some(problem_of(&error.to_string(), &[], "")),
                true,
                false,
            ));
        }
        Err(other) => return Err(other.into()),
    }
    let (token, hash) = new_token()?;
    let act = Act {
        actor: email.as_str(),
        action: "operator.signed_in",
        subject: email.as_str(),
        why: "",
    };
    let until = server.0.clock.now().plus_seconds(SESSION_SECONDS);
    store.open_operator_session(operator.id, hash, until, &act).await?;
    let mut response = see("/console");
    visit.sign_in(&mut response, &token, SESSION_SECONDS);
    Ok(response)
}

pub(super) async fn sign_out(
    State(server): State<Server>,
    operator: Operator,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    server.0.store.close_operator_session(operator.token).await?;
    let mut response = see("/console/sign-in");
    operator.visit().sign_out(&mut response);
    Ok(response)
}
