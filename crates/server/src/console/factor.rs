//! An operator's authenticator app: set up, asked for at the sign-in, taken off.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use maud::{Markup, html};
use scrip_domain::{ConsolePolicy, OperatorId, Password, SecretCode};
use serde::Deserialize;

use super::Operator;
use crate::accounts::{hash_code, new_code};
use crate::caller::Origin;
use crate::html::{Field, Form, Page, Refused, Sent, Tone, Viewer as _, badge, enrollment, problem, reveal};
use crate::totp::Secret;
use crate::{Error, Server};

/// The page, which an operator who must set one up reaches before all others.
pub(super) const PATH: &str = "/console/second-factor";
/// Codes that stand in for an authenticator that was lost.
const SPARES: usize = 10;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(show).post(begin))
        .route("/console/second-factor/confirm", post(confirm))
        .route("/console/second-factor/remove", post(remove))
}

/// Whether the vendor demands a second factor of every operator.
pub(crate) async fn is_required(server: &Server) -> Result<bool, Error> {
    let policy: ConsolePolicy = server.0.store.setting().await?;
    Ok(policy.second_factor_required)
}

/// Refuses where the operator has an authenticator and the code is not its.
pub(crate) async fn check(server: &Server, operator: OperatorId, code: &str) -> Result<(), Error> {
    let store = &server.0.store;
    let Some(factor) = store.operator_factor(operator).await?.filter(|factor| factor.confirmed) else {
        return Ok(());
    };
    if code.trim().is_empty() {
        return Err(Error::SecondFactorMissing);
    }
    let secret = Secret::from_bytes(factor.secret);
    let right = match secret.check(code, server.now(), factor.last_step) {
        Some(step) => store.use_operator_step(operator, step).await?,
        None => match code.trim().parse::<SecretCode>() {
            Ok(spare) => store.use_operator_spare(operator, hash_code(&spare)).await?,
            Err(_) => false,
        },
    };
    if right { Ok(()) } else { Err(Error::SecondFactorWrong) }
}

async fn show(State(server): State<Server>, operator: Operator) -> Result<Response, Refused> {
    Ok(page(&server, &operator, None).await?)
}

async fn page(server: &Server, operator: &Operator, refused: Option<&Error>) -> Result<Response, Error> {
    let required = is_required(server).await?;
    let factor = server.0.store.operator_factor(operator.id).await?;
    let part = match factor {
        Some(factor) if factor.confirmed => is_on(server, operator, required).await?,
        Some(factor) => is_begun(server, operator, &Secret::from_bytes(factor.secret)),
        None => html! {
            p { "An authenticator app on your telephone shows a code that is asked for beside the password." }
            (Form::post(operator, PATH, "Set one up", html! { (proof("proof-begin")) }))
        },
    };
    let body = html! {
        @if let Some(refused) = refused { (problem(refused)) }
        @if required && !operator.has_factor {
            p { strong { "The vendor demands a second factor of everybody who works here." } " Set it up to go on." }
        }
        (part)
    };
    let status = refused.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(Page::new("Your second factor", body).status(status).show(operator))
}

async fn is_on(server: &Server, operator: &Operator, required: bool) -> Result<Markup, Error> {
    let spares = server.0.store.operator_spares(operator.id).await?;
    Ok(html! {
        p { (badge(Tone::Good, "on")) " It is asked for whenever you sign in. " (spares) " spare codes are left." }
        @if required {
            p.soft { "It cannot be taken off, because the vendor demands it. To move to another telephone, ask another owner to take it off." }
        } @else {
            (reveal("Take it off", &html! {
                (Form::post(operator, "/console/second-factor/remove", "Take it off", html! { (proof("proof-remove")) }).danger())
            }))
        }
    })
}

fn is_begun(server: &Server, operator: &Operator, secret: &Secret) -> Markup {
    let issuer = format!("{} console", server.0.config.settings.name);
    let uri = secret.uri(&operator.email, &issuer);
    enrollment(operator, &uri, &secret.text(), "/console/second-factor/confirm")
}

fn proof(id: &str) -> Field<'static> {
    Field::password("password", "Password")
        .id(id.to_owned())
        .autocomplete("current-password")
        .required()
}

#[derive(Deserialize)]
struct Proof {
    password: Password,
}

/// Refuses where the password is not the operator's. Tries are limited.
async fn prove(
    server: &Server,
    operator: &Operator,
    address: std::net::IpAddr,
    password: Password,
) -> Result<(), Error> {
    server.0.limits.count_address(address)?;
    server.0.limits.count_account(&format!("operator {}", operator.email))?;
    let hash = Some(operator.password_hash.clone());
    if server.0.passwords.verify(password, hash).await? {
        Ok(())
    } else {
        Err(Error::PasswordWrong)
    }
}

async fn answer(
    server: &Server,
    operator: &Operator,
    outcome: Result<(), Error>,
    done: &str,
) -> Result<Response, Refused> {
    match outcome {
        Ok(()) => Ok(operator.visit().see_saying(PATH, done)),
        Err(error) if error.is_internal() => Err(error.into()),
        Err(error @ Error::RateLimited { .. }) => Err(error.into()),
        Err(error) => Ok(page(server, operator, Some(&error)).await?),
    }
}

async fn begin(
    State(server): State<Server>,
    Origin(address): Origin,
    operator: Operator,
    Sent(sent): Sent<Proof>,
) -> Result<Response, Refused> {
    let begun = async {
        prove(&server, &operator, address, sent.password).await?;
        let secret = Secret::new()?;
        Ok(server.0.store.put_operator_factor(operator.id, secret.bytes()).await?)
    };
    let words = "Scan the picture with your app, then confirm.";
    answer(&server, &operator, begun.await, words).await
}

#[derive(Deserialize)]
struct FirstCode {
    code: String,
}

async fn confirm(
    State(server): State<Server>,
    Origin(address): Origin,
    operator: Operator,
    Sent(sent): Sent<FirstCode>,
) -> Result<Response, Refused> {
    server.0.limits.count_address(address)?;
    let codes = match take_first_code(&server, &operator, &sent.code).await {
        Ok(codes) => codes,
        Err(error) if error.is_internal() => return Err(error.into()),
        Err(error) => return Ok(page(&server, &operator, Some(&error)).await?),
    };
    let body = html! {
        p { "The authenticator app is asked for from now on. Keep these codes where you keep valuable papers: each stands in for the app once. They are not shown again." }
        ul.codes { @for code in &codes { li { code { (code) } } } }
        p { a href="/console" { "I have kept them" } }
    };
    Ok(Page::new("Spare codes", body)
        .above(PATH, "Your second factor")
        .show(&operator))
}

async fn take_first_code(server: &Server, operator: &Operator, code: &str) -> Result<Vec<String>, Error> {
    let store = &server.0.store;
    let factor = store.operator_factor(operator.id).await?;
    let factor = factor
        .filter(|factor| !factor.confirmed)
        .ok_or(Error::SecondFactorState {
            why: "no authenticator is being set up",
        })?;
    let step = Secret::from_bytes(factor.secret)
        .check(code, server.now(), factor.last_step)
        .ok_or(Error::SecondFactorWrong)?;
    let spares = (0..SPARES).map(|_| new_code()).collect::<Result<Vec<_>, _>>()?;
    let hashes: Vec<_> = spares.iter().map(hash_code).collect();
    let subject = operator.id.to_string();
    let act = operator.act("operator.factor_added", &subject, "");
    store.confirm_operator_factor(operator.id, step, &hashes, &act).await?;
    Ok(spares.iter().map(SecretCode::shown).collect())
}

async fn remove(
    State(server): State<Server>,
    Origin(address): Origin,
    operator: Operator,
    Sent(sent): Sent<Proof>,
) -> Result<Response, Refused> {
    let removed = async {
        if is_required(&server).await? {
            return Err(Error::SecondFactorState {
                why: "the vendor demands it of every operator",
            });
        }
        prove(&server, &operator, address, sent.password).await?;
        let subject = operator.id.to_string();
        let act = operator.act("operator.factor_removed", &subject, "by the operator");
        Ok(server.0.store.remove_operator_factor(operator.id, false, &act).await?)
    };
    let words = "The authenticator app is no longer asked for.";
    answer(&server, &operator, removed.await, words).await
}
