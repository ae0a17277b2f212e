use axum::body::Body;
use http::{Request, StatusCode, header};

use crate::support::{Api, METAINFO, PRICES};

#[tokio::test]
async fn a_listing_is_searched_and_shown() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let found = api.get("/v1/products?q=bru", None).await.succeed();
    assert_eq!(
        (found["total"].as_u64(), found["items"][0]["id"].as_str()),
        (Some(1), Some("org.example.Paint"))
    );
    assert_eq!(found["items"][0]["offers"].as_array().unwrap().len(), 3);
    assert_eq!(api.get("/v1/products?q=nothing", None).await.succeed()["total"], 0);
    let shown = api.get("/v1/products/org.example.Paint", None).await.succeed();
    assert_eq!(
        (shown["license"].as_str(), shown["releases"][0]["version"].as_str()),
        (Some("MIT"), Some("1.0"))
    );
    assert_eq!(shown["description"][1]["items"][0], "Lines");
    assert_eq!(
        api.get("/v1/products/org.example.None", None).await.code(),
        "product.not_found"
    );
    assert_eq!(api.get("/v1/products/..%2Fetc", None).await.code(), "request.malformed");
    assert_eq!(api.get("/v1/categories", None).await.succeed()[0]["id"], "Graphics");
    assert_eq!(
        api.get("/v1/products?limit=many", None).await.code(),
        "request.malformed"
    );
    assert_eq!(
        api.get("/v1/products?cursor=zzz", None).await.code(),
        "request.malformed"
    );
}

#[tokio::test]
async fn an_unchanged_catalog_is_not_sent_again() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let first = api.get("/v1/catalog/changes?since=0", None).await;
    let etag = first.headers[header::ETAG].clone();
    let changes = first.succeed();
    assert_eq!(
        (changes["items"].as_array().unwrap().len(), changes["more"].as_bool()),
        (1, Some(false))
    );
    let request = Request::get("/v1/catalog/changes?since=0").header(header::IF_NONE_MATCH, etag.clone());
    assert_eq!(
        api.send(request.body(Body::empty()).unwrap()).await.status,
        StatusCode::NOT_MODIFIED
    );
    api.list(&PRICES.replace("purchase = 100", "purchase = 7")).await;
    let request = Request::get("/v1/catalog/changes?since=1").header(header::IF_NONE_MATCH, etag);
    let news = api.send(request.body(Body::empty()).unwrap()).await.succeed();
    assert_eq!(news["items"][0]["offers"][0]["price"], 7);
}

#[tokio::test]
async fn a_malformed_catalog_changes_nothing() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let before = api.server.store().catalog_revision().await.unwrap();
    let policy = || scrip_appstream::PricePolicy::default();
    for (name, text) in [
        ("cut.xml", METAINFO[..METAINFO.len() / 2].to_owned()),
        (
            "entity.xml",
            METAINFO.replace("<component ", "<!DOCTYPE x [<!ENTITY a \"b\">]><component "),
        ),
        ("noise.yml", "\u{0}\u{1}: [[[[".to_owned()),
    ] {
        let path = api.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let refused = scrip_server::import_appstream(&api.server, &[path], policy()).await;
        let code = refused
            .as_ref()
            .map_err(|error| scrip_domain::Coded::code(error).as_str().to_owned());
        // A catalog that is wrong as a whole is an error; one wrong component is left out and reported.
        assert!(
            code.is_err_and(|code| code == "catalog.malformed") || refused.is_ok_and(|r| r.listed == 0),
            "{name}"
        );
    }
    assert_eq!(api.server.store().catalog_revision().await.unwrap(), before);
    let absent = api.folder.path().join("absent.xml");
    assert!(
        scrip_server::import_appstream(&api.server, &[absent], policy())
            .await
            .is_err()
    );
}

#[test]
fn the_sample_prices_say_what_a_rental_allows() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/prices.toml");
    let prices = scrip_appstream::PricePolicy::read(&path).unwrap();
    let chess = prices.sale_of(&"org.gnome.Chess".parse().unwrap());
    assert!(chess.policy.transferable && chess.offers.trial().is_some());
    assert!(
        chess
            .offers
            .rentals()
            .any(|rental| rental.allowance.limits().count() == 2)
    );
    assert!(chess.offers.rentals().any(|rental| rental.rules.pause.is_some()));
    assert!(chess.offers.rentals().all(|rental| rental.rules.refund_permille == 900));
}
