//! What the vendor keeps of the person: seen, corrected, exported, erased.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use scrip_api::EraseRequest;
use scrip_domain::{Email, Password, PersonalDetails, Tokens};
use scrip_store::ErasureOutlook;
use serde::Deserialize;

use super::security::proof;
use super::{Person, verification};
use crate::accounts::{letters, sign_in};
use crate::caller::Origin;
use crate::html::{
    Bare, Field, Form, Page, Refused, Sent, Tone, Viewer as _, badge, day, facts, grouped, hidden, problem, reveal,
    section, see,
};
use crate::routes::profile::{change_address, erase_user, profile_of};
use crate::{Error, Server};

const PATH: &str = "/account/personal";

pub(super) async fn show(State(server): State<Server>, person: Person) -> Result<Response, Refused> {
    Ok(page(&server, &person, None).await?)
}

async fn page(
    server: &Server,
    person: &Person,
    refused: Option<(&Error, &PersonalDetails)>,
) -> Result<Response, Error> {
    let user = person.account(server).await?;
    let profile = profile_of(server, &user).await?;
    let outlook = server.0.store.erasure_outlook(user.id).await?;
    let details = refused.map_or(&profile.details, |(_, sent)| sent);
    let verified = match profile.verified_at {
        Some(at) => html! { (badge(Tone::Good, "verified")) " " (day(at)) },
        None => badge(Tone::Wait, "not verified"),
    };
    let body = html! {
        @if let Some((error, _)) = refused { (problem(error)) }
        (verification::notice(server, person).await?)
        (facts([
            ("E-mail address", html! { (profile.email) " " (verified) }),
            ("Account", html! { code { (profile.id) } }),
            ("Since", day(profile.created_at)),
        ]))
        (section("About you", &details_form(person, details)))
        (section("Another e-mail address", &email_form(person, profile.mail)))
        (section("Take it with you", &html! {
            p { "Everything that the vendor keeps of you, as a JSON file. Secrets are not in it." }
            p { a href="/account/personal/export.json" download { "Download my data" } }
        }))
        (section("Erase", &erase_form(person, &outlook, profile.second_factor)))
    };
    let status = refused.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(Page::new("Personal data", body).status(status).show(person))
}

fn details_form(person: &Person, details: &PersonalDetails) -> Markup {
    let fields = html! {
        (Field::text("name", "Name").value(&*details.name).autocomplete("name").length_max(80)
            .hint("Whoever sends you tokens sees it."))
        (Field::text("phone", "Telephone").value(&*details.phone).autocomplete("tel").length_max(40))
        (Field::area("postal_address", "Postal address", 4).value(&*details.postal_address)
            .autocomplete("street-address").length_max(400).hint("For invoices."))
    };
    html! { (Form::post(person, PATH, "Save", fields)) }
}

fn email_form(person: &Person, mail: bool) -> Markup {
    let hint = if mail {
        "A mail with a link is sent there; the address changes when you follow it."
    } else {
        "It changes at once."
    };
    let fields = html! {
        (Field::email("email", "New e-mail address").hint(hint).autocomplete("email").required())
        (proof("proof-email"))
    };
    html! { (Form::post(person, "/account/personal/email", "Change the address", fields).quiet()) }
}

fn erase_form(person: &Person, outlook: &ErasureOutlook, second_factor: bool) -> Markup {
    let fields = html! {
        (hidden("forfeit", outlook.balance.get()))
        (proof("proof-erase"))
        @if second_factor {
            (Field::text("code", "Code").id("code-erase").autocomplete("one-time-code").length_max(40).required()
                .hint("What your authenticator app shows, or a spare code."))
        }
        (Field::check("sure", "I know that this cannot be taken back"))
    };
    html! {
        p {
            "Your name, addresses, messages, computers' names, notices and sessions are deleted. The books keep their numbers, under an id that names nobody."
        }
        (erase_words(outlook))
        @if outlook.hindrances.is_empty() {
            (reveal("Erase my account", &html! { (Form::post(person, "/account/personal/erase", "Erase me", fields).danger()) }))
        } @else {
            p { strong { "Some things have to be seen to first:" } }
            ul { @for hindrance in &outlook.hindrances { li { (hindrance) "." } } }
        }
    }
}

/// What is lost, and what the law keeps.
fn erase_words(outlook: &ErasureOutlook) -> Markup {
    html! {
        @if !outlook.balance.is_zero() { p { strong { (outlook.balance) " in your wallet are lost." } } }
        @if outlook.licenses > 0 {
            p { "You have " (grouped(outlook.licenses)) " licenses. Codes that your computers have go on as long as they hold; no further ones are issued." }
        }
        @if let Some(until) = outlook.bills_until {
            p {
                "The law of books keeps " (grouped(outlook.bills)) " bills as they were issued, with the names on them, and the orders and payments behind them: the last until "
                (day(until)) ". Then the names are taken off by themselves."
            }
        }
    }
}

pub(super) async fn correct(
    State(server): State<Server>,
    person: Person,
    Sent(sent): Sent<DetailsForm>,
) -> Result<Response, Refused> {
    let sent = PersonalDetails {
        name: sent.name,
        phone: sent.phone,
        postal_address: sent.postal_address,
    };
    match sent.checked() {
        Ok(details) => {
            server.0.store.set_personal_details(person.user, &details).await?;
            Ok(person.visit().see_saying(PATH, "Saved."))
        }
        Err(error) => Ok(page(&server, &person, Some((&error.into(), &sent))).await?),
    }
}

#[derive(Deserialize)]
pub(super) struct DetailsForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    postal_address: String,
}

pub(super) async fn send_verification(
    State(server): State<Server>,
    person: Person,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    let user = person.account(&server).await?;
    letters::send_verification(&server, &user, &user.email).await?;
    let words = "A mail is on its way. Follow its link, or enter its code here.";
    Ok(person.visit().see_saying("/account/verify", words))
}

#[derive(Deserialize)]
pub(super) struct NewEmail {
    email: String,
    password: Password,
}

pub(super) async fn change_email(
    State(server): State<Server>,
    Origin(address): Origin,
    person: Person,
    Sent(sent): Sent<NewEmail>,
) -> Result<Response, Refused> {
    let user = person.account(&server).await?;
    let changed = async {
        let email: Email = sent.email.parse()?;
        sign_in::check_again(&server, &user, sent.password, address).await?;
        change_address(&server, &user, &email).await
    };
    match changed.await {
        Ok(true) => {
            let words = "A mail is on its way to the new address. Follow its link, or enter its code here.";
            Ok(person.visit().see_saying("/account/verify", words))
        }
        Ok(false) => Ok(person.visit().see_saying(PATH, "The address is changed.")),
        Err(error) => refused(&server, &person, error).await,
    }
}

async fn refused(server: &Server, person: &Person, error: Error) -> Result<Response, Refused> {
    if error.is_internal() {
        return Err(error.into());
    }
    let details = server.0.store.personal_details(person.user).await?;
    Ok(page(server, person, Some((&error, &details))).await?)
}

pub(super) async fn export(State(server): State<Server>, person: Person) -> Result<Response, Refused> {
    Ok(crate::personal::export(&server, person.user).await?)
}

#[derive(Deserialize)]
pub(super) struct Erase {
    password: Password,
    forfeit: Tokens,
    #[serde(default)]
    code: String,
    #[serde(default)]
    sure: String,
}

pub(super) async fn erase(
    State(server): State<Server>,
    Origin(address): Origin,
    person: Person,
    Sent(sent): Sent<Erase>,
) -> Result<Response, Refused> {
    if sent.sure != "on" {
        return Ok(person
            .visit()
            .see_warning(PATH, "Nothing was erased: tick the box to show that you are sure."));
    }
    let user = person.account(&server).await?;
    let request = EraseRequest {
        password: sent.password,
        code: Some(sent.code).filter(|code| !code.is_empty()),
        forfeit: sent.forfeit,
    };
    match erase_user(&server, &user, request, address).await {
        Ok(()) => {
            let mut response = see("/account/sign-in");
            person.visit().sign_out(&mut response);
            Ok(response)
        }
        Err(error) => refused(&server, &person, error).await,
    }
}
