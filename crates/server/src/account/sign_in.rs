//! Signing in and out.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use maud::html;
use scrip_domain::{Email, Password};
use serde::Deserialize;

use super::layout::page;
use super::see;
use super::visit::{Person, Refused, SESSION, VISIT, Visit};
use crate::caller::Origin;
use crate::routes::accounts;
use crate::{Error, Server};

/// What the form says.
#[derive(Deserialize)]
pub(super) struct SignIn {
    token: String,
    email: String,
    password: Password,
}

/// A form without fields of its own.
#[derive(Deserialize)]
pub(super) struct Bare {
    pub(super) token: String,
}

pub(super) async fn show(visit: Visit) -> Response {
    form(&visit, "", None)
}

fn form(visit: &Visit, email: &str, problem: Option<&str>) -> Response {
    let body = html! {
        @if let Some(problem) = problem {
            div.problem role="alert" { p #problem { (problem) } }
        }
        form method="post" action="/account/sign-in" {
            input type="hidden" name="token" value=(visit.form_token());
            label for="email" { "E-mail address" }
            input #email type="email" name="email" value=(email) autocomplete="username" required;
            label for="password" { "Password" }
            input #password type="password" name="password" autocomplete="current-password" required;
            p { button type="submit" { "Sign in" } }
        }
    };
    let status = if problem.is_some() {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    visit.keep((status, page("Sign in", None, &body)))
}

pub(super) async fn sign_in(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    Form(sent): Form<SignIn>,
) -> Result<Response, Refused> {
    visit.check(&sent.token)?;
    server.0.limits.count_address(address)?;
    let wrong = "The e-mail address or the password is wrong.";
    let Ok(email) = sent.email.parse::<Email>() else {
        return Ok(form(&visit, &sent.email, Some(wrong)));
    };
    let user = match accounts::check_password(&server, &email, sent.password).await {
        Ok(user) => user,
        Err(Error::CredentialsWrong) => return Ok(form(&visit, &sent.email, Some(wrong))),
        Err(other) => return Err(other.into()),
    };
    let (token, _) = accounts::new_session(&server, user.id).await?;
    let seconds = i64::from(server.0.config.settings.session_days) * 86_400;
    let mut response = see("/account");
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, visit.cookie(SESSION, &token, seconds));
    headers.append(header::SET_COOKIE, visit.cookie(VISIT, "", 0));
    Ok(response)
}

pub(super) async fn sign_out(
    State(server): State<Server>,
    person: Person,
    Form(sent): Form<Bare>,
) -> Result<Response, Refused> {
    person.visit.check(&sent.token)?;
    server.0.store.close_session(person.token).await?;
    let mut response = see("/account/sign-in").into_response();
    let cookie = person.visit.cookie(SESSION, "", 0);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
