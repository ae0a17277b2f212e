//! The account: licenses with what is left of them, and the computers that have them.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use scrip_domain::{License, LicenseKind, LicenseState, Timestamp};
use scrip_store::{ActivationRow, DeviceRow};

use super::{Person, verification};
use crate::Server;
use crate::html::{
    Form, Page, Realm, Refused, Table, Tone, badge, day, figures, reveal, section, text, when, when_text,
};

pub(super) async fn show(State(server): State<Server>, person: Person) -> Result<Response, Refused> {
    let store = &server.0.store;
    let now = server.0.clock.now();
    let wallet = store
        .user_by_id(person.user)
        .await?
        .ok_or(Refused::SignedOut(Realm::Account))?
        .balance;
    let licenses = store.licenses(person.user).await?;
    let names = store
        .product_names(licenses.iter().map(|license| &license.product))
        .await?;
    let mut seats = store.seats_held(person.user).await?;
    let held: Vec<_> = licenses
        .into_iter()
        .map(|license| {
            let seats = seats.remove(&license.id).unwrap_or_default();
            (license, seats)
        })
        .collect();
    let devices = store.devices(person.user).await?;
    let running = held
        .iter()
        .filter(|(license, _)| {
            matches!(
                license.state(now),
                LicenseState::Owned | LicenseState::Active | LicenseState::Grace
            )
        })
        .count();
    let body = html! {
        (verification::notice(&server, &person).await?)
        (figures([
            ("Wallet", wallet.to_string(), html! {}),
            ("Licenses", held.len().to_string(), html! { (running) " running" }),
            ("Computers", devices.len().to_string(), html! {}),
        ]))
        (section("Licenses", &html! {
            @if held.is_empty() { p.empty { "There is no license yet." } }
            @for (license, seats) in &held { (license_part(license, names.of(&license.product), seats, &person, now)) }
        }))
        (section("Computers", &computers(&devices)))
    };
    Ok(Page::new("Account", body).show(&person))
}

fn license_part(license: &License, name: &str, seats: &[ActivationRow], person: &Person, now: Timestamp) -> Markup {
    let table = Table::new(
        format!("Computers that have {name}"),
        [text("Computer"), text("Since"), text("Seat")],
    );
    let table = table.empty("No computer has it.").rows(seats, |row| {
        vec![
            html! { (row.device_name) },
            when(row.seat.taken_at),
            free_form(row, person),
        ]
    });
    html! {
        article {
            h3 { (name) " " (state_badge(license, now)) }
            p { (state_words(license, now)) " " (left_words(license)) }
            p.soft { (equity_words(license)) }
            (table)
        }
    }
}

fn free_form(row: &ActivationRow, person: &Person) -> Markup {
    let action = format!("/account/seats/{}/free", row.id);
    let button = format!("Free the seat of {}", row.device_name);
    let form = html! {
        p {
            "Frees its seat. The codes that it has no longer hold. That can be done three times in 90 days for a license; "
            "a computer that still works gives its seat back itself, as often as you like."
        }
        (Form::post(person, action, button, html! {}).danger())
    };
    reveal("This computer is dead or reinstalled", &form)
}

fn computers(devices: &[DeviceRow]) -> Markup {
    let table = Table::new("Your computers", [text("Computer"), text("Registered"), text("Clock")]);
    let table = table.empty("No computer is registered yet.").rows(devices, |device| {
        vec![
            html! { (device.name) },
            day(device.created_at),
            html! { a href=(format!("/account/computers/{}/recovery", device.id)) { "Recovery code for " (device.name) } },
        ]
    });
    html! { (table) }
}

/// How a license stands, in a word.
pub(crate) fn state_badge(license: &License, now: Timestamp) -> Markup {
    let (tone, word) = match license.state(now) {
        LicenseState::Owned => (Tone::Good, "owned"),
        LicenseState::Active if license.tenure.trial => (Tone::Good, "trial"),
        LicenseState::Active => (Tone::Good, "rented"),
        LicenseState::Grace => (Tone::Wait, "grace"),
        LicenseState::Paused => (Tone::Wait, "paused"),
        LicenseState::Expired => (Tone::Plain, "expired"),
        LicenseState::Exhausted => (Tone::Plain, "used up"),
        LicenseState::Suspended => (Tone::Bad, "suspended"),
        LicenseState::Revoked => (Tone::Bad, "revoked"),
    };
    badge(tone, word)
}

fn state_words(license: &License, now: Timestamp) -> &'static str {
    match license.state(now) {
        LicenseState::Owned => "Owned for good.",
        LicenseState::Active if license.tenure.trial => "On trial.",
        LicenseState::Active => "Rented.",
        LicenseState::Grace => "The time is over; it still runs for a short while.",
        LicenseState::Paused => "Paused.",
        LicenseState::Expired => "The rental has run out.",
        LicenseState::Exhausted => "Everything that was rented is used up.",
        LicenseState::Suspended => "Suspended by the vendor.",
        LicenseState::Revoked => "Revoked by the vendor.",
    }
}

/// What is left of a rental.
pub(crate) fn left_words(license: &License) -> String {
    if license.kind == LicenseKind::Perpetual {
        return String::new();
    }
    let left = &license.remaining;
    let parts = [
        left.ends_at.map(|end| format!("until {}", when_text(end))),
        left.uses.map(|count| format!("{count} uses left")),
        left.processings.map(|count| format!("{count} processings left")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}.", parts.join(", "))
}

fn equity_words(license: &License) -> String {
    match license.price_to_own() {
        _ if license.kind == LicenseKind::Perpetual => String::new(),
        Some(rest) => format!("{} of the price are paid; {rest} more make it yours.", license.equity),
        None => "It cannot be bought.".to_owned(),
    }
}
