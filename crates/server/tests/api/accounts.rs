use http::{Method, StatusCode, header};
use serde_json::json;

use crate::support::Api;

#[tokio::test]
async fn registration_grants_the_minimum_and_signs_in() {
    let api = Api::with_settings("registration_tokens = 42").await;
    let token = api.register("Ada@Example.com").await;
    let account = api.get("/v1/account", Some(&token)).await.succeed();
    assert_eq!(
        (account["email"].as_str(), account["balance"].as_i64()),
        (Some("ada@example.com"), Some(42))
    );
    let history = api.get("/v1/wallet/history", Some(&token)).await.succeed();
    assert_eq!(history["items"][0]["amount"], 42);
    assert_eq!(history["items"][0]["kind"], "grant");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let api = Api::new().await;
    api.register("ada@example.com").await;
    let wrong = api
        .post(
            "/v1/sessions",
            None,
            json!({"email": "ada@example.com", "password": "wrong horse"}),
        )
        .await;
    let unknown = api
        .post(
            "/v1/sessions",
            None,
            json!({"email": "bob@example.com", "password": "wrong horse"}),
        )
        .await;
    assert_eq!(
        (wrong.status, wrong.code().as_str()),
        (StatusCode::UNAUTHORIZED, "auth.credentials_wrong")
    );
    assert_eq!(wrong.bytes, unknown.bytes);
    let right = api
        .post(
            "/v1/sessions",
            None,
            json!({"email": "ada@example.com", "password": "correct horse"}),
        )
        .await;
    assert_eq!(right.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_taken_address_and_bad_fields_are_refused() {
    let api = Api::new().await;
    api.register("ada@example.com").await;
    for (body, code) in [
        (
            json!({"email": "ADA@example.com", "password": "correct horse"}),
            "account.email_taken",
        ),
        (
            json!({"email": "bob@example.com", "password": "short"}),
            "account.password_invalid",
        ),
        (
            json!({"email": "not an address", "password": "correct horse"}),
            "request.malformed",
        ),
        (json!({"email": "bob@example.com"}), "request.malformed"),
        (
            json!({"email": "bob@example.com", "password": "correct horse", "admin": true}),
            "request.malformed",
        ),
    ] {
        let refused = api.post("/v1/accounts", None, body.clone()).await;
        assert_eq!(refused.code(), code, "{body}");
        assert!(!String::from_utf8_lossy(&refused.bytes).contains("correct horse"));
    }
}

#[tokio::test]
async fn a_session_ends_by_itself_and_by_signing_out() {
    let api = Api::with_settings("session_days = 2").await;
    let token = api.register("ada@example.com").await;
    assert_eq!(api.get("/v1/wallet", None).await.code(), "auth.session_missing");
    assert_eq!(
        api.get("/v1/wallet", Some("forged")).await.code(),
        "auth.session_expired"
    );
    api.clock.advance_seconds(2 * 86_400 - 1);
    api.get("/v1/wallet", Some(&token)).await.succeed();
    api.clock.advance_seconds(1);
    let expired = api.get("/v1/wallet", Some(&token)).await;
    assert_eq!(
        (expired.status, expired.code().as_str()),
        (StatusCode::UNAUTHORIZED, "auth.session_expired")
    );
    assert_eq!(expired.headers[header::WWW_AUTHENTICATE], "Bearer");
    let again = api
        .post(
            "/v1/sessions",
            None,
            json!({"email": "ada@example.com", "password": "correct horse"}),
        )
        .await
        .succeed();
    let token = again["token"].as_str().unwrap();
    let gone = api
        .call(Method::DELETE, "/v1/sessions/current", Some(token), None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/v1/wallet", Some(token)).await.code(), "auth.session_expired");
}

#[tokio::test]
async fn tries_past_the_limit_are_told_when_to_come_back() {
    let api = Api::with_settings("sign_ins_per_minute = 3").await;
    let attempt = json!({"email": "ada@example.com", "password": "wrong horse"});
    for _ in 0..3 {
        assert_eq!(
            api.post("/v1/sessions", None, attempt.clone()).await.code(),
            "auth.credentials_wrong"
        );
    }
    let limited = api.post("/v1/sessions", None, attempt).await;
    assert_eq!(
        (limited.status, limited.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "request.rate_limited")
    );
    let seconds: u64 = limited.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
}

#[tokio::test]
async fn the_database_holds_neither_passwords_nor_tokens() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    let user = api
        .server
        .store()
        .user_by_email(&"ada@example.com".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert!(user.password_hash.starts_with("$argon2id$"));
    api.server.store().close().await;
    for file in ["scrip.db", "scrip.db-wal"] {
        let bytes = std::fs::read(api.folder.path().join(file)).unwrap_or_default();
        for secret in [token.as_bytes(), b"correct horse"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{file}");
        }
    }
}
