use axum::body::Body;
use http::{Method, Request, StatusCode, header};

use crate::support::Api;

#[tokio::test]
async fn the_server_says_who_and_how_it_is() {
    let api = Api::with_settings("name = \"Corner Shop\"").await;
    let info = api.get("/v1/server", None).await.succeed();
    assert_eq!(
        (info["name"].as_str(), info["issuer"].as_str()),
        (Some("Corner Shop"), Some(api.server.issuer()))
    );
    assert_eq!(api.get("/healthz", None).await.status, StatusCode::OK);
    assert_eq!(api.get("/readyz", None).await.status, StatusCode::OK);
    let keys = api.get("/v1/jwks.json", None).await.succeed();
    assert_eq!(
        (keys["keys"][0]["crv"].as_str(), keys["keys"][0]["d"].is_null()),
        (Some("Ed25519"), true)
    );
    api.server.store().close().await;
    let down = api.get("/readyz", None).await;
    assert_eq!(
        (down.status, down.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "store.unavailable")
    );
    assert_eq!(api.get("/healthz", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn unknown_addresses_methods_and_sizes_are_problems() {
    let api = Api::with_settings("request_bytes_max = 1000").await;
    assert_eq!(api.get("/v2/wallet", None).await.code(), "request.not_found");
    let method = api.call(Method::PATCH, "/v1/wallet", None, None).await;
    assert_eq!(
        (method.status, method.code().as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, "request.method_not_allowed")
    );
    let large = Request::post("/v1/accounts")
        .body(Body::from(vec![b' '; 1001]))
        .unwrap();
    let large = api.send(large).await;
    assert_eq!(
        (large.status, large.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "request.too_large")
    );
    let answer = api.get("/v1/wallet", None).await;
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
}
