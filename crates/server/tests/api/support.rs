//! A server in a private folder on a clock that the test moves.

use std::sync::Arc;

use axum::body::Body;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::{Method, Request, StatusCode, header};
use scrip_domain::{FixedClock, Timestamp};
use scrip_licensing::{DeviceKey, MachineDigest};
use scrip_server::{Config, Secret, Server, StripeConfig};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const PRICES: &str = r#"
[default]
purchase = 100
[[default.rental]]
id = "week"
price = 30
duration = "7d"
credit_permille = 500
[[default.rental]]
id = "ten"
price = 10
uses = 10
credit_permille = 1000
"#;

/// One program as AppStream describes it.
pub(crate) const METAINFO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application">
  <id>org.example.Paint</id>
  <name>Paint</name>
  <summary>Draw simple pictures</summary>
  <metadata_license>CC0-1.0</metadata_license>
  <project_license>MIT</project_license>
  <description><p>Draws.</p><ul><li>Lines</li></ul></description>
  <categories><category>Graphics</category></categories>
  <keywords><keyword>brush</keyword></keywords>
  <launchable type="desktop-id">org.example.Paint.desktop</launchable>
  <pkgname>example-paint</pkgname>
  <releases><release version="1.0" date="2026-01-02"/></releases>
</component>"#;

pub(crate) struct Api {
    pub(crate) server: Server,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) folder: tempfile::TempDir,
}

/// An answer: status, headers, and the body as JSON (or text).
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    /// The problem's code; panics where the answer is no problem.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json",
            "{}",
            String::from_utf8_lossy(&self.bytes)
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        problem["code"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn succeed(self) -> Value {
        assert!(
            self.status.is_success(),
            "{}: {}",
            self.status,
            String::from_utf8_lossy(&self.bytes)
        );
        self.json()
    }
}

impl Api {
    pub(crate) async fn new() -> Self {
        Self::with_settings("").await
    }

    pub(crate) async fn with_settings(settings: &str) -> Self {
        Self::open(settings, None).await
    }

    /// The same on a PostgreSQL database of its own.
    pub(crate) async fn on_postgresql() -> Self {
        Self::on_database(scrip_testkit::Postgres::shared().database()).await
    }

    /// The same on this database.
    pub(crate) async fn on_database(url: String) -> Self {
        Self::open("", Some(url)).await
    }

    /// The same with an account at a payment provider.
    pub(crate) async fn with_stripe(stripe: &scrip_testkit::Stripe) -> Self {
        let config = StripeConfig {
            url: stripe.url().to_owned(),
            secret_key: Secret::new(scrip_testkit::SECRET_KEY),
            webhook_secret: Some(Secret::new(scrip_testkit::WEBHOOK_SECRET)),
        };
        Self::open_changed("", None, |settings| settings.stripe = Some(config)).await
    }

    /// The same where the SMTP server asks for a password.
    pub(crate) async fn with_smtp_password(settings: &str, password: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scrip-server.toml"), settings).unwrap();
        let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(1_750_000_000)));
        let mut config = Config::load(folder.path(), None).unwrap();
        config.smtp_password = Some(Secret::new(password));
        let server = Server::open_at(config, clock.clone()).await.unwrap();
        Self { server, clock, folder }
    }

    async fn open(settings: &str, database: Option<String>) -> Self {
        Self::open_changed(settings, database, |_| {}).await
    }

    async fn open_changed(settings: &str, database: Option<String>, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scrip-server.toml"), settings).unwrap();
        let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(1_750_000_000)));
        let mut config = Config::load(folder.path(), database).unwrap();
        change(&mut config);
        let server = Server::open_at(config, clock.clone()).await.unwrap();
        Self { server, clock, folder }
    }

    /// The same folder and clock with a server that was started anew.
    pub(crate) async fn restart(self) -> Self {
        self.server.store().close().await;
        let config = Config::load(self.folder.path(), None).unwrap();
        let server = Server::open_at(config, self.clock.clone()).await.unwrap();
        Self { server, ..self }
    }

    /// Registers a computer with this key and answers its id.
    pub(crate) async fn device(&self, token: &str, key: &DeviceKey) -> String {
        let public_key = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
        let machine = MachineDigest::of(&"ab".repeat(16)).unwrap();
        let body = json!({"name": "desk", "public_key": public_key, "machine": machine.to_string(),
            "platform": {"os": "linux", "arch": "x86_64"}});
        let device = self.post("/v1/devices", Some(token), body).await.succeed();
        device["id"].as_str().unwrap().to_owned()
    }

    /// The code of the newest license for a computer.
    pub(crate) async fn code(&self, token: &str, device: &str) -> String {
        let library = self.get("/v1/library", Some(token)).await.succeed();
        let license = library["licenses"][0]["id"].as_str().unwrap();
        let path = format!("/v1/licenses/{license}/codes");
        let code = self.post(&path, Some(token), json!({"device": device})).await.succeed();
        code["code"].as_str().unwrap().to_owned()
    }

    /// Lists `METAINFO` at `prices`.
    pub(crate) async fn list(&self, prices: &str) {
        let path = self.folder.path().join("paint.metainfo.xml");
        std::fs::write(&path, METAINFO).unwrap();
        let policy = scrip_appstream::PricePolicy::parse(prices, std::path::Path::new("prices.toml")).unwrap();
        let report = scrip_server::import_appstream(&self.server, &[path], policy)
            .await
            .unwrap();
        assert_eq!((report.listed, report.problems.len()), (1, 0));
    }

    /// Sends a request; the status of the answer must stand in the description of the API.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.server.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            bytes,
        };
        crate::openapi::assert_described(&method, &path, &answer);
        answer
    }

    pub(crate) async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = body.map_or_else(Body::empty, |value| Body::from(value.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.call(Method::GET, path, token, None).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Answer {
        self.call(Method::POST, path, token, Some(body)).await
    }

    /// Registers and answers the session token.
    pub(crate) async fn register(&self, email: &str) -> String {
        let body = json!({"email": email, "password": "correct horse"});
        let session = self.post("/v1/accounts", None, body).await.succeed();
        session["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn grant(&self, email: &str, tokens: i64) {
        let tokens = scrip_domain::Tokens::new(tokens).unwrap();
        self.server
            .store()
            .grant(email, tokens, "test", uuid::Uuid::new_v4(), "test")
            .await
            .unwrap();
    }

    pub(crate) async fn order(&self, token: &str, key: Option<&str>, body: Value) -> Answer {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/v1/orders")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Pays for one item of `org.example.Paint` at `expected` tokens.
    pub(crate) async fn pay(&self, token: &str, intent: &str, offer: Option<&str>, expected: i64) -> Answer {
        let key = uuid::Uuid::new_v4().to_string();
        self.order(token, Some(&key), checkout(intent, offer, expected)).await
    }
}

pub(crate) fn checkout(intent: &str, offer: Option<&str>, expected: i64) -> Value {
    json!({"items": [{"product": "org.example.Paint", "intent": intent, "offer": offer}], "expected_total": expected})
}
