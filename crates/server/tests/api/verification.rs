//! What an account whose address is not verified may not do, and how it gets there.

use http::StatusCode;
use scrip_domain::{AccountPolicy, Role};
use scrip_store::Act;
use scrip_testkit::Smtp;
use serde_json::{Value, json};

use crate::browser::{Browser, text};
use crate::mail::code_in;
use crate::support::{Answer, Api};

async fn set(api: &Api, policy: AccountPolicy) {
    let act = Act {
        actor: "cli",
        action: "settings.changed",
        subject: "accounts",
        why: "test",
    };
    api.server.store().put_setting(&policy, &act).await.unwrap();
}

async fn verify(api: &Api, smtp: &Smtp, email: &str) {
    scrip_server::send_due(&api.server).await.unwrap();
    let to = format!("To: {email}");
    let mail = smtp.mails().into_iter().rev().find(|mail| mail.contains(&to)).unwrap();
    let done = api
        .post("/v1/verifications", None, json!({"code": code_in(&mail)}))
        .await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
}

pub(crate) async fn command(api: &Api, path: &str, token: &str, body: Value) -> Answer {
    let request = http::Request::builder()
        .method("POST")
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", uuid::Uuid::new_v4().to_string());
    api.send(request.body(body.to_string().into()).unwrap()).await
}

fn sending(to: &str, name: &str) -> Value {
    json!({"to": to, "name": name, "tokens": 1, "message": ""})
}

#[tokio::test]
async fn who_is_not_verified_sends_nothing_and_is_sent_nothing() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    let (ada, bob) = (
        api.register("ada@example.com").await,
        api.register("bob@example.com").await,
    );
    verify(&api, &smtp, "bob@example.com").await;
    let refused = command(
        &api,
        "/v1/transfers",
        &ada,
        sending("bob@example.com", "b…@example.com"),
    )
    .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::FORBIDDEN, "account.unverified")
    );
    let problem = refused.json();
    assert_eq!(
        problem["detail"],
        "the e-mail address of your account is not verified, and only verified accounts may send tokens or gifts"
    );
    assert!(problem["hints"][0].as_str().unwrap().contains("scrip account verify"));
    let gift = json!({"to": "bob@example.com", "name": "b", "product": "org.example.Paint", "expected_price": 1, "message": ""});
    assert_eq!(
        command(&api, "/v1/gifts", &ada, gift).await.code(),
        "account.unverified"
    );
    let team = command(&api, "/v1/teams", &ada, json!({"name": "us"})).await.succeed();
    let team = team["id"].as_str().unwrap();
    let deposit = format!("/v1/teams/{team}/deposit");
    assert_eq!(
        command(&api, &deposit, &ada, json!({"tokens": 1})).await.code(),
        "account.unverified"
    );
    // The other way round it is the recipient's address, and said before a name is confirmed.
    let asked = api
        .post("/v1/recipients", Some(&bob), json!({"to": "ada@example.com"}))
        .await;
    assert_eq!(
        (asked.status, asked.code().as_str()),
        (StatusCode::FORBIDDEN, "account.recipient_unverified")
    );
    let sent = command(
        &api,
        "/v1/transfers",
        &bob,
        sending("ada@example.com", "a…@example.com"),
    )
    .await;
    assert_eq!(sent.code(), "account.recipient_unverified");
    // The profile tells an app before anybody tries.
    let profile = api.get("/v1/account/profile", Some(&ada)).await.succeed();
    assert_eq!(profile["barred"], json!(["send", "receive", "order_on_bill"]));
    assert_eq!(
        api.get("/v1/account/profile", Some(&bob)).await.succeed()["barred"],
        json!([])
    );

    api.clock.advance_seconds(61);
    let again = api.post("/v1/account/verification", Some(&ada), json!({})).await;
    assert!(again.status.is_success(), "{}", text(&again));
    verify(&api, &smtp, "ada@example.com").await;
    let name = api
        .post("/v1/recipients", Some(&ada), json!({"to": "bob@example.com"}))
        .await
        .succeed();
    let sent = command(
        &api,
        "/v1/transfers",
        &ada,
        sending("bob@example.com", name["name"].as_str().unwrap()),
    )
    .await;
    assert_eq!(sent.succeed()["state"], "waiting");
}

#[tokio::test]
async fn orders_on_a_bill_wait_for_a_verified_address() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    let ada = api.register("ada@example.com").await;
    let order = || {
        json!({"method": "invoice", "currency": "EUR", "tokens": 100, "number": "", "note": "",
            "bill_to": {"name": "Ada", "address": "1 Square\nLondon", "tax_number": ""}})
    };
    assert_eq!(
        command(&api, "/v1/token-orders", &ada, order()).await.code(),
        "account.unverified"
    );
    set(
        &api,
        AccountPolicy {
            unverified_may_order_on_bill: true,
            ..AccountPolicy::default()
        },
    )
    .await;
    // Allowed, it is the next rule that speaks: nothing is billed without a seller.
    assert_eq!(
        command(&api, "/v1/token-orders", &ada, order()).await.code(),
        "payment.method_off"
    );
}

#[tokio::test]
async fn a_page_says_what_waits_and_sends_the_mail_again() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    api.register("ada@example.com").await;
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    for path in [
        "/account",
        "/account/personal",
        "/account/sending",
        "/account/gifts",
        "/account/tokens",
    ] {
        let page = browser.page(path).await;
        for words in [
            "not verified yet",
            "you cannot send tokens or gifts",
            "Send the mail again",
            "/account/verify",
        ] {
            assert!(page.contains(words), "{path}: {words}: {page}");
        }
    }
    let fields = [("to", "bob@example.com"), ("tokens", "1")];
    let refused = browser.fill("/account/sending", "/account/sending", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(text(&refused).contains("account.unverified"));
    scrip_server::send_due(&api.server).await.unwrap();
    // Nobody's mailbox is flooded: the first mail was just written.
    let soon = browser.fill("/account", "/account/personal/verification", &[]).await;
    assert_eq!(soon.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(soon.headers.contains_key("retry-after"), "{:?}", soon.headers);
    api.clock.advance_seconds(61);
    let again = browser.fill("/account", "/account/personal/verification", &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    verify(&api, &smtp, "ada@example.com").await;
    assert!(!browser.page("/account").await.contains("not verified yet"));
}

#[tokio::test]
async fn the_tokens_of_a_registration_can_wait_and_come_once() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    set(
        &api,
        AccountPolicy {
            unverified_gets_grant: false,
            ..AccountPolicy::default()
        },
    )
    .await;
    let ada = api.register("ada@example.com").await;
    let balance = async || api.get("/v1/account", Some(&ada)).await.succeed()["balance"].clone();
    assert_eq!(balance().await, 0);
    let profile = api.get("/v1/account/profile", Some(&ada)).await.succeed();
    assert_eq!(profile["grant_waits"], 100);
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    assert!(browser.page("/account").await.contains("100 tokens wait for you"));
    verify(&api, &smtp, "ada@example.com").await;
    assert_eq!(balance().await, 100);
    // Another address is verified too, and brings nothing again.
    let change = json!({"password": "correct horse", "email": "countess@example.com"});
    api.post("/v1/account/email", Some(&ada), change).await.succeed();
    verify(&api, &smtp, "countess@example.com").await;
    assert_eq!(balance().await, 100);
    // A mail that recovers the account proves the address as well.
    let bob = api.register("bob@example.com").await;
    let asked = api
        .post("/v1/recoveries", None, json!({"email": "bob@example.com"}))
        .await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT);
    scrip_server::send_due(&api.server).await.unwrap();
    let mail = smtp
        .mails()
        .into_iter()
        .rev()
        .find(|mail| mail.contains("To: bob@") && mail.contains("password"));
    let body = json!({"code": code_in(&mail.unwrap()), "password": "battery staple"});
    api.post("/v1/recoveries/finish", None, body).await;
    let session = json!({"email": "bob@example.com", "password": "battery staple"});
    let session = api.post("/v1/sessions", None, session).await.succeed();
    assert_eq!(session["account"]["balance"], 100);
    assert_eq!(api.get("/v1/account", Some(&bob)).await.code(), "auth.session_expired");
    assert!(api.server.store().audit().await.unwrap().breaches.is_empty());
}

#[tokio::test]
async fn without_mail_everybody_may_do_everything() {
    let api = Api::new().await;
    set(
        &api,
        AccountPolicy {
            unverified_may_buy_tokens: false,
            unverified_gets_grant: false,
            ..AccountPolicy::default()
        },
    )
    .await;
    let ada = api.register("ada@example.com").await;
    api.register("bob@example.com").await;
    let profile = api.get("/v1/account/profile", Some(&ada)).await.succeed();
    assert_eq!((&profile["barred"], &profile["grant_waits"]), (&json!([]), &json!(0)));
    assert_eq!(api.get("/v1/account", Some(&ada)).await.succeed()["balance"], 100);
    api.post("/v1/recipients", Some(&ada), json!({"to": "bob@example.com"}))
        .await
        .succeed();
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    assert!(!browser.page("/account").await.contains("not verified yet"));
}

#[tokio::test]
async fn an_operator_reads_the_policy_in_words() {
    let api = Api::new().await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let page = owner.page("/console/settings/accounts").await;
    for words in [
        "Not verified: may send tokens and gifts",
        "Not verified: may order tokens on a bill",
        "Not verified: has the tokens of the registration",
        "sends no mail nobody can verify",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}
