use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Api, PRICES, checkout};

async fn shop(balance: i64) -> (Api, String) {
    let api = Api::with_settings("registration_tokens = 0").await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    if balance > 0 {
        api.grant("ada@example.com", balance).await;
    }
    (api, token)
}

#[tokio::test]
async fn rent_extend_convert_costs_the_price_to_the_token() {
    let (api, token) = shop(500).await;
    let rented = api.pay(&token, "rent", Some("week"), 30).await;
    assert_eq!(rented.status, StatusCode::CREATED);
    assert_eq!(rented.succeed()["balance_after"], 470);
    api.pay(&token, "extend", None, 30).await.succeed();
    let library = api.get("/v1/library", Some(&token)).await.succeed();
    let license = &library["licenses"][0];
    assert_eq!(
        (license["state"].as_str(), license["equity"].as_i64()),
        (Some("active"), Some(30))
    );
    assert_eq!(license["price_to_own"], 70);
    let owned = api.pay(&token, "convert", None, 70).await.succeed();
    assert_eq!(owned["lines"][0]["owned_after"], true);
    let library = api.get("/v1/library", Some(&token)).await.succeed();
    assert_eq!(library["licenses"][0]["state"], "owned");
    assert_eq!(
        api.get("/v1/wallet", Some(&token)).await.succeed()["balance"],
        500 - 30 - 30 - 70
    );
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
}

#[tokio::test]
async fn the_same_journey_stands_on_postgresql() {
    let api = Api::on_postgresql().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.pay(&token, "rent", Some("week"), 30).await.succeed();
    api.pay(&token, "extend", None, 30).await.succeed();
    assert_eq!(api.pay(&token, "convert", None, 70).await.code(), "wallet.insufficient");
    api.grant("ada@example.com", 30).await;
    api.pay(&token, "convert", None, 70).await.succeed();
    let library = api.get("/v1/library", Some(&token)).await.succeed();
    assert_eq!(library["licenses"][0]["state"], "owned");
    assert_eq!(api.get("/v1/products?q=bru", None).await.succeed()["total"], 1);
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.succeed()["balance"], 0);
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
}

#[tokio::test]
async fn missing_tokens_are_named_and_nothing_is_charged() {
    let (api, token) = shop(60).await;
    let refused = api.pay(&token, "buy", None, 100).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::PAYMENT_REQUIRED, "wallet.insufficient")
    );
    let problem = refused.json();
    assert_eq!(problem["quote"]["missing"], 40);
    assert!(
        problem["detail"].as_str().unwrap().contains("40 tokens are missing"),
        "{problem}"
    );
    assert!(problem["hints"][0].as_str().unwrap().contains("40 tokens"));
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.succeed()["balance"], 60);
}

#[tokio::test]
async fn a_price_that_changed_since_the_quote_is_shown_anew() {
    let (api, token) = shop(500).await;
    let quote = api.post(
        "/v1/quotes",
        Some(&token),
        json!({"items": [{"product": "org.example.Paint", "intent": "buy"}]}),
    );
    assert_eq!(quote.await.succeed()["total"], 100);
    api.list(&PRICES.replace("purchase = 100", "purchase = 130")).await;
    let refused = api.pay(&token, "buy", None, 100).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::CONFLICT, "price.changed")
    );
    assert_eq!(refused.json()["quote"]["total"], 130);
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.succeed()["balance"], 500);
}

#[tokio::test]
async fn the_same_order_twice_and_fifty_times_at_once_is_paid_once() {
    let (api, token) = shop(500).await;
    let key = uuid::Uuid::new_v4().to_string();
    let orders = (0..50).map(|_| api.order(&token, Some(&key), checkout("buy", None, 100)));
    let answers = futures_util::future::join_all(orders).await;
    let created = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED)
        .count();
    assert_eq!(created, 1);
    let first = answers[0].json();
    assert!(
        answers
            .iter()
            .all(|answer| answer.json() == first && answer.status.is_success())
    );
    let misused = api.order(&token, Some(&key), checkout("rent", Some("week"), 30)).await;
    assert_eq!(
        (misused.status, misused.code().as_str()),
        (StatusCode::CONFLICT, "idempotency.conflict")
    );
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.succeed()["balance"], 400);
}

#[tokio::test]
async fn orders_that_cannot_be_are_refused_with_their_codes() {
    let (api, token) = shop(500).await;
    let key = || uuid::Uuid::new_v4().to_string();
    for (body, code) in [
        (json!({"items": [], "expected_total": 0}), "cart.empty"),
        (
            json!({"items": [{"product": "org.example.None", "intent": "buy"}], "expected_total": 1}),
            "product.not_found",
        ),
        (checkout("rent", Some("decade"), 1), "offer.not_found"),
        (checkout("extend", None, 1), "license.not_found"),
        (checkout("convert", None, 1), "license.not_found"),
        (checkout("steal", None, 1), "request.malformed"),
        (checkout("buy", None, -1), "request.malformed"),
        (
            json!({"items": [{"product": "../x", "intent": "buy"}], "expected_total": 1}),
            "request.malformed",
        ),
        (
            json!({"items": vec![json!({"product": "a", "intent": "buy"}); 101], "expected_total": 1}),
            "cart.too_large",
        ),
    ] {
        assert_eq!(
            api.order(&token, Some(&key()), body.clone()).await.code(),
            code,
            "{body}"
        );
    }
    assert_eq!(
        api.order(&token, None, checkout("buy", None, 100)).await.code(),
        "idempotency.key_missing"
    );
    assert_eq!(
        api.order(&token, Some("7"), checkout("buy", None, 100)).await.code(),
        "idempotency.key_missing"
    );
    api.pay(&token, "buy", None, 100).await.succeed();
    assert_eq!(api.pay(&token, "buy", None, 100).await.code(), "license.already_owned");
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.succeed()["balance"], 400);
}

#[tokio::test]
async fn a_cart_is_priced_kept_and_emptied_by_its_checkout() {
    let (api, token) = shop(100).await;
    let empty = api.get("/v1/cart", Some(&token)).await.succeed();
    assert_eq!(
        (empty["items"].as_array().unwrap().len(), empty["quote"].is_null()),
        (0, true)
    );
    let item = json!({"product": "org.example.Paint", "intent": "rent", "offer": "week"});
    let path = "/v1/cart/items/org.example.Paint";
    let cart = api
        .call(Method::PUT, path, Some(&token), Some(item.clone()))
        .await
        .succeed();
    assert_eq!(cart["quote"]["total"], 30);
    let stranger = api
        .call(
            Method::PUT,
            "/v1/cart/items/org.example.Other",
            Some(&token),
            Some(item.clone()),
        )
        .await;
    assert_eq!(stranger.code(), "request.malformed");
    let unknown = json!({"product": "org.example.Other", "intent": "buy"});
    let unknown = api
        .call(
            Method::PUT,
            "/v1/cart/items/org.example.Other",
            Some(&token),
            Some(unknown),
        )
        .await;
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (StatusCode::NOT_FOUND, "product.not_found")
    );
    let body = json!({"items": [item], "expected_total": 30, "clear_cart": true});
    api.order(&token, Some(&uuid::Uuid::new_v4().to_string()), body)
        .await
        .succeed();
    assert_eq!(api.get("/v1/cart", Some(&token)).await.succeed()["items"], json!([]));
    // What is in the cart may become impossible; the cart says so instead of failing.
    let again = json!({"product": "org.example.Paint", "intent": "rent", "offer": "week"});
    let cart = api.call(Method::PUT, path, Some(&token), Some(again)).await.succeed();
    assert_eq!(cart["problem"]["code"], "license.already_active");
    assert_eq!(
        api.call(Method::DELETE, path, Some(&token), None).await.succeed()["items"],
        json!([])
    );
}

#[tokio::test]
async fn history_pages_with_a_cursor() {
    let (api, token) = shop(0).await;
    for _ in 0..5 {
        api.grant("ada@example.com", 1).await;
    }
    let first = api.get("/v1/wallet/history?limit=3", Some(&token)).await.succeed();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = api
        .get(&format!("/v1/wallet/history?limit=3&cursor={cursor}"), Some(&token))
        .await
        .succeed();
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), rest["next_cursor"].is_null()),
        (2, true)
    );
    assert_eq!(
        api.get("/v1/wallet/history?cursor=zzz", Some(&token)).await.code(),
        "request.malformed"
    );
}
