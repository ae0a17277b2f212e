//! Lockout, sessions, the second factor, personal data.

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::support::{Answer, Api};

async fn try_password(api: &Api, password: &str, known: Option<&str>) -> Answer {
    let body = json!({"email": "ada@example.com", "password": password, "known": known});
    api.post("/v1/sessions", None, body).await
}

#[tokio::test]
async fn strangers_lock_out_strangers_and_never_the_person() {
    let api = Api::with_settings("sign_ins_per_minute = 1000").await;
    let body = json!({"email": "ada@example.com", "password": "correct horse"});
    let registered = api.post("/v1/accounts", None, body).await.succeed();
    let known = registered["known"].as_str().unwrap();
    for _ in 0..10 {
        assert_eq!(
            try_password(&api, "wrong horse", None).await.code(),
            "auth.credentials_wrong"
        );
    }
    let locked = try_password(&api, "correct horse", None).await;
    assert_eq!(
        (locked.status, locked.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "auth.locked")
    );
    assert!(locked.headers.contains_key("retry-after"));
    let again = try_password(&api, "correct horse", Some(known)).await.succeed();
    assert_eq!(again.get("known"), None, "a known client keeps its token");
    let forged = try_password(&api, "correct horse", Some("forged")).await;
    assert_eq!(forged.code(), "auth.locked");
    api.clock.advance_seconds(900);
    try_password(&api, "correct horse", None).await.succeed();
}

#[tokio::test]
async fn a_known_client_has_a_limit_of_its_own() {
    let api = Api::with_settings("sign_ins_per_minute = 1000").await;
    let body = json!({"email": "ada@example.com", "password": "correct horse"});
    let registered = api.post("/v1/accounts", None, body).await.succeed();
    let known = registered["known"].as_str().unwrap();
    for _ in 0..10 {
        assert_eq!(
            try_password(&api, "wrong horse", Some(known)).await.code(),
            "auth.credentials_wrong"
        );
    }
    assert_eq!(
        try_password(&api, "correct horse", Some(known)).await.code(),
        "auth.locked"
    );
}

#[tokio::test]
async fn an_address_without_an_account_is_locked_like_any_other() {
    let api = Api::with_settings("sign_ins_per_minute = 1000").await;
    for _ in 0..10 {
        assert_eq!(
            try_password(&api, "wrong horse", None).await.code(),
            "auth.credentials_wrong"
        );
    }
    assert_eq!(try_password(&api, "wrong horse", None).await.code(), "auth.locked");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let api = Api::new().await;
    let body = json!({"email": "ada@example.com", "password": "correct horse", "client": "desk\n", "name": "Ada"});
    let desk = api.post("/v1/accounts", None, body).await.succeed();
    let desk = desk["token"].as_str().unwrap();
    let laptop = try_password(&api, "correct horse", None).await.succeed();
    let laptop = laptop["token"].as_str().unwrap();
    let listed = api.get("/v1/sessions", Some(desk)).await.succeed();
    let listed = listed.as_array().unwrap();
    let own: Vec<_> = listed.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(
        (listed.len(), own.len(), own[0]["label"].as_str()),
        (2, 1, Some("desk"))
    );
    let other = listed.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/v1/sessions/{}", other["id"].as_str().unwrap());
    let eve = api.register("eve@example.com").await;
    assert_eq!(
        api.call(Method::DELETE, &path, Some(&eve), None).await.code(),
        "session.not_found"
    );
    assert_eq!(
        api.call(Method::DELETE, &path, Some(desk), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(api.get("/v1/wallet", Some(laptop)).await.code(), "auth.session_expired");
    let third = try_password(&api, "correct horse", None).await.succeed();
    assert_eq!(
        api.call(Method::DELETE, "/v1/sessions", Some(desk), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        api.get("/v1/wallet", third["token"].as_str()).await.code(),
        "auth.session_expired"
    );
    api.get("/v1/wallet", Some(desk)).await.succeed();
    api.get("/v1/wallet", Some(&eve)).await.succeed();
}

/// What an authenticator app shows (RFC 6238).
pub(crate) fn app_shows(secret: &str, seconds: i64) -> String {
    let (mut key, mut held, mut bits) = (Vec::new(), 0_usize, 0);
    for c in secret.chars() {
        held = (held << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            key.push(u8::try_from((held >> bits) & 255).unwrap());
        }
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(seconds / 30).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[tokio::test]
async fn an_authenticator_is_asked_for_once_it_is_confirmed() {
    let api = Api::with_settings("sign_ins_per_minute = 1000").await;
    let token = api.register("ada@example.com").await;
    let proof = json!({"password": "correct horse"});
    let wrong = api
        .post(
            "/v1/account/second-factor",
            Some(&token),
            json!({"password": "wrong horse"}),
        )
        .await;
    assert_eq!(wrong.code(), "auth.credentials_wrong");
    let setup = api
        .post("/v1/account/second-factor", Some(&token), proof.clone())
        .await
        .succeed();
    let secret = setup["secret"].as_str().unwrap();
    assert!(
        setup["uri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/Scrip:ada@example.com?secret=")
    );
    // Until it is confirmed, nothing more is asked for.
    try_password(&api, "correct horse", None).await.succeed();
    let confirm = |code: String| json!({"code": code});
    let refused = api
        .post(
            "/v1/account/second-factor/confirm",
            Some(&token),
            confirm("000000".into()),
        )
        .await;
    assert_eq!(refused.code(), "auth.second_factor_wrong");
    let code = app_shows(secret, api.server.now().seconds());
    let spares = api
        .post("/v1/account/second-factor/confirm", Some(&token), confirm(code.clone()))
        .await
        .succeed();
    let spares = spares["codes"].as_array().unwrap();
    assert_eq!(spares.len(), 10);

    let sign_in = async |code: Option<&str>| {
        let body = json!({"email": "ada@example.com", "password": "correct horse", "code": code});
        api.post("/v1/sessions", None, body).await
    };
    assert_eq!(sign_in(None).await.code(), "auth.second_factor_missing");
    assert_eq!(
        sign_in(Some(&code)).await.code(),
        "auth.second_factor_wrong",
        "a code serves once"
    );
    api.clock.advance_seconds(30);
    let next = app_shows(secret, api.server.now().seconds());
    sign_in(Some(&next)).await.succeed();
    let spare = spares[0].as_str().unwrap();
    sign_in(Some(spare)).await.succeed();
    assert_eq!(sign_in(Some(spare)).await.code(), "auth.second_factor_wrong");
    let profile = api.get("/v1/account/profile", Some(&token)).await.succeed();
    assert_eq!(
        (&profile["second_factor"], &profile["spare_codes"]),
        (&json!(true), &json!(9))
    );
    let removed = api.post("/v1/account/second-factor/remove", Some(&token), proof).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    sign_in(None).await.succeed();
}

#[tokio::test]
async fn a_person_sees_corrects_exports_and_erases_what_is_kept() {
    let api = Api::with_settings("registration_tokens = 7").await;
    let token = api.register("ada@example.com").await;
    let details =
        json!({"name": " Ada Lovelace ", "phone": "+44 20 7946 0000", "postal_address": "12 St James's Square"});
    let put = api
        .call(Method::PUT, "/v1/account/profile", Some(&token), Some(details))
        .await
        .succeed();
    assert_eq!(put["details"]["name"], "Ada Lovelace");
    let long = json!({"name": "x".repeat(81)});
    let refused = api
        .call(Method::PUT, "/v1/account/profile", Some(&token), Some(long))
        .await;
    assert_eq!(refused.code(), "account.details_invalid");
    let export = api.get("/v1/account/export", Some(&token)).await.succeed();
    assert_eq!(export["account"][0]["name"], "Ada Lovelace");
    assert_eq!(export["wallet"][0]["amount"], 7);
    assert!(!export.to_string().contains("argon2"), "secrets are not in it");
    let erase = |forfeit: i64, password: &str| json!({"password": password, "forfeit": forfeit});
    let kept = api
        .post("/v1/account/erase", Some(&token), erase(0, "correct horse"))
        .await;
    assert_eq!(
        (kept.status, kept.code().as_str()),
        (StatusCode::CONFLICT, "account.not_erasable")
    );
    let wrong = api
        .post("/v1/account/erase", Some(&token), erase(7, "wrong horse"))
        .await;
    assert_eq!(wrong.code(), "auth.credentials_wrong");
    let done = api
        .post("/v1/account/erase", Some(&token), erase(7, "correct horse"))
        .await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    assert_eq!(
        api.get("/v1/account", Some(&token)).await.code(),
        "auth.session_expired"
    );
    let body = json!({"email": "ada@example.com", "password": "correct horse"});
    assert_eq!(
        api.post("/v1/sessions", None, body.clone()).await.code(),
        "auth.credentials_wrong"
    );
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
    // The address is free again, and a new account knows nothing of the old one.
    let fresh: Value = api.post("/v1/accounts", None, body).await.succeed();
    assert_eq!(fresh["account"]["balance"], 7);
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    let other = try_password(&api, "correct horse", None).await.succeed();
    let change = |old: &str, new: &str| json!({"password": old, "new_password": new});
    let wrong = api
        .post(
            "/v1/account/password",
            Some(&token),
            change("wrong horse", "battery staple"),
        )
        .await;
    assert_eq!(wrong.code(), "auth.credentials_wrong");
    let short = api
        .post("/v1/account/password", Some(&token), change("correct horse", "short"))
        .await;
    assert_eq!(short.code(), "account.password_invalid");
    let done = api
        .post(
            "/v1/account/password",
            Some(&token),
            change("correct horse", "battery staple"),
        )
        .await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    api.get("/v1/wallet", Some(&token)).await.succeed();
    assert_eq!(
        api.get("/v1/wallet", other["token"].as_str()).await.code(),
        "auth.session_expired"
    );
    let notices = api.get("/v1/notices", Some(&token)).await.succeed();
    assert_eq!(notices["items"][0]["kind"], "security.password");
}
