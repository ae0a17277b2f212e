//! What people hold, send each other, share and give back, over HTTP.

use http::{Method, Request, StatusCode, header};
use scrip_licensing::StatementFile;
use serde_json::{Value, json};

use crate::support::{Answer, Api, PRICES};

async fn command(api: &Api, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("Idempotency-Key", key);
    api.send(request.body(axum::body::Body::from(body.to_string())).unwrap())
        .await
}

fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn sound(api: &Api) {
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
}

#[tokio::test]
async fn tokens_go_to_somebody_whose_name_was_confirmed() {
    let api = Api::new().await;
    let (ada, bob) = (
        api.register("ada@example.com").await,
        api.register("bob@example.com").await,
    );
    let to = json!({"to": "bob@example.com"});
    let name = api.post("/v1/recipients", Some(&ada), to).await.succeed()["name"].clone();
    let wrong = json!({"to": "bob@example.com", "name": "Eve", "tokens": 30});
    assert_eq!(
        command(&api, &ada, "/v1/transfers", &key(), &wrong).await.code(),
        "sending.recipient"
    );
    let (body, once) = (
        json!({"to": "bob@example.com", "name": name, "tokens": 30, "message": "lunch"}),
        key(),
    );
    let sent = command(&api, &ada, "/v1/transfers", &once, &body).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    let sent = sent.succeed();
    assert_eq!(
        (&sent["outgoing"], &sent["state"], &sent["tokens"]),
        (&json!(true), &json!("waiting"), &json!(30))
    );
    assert_eq!(
        command(&api, &ada, "/v1/transfers", &once, &body).await.succeed()["id"],
        sent["id"]
    );
    let id = sent["id"].as_str().unwrap();
    let coming = api.get("/v1/transfers", Some(&bob)).await.succeed();
    assert_eq!(
        (&coming["items"][0]["outgoing"], &coming["items"][0]["message"]),
        (&json!(false), &json!("lunch"))
    );
    let cancel = format!("/v1/transfers/{id}/cancel");
    assert_eq!(
        api.post(&cancel, Some(&bob), json!({})).await.code(),
        "sending.not_found"
    );
    api.clock.advance_seconds(3600);
    assert_eq!(
        scrip_server::run_job(&api.server, "sendings").await.unwrap(),
        "1 transfers arrived"
    );
    assert_eq!(api.post(&cancel, Some(&ada), json!({})).await.code(), "sending.over");
    assert_eq!(api.get("/v1/wallet", Some(&bob)).await.succeed()["balance"], 130);
    let told = api.get("/v1/notices", Some(&bob)).await.succeed();
    assert_eq!(told["items"][0]["kind"], "sending.received");
    assert_eq!(
        api.get("/v1/wallet/holding", Some(&ada)).await.succeed()["sendable"],
        70
    );
    sound(&api).await;
}

#[tokio::test]
async fn a_gift_waits_until_it_is_taken_or_sent_back() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let (ada, bob) = (
        api.register("ada@example.com").await,
        api.register("bob@example.com").await,
    );
    api.grant("ada@example.com", 100).await;
    let body = json!({"to": "bob@example.com", "name": "b…@example.com", "product": "org.example.Paint",
        "expected_price": 100, "message": ""});
    let gift = command(&api, &ada, "/v1/gifts", &key(), &body).await.succeed();
    let path = |what: &str| format!("/v1/gifts/{}/{what}", gift["id"].as_str().unwrap());
    assert_eq!(
        api.post(&path("accept"), Some(&ada), json!({})).await.code(),
        "gift.not_found"
    );
    assert_eq!(
        api.post(&path("accept"), Some(&bob), json!({})).await.succeed()["state"],
        "accepted"
    );
    let library = api.get("/v1/library", Some(&bob)).await.succeed();
    assert_eq!(library["licenses"][0]["state"], "owned");
    assert_eq!(
        api.post(&path("withdraw"), Some(&ada), json!({})).await.code(),
        "gift.over"
    );
    let rented = json!({"to": "bob@example.com", "name": "b…@example.com", "product": "org.example.Paint",
        "offer": "week", "expected_price": 30});
    let second = command(&api, &ada, "/v1/gifts", &key(), &rented).await.succeed();
    let decline = format!("/v1/gifts/{}/decline", second["id"].as_str().unwrap());
    assert_eq!(
        api.post(&decline, Some(&bob), json!({})).await.succeed()["state"],
        "declined"
    );
    assert_eq!(api.get("/v1/wallet", Some(&ada)).await.succeed()["balance"], 100);
    assert_eq!(
        api.get("/v1/gifts", Some(&bob)).await.succeed()["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // What was a gift is not turned into tokens.
    let order = api.get("/v1/orders", Some(&bob)).await.succeed()["items"][0]["id"].clone();
    let refund = format!(
        "/v1/orders/{}/refund?product=org.example.Paint",
        order.as_str().unwrap()
    );
    assert_eq!(api.get(&refund, Some(&bob)).await.code(), "refund.refused");
    sound(&api).await;
}

#[tokio::test]
async fn a_team_has_one_wallet_and_limits() {
    let api = Api::new().await;
    let (ada, bob) = (
        api.register("ada@example.com").await,
        api.register("bob@example.com").await,
    );
    let team = command(&api, &ada, "/v1/teams", &key(), &json!({"name": "Home"}))
        .await
        .succeed();
    let path = |what: &str| format!("/v1/teams/{}{what}", team["id"].as_str().unwrap());
    let invite = json!({"email": "bob@example.com", "role": "member", "monthly_limit": 20});
    let member = api
        .call(Method::PUT, &path("/members"), Some(&ada), Some(invite))
        .await
        .succeed();
    assert_eq!(api.get(&path(""), Some(&bob)).await.code(), "team.not_found");
    api.post(&path("/join"), Some(&bob), json!({})).await.succeed();
    let put = command(&api, &ada, &path("/deposit"), &key(), &json!({"tokens": 60}))
        .await
        .succeed();
    assert_eq!(put["balance"], 60);
    let draw = json!({"tokens": 20});
    assert_eq!(
        command(&api, &bob, &path("/draw"), &key(), &draw).await.code(),
        "sending.too_early"
    );
    api.clock.advance_seconds(3600);
    let once = key();
    for _ in 0..2 {
        assert_eq!(
            command(&api, &bob, &path("/draw"), &once, &draw).await.succeed()["balance"],
            40
        );
    }
    assert_eq!(
        command(&api, &bob, &path("/draw"), &key(), &json!({"tokens": 1}))
            .await
            .code(),
        "team.limit"
    );
    assert_eq!(
        api.get(&path("/moves"), Some(&bob)).await.succeed()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        api.call(Method::DELETE, &path(""), Some(&bob), None).await.code(),
        "team.refused"
    );
    let leave = path(&format!("/members/{}", member["user"].as_str().unwrap()));
    assert_eq!(
        api.call(Method::DELETE, &leave, Some(&bob), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        api.call(Method::DELETE, &path(""), Some(&ada), None).await.succeed()["balance"],
        40
    );
    assert_eq!(api.get("/v1/teams", Some(&ada)).await.succeed(), json!([]));
    sound(&api).await;
}

#[tokio::test]
async fn an_order_comes_back_within_its_window() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let ada = api.register("ada@example.com").await;
    let order = api.pay(&ada, "buy", None, 100).await.succeed()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/orders/{order}/refund");
    let quote = api
        .get(&format!("{path}?product=org.example.Paint"), Some(&ada))
        .await
        .succeed();
    assert_eq!(quote["tokens"], 100);
    let body = json!({"product": "org.example.Paint", "at_least": 100});
    for _ in 0..2 {
        let back = api.post(&path, Some(&ada), body.clone()).await.succeed();
        assert_eq!((&back["tokens"], &back["balance_after"]), (&json!(100), &json!(100)));
    }
    let known = api.get(&format!("/v1/orders/{order}"), Some(&ada)).await.succeed();
    assert_eq!(known["refunds"][0]["tokens"], 100);
    let eve = api.register("eve@example.com").await;
    assert_eq!(api.post(&path, Some(&eve), body).await.code(), "order.not_found");
    sound(&api).await;
}

#[tokio::test]
async fn a_history_is_filtered_exported_and_stated_under_signature() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let ada = api.register("ada@example.com").await;
    api.clock.advance_seconds(10);
    api.pay(&ada, "rent", Some("week"), 30).await.succeed();
    api.clock.advance_seconds(10);
    let history = async |query: &str| {
        let found = api
            .get(&format!("/v1/wallet/history?{query}"), Some(&ada))
            .await
            .succeed();
        found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["amount"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(history("kind=order").await, [-30]);
    assert_eq!(history("until=2025-06-15T15:06:45Z").await, [100]);
    assert_eq!(history("from=2025-06-15T15:06:45Z").await, [-30]);
    assert_eq!(
        api.get("/v1/wallet/history?kind=nonsense", Some(&ada)).await.code(),
        "request.malformed"
    );
    let csv = api.get("/v1/wallet/history.csv", Some(&ada)).await;
    let text = String::from_utf8(csv.bytes).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(
        text.lines().nth(1).unwrap().ends_with(",order,-30,70,\"Paint\""),
        "{text}"
    );
    let answer = api.get("/v1/wallet/statement", Some(&ada)).await.succeed();
    let file = answer["file"].as_str().unwrap();
    let read = StatementFile::verify(file, api.server.issuer()).unwrap();
    assert_eq!((read.opening, read.closing, read.entries.len()), (0, 70, 2));
    assert!(StatementFile::verify(&file.replace("\"amount\": -30", "\"amount\": -31"), api.server.issuer()).is_err());
    let part = api
        .get("/v1/wallet/statement?from=2025-06-15T15:06:45Z", Some(&ada))
        .await
        .succeed();
    let part = StatementFile::verify(part["file"].as_str().unwrap(), api.server.issuer()).unwrap();
    assert_eq!((part.opening, part.closing, part.entries.len()), (100, 70, 1));
}

#[tokio::test]
async fn a_low_wallet_is_told_where_that_is_wished() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let ada = api.register("ada@example.com").await;
    let wish = json!({"below": 90});
    let put = api
        .call(Method::PUT, "/v1/wallet/alert", Some(&ada), Some(wish))
        .await
        .succeed();
    assert_eq!(put["below"], 90);
    assert_eq!(scrip_server::run_job(&api.server, "low-balances").await.unwrap(), "");
    api.pay(&ada, "rent", Some("week"), 30).await.succeed();
    let told = scrip_server::run_job(&api.server, "low-balances").await.unwrap();
    assert_eq!(told, "1 people were told that their wallet holds little");
    assert_eq!(
        api.get("/v1/notices", Some(&ada)).await.succeed()["items"][0]["kind"],
        "wallet.low"
    );
}
