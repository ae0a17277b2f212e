//! Licenses: who has which, what is left of it, on which computers; stopping and reinstating.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{ActivationId, DeedKind, HoldKind, License, LicenseId, LicenseKind, Permission};
use scrip_store::{ActivationRow, LicenseEvent};
use serde::Deserialize;

use super::people::{Whose, field};
use crate::Server;
use crate::account::{left_words, state_badge};
use crate::console::Operator;
use crate::deeds::{OneLicense, REVOKE_LICENSE, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, facts, filter, limit_one_more,
    number, pager, reveal, section, text, when,
};
use crate::request::{Path, Query};

const PATH: &str = "/console/licenses";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/licenses/{license}", get(show))
        .route("/console/licenses/{license}/hold", post(hold))
        .route("/console/licenses/{license}/revocation", post(revoke))
        .route("/console/licenses/{license}/seats/{activation}/free", post(free))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    email: String,
    before: Option<LicenseId>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let (store, now) = (&server.0.store, server.0.clock.now());
    let whose = Whose::find(&server, &wanted.email).await?;
    let mut found = match &whose {
        Whose::All => store.any_licenses(None, wanted.before, limit_one_more()).await?,
        Whose::Of(user) => store.any_licenses(Some(*user), wanted.before, limit_one_more()).await?,
        Whose::Nobody => Vec::new(),
    };
    let more = cut(&mut found);
    let email = wanted.email.trim();
    let last = found.last().filter(|_| more).map(|row| row.license.id.to_string());
    let next = last.map(|id| address(PATH, &[("email", email), ("before", &id)]));
    let columns = [
        text("Product"),
        text("Account"),
        text("State"),
        text("Left"),
        text("Since"),
    ];
    let table = Table::new("Licenses", columns)
        .empty("No license yet.")
        .rows(&found, |row| {
            vec![
                html! { a href=(format!("{PATH}/{}", row.license.id)) { (row.license.product) } },
                html! { a href=(address(PATH, &[("email", &row.email)])) { (row.email) } },
                state_badge(&row.license, now),
                html! { (left_words(&row.license)) },
                when(row.license.started_at),
            ]
        });
    let body = html! {
        (filter(PATH, whose.is_set(), &[field(email)]))
        (table)
        (pager(wanted.before.map(|_| address(PATH, &[("email", email)])), next))
    };
    Ok(Page::new("Licenses", body).show(&operator))
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<LicenseId>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let (store, now) = (&server.0.store, server.0.clock.now());
    let (license, email) = store.any_license(id).await?;
    let seats = store.seats(license.user, id).await?;
    let events = store.license_events(id).await?;
    let kind = match license.kind {
        LicenseKind::Perpetual => "for ever",
        LicenseKind::Rental => "rental",
    };
    let price = license.terms.offers.purchase_price();
    let body = html! {
        (facts([
            ("Product", html! { a href=(format!("/console/catalog/{}", license.product)) { (license.product) } }),
            ("Account", html! { a href=(address(PATH, &[("email", &email)])) { (email) } }),
            ("State", html! { (state_badge(&license, now)) " " (kind) }),
            ("Left", html! { (left_words(&license)) }),
            ("Paid so far", html! { (license.tenure.paid) }),
            ("Counts toward owning", html! { (license.equity) @if let Some(price) = price { " of " (price) } }),
            ("Not earned yet", html! { (license.unearned(now)) }),
            ("Began", when(license.started_at)),
            ("Terms of", when(license.terms.frozen_at)),
            ("License", html! { code { (license.id) } }),
        ]))
        @if let Some(hold) = &license.tenure.hold {
            p { (badge(Tone::Bad, "stopped")) " since " (when(hold.since)) ": " (hold.reason) }
        }
        (section("Seats", &seats_table(&operator, &license, &seats, now)))
        @if operator.may(Permission::Licenses) { (section("Stop or reinstate", &stops(&operator, &license))) }
        (section("What happened", &events_table(&events)))
    };
    Ok(Page::new(format!("License of {}", license.product), body)
        .above(PATH, "Licenses")
        .show(&operator))
}

fn seats_table(
    operator: &Operator,
    license: &License,
    seats: &[ActivationRow],
    now: scrip_domain::Timestamp,
) -> Markup {
    let columns = [
        text("Computer"),
        text("Since"),
        text("State"),
        number("Code"),
        number("Uses"),
        number("Processings"),
        text("Seat"),
    ];
    let table = Table::new("Seats", columns).empty("No computer ever had it.").rows(seats, |row| {
        let live = row.seat.is_live(now);
        vec![
            html! { (row.device_name) },
            when(row.seat.taken_at),
            if live { badge(Tone::Good, "has a seat") } else { badge(Tone::Plain, "gave it back") },
            html! { (row.code_seq) },
            html! { (row.reported.uses) },
            html! { (row.reported.processings) },
            html! { @if live && operator.may(Permission::Licenses) { (free_form(operator, license, row)) } @else { "–" } },
        ]
    });
    html! { (table) }
}

fn free_form(operator: &Operator, license: &License, row: &ActivationRow) -> Markup {
    let why = Field::text("why", "Why")
        .id(format!("why-{}", row.id))
        .length_max(200)
        .required();
    let action = format!("{PATH}/{}/seats/{}/free", license.id, row.id);
    let form = Form::post(operator, action, "Free the seat", html! { (why) }).danger();
    reveal(&format!("Free the seat of {}", row.device_name), &html! { (form) })
}

fn stops(operator: &Operator, license: &License) -> Markup {
    let why = |id: &'static str| {
        Field::text("why", "Why")
            .id(id)
            .hint("The holder reads it.")
            .length_max(200)
            .required()
    };
    let hold = license.tenure.hold.as_ref().map(|hold| hold.kind);
    let action = format!("{PATH}/{}", license.id);
    html! {
        @if hold == Some(HoldKind::Revoked) {
            p { "It is revoked for good." }
        } @else {
            @if hold.is_some() {
                (Form::post(operator, format!("{action}/hold"), "Reinstate", html! {
                    (crate::html::hidden("stop", false)) (why("why-reinstate"))
                }))
            } @else {
                (reveal("Suspend it", &html! {
                    p { "It stops until it is reinstated. Its codes are revoked." }
                    (Form::post(operator, format!("{action}/hold"), "Suspend", html! {
                        (crate::html::hidden("stop", true)) (why("why-suspend"))
                    }).danger())
                }))
            }
            (reveal("Revoke it", &html! {
                p { "It stops for good, and nothing is given back. The settings may ask for a second operator." }
                (Form::post(operator, format!("{action}/revocation"), "Revoke", html! { (why("why-revoke")) }).danger())
            }))
        }
    }
}

fn events_table(events: &[LicenseEvent]) -> Markup {
    let columns = [text("When"), text("Who"), text("What"), text("Why")];
    let table = Table::new("What happened", columns)
        .empty("Nothing but orders.")
        .rows(events, |event| {
            vec![
                when(event.at),
                html! { (event.actor) },
                html! { (event.what) },
                html! { (event.why) },
            ]
        });
    html! { (table) }
}

#[derive(Deserialize)]
struct Stop {
    stop: bool,
    why: String,
}

async fn hold(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<LicenseId>,
    Sent(sent): Sent<Stop>,
) -> Result<Response, Refused> {
    operator.require(Permission::Licenses)?;
    let (kind, action, text) = if sent.stop {
        (
            Some(HoldKind::Suspended),
            "license.suspended",
            "The license is suspended, and its codes are revoked.",
        )
    } else {
        (None, "license.reinstated", "The license is reinstated.")
    };
    let (subject, why) = (id.to_string(), reason(&sent.why)?);
    server
        .0
        .store
        .set_hold(id, kind, &operator.act(action, &subject, &why))
        .await?;
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), text))
}

/// A reason that the holder reads and that is signed into the list of revocations.
fn reason(text: &str) -> Result<String, crate::Error> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(crate::Error::Malformed {
            why: "a reason has 1 to 200 visible characters".to_owned(),
        });
    }
    Ok(text.to_owned())
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn revoke(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<LicenseId>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Licenses)?;
    let why = reason(&sent.why)?;
    let (license, email) = server.0.store.any_license(id).await?;
    let summary = format!("Revoke the license of {} for {email}.", license.product);
    let asked = (summary.as_str(), &OneLicense { license: id }, why.as_str());
    let text = do_or_ask(&server, &operator, &REVOKE_LICENSE, DeedKind::Revocation, asked).await?;
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &text))
}

async fn free(
    State(server): State<Server>,
    operator: Operator,
    Path((id, activation)): Path<(LicenseId, ActivationId)>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Licenses)?;
    let store = &server.0.store;
    let (why, subject) = (reason(&sent.why)?, id.to_string());
    let (license, _) = store.any_license(id).await?;
    store.force_release(license.user, activation, &why).await?;
    store.put_act(&operator.act("seat.freed", &subject, &why)).await?;
    Ok(operator
        .visit()
        .see_saying(&format!("{PATH}/{id}"), "The seat is free."))
}
