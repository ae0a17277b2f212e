//! Signing in and out.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::html;
use scrip_domain::{Email, Password};
use serde::Deserialize;

use super::Person;
use crate::caller::Origin;
use crate::html::{Bare, Field, Form, Page, Refused, Sent, Viewer as _, Visit, problem_of, see};
use crate::routes::accounts;
use crate::{Error, Server};

/// What the form says.
#[derive(Deserialize)]
pub(super) struct SignIn {
    email: String,
    password: Password,
}

pub(super) async fn show(visit: Visit) -> Response {
    form(&visit, "", None)
}

fn form(visit: &Visit, email: &str, problem: Option<&str>) -> Response {
    let fields = html! {
        (Field::email("email", "E-mail address").value(email).autocomplete("username").required())
        (Field::password("password", "Password").autocomplete("current-password").required())
    };
    let body = html! {
        @if let Some(problem) = problem { (problem_of(problem, &[], "")) }
        (Form::post(visit, "/account/sign-in", "Sign in", fields))
    };
    let status = if problem.is_some() {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    Page::new("Sign in", body).status(status).show(visit)
}

pub(super) async fn sign_in(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    Sent(sent): Sent<SignIn>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    let wrong = "The e-mail address or the password is wrong";
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
    visit.sign_in(&mut response, &token, seconds);
    Ok(response)
}

pub(super) async fn sign_out(State(server): State<Server>, person: Person, _: Sent<Bare>) -> Result<Response, Refused> {
    server.0.store.close_session(person.token).await?;
    let mut response = see("/account/sign-in");
    person.visit().sign_out(&mut response);
    Ok(response)
}
