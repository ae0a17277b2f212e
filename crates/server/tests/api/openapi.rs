use std::path::Path;

use crate::support::Api;

/// The committed description is the one that the code gives. `UPDATE_OPENAPI=1` writes it.
#[tokio::test]
async fn the_committed_description_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let document = format!("{}\n", scrip_server::document());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == document,
        "docs/openapi.json is stale: run UPDATE_OPENAPI=1 cargo test -p scrip-server openapi"
    );
    let served = Api::new().await.get("/v1/openapi.json", None).await;
    assert_eq!(served.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn every_operation_is_described_with_its_refusals() {
    let document: serde_json::Value = serde_json::from_str(scrip_server::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 24, "{}", paths.len());
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(
                operation["responses"]["default"].is_object(),
                "{method} {path} hides its refusals"
            );
        }
    }
}
