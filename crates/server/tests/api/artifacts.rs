use axum::body::Body;
use http::{Request, StatusCode, header};
use scrip_server::Publication;

use crate::support::{Answer, Api, PRICES};

const CONTENT: &[u8] = b"not really a package, but bytes are bytes";

async fn shop() -> (Api, String, String) {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    let path = api.folder.path().join("example-paint_1.1-2_amd64.deb");
    std::fs::write(&path, CONTENT).unwrap();
    let product = "org.example.Paint".parse().unwrap();
    let publication = Publication {
        path,
        product,
        version: None,
        arch: None,
    };
    let artifact = scrip_server::publish(&api.server, &publication).await.unwrap();
    assert_eq!(artifact.size, CONTENT.len() as u64);
    let again = scrip_server::publish(&api.server, &publication).await.unwrap();
    assert_eq!(again, artifact);
    (api, token, format!("/v1/artifacts/{}", artifact.sha256))
}

async fn fetch(api: &Api, path: &str, token: &str, range: Option<&str>) -> Answer {
    let mut request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    api.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_file_is_for_those_who_may_run_it() {
    let (api, token, path) = shop().await;
    assert_eq!(api.get(&path, None).await.code(), "auth.session_missing");
    assert_eq!(fetch(&api, &path, &token, None).await.code(), "license.not_found");
    let counted = String::from_utf8(api.get("/metrics", None).await.bytes).unwrap();
    assert!(counted.contains("scrip_artifact_bytes_total 0\n"), "{counted}");
    api.pay(&token, "rent", Some("week"), 30).await.succeed();
    let whole = fetch(&api, &path, &token, None).await;
    assert_eq!((whole.status, whole.bytes.as_slice()), (StatusCode::OK, CONTENT));
    assert_eq!(whole.headers[header::CONTENT_LENGTH], CONTENT.len().to_string());
    let counted = String::from_utf8(api.get("/metrics", None).await.bytes).unwrap();
    assert!(
        counted.contains(&format!("scrip_artifact_bytes_total {}\n", CONTENT.len())),
        "{counted}"
    );
    api.clock.advance_seconds(8 * 86_400);
    assert_eq!(fetch(&api, &path, &token, None).await.code(), "license.expired");
}

#[tokio::test]
async fn ranges_resume_a_download() {
    let (api, token, path) = shop().await;
    api.pay(&token, "rent", Some("week"), 30).await.succeed();
    let rest = fetch(&api, &path, &token, Some("bytes=10-")).await;
    assert_eq!(
        (rest.status, rest.bytes.as_slice()),
        (StatusCode::PARTIAL_CONTENT, &CONTENT[10..])
    );
    assert_eq!(
        rest.headers[header::CONTENT_RANGE],
        format!("bytes 10-{}/{}", CONTENT.len() - 1, CONTENT.len())
    );
    let beyond = fetch(&api, &path, &token, Some("bytes=4000-")).await;
    assert_eq!(
        (beyond.status, beyond.code().as_str()),
        (StatusCode::RANGE_NOT_SATISFIABLE, "artifact.range_invalid")
    );
    assert_eq!(
        beyond.headers[header::CONTENT_RANGE],
        format!("bytes */{}", CONTENT.len())
    );
}

#[tokio::test]
async fn a_listing_shows_its_files_and_their_version() {
    let (api, _, path) = shop().await;
    let product = api.get("/v1/products/org.example.Paint", None).await.succeed();
    assert_eq!(product["latest_version"], "1.1-2");
    let artifact = &product["artifacts"][0];
    assert!(path.ends_with(artifact["sha256"].as_str().unwrap()));
    assert_eq!(
        (artifact["kind"].as_str(), artifact["platform"]["arch"].as_str()),
        (Some("deb"), Some("x86_64"))
    );
    assert_eq!(
        api.get("/v1/artifacts/abc", Some("x")).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_file_that_does_not_say_what_it_is_cannot_be_published() {
    let (api, token, _) = shop().await;
    for (name, product) in [
        ("tool.exe", "org.example.Paint"),
        ("tool.tar.gz", "org.example.Paint"),
        ("a_1_amd64.deb", "org.example.None"),
    ] {
        let path = api.folder.path().join(name);
        std::fs::write(&path, CONTENT).unwrap();
        let publication = Publication {
            path,
            product: product.parse().unwrap(),
            version: None,
            arch: None,
        };
        assert!(
            scrip_server::publish(&api.server, &publication).await.is_err(),
            "{name}"
        );
    }
    let absent = format!("/v1/artifacts/{}", "0".repeat(64));
    assert_eq!(fetch(&api, &absent, &token, None).await.code(), "artifact.not_found");
}
