//! The account pages: every page and deed, for its person, for others and for nobody.

use std::collections::BTreeSet;

use http::{StatusCode, header};

use super::form;
use super::pages_table::PAGES;
use super::routes::listed;
use super::rows::{Row, Rule, Seat};
use super::world::{Names, World, filled};
use crate::browser::{Browser, location, text};
use crate::support::Answer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Allowed,
    Absent,
    Refused,
    SignedOut,
    Stale,
}

fn outcome(answer: &Answer) -> Outcome {
    match answer.status {
        StatusCode::SEE_OTHER if location(answer).starts_with("/account/sign-in") => Outcome::SignedOut,
        StatusCode::FORBIDDEN if text(answer).contains("form.stale") => Outcome::Stale,
        StatusCode::FORBIDDEN if text(answer).contains("team.refused") => Outcome::Refused,
        StatusCode::NOT_FOUND => Outcome::Absent,
        _ => Outcome::Allowed,
    }
}

fn address(row: &Row, names: &Names) -> String {
    let path = row
        .path
        .replace("/token-orders/{order}", "/token-orders/{token_order}")
        .replace("{what}", "accept");
    filled(&path, names)
}

async fn ask(browser: &mut Browser<'_>, row: &Row, names: &Names, token: &str) -> Answer {
    match row.method {
        "GET" => browser.get(&address(row, names)).await,
        _ => form::send(browser, &address(row, names), token).await,
    }
}

/// A browser of somebody, and the token of its forms.
async fn browser<'w>(world: &'w World, name: &str) -> (Browser<'w>, String) {
    let mut browser = Browser::signed_in(&world.api, &format!("{name}@example.com")).await;
    let token = browser.token("/account").await;
    (browser, token)
}

fn shown(answer: &Answer) -> String {
    let page = String::from_utf8_lossy(&answer.bytes).into_owned();
    let main = page.split("<main").nth(1).unwrap_or(&page);
    let to = answer.headers.get(header::LOCATION);
    format!(
        "{} {to:?} {}",
        answer.status,
        main.chars().take(600).collect::<String>()
    )
}

#[test]
fn every_account_page_has_its_line() {
    let lines: BTreeSet<String> = PAGES.iter().map(Row::name).collect();
    assert_eq!(lines.len(), PAGES.len(), "a page has one line");
    assert_eq!(lines, listed("account"), "pages of the source and lines of the table");
}

#[tokio::test]
async fn nobody_sees_an_account() {
    let world = World::new().await;
    for (who, token) in world.strangers() {
        let mut browser = Browser::new(&world.api);
        let form_token = browser.token("/account/sign-in").await;
        browser
            .cookies
            .extend(token.map(|token| ("scrip_session".to_owned(), token.to_owned())));
        for row in PAGES.iter().filter(|row| row.rule != Rule::Anyone) {
            let answer = ask(&mut browser, row, &world.here, &form_token).await;
            assert_eq!(
                outcome(&answer),
                Outcome::SignedOut,
                "{who} at {}: {}",
                row.name(),
                shown(&answer)
            );
        }
    }
}

#[tokio::test]
async fn a_deed_needs_the_token_of_a_page_that_was_shown() {
    let world = World::new().await;
    let (mut ada, _) = browser(&world, "ada").await;
    let (_, strange) = browser(&world, "eve").await;
    let before = world.state().await;
    for row in PAGES.iter().filter(|row| row.method == "POST") {
        for token in ["", strange.as_str()] {
            let answer = form::send(&mut ada, &address(row, &world.here), token).await;
            assert_eq!(outcome(&answer), Outcome::Stale, "{}: {}", row.name(), shown(&answer));
        }
    }
    assert_eq!(world.state().await, before, "something was done");
}

#[tokio::test]
async fn pages_about_others_are_as_if_they_did_not_exist() {
    let world = World::new().await;
    let (mut eve, token) = browser(&world, "eve").await;
    let before = world.state().await;
    for row in PAGES {
        if matches!(row.rule, Rule::Anyone | Rule::SignedIn) {
            continue;
        }
        let answer = ask(&mut eve, row, &world.here, &token).await;
        let nowhere = world.nowhere();
        let other = ask(&mut eve, row, &nowhere, &token).await;
        // A redirect back to where it came from names what was asked for.
        let way = |answer: &Answer, names: &Names| {
            let to = answer
                .headers
                .get(header::LOCATION)
                .map(|to| to.to_str().unwrap().to_owned());
            to.map(|to| names.values().fold(to, |to, value| to.replace(value.as_str(), "…")))
        };
        assert_eq!(
            (answer.status, way(&answer, &world.here)),
            (other.status, way(&other, &nowhere)),
            "eve at {}: {}; where there is nothing: {}",
            row.name(),
            shown(&answer),
            shown(&other)
        );
        assert_ne!(
            answer.status,
            StatusCode::OK,
            "eve at {}: {}",
            row.name(),
            shown(&answer)
        );
        world.assert_tells_nothing(row, "eve", &answer);
    }
    assert_eq!(world.state().await, before, "what eve tried changed something of ada's");
}

#[tokio::test]
async fn a_person_gets_to_every_page_of_their_own() {
    let world = World::new().await;
    let (mut ada, _) = browser(&world, "ada").await;
    for row in PAGES.iter().filter(|row| row.method == "GET") {
        let answer = ada.get(&address(row, &world.here)).await;
        let fine = !answer.status.is_server_error() && !matches!(outcome(&answer), Outcome::Absent | Outcome::Refused);
        let away = outcome(&answer) == Outcome::SignedOut && row.rule != Rule::Anyone;
        assert!(fine && !away, "ada at {}: {}", row.name(), shown(&answer));
    }
}

#[tokio::test]
async fn a_teams_page_is_for_its_members_and_its_deeds_for_those_who_may() {
    let seats = [
        ("ian", Seat::Invited),
        ("mia", Seat::Member),
        ("max", Seat::Manager),
        ("ada", Seat::Owner),
    ];
    for (name, seat) in seats {
        let world = World::new().await;
        let (mut browser, token) = browser(&world, name).await;
        let before = world.state().await;
        for row in PAGES {
            let Rule::Team(least) = row.rule else { continue };
            if seat >= least {
                continue;
            }
            let answer = ask(&mut browser, row, &world.here, &token).await;
            assert_ne!(
                answer.status,
                StatusCode::OK,
                "{name} at {}: {}",
                row.name(),
                shown(&answer)
            );
        }
        assert_eq!(world.state().await, before, "{name} changed something");
    }
}
