//! The vendor's customers: found, opened off-line, given a code, signed out.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use maud::{Markup, html};
use scrip_domain::{Permission, PersonalDetails, SecretCode, UserId};
use scrip_store::{User, UserRow};
use serde::Deserialize;
use uuid::Uuid;

use crate::accounts::offline::{self, NewClaim};
use crate::console::Operator;
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, day, facts, filter, grouped,
    limit_one_more, number, pager, problem, reveal, section, text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server};

const PATH: &str = "/console/users";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list).post(open))
        .route("/console/users/{user}", get(show))
        .route("/console/users/{user}/code", post(code))
        .route("/console/users/{user}/sessions", post(end_sessions))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    words: String,
    before: Option<Uuid>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let mut found = server
        .0
        .store
        .search_users(&wanted.words, wanted.before, limit_one_more())
        .await?;
    let more = cut(&mut found);
    let next = found.last().filter(|_| more).map(|last| last.id.to_string());
    let next = next.map(|id| address(PATH, &[("words", &wanted.words), ("before", &id)]));
    let first = wanted.before.map(|_| address(PATH, &[("words", &wanted.words)]));
    let columns = [
        text("E-mail"),
        text("Name"),
        text("State"),
        text("Since"),
        number("Tokens"),
    ];
    let table = Table::new("Users", columns).empty("Nobody fits.").rows(&found, |row| {
        vec![
            html! { a href=(format!("{PATH}/{}", row.id)) { (row.email) } },
            html! { (row.name) },
            state(row),
            day(row.created_at),
            html! { (grouped(row.balance)) },
        ]
    });
    let search = Field::text("words", "Address, name or id")
        .value(&*wanted.words)
        .length_max(100);
    let body = html! {
        (filter(PATH, !wanted.words.is_empty(), &[search]))
        (table)
        (pager(first, next))
        @if operator.may(Permission::People) {
            (section("Open an account for somebody", &open_form(&operator, &NewUserForm::default())))
        }
    };
    Ok(Page::new("Users", body).show(&operator))
}

fn state(row: &UserRow) -> Markup {
    match row {
        UserRow { erased_at: Some(_), .. } => badge(Tone::Plain, "erased"),
        UserRow { unclaimed: true, .. } => badge(Tone::Wait, "waits to be claimed"),
        UserRow {
            verified_at: Some(_), ..
        } => badge(Tone::Good, "verified"),
        UserRow { .. } => badge(Tone::Plain, "not verified"),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NewUserForm {
    email: String,
    name: String,
    phone: String,
    postal_address: String,
    why: String,
}

fn open_form(operator: &Operator, sent: &NewUserForm) -> Markup {
    let fields = html! {
        (Field::email("email", "E-mail address").value(&*sent.email).autocomplete("off").required())
        (Field::text("name", "Name").value(&*sent.name).length_max(80))
        (Field::text("phone", "Telephone").value(&*sent.phone).length_max(40))
        (Field::area("postal_address", "Postal address", 3).value(&*sent.postal_address).length_max(400))
        (Field::text("why", "Why").value(&*sent.why).id("why-open").length_max(200).required()
            .hint("How the person asked, such as by telephone."))
    };
    html! {
        p { "The person claims the account by a code that you tell them; it is shown once." }
        (Form::post(operator, PATH, "Open the account", fields))
    }
}

async fn open(
    State(server): State<Server>,
    operator: Operator,
    Sent(sent): Sent<NewUserForm>,
) -> Result<Response, Refused> {
    operator.require(Permission::People)?;
    let details = PersonalDetails {
        name: sent.name.clone(),
        phone: sent.phone.clone(),
        postal_address: sent.postal_address.clone(),
    };
    let opened = async {
        let email = sent.email.parse()?;
        offline::open(&server, email, &details, &operator.email, &sent.why).await
    };
    match opened.await {
        Ok((user, code)) => Ok(code_page(&server, &operator, &user, &code)),
        Err(error) if error.is_internal() => Err(error.into()),
        Err(error) => {
            let body = html! { (problem(&error)) (open_form(&operator, &sent)) };
            let page = Page::new("Open an account", body).above(PATH, "Users");
            Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY).show(&operator))
        }
    }
}

/// The only page that shows a code.
fn code_page(server: &Server, operator: &Operator, user: &User, code: &SecretCode) -> Response {
    let body = html! {
        p { "Tell this code to the person of " strong { (user.email) } ", and to nobody else. It is not shown again." }
        p.codes { code { (code.shown()) } }
        p { "They enter it at " code { (server.public_url()) "/account/claim" } ", or with " code { "scrip account claim" } "." }
        p { a href=(format!("{PATH}/{}", user.id)) { "To the account" } }
    };
    Page::new("Claim code", body).above(PATH, "Users").show(operator)
}

async fn find(server: &Server, id: Uuid) -> Result<User, Error> {
    let user = server.0.store.user_by_id(UserId(id)).await?;
    user.ok_or_else(|| Error::NotFound {
        path: format!("{PATH}/{id}"),
    })
}

async fn show(State(server): State<Server>, operator: Operator, Path(id): Path<Uuid>) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let user = find(&server, id).await?;
    let store = &server.0.store;
    let details = store.personal_details(user.id).await?;
    let sessions = store.sessions(user.id).await?;
    let factor = store
        .second_factor(user.id)
        .await?
        .is_some_and(|factor| factor.confirmed);
    let licenses = store.licenses(user.id).await?;
    let acts = store.acts(Some(&user.id.to_string()), None, 20).await?;
    let verified = user
        .verified_at
        .map_or(badge(Tone::Plain, "not verified"), |at| html! { "verified " (day(at)) });
    let body = html! {
        (facts([
            ("E-mail address", html! { (user.email) " " (verified) }),
            ("Name", html! { (details.name) }),
            ("Telephone", html! { (details.phone) }),
            ("Postal address", html! { @for (at, line) in details.postal_address.lines().enumerate() { @if at > 0 { br; } (line) } }),
            ("Id", html! { code { (user.id) } }),
            ("Since", day(user.created_at)),
            ("Wallet", html! { (user.balance) }),
            ("Authenticator app", html! { @if factor { "on" } @else { "off" } }),
        ]))
        (section("Licenses", &html! {
            (Table::new("Licenses", [text("Product"), text("Id"), text("Since")]).empty("None.").rows(&licenses, |license| vec![
                html! { (license.product) }, html! { code { (license.id) } }, day(license.started_at),
            ]))
        }))
        (section("Sessions", &html! {
            (Table::new("Sessions", [text("Signed in on"), text("Since"), text("Last used")]).empty("Nobody is signed in.")
                .rows(&sessions, |row| vec![html! { (row.label) }, day(row.created_at), when(row.seen_at)]))
        }))
        @if operator.may(Permission::People) { (deeds(&operator, &user)) }
        (section("What was done", &html! {
            (Table::new("Acts", [text("When"), text("Who"), text("What"), text("Why")]).empty("Nothing yet.").rows(&acts, |act| vec![
                when(act.at), html! { (act.actor) }, html! { code { (act.action) } }, html! { (act.why) },
            ]))
        }))
    };
    Ok(Page::new(user.email.as_str(), body)
        .above(PATH, "Users")
        .show(&operator))
}

fn deeds(operator: &Operator, user: &User) -> Markup {
    let why = |id: &'static str| Field::text("why", "Why").id(id).length_max(200).required();
    let code = html! {
        (Field::check("without_factors", "Take the authenticator app and passkeys off too")
            .hint("Only for a person whom you recognised, and who lost them."))
        (why("why-code"))
    };
    section(
        "Help",
        &html! {
            (reveal("Give a code that sets a new password", &html! {
                (Form::post(operator, format!("{PATH}/{}/code", user.id), "Make the code", code))
            }))
            (reveal("End every session", &html! {
                (Form::post(operator, format!("{PATH}/{}/sessions", user.id), "End them", html! { (why("why-end")) }).danger())
            }))
        },
    )
}

#[derive(Deserialize)]
struct CodeForm {
    #[serde(default)]
    without_factors: String,
    why: String,
}

async fn code(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<CodeForm>,
) -> Result<Response, Refused> {
    operator.require(Permission::People)?;
    let user = find(&server, id).await?;
    let claim = NewClaim {
        user: &user,
        without_factors: sent.without_factors == "on",
        actor: &operator.email,
        why: &sent.why,
    };
    let code = offline::reissue(&server, &claim).await?;
    Ok(code_page(&server, &operator, &user, &code))
}

#[derive(Deserialize)]
struct WhyForm {
    why: String,
}

async fn end_sessions(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<WhyForm>,
) -> Result<Response, Refused> {
    operator.require(Permission::People)?;
    let user = find(&server, id).await?;
    let subject = user.id.to_string();
    let act = operator.act("user.sessions_ended", &subject, &sent.why);
    let ended = server.0.store.end_sessions_of(user.id, &act).await?;
    Ok(operator
        .visit()
        .see_saying(&format!("{PATH}/{id}"), &format!("{ended} sessions have ended.")))
}
