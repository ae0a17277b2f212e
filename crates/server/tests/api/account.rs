//! The account pages, as a browser without JavaScript uses them.

use http::{StatusCode, header};
use scrip_domain::Clock as _;
use scrip_licensing::Recovery;
use scrip_licensing::armor::{self, Label};
use serde_json::json;

use crate::browser::{Browser, location, text, value_of};
use crate::support::{Api, PRICES};
use crate::vendor::{Computer, activate, checkout};

#[tokio::test]
async fn a_person_signs_in_sees_the_account_and_signs_out() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.pay(&token, "rent", Some("ten"), 10).await.succeed();
    let mut browser = Browser::new(&api);
    let turned_away = browser.get("/account").await;
    assert_eq!(
        (turned_away.status, location(&turned_away)),
        (StatusCode::SEE_OTHER, "/account/sign-in")
    );
    let wrong = browser.sign_in("ada@example.com", "wrong horse").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(text(&wrong).contains("role=\"alert\""));

    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    let page = browser.page("/account").await;
    for shown in [
        "Paint",
        "10 uses left",
        "10 tokens of the price are paid; 90 tokens more make it yours",
        "90 tokens",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let form_token = value_of(&page, "token");
    let bare = browser.post("/account/sign-out", &[("token", "")]).await;
    assert_eq!(bare.status, StatusCode::FORBIDDEN);
    let left = browser.post("/account/sign-out", &[("token", &form_token)]).await;
    assert_eq!(location(&left), "/account/sign-in");
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_of_another_site_or_browser_does_nothing() {
    let api = Api::new().await;
    api.register("ada@example.com").await;
    let mut browser = Browser::new(&api);
    let fields = [
        ("token", "x"),
        ("email", "ada@example.com"),
        ("password", "correct horse"),
    ];
    assert_eq!(
        browser.post("/account/sign-in", &fields).await.status,
        StatusCode::FORBIDDEN
    );
    let strange = Browser::new(&api).token("/account/sign-in").await;
    browser.page("/account/sign-in").await;
    let fields = [("token", strange.as_str()), fields[1], fields[2]];
    assert_eq!(
        browser.post("/account/sign-in", &fields).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(browser.cookies.iter().all(|(name, _)| name != "scrip_session"));
}

#[tokio::test]
async fn a_dead_computer_is_freed_and_its_name_is_text() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.pay(&token, "buy", None, 100).await.succeed();
    let computer = Computer::new();
    let device = api.device(&token, &computer.key).await;
    let body = json!({"name": "<script>alert(1)</script>\"'", "platform": {"os": "linux", "arch": "x86_64"},
        "machine": computer.machine.to_string(), "public_key": computer.key.jwk().x});
    api.post("/v1/devices", Some(&token), body).await.succeed();
    api.code(&token, &device).await;
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    let page = browser.page("/account").await;
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    assert!(
        page.contains("Computers that have Paint"),
        "products are called by their names: {page}"
    );
    let history = browser.page("/account/wallet").await;
    assert!(
        history.contains("Paint") && !history.contains("org.example.Paint"),
        "{history}"
    );
    let form = page.split("action=\"/account/seats/").nth(1).unwrap();
    let path = format!("/account/seats/{}", form.split('"').next().unwrap());
    let form_token = value_of(&page, "token");

    api.register("eve@example.com").await;
    let mut eve = Browser::signed_in(&api, "eve@example.com").await;
    let eves = eve.token("/account").await;
    assert_eq!(eve.post(&path, &[("token", &eves)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        browser.post(&path, &[("token", &eves)]).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(browser.page("/account").await.contains(&path));

    let freed = browser.post(&path, &[("token", &form_token)]).await;
    assert_eq!(location(&freed), "/account");
    assert!(!browser.page("/account").await.contains(&path));
    let list = api.get("/v1/revocations", None).await.succeed();
    let set = crate::keys::keys(&api).await.key_set().unwrap();
    let statement = list["statement"].as_str().unwrap();
    let list = scrip_licensing::RevocationList::open(statement, api.server.issuer(), &set).unwrap();
    assert_eq!(
        (list.revoked.len(), list.revoked[0].jkt),
        (1, Some(computer.key.thumbprint()))
    );
    assert!(list.seq > 0 && list.iat == api.clock.now());
}

#[tokio::test]
async fn a_request_is_looked_at_confirmed_and_its_answer_carried_away() {
    let api = Api::new().await;
    api.list(PRICES).await;
    api.register("ada@example.com").await;
    let computer = Computer::new();
    let request = computer.request(&api, vec![checkout("rent", Some("ten"))], Some(10));
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    let form_token = browser.token("/account/offline").await;
    assert_eq!(
        browser.upload("", &computer.sign(&request)).await.status,
        StatusCode::FORBIDDEN
    );
    let looked = browser.upload(&form_token, &computer.sign(&request)).await;
    let page = text(&looked);
    for shown in [
        "cellar",
        "Rent Paint with the offer",
        "In all 10 tokens today",
        "Confirm",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let (form_token, sent) = (value_of(&page, "token"), value_of(&page, "request"));
    let user = "ada@example.com".parse().unwrap();
    let balance = async || {
        api.server
            .store()
            .user_by_email(&user)
            .await
            .unwrap()
            .unwrap()
            .balance
            .get()
    };
    assert_eq!(balance().await, 100, "looking costs nothing");
    let fields = [("token", form_token.as_str()), ("request", sent.as_str())];
    let answered = browser.post("/account/offline/answer", &fields).await;
    let answer = location(&answered).to_owned();
    let page = browser.page(&answer).await;
    assert!(page.contains("10 tokens were paid") && page.contains("<svg"), "{page}");
    let file = browser.get(&format!("{answer}/bundle.scrip")).await;
    assert!(
        file.headers[header::CONTENT_DISPOSITION]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let opened = computer.open(&api, &text(&file), &request);
    assert_eq!((opened.codes.len(), balance().await), (1, 90));
    let again = browser.post("/account/offline/answer", &fields).await;
    assert_eq!((location(&again), balance().await), (answer.as_str(), 90));

    api.register("eve@example.com").await;
    let mut eve = Browser::signed_in(&api, "eve@example.com").await;
    assert_eq!(eve.get(&answer).await.status, StatusCode::NOT_FOUND);
    let eves = eve.token("/account/offline").await;
    let hers = computer.request(&api, vec![activate()], None);
    let refused = eve.upload(&eves, &computer.sign(&hers)).await;
    assert!(text(&refused).contains("offline.other_account"), "{}", text(&refused));
}

#[tokio::test]
async fn a_recovery_code_is_shown_and_downloaded() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    let computer = Computer::new();
    let device = api.device(&token, &computer.key).await;
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    let path = format!("/account/computers/{device}/recovery");
    assert!(browser.page("/account").await.contains(&path));
    assert!(browser.page(&path).await.contains("<svg"));
    let file = browser.get(&format!("{path}.scrip")).await;
    let code = armor::read_one(Label::Recovery, &text(&file)).unwrap();
    let set = crate::keys::keys(&api).await.key_set().unwrap();
    let recovery = Recovery::open(&code, api.server.issuer(), &set, computer.key.thumbprint()).unwrap();
    assert_eq!(recovery.iat, api.clock.now());
    api.register("eve@example.com").await;
    let mut eve = Browser::signed_in(&api, "eve@example.com").await;
    assert_eq!(eve.get(&path).await.status, StatusCode::NOT_FOUND);
}
