//! What a person gets of what is kept of them, and what is left of them in the log of what the vendor's people did.

use http::{StatusCode, header};
use scrip_domain::{ApprovalPolicy, Role};
use scrip_store::Act;
use serde_json::json;

use crate::browser::{Browser, text};
use crate::support::Api;
use crate::verification::command;

const EMAIL: &str = "zenobia.q@persona.example";

#[tokio::test]
async fn an_export_is_one_document_with_every_section() {
    let api = Api::new().await;
    let token = api.register(EMAIL).await;
    for _ in 0..600 {
        api.grant(EMAIL, 1).await;
    }
    let answer = api.get("/v1/account/export", Some(&token)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert!(
        !answer.headers.contains_key(header::CONTENT_LENGTH),
        "it is sent while it is read"
    );
    let document = answer.json();
    assert_eq!(
        (&document["format"], &document["vendor"]),
        (&json!(1), &json!(api.server.issuer()))
    );
    let described = include_str!("../../../../docs/personal-data.md");
    for section in scrip_store::Store::export_sections() {
        assert!(document[section].is_array(), "{section} is missing");
        assert!(
            described.contains(&format!("`{section}`")),
            "docs/personal-data.md does not describe {section}"
        );
    }
    assert_eq!(document["account"][0]["email"], EMAIL);
    assert_eq!(document["wallet"].as_array().unwrap().len(), 601);
    let mut browser = Browser::signed_in(&api, EMAIL).await;
    let page = browser.get("/account/personal/export.json").await;
    assert_eq!(page.json()["wallet"], document["wallet"]);
    assert_eq!(api.get("/v1/account/export", None).await.code(), "auth.session_missing");
}

#[tokio::test]
async fn a_person_is_told_what_erasing_means_before_it_is_done() {
    let api = Api::new().await;
    let token = api.register(EMAIL).await;
    let preview = api.get("/v1/account/erasure", Some(&token)).await.succeed();
    assert_eq!(
        preview,
        json!({"hindrances": [], "forfeits": 100, "licenses": 0, "bills_kept": 0, "bills_kept_until": null})
    );
    let mut browser = Browser::signed_in(&api, EMAIL).await;
    assert!(
        browser
            .page("/account/personal")
            .await
            .contains("100 tokens in your wallet are lost.")
    );
    command(&api, "/v1/teams", &token, json!({"name": "us"}))
        .await
        .succeed();
    let preview = api.get("/v1/account/erasure", Some(&token)).await.succeed();
    assert!(
        preview["hindrances"][0]
            .as_str()
            .unwrap()
            .starts_with("1 teams belong to it"),
        "{preview}"
    );
    let page = browser.page("/account/personal").await;
    assert!(
        page.contains("have to be seen to first") && !page.contains("Erase me"),
        "{page}"
    );
    let body = json!({"password": "correct horse", "forfeit": 100});
    let refused = api.post("/v1/account/erase", Some(&token), body).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::CONFLICT, "account.not_erasable")
    );
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("1 teams belong to it")
    );
}

#[tokio::test]
async fn the_log_knows_people_by_their_ids_so_that_erasing_reaches_it() {
    let api = Api::new().await;
    let token = api.register(EMAIL).await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let policy = ApprovalPolicy {
        grants_over: Some(10),
        ..ApprovalPolicy::default()
    };
    let act = Act {
        actor: "cli",
        action: "settings.changed",
        subject: "approvals",
        why: "test",
    };
    api.server.store().put_setting(&policy, &act).await.unwrap();
    let page = owner.page("/console/campaigns").await;
    let command = crate::browser::value_of(&page, "command");
    let grant = [
        ("command", command.as_str()),
        ("email", EMAIL),
        ("tokens", "50"),
        ("reason", "goodwill"),
        ("why", "goodwill"),
    ];
    let asked = owner
        .fill("/console/campaigns", "/console/campaigns/grant", &grant)
        .await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", text(&asked));
    let waiting = api.server.store().approvals(None, None, 10).await.unwrap();
    assert!(
        waiting[0].summary.contains(EMAIL),
        "whoever approves sees whom it is for"
    );
    let limit = [("email", EMAIL), ("limit", "100 EUR"), ("why", "known")];
    let set = owner
        .fill("/console/token-orders", "/console/token-orders/limit", &limit)
        .await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", text(&set));
    api.grant(EMAIL, 5).await;
    let log = owner.page("/console/log").await;
    assert!(log.contains("tokens.granted") && !log.contains(EMAIL), "{log}");
    let body = json!({"password": "correct horse", "forfeit": 105});
    let erased = api.post("/v1/account/erase", Some(&token), body).await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", text(&erased));
    for path in ["/console/log", "/console/approvals", "/console/users"] {
        assert!(!owner.page(path).await.contains(EMAIL), "{path}");
    }
    assert!(api.server.store().audit().await.unwrap().breaches.is_empty());
    scrip_server::run_job(&api.server, "retention").await.unwrap();
}
