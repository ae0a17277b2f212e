//! The account: licenses with what is left of them, and the computers that have them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use scrip_domain::{License, LicenseKind, LicenseState, Timestamp};
use scrip_store::{ActivationRow, DeviceRow};

use super::layout::{page, token};
use super::visit::{Person, Refused};
use crate::Server;

pub(super) async fn show(State(server): State<Server>, person: Person) -> Result<Response, Refused> {
    let store = &server.0.store;
    let now = server.0.clock.now();
    let wallet = store.user_by_id(person.user).await?.ok_or(Refused::SignedOut)?.balance;
    let licenses = store.licenses(person.user).await?;
    let mut held = Vec::with_capacity(licenses.len());
    for license in licenses {
        let seats = store.seats(person.user, license.id).await?;
        held.push((license, seats));
    }
    let devices = store.devices(person.user).await?;
    let body = html! {
        p { "The wallet holds " (wallet) "." }
        h2 { "Licenses" }
        @if held.is_empty() { p { "There is no license yet." } }
        @for (license, seats) in &held { (license_section(license, seats, &person, now)) }
        h2 { "Computers" }
        (computers(&devices))
    };
    Ok(page("Account", Some(&person), &body).into_response())
}

fn license_section(license: &License, seats: &[ActivationRow], person: &Person, now: Timestamp) -> Markup {
    let live: Vec<_> = seats.iter().filter(|row| row.seat.is_live(now)).collect();
    html! {
        section {
            h3 { (license.product) }
            p { (state_words(license, now)) " " (left_words(license)) }
            p.soft { (equity_words(license)) }
            @if live.is_empty() {
                p { "No computer has it." }
            } @else {
                table {
                    thead { tr { th scope="col" { "Computer" } th scope="col" { "Since" } th scope="col" { "Seat" } } }
                    tbody {
                        @for row in live {
                            tr {
                                td { (row.device_name) }
                                td { (day(row.seat.taken_at)) }
                                td { (free_form(row, person)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn free_form(row: &ActivationRow, person: &Person) -> Markup {
    html! {
        form method="post" action=(format!("/account/seats/{}/free", row.id)) {
            (token(person))
            details {
                summary { "This computer is dead or reinstalled" }
                p {
                    "Frees its seat. The codes that it has no longer hold. That can be done three times in 90 days for a license; "
                    "a computer that still works gives its seat back itself, as often as you like."
                }
                button.quiet type="submit" { "Free the seat of " (row.device_name) }
            }
        }
    }
}

fn computers(devices: &[DeviceRow]) -> Markup {
    html! {
        @if devices.is_empty() {
            p { "No computer is registered yet." }
        } @else {
            table {
                thead { tr { th scope="col" { "Computer" } th scope="col" { "Registered" } th scope="col" { "Clock" } } }
                tbody {
                    @for device in devices {
                        tr {
                            td { (device.name) }
                            td { (day(device.created_at)) }
                            td { a href=(format!("/account/computers/{}/recovery", device.id)) { "Recovery code for " (device.name) } }
                        }
                    }
                }
            }
        }
    }
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
fn left_words(license: &License) -> String {
    if license.kind == LicenseKind::Perpetual {
        return String::new();
    }
    let left = &license.remaining;
    let parts = [
        left.ends_at.map(|end| format!("until {}", day(end))),
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

/// The day and the minute, in universal time.
pub(super) fn day(instant: Timestamp) -> String {
    let text = instant.to_string();
    let minute: String = text.chars().take(16).collect();
    format!("{} UTC", minute.replace('T', " "))
}
