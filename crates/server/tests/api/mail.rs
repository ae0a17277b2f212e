//! Mail by a real SMTP server: verifying an address, recovering an account, notices.

use http::StatusCode;
use scrip_store::NewNotice;
use scrip_testkit::Smtp;
use serde_json::json;

use crate::support::Api;

/// The code that stands in a mail on a line of its own.
pub(crate) fn code_in(mail: &str) -> String {
    let plain = mail.split("Content-Type: text/html").next().unwrap();
    let mut lines = plain.lines().map(str::trim);
    let code = lines.find(|line| line.len() == 23 && line.matches('-').count() == 3);
    code.unwrap_or_else(|| panic!("no code in {mail}")).to_owned()
}

/// Sends what waits; the mails that came since the last look.
async fn sent(api: &Api, smtp: &Smtp, before: usize) -> Vec<String> {
    scrip_server::send_due(&api.server).await.unwrap();
    smtp.mails().split_off(before)
}

#[tokio::test]
async fn a_new_account_is_verified_by_the_code_of_its_mail() {
    let smtp = Smtp::start();
    let settings = format!(
        "name = \"The Shop\"\npublic_url = \"https://shop.example\"\n{}",
        smtp.settings()
    );
    let api = Api::with_settings(&settings).await;
    let token = api.register("ada@example.com").await;
    let profile = api.get("/v1/account/profile", Some(&token)).await.succeed();
    assert_eq!(
        (&profile["verified_at"], &profile["mail"]),
        (&json!(null), &json!(true))
    );

    let mails = sent(&api, &smtp, 0).await;
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    for part in [
        "From: \"The Shop\" <shop@example.com>",
        "To: ada@example.com",
        "Subject: The Shop: verify your e-mail address",
        "multipart/alternative",
        "https://shop.example/account/verify?code=",
        "@example.com>",
    ] {
        assert!(mail.replace("=\r\n", "").contains(part), "{part}: {mail}");
    }
    let code = code_in(mail);
    let wrong = json!({"code": "AAAAA-AAAAA-AAAAA-AAAAA"});
    assert_eq!(
        api.post("/v1/verifications", None, wrong).await.code(),
        "account.code_wrong"
    );
    let done = api
        .post("/v1/verifications", None, json!({"code": code.to_lowercase()}))
        .await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    let profile = api.get("/v1/account/profile", Some(&token)).await.succeed();
    assert!(profile["verified_at"].is_string());
    assert_eq!(
        api.post("/v1/verifications", None, json!({"code": code})).await.code(),
        "account.code_wrong"
    );
}

#[tokio::test]
async fn every_notice_is_mailed_once_as_text_and_as_html() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    api.register("ada@example.com").await;
    let code = code_in(&sent(&api, &smtp, 0).await[0]);
    api.post("/v1/verifications", None, json!({"code": code})).await;
    let store = api.server.store();
    let user = store
        .user_by_email(&"ada@example.com".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let notice = NewNotice {
        user: user.id,
        kind: "renewal.paid",
        product: None,
        subject: "1",
        text: "Paint & Draw was renewed for 30 tokens.",
    };
    store.put_notice(&notice).await.unwrap();
    store.put_notice(&notice).await.unwrap();
    let mails = sent(&api, &smtp, 1).await;
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains("Subject: Scrip: a rental was renewed"),
        "{}",
        mails[0]
    );
    let whole = mails[0].replace("=\r\n", "");
    assert!(whole.contains("Paint & Draw was renewed") && whole.contains("Paint &amp; Draw was renewed"));
    assert_eq!(sent(&api, &smtp, 2).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_mail_and_ends_every_session() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    let token = api.register("ada@example.com").await;
    sent(&api, &smtp, 0).await;
    let known = api
        .post("/v1/recoveries", None, json!({"email": "ada@example.com"}))
        .await;
    let unknown = api
        .post("/v1/recoveries", None, json!({"email": "bob@example.com"}))
        .await;
    assert_eq!((known.status, &known.bytes), (StatusCode::NO_CONTENT, &unknown.bytes));
    // Asking again and again fills nobody's mailbox, and says nothing else.
    let again = api
        .post("/v1/recoveries", None, json!({"email": "ada@example.com"}))
        .await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
    let mails = sent(&api, &smtp, 1).await;
    assert_eq!(mails.len(), 1);
    let code = code_in(&mails[0]);
    let finish = |code: String, password: &'static str| json!({"code": code, "password": password});
    let short = api
        .post("/v1/recoveries/finish", None, finish(code.clone(), "short"))
        .await;
    assert_eq!(short.code(), "account.password_invalid");
    let done = api
        .post("/v1/recoveries/finish", None, finish(code.clone(), "battery staple"))
        .await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.code(), "auth.session_expired");
    let again = api
        .post("/v1/recoveries/finish", None, finish(code, "battery staple"))
        .await;
    assert_eq!(again.code(), "account.code_wrong");
    let sign_in = |password: &'static str| json!({"email": "ada@example.com", "password": password});
    assert_eq!(
        api.post("/v1/sessions", None, sign_in("correct horse")).await.code(),
        "auth.credentials_wrong"
    );
    api.post("/v1/sessions", None, sign_in("battery staple"))
        .await
        .succeed();
    // The mail that recovered the account proved its address too: the person is told by mail.
    let mails = sent(&api, &smtp, 2).await;
    assert!(
        mails.iter().any(|mail| mail.contains("your password was changed")),
        "{mails:?}"
    );
}

#[tokio::test]
async fn another_address_is_the_accounts_once_its_mail_comes_back() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    let token = api.register("ada@example.com").await;
    let code = code_in(&sent(&api, &smtp, 0).await[0]);
    api.post("/v1/verifications", None, json!({"code": code})).await;
    let change = |password: &str| json!({"password": password, "email": "countess@example.com"});
    let wrong = api.post("/v1/account/email", Some(&token), change("wrong horse")).await;
    assert_eq!(wrong.code(), "auth.credentials_wrong");
    let changed = api
        .post("/v1/account/email", Some(&token), change("correct horse"))
        .await
        .succeed();
    assert_eq!(changed, json!({"mailed": true}));
    let account = api.get("/v1/account", Some(&token)).await.succeed();
    assert_eq!(account["email"], "ada@example.com");
    let mails = sent(&api, &smtp, 1).await;
    let to = |address: &str| {
        mails
            .iter()
            .find(|mail| mail.contains(&format!("To: {address}")))
            .unwrap()
    };
    assert!(to("ada@example.com").contains("your address is about to change"));
    let code = code_in(to("countess@example.com"));
    api.post("/v1/verifications", None, json!({"code": code})).await;
    let account = api.get("/v1/account", Some(&token)).await.succeed();
    assert_eq!(account["email"], "countess@example.com");
}

#[tokio::test]
async fn a_mailbox_that_is_refused_is_given_up_and_a_busy_one_tried_again() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    api.register("ada@refused.example").await;
    api.register("ada@busy.example").await;
    let report = scrip_server::send_due(&api.server).await.unwrap();
    assert_eq!((report.sent, report.later, report.failed), (0, 1, 1));
    let counts = api.server.store().mail_counts().await.unwrap();
    assert_eq!((counts.waiting, counts.failed), (1, 1));
    assert_eq!(
        scrip_server::send_due(&api.server).await.unwrap(),
        scrip_server::MailReport::default()
    );
    api.clock.advance_seconds(3600);
    assert_eq!(scrip_server::send_due(&api.server).await.unwrap().later, 1);
}

#[tokio::test]
async fn a_server_that_asks_for_a_password_gets_it_and_a_wrong_one_loses_no_mail() {
    let smtp = Smtp::with_password("hush");
    let settings = smtp.settings() + "user = \"shop\"\n";
    let api = Api::with_smtp_password(&settings, "wrong").await;
    api.register("ada@example.com").await;
    let report = scrip_server::send_due(&api.server).await.unwrap();
    assert_eq!((report.sent, report.later, report.failed), (0, 1, 0));
    let api = Api::with_smtp_password(&settings, "hush").await;
    api.register("ada@example.com").await;
    assert_eq!(scrip_server::send_due(&api.server).await.unwrap().sent, 1);
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn without_mail_nothing_waits_and_what_needs_it_says_so() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    assert_eq!(api.server.store().mail_counts().await.unwrap().waiting, 0);
    let asked = api
        .post("/v1/recoveries", None, json!({"email": "ada@example.com"}))
        .await;
    assert_eq!(
        (asked.status, asked.code().as_str()),
        (StatusCode::CONFLICT, "mail.not_set_up")
    );
    let change = json!({"password": "correct horse", "email": "countess@example.com"});
    let changed = api.post("/v1/account/email", Some(&token), change).await.succeed();
    assert_eq!(changed, json!({"mailed": false}));
    let account = api.get("/v1/account", Some(&token)).await.succeed();
    assert_eq!(account["email"], "countess@example.com");
}
