use std::path::Path;
use std::sync::LazyLock;

use http::Method;
use serde_json::Value;

use crate::support::{Answer, Api};

/// Fails where a route answers a status that its description does not name. Every test of the API asks here.
pub(crate) fn assert_described(method: &Method, path: &str, answer: &Answer) {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(scrip_server::document()).unwrap());
    let Some(operation) = operation_at(&DOCUMENT, method, path) else {
        return;
    };
    let answers = operation["responses"].as_object().unwrap();
    let status = answer.status.as_u16();
    let said = String::from_utf8_lossy(&answer.bytes);
    assert!(
        answers.contains_key(&status.to_string()),
        "{method} {path} answers {status}, which is not described: {said}"
    );
}

/// The operation that a path belongs to; one that is written out goes before one with a name in braces.
fn operation_at<'d>(document: &'d Value, method: &Method, path: &str) -> Option<&'d Value> {
    let fits = |template: &str| {
        let (parts, wanted) = (path.split('/'), template.split('/'));
        parts.clone().count() == wanted.clone().count()
            && parts
                .zip(wanted)
                .all(|(part, wanted)| part == wanted || wanted.starts_with('{'))
    };
    let paths = document["paths"]
        .as_object()?
        .iter()
        .filter(|(template, _)| fits(template));
    let (_, item) = paths.min_by_key(|(template, _)| template.matches('{').count())?;
    item.get(method.as_str().to_lowercase())
}

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
            let answers = operation["responses"].as_object().unwrap();
            assert!(
                answers.contains_key("500") && !answers.contains_key("default"),
                "{method} {path} hides its refusals"
            );
        }
    }
}
