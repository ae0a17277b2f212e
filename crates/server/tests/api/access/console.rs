//! The console: every page and deed, for every role and for those who have none.

use std::collections::BTreeSet;

use http::StatusCode;
use scrip_domain::Role;
use uuid::Uuid;

use super::console_table::{CONSOLE, OPEN};
use super::form;
use super::routes::listed;
use super::rows::ConsoleRow;
use crate::browser::{Browser, location, text};
use crate::support::{Answer, Api, PRICES};
use crate::token_sales::{ACT, sell_tokens};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Allowed,
    Forbidden,
    SignedOut,
    /// The form is not one that this browser was shown.
    Stale,
}

fn outcome(answer: &Answer) -> Outcome {
    match answer.status {
        StatusCode::SEE_OTHER if location(answer) == "/console/sign-in" => Outcome::SignedOut,
        StatusCode::FORBIDDEN if text(answer).contains("operator.forbidden") => Outcome::Forbidden,
        StatusCode::FORBIDDEN if text(answer).contains("form.stale") => Outcome::Stale,
        _ => Outcome::Allowed,
    }
}

fn name(row: &ConsoleRow) -> String {
    format!("{} {}", row.method, row.path)
}

/// The address with something in it that exists where only few things do.
fn address(row: &ConsoleRow) -> String {
    let parts = row.path.split('/').map(|part| match part {
        "{product}" => "org.example.Paint".to_owned(),
        "{job}" => "mail".to_owned(),
        "{group}" => "sending".to_owned(),
        "{file}" => "trial-balance.csv".to_owned(),
        "{voucher}" => "1".to_owned(),
        part if part.starts_with('{') => Uuid::new_v4().to_string(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn ask(browser: &mut Browser<'_>, row: &ConsoleRow, token: &str) -> Answer {
    match row.method {
        "GET" => browser.get(&address(row)).await,
        _ => form::send(browser, &address(row), token).await,
    }
}

fn shown(answer: &Answer) -> String {
    let page = text(answer);
    let main = page.split("<main").nth(1).unwrap_or(&page);
    format!("{} {}", answer.status, main.chars().take(500).collect::<String>())
}

#[test]
fn every_page_of_the_console_has_its_line() {
    let mut lines: BTreeSet<String> = CONSOLE.iter().map(name).collect();
    assert_eq!(lines.len(), CONSOLE.len(), "a page has one line");
    lines.extend(OPEN.map(str::to_owned));
    assert_eq!(lines, listed("console"), "pages of the source and lines of the table");
}

#[tokio::test]
async fn nobody_without_a_session_at_the_console_gets_past_its_door() {
    let api = Api::new().await;
    api.register("ada@example.com").await;
    let mut customer = Browser::signed_in(&api, "ada@example.com").await;
    let session = customer
        .cookies
        .iter()
        .find(|(name, _)| name == "scrip_session")
        .unwrap()
        .1
        .clone();
    // The last owner stays.
    Browser::operator(&api, Role::Owner).await;
    let mut dismissed = Browser::operator(&api, Role::Support).await;
    let row = api
        .server
        .store()
        .operator_by_email(&"support@vendor.example".parse().unwrap())
        .await;
    api.server
        .store()
        .set_operator_disabled(row.unwrap().unwrap().id, true, &ACT)
        .await
        .unwrap();
    // A customer's token is no operator's, wherever it stands.
    let mut disguised = Browser::new(&api);
    disguised.cookies.push(("scrip_operator".to_owned(), session));
    let mut nobody = Browser::new(&api);
    let strangers = [
        ("nobody", &mut nobody),
        ("a customer", &mut customer),
        ("a customer in disguise", &mut disguised),
        ("a dismissed operator", &mut dismissed),
    ];
    for (who, browser) in strangers {
        for row in CONSOLE {
            let answer = ask(browser, row, "x").await;
            assert_eq!(
                outcome(&answer),
                Outcome::SignedOut,
                "{who} at {}: {}",
                name(row),
                shown(&answer)
            );
        }
    }
}

#[tokio::test]
async fn every_role_does_what_it_may_and_nothing_else() {
    for role in Role::ALL {
        let api = Api::new().await;
        api.list(PRICES).await;
        sell_tokens(&api.server).await;
        let mut browser = Browser::operator(&api, role).await;
        let token = browser.token("/console").await;
        for row in CONSOLE {
            let answer = ask(&mut browser, row, &token).await;
            let expected = if role.may(row.needs) {
                Outcome::Allowed
            } else {
                Outcome::Forbidden
            };
            assert_eq!(
                outcome(&answer),
                expected,
                "{role} at {}: {}",
                name(row),
                shown(&answer)
            );
            assert!(
                !answer.status.is_server_error(),
                "{role} at {}: {}",
                name(row),
                shown(&answer)
            );
        }
        assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
    }
}

#[tokio::test]
async fn a_deed_needs_the_token_of_the_form_that_was_shown() {
    let api = Api::new().await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let strange = Browser::new(&api).token("/console/sign-in").await;
    let before = api.server.store().acts(None, None, 500).await.unwrap().len();
    let open = OPEN.iter().filter_map(|name| name.strip_prefix("POST "));
    let deeds = CONSOLE.iter().filter(|row| row.method == "POST").map(address);
    for path in open.map(str::to_owned).chain(deeds) {
        for token in ["", strange.as_str()] {
            let answer = form::send(&mut owner, &path, token).await;
            assert_eq!(outcome(&answer), Outcome::Stale, "{path}: {}", shown(&answer));
        }
    }
    assert_eq!(
        api.server.store().acts(None, None, 500).await.unwrap().len(),
        before,
        "something was done"
    );
}
