//! Who may do what: every route of the API, the account pages and the console, for everybody who might ask.
//!
//! Each table names every route once. A new route without a line fails the test, and so does a line without a route.

mod console;
mod console_table;
mod form;
mod pages;
mod pages_table;
mod routes;
mod rows;
mod table;
mod world;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::Value;

use crate::support::Answer;
use rows::{Row, Rule, Seat};
use table::API;
use world::World;

/// What a caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing stands in the way; whether it can be done is another question.
    Allowed,
    /// It is not known who asks.
    Unknown,
    /// As if it did not exist.
    Absent,
    /// A member of a team who may not do that.
    Refused,
}

impl Outcome {
    /// What an answer came to. Codes of refusals that are about the caller are told from those about the request.
    fn of(answer: &Answer) -> Self {
        let problem: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
        let code = problem["code"].as_str().unwrap_or_default();
        match answer.status {
            StatusCode::UNAUTHORIZED if code.starts_with("auth.session_") => Self::Unknown,
            StatusCode::NOT_FOUND => Self::Absent,
            StatusCode::FORBIDDEN if code == "team.refused" => Self::Refused,
            _ => Self::Allowed,
        }
    }
}

#[test]
fn every_route_of_the_api_has_its_line() {
    let document: Value = serde_json::from_str(scrip_server::document()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{} {path}", method.to_uppercase());
            let open = operation["security"] == serde_json::json!([{}]);
            let row = API.iter().find(|row| row.name() == name);
            let row = row.unwrap_or_else(|| panic!("{name} has no line in the table of who may do what"));
            assert_eq!(
                open,
                row.rule == Rule::Anyone,
                "{name}: the description says who may ask"
            );
            described.insert(name);
        }
    }
    let lines: BTreeSet<String> = API.iter().map(Row::name).collect();
    assert_eq!(lines.len(), API.len(), "a route has one line");
    assert_eq!(lines, described, "a line without a route");
}

#[tokio::test]
async fn nobody_and_no_dead_session_gets_past_the_door() {
    let world = World::new().await;
    for row in API {
        for (who, token) in world.strangers() {
            let answer = world.ask(row, &world.here, token).await;
            let expected = if row.rule == Rule::Anyone {
                Outcome::Allowed
            } else {
                Outcome::Unknown
            };
            let found = Outcome::of(&answer);
            // Open things may be missing: a code that nobody sent, a picture that nobody listed.
            let open = row.rule == Rule::Anyone && found == Outcome::Absent;
            assert!(found == expected || open, "{who} at {}: {}", row.name(), shown(&answer));
            world.assert_tells_nothing(row, who, &answer);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_as_if_it_did_not_exist() {
    let world = World::new().await;
    let before = world.state().await;
    for row in API {
        let token = world.session("eve@example.com").await;
        let answer = world.ask(row, &world.here, Some(&token)).await;
        match row.rule {
            Rule::Anyone => {}
            Rule::SignedIn => assert_ne!(Outcome::of(&answer), Outcome::Unknown, "eve at {}", row.name()),
            Rule::Licensed => assert_eq!(code_of(&answer), "license.not_found", "eve at {}", row.name()),
            Rule::Owner | Rule::Recipient | Rule::Team(_) => {
                let token = world.session("eve@example.com").await;
                let nowhere = world.ask(row, &world.nowhere(), Some(&token)).await;
                let same = (answer.status, code_of(&answer)) == (nowhere.status, code_of(&nowhere));
                let absent = Outcome::of(&answer) == Outcome::Absent;
                assert!(
                    same && absent,
                    "eve at {}: {}; where there is nothing: {}",
                    row.name(),
                    shown(&answer),
                    shown(&nowhere)
                );
            }
        }
        world.assert_tells_nothing(row, "eve", &answer);
    }
    assert_eq!(world.state().await, before, "what eve tried changed something of ada's");
}

#[tokio::test]
async fn whoever_gave_something_away_does_not_take_it_for_the_recipient() {
    let world = World::new().await;
    for row in API.iter().filter(|row| row.rule == Rule::Recipient) {
        let ada = world.session("ada@example.com").await;
        let answer = world.ask(row, &world.here, Some(&ada)).await;
        assert_eq!(
            Outcome::of(&answer),
            Outcome::Absent,
            "ada at {}: {}",
            row.name(),
            shown(&answer)
        );
    }
}

#[tokio::test]
async fn whoever_it_belongs_to_is_let_in() {
    let world = World::new().await;
    for row in API {
        let email = match row.rule {
            Rule::Recipient => "gus@example.com",
            _ => "ada@example.com",
        };
        let token = world.session(email).await;
        let answer = world.ask(row, &world.here, Some(&token)).await;
        let open = row.rule == Rule::Anyone;
        assert!(
            open || Outcome::of(&answer) == Outcome::Allowed,
            "{email} at {}: {}",
            row.name(),
            shown(&answer)
        );
        assert!(!answer.status.is_server_error(), "{}: {}", row.name(), shown(&answer));
    }
}

#[tokio::test]
async fn a_team_is_seen_by_its_members_and_changed_by_those_who_may() {
    let members = [
        ("ian@example.com", Seat::Invited),
        ("mia@example.com", Seat::Member),
        ("max@example.com", Seat::Manager),
        ("ada@example.com", Seat::Owner),
    ];
    for (email, seat) in members {
        // A team of their own for each: whoever may remove a member does.
        let world = World::new().await;
        // What a seat is just enough for comes last: joining makes a member, and closing leaves no team.
        let mut rows: Vec<&Row> = API.iter().collect();
        rows.sort_by_key(|row| row.rule == Rule::Team(seat));
        for row in rows {
            let Rule::Team(least) = row.rule else { continue };
            let token = world.session(email).await;
            let answer = world.ask(row, &world.here, Some(&token)).await;
            let expected = match seat {
                _ if seat >= least => Outcome::Allowed,
                Seat::Invited => Outcome::Absent,
                _ => Outcome::Refused,
            };
            assert_eq!(
                Outcome::of(&answer),
                expected,
                "{email} at {}: {}",
                row.name(),
                shown(&answer)
            );
        }
    }
}

fn code_of(answer: &Answer) -> String {
    let problem: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
    problem["code"].as_str().unwrap_or_default().to_owned()
}

fn shown(answer: &Answer) -> String {
    let text: String = String::from_utf8_lossy(&answer.bytes).chars().take(400).collect();
    format!("{} {text}", answer.status)
}

/// The method of a row.
fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).unwrap()
}
