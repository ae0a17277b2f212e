//! Opening an account, claiming one that was opened off-line, proving an address, setting a new password.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use scrip_api::PasswordByCode;
use scrip_domain::{Coded as _, Email, Password, SecretCode};
use scrip_store::CodePurpose;
use serde::Deserialize;

use super::sign_in::{begin, local};
use crate::accounts::{hash_code, letters};
use crate::caller::Origin;
use crate::html::{Field, Form, Page, Refused, Sent, Visit, hidden, problem, see};
use crate::request::Query;
use crate::routes::accounts::open_account;
use crate::routes::recovery::set_password;
use crate::{Error, Server};

/// What an address of a page can carry.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    next: String,
    code: String,
}

#[derive(Deserialize)]
pub(super) struct SignUp {
    email: String,
    password: Password,
    name: String,
    #[serde(default)]
    next: String,
}

fn new_password() -> Field<'static> {
    let hint = format!(
        "Between {} and {} characters.",
        Password::MIN_CHARS,
        Password::MAX_CHARS
    );
    Field::password("password", "Password")
        .hint(hint)
        .autocomplete("new-password")
        .required()
}

fn code_field(code: &str) -> Field<'_> {
    Field::text("code", "Code")
        .value(code)
        .autocomplete("one-time-code")
        .length_max(40)
        .required()
}

/// Draws a form again, with what was refused above it.
fn again(visit: &Visit, title: &str, error: &Error, form: &Markup) -> Result<Response, Refused> {
    if error.is_internal() {
        return Err(Error::Internal {
            operation: "answer a form",
        }
        .into());
    }
    let body = html! { (problem(error)) (form) };
    Ok(Page::new(title, body)
        .status(StatusCode::UNPROCESSABLE_ENTITY)
        .show(visit))
}

pub(super) async fn show_sign_up(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    Page::new("Open an account", sign_up_form(&visit, "", "", &wanted.next)).show(&visit)
}

fn sign_up_form(visit: &Visit, email: &str, name: &str, next: &str) -> Markup {
    let fields = html! {
        (Field::email("email", "E-mail address").value(email).autocomplete("username").required())
        (Field::text("name", "Your name").value(name).autocomplete("name").length_max(80)
            .hint("Whoever sends you tokens sees it. It may stay empty."))
        (new_password())
        @if local(next) != "/account" { (hidden("next", next)) }
    };
    html! {
        (Form::post(visit, "/account/sign-up", "Open the account", fields))
        p { a href="/account/sign-in" { "I have an account" } }
    }
}

pub(super) async fn sign_up(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    headers: HeaderMap,
    Sent(sent): Sent<SignUp>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    let opened = match sent.email.parse::<Email>() {
        Ok(email) => open_account(&server, email, sent.password, Some(sent.name.clone())).await,
        Err(error) => Err(error.into()),
    };
    let user = match opened {
        Ok(user) => user,
        Err(error) => {
            let form = sign_up_form(&visit, &sent.email, &sent.name, &sent.next);
            return again(&visit, "Open an account", &error, &form);
        }
    };
    let words = if server.mails() {
        "Welcome. A mail with a link to verify your address is on its way."
    } else {
        "Welcome."
    };
    let response = visit.see_saying(local(&sent.next), words);
    Ok(begin(&server, &visit, &user, &headers, response).await?)
}

/// A code that was typed, or came with a link.
#[derive(Deserialize)]
pub(super) struct Code {
    code: String,
}

/// A link in a mail shows a button: programs that look at links in mail follow them, and must not use them up.
pub(super) async fn show_verify(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    Page::new("Verify your e-mail address", verify_form(&visit, &wanted.code)).show(&visit)
}

fn verify_form(visit: &Visit, code: &str) -> Markup {
    html! { (Form::post(visit, "/account/verify", "Verify the address", html! { (code_field(code)) })) }
}

pub(super) async fn verify(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    Sent(sent): Sent<Code>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    let verified = match sent.code.parse::<SecretCode>() {
        Ok(code) => server
            .0
            .store
            .verify_address(hash_code(&code))
            .await
            .map_err(Error::from),
        Err(error) => Err(error.into()),
    };
    match verified {
        Ok(_) => Ok(visit.see_saying("/account", "Your e-mail address is verified.")),
        Err(error) => again(
            &visit,
            "Verify your e-mail address",
            &error,
            &verify_form(&visit, &sent.code),
        ),
    }
}

pub(super) async fn show_recover(State(server): State<Server>, visit: Visit) -> Response {
    let body = if server.mails() {
        let fields = html! { (Field::email("email", "E-mail address").autocomplete("username").required()) };
        html! {
            p { "A mail with a link will be sent to the address, where it has an account." }
            (Form::post(&visit, "/account/recover", "Send the mail", fields))
        }
    } else {
        html! {
            p { "This vendor sends no mail. Ask the vendor for a code, then set a new password with it:" }
            p { a href="/account/claim" { "I have a code" } }
        }
    };
    Page::new("Set a new password", body).show(&visit)
}

#[derive(Deserialize)]
pub(super) struct Ask {
    email: String,
}

pub(super) async fn recover(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    Sent(sent): Sent<Ask>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    let email: Email = sent.email.parse()?;
    letters::send_recovery(&server, &email).await?;
    let words = "Where the address has an account, a mail is on its way. Follow its link, or enter its code here.";
    Ok(visit.see_saying("/account/recover/finish", words))
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    code: String,
    password: Password,
}

/// Setting a password by a code: which page, which title, which code.
struct ByCode {
    path: &'static str,
    title: &'static str,
    button: &'static str,
    purpose: CodePurpose,
}

const RECOVER: ByCode = ByCode {
    path: "/account/recover/finish",
    title: "Set a new password",
    button: "Set the password",
    purpose: CodePurpose::Recover,
};

const CLAIM: ByCode = ByCode {
    path: "/account/claim",
    title: "Claim your account",
    button: "Claim the account",
    purpose: CodePurpose::Claim,
};

fn by_code_form(visit: &Visit, page: &ByCode, code: &str) -> Markup {
    let fields = html! { (code_field(code)) (new_password()) };
    html! { (Form::post(visit, page.path, page.button, fields)) }
}

async fn use_code(server: &Server, page: &ByCode, sent: &NewPassword) -> Result<scrip_domain::UserId, Error> {
    let request = PasswordByCode {
        code: sent.code.parse()?,
        password: sent.password.clone(),
    };
    set_password(server, request, page.purpose).await
}

pub(super) async fn show_finish(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    Page::new(RECOVER.title, by_code_form(&visit, &RECOVER, &wanted.code)).show(&visit)
}

pub(super) async fn finish(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    Sent(sent): Sent<NewPassword>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    match use_code(&server, &RECOVER, &sent).await {
        Ok(_) => Ok(visit.see_saying("/account/sign-in", "The new password is set. Sign in with it.")),
        Err(error) => again(
            &visit,
            RECOVER.title,
            &error,
            &by_code_form(&visit, &RECOVER, &sent.code),
        ),
    }
}

pub(super) async fn show_claim(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    let body = html! {
        p { "The vendor opened an account for you, or helps you back into yours, and told you a code. Choose a password:" }
        (by_code_form(&visit, &CLAIM, &wanted.code))
    };
    Page::new(CLAIM.title, body).show(&visit)
}

pub(super) async fn claim(
    State(server): State<Server>,
    Origin(address): Origin,
    visit: Visit,
    headers: HeaderMap,
    Sent(sent): Sent<NewPassword>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    let claimed = match use_code(&server, &CLAIM, &sent).await {
        Ok(user) => user,
        Err(error) => {
            tracing::debug!(code = %error.code(), "a claim was refused");
            return again(&visit, CLAIM.title, &error, &by_code_form(&visit, &CLAIM, &sent.code));
        }
    };
    let store = &server.0.store;
    let factor = store.second_factor(claimed).await?;
    if factor.is_some_and(|factor| factor.confirmed) {
        return Ok(visit.see_saying(
            "/account/sign-in",
            "The password is set. Sign in with it and your second factor.",
        ));
    }
    let user = store.user_by_id(claimed).await?.ok_or(Error::SessionExpired)?;
    Ok(begin(&server, &visit, &user, &headers, see("/account")).await?)
}
