//! A client's line to the shop: what is not acknowledged is asked for again, with the same id, at any server that there is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use scrip_testkit::Chance;
use serde_json::Value;
use tokio::sync::watch;

/// How long one answer is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// How long something is asked for again before the test gives up.
const PATIENCE: Duration = Duration::from_secs(90);

/// What happened on all lines.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Requests whose answer never came.
    pub(crate) broken: AtomicUsize,
    /// Requests that were answered with 429.
    pub(crate) too_many: AtomicUsize,
    /// Requests that were answered with 5xx.
    pub(crate) failed: AtomicUsize,
    /// Requests that were answered.
    pub(crate) answered: AtomicUsize,
    /// Commands that were acknowledged when they were asked for again.
    pub(crate) again: AtomicUsize,
}

/// A request. One with an id is a command.
pub(crate) struct Request<'r> {
    pub(crate) method: Method,
    pub(crate) path: &'r str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<String>,
}

/// What was answered in the end: never a failure of the server.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// A line.
#[derive(Clone)]
pub(crate) struct Line {
    http: reqwest::Client,
    servers: watch::Receiver<Vec<SocketAddr>>,
    tally: Arc<Tally>,
    chance: Arc<std::sync::Mutex<Chance>>,
}

/// A client as all lines share it.
pub(crate) fn http() -> reqwest::Client {
    // A second installation is refused because one is there already, which serves as well.
    let installed = rustls::crypto::ring::default_provider().install_default();
    assert!(installed.is_ok() || rustls::crypto::CryptoProvider::get_default().is_some());
    let builder = reqwest::Client::builder().tls_certs_only([]).timeout(ANSWER_MAX);
    builder.build().unwrap()
}

impl Line {
    pub(crate) fn new(
        http: reqwest::Client,
        servers: watch::Receiver<Vec<SocketAddr>>,
        tally: Arc<Tally>,
        chance: Chance,
    ) -> Self {
        let chance = Arc::new(std::sync::Mutex::new(chance));
        Self {
            http,
            servers,
            tally,
            chance,
        }
    }

    /// Asks until there is an answer.
    pub(crate) async fn ask(&mut self, request: &Request<'_>) -> Answer {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            let path = request.path;
            assert!(begun.elapsed() < PATIENCE, "{path} was never acknowledged");
            tries += 1;
            match self.exchange(request).await {
                Ok((status, wait, _)) if status == StatusCode::TOO_MANY_REQUESTS => {
                    self.tally.too_many.fetch_add(1, Ordering::Relaxed);
                    // Not before the time that the server named (Retry-After).
                    tokio::time::sleep_until((Instant::now() + wait).into()).await;
                }
                Ok((status, ..)) if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                    self.tally.failed.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Ok((status, _, body)) => {
                    self.tally.answered.fetch_add(1, Ordering::Relaxed);
                    if tries > 1 && status.is_success() {
                        self.tally.again.fetch_add(1, Ordering::Relaxed);
                    }
                    return Answer { status, body };
                }
                Err(_) => {
                    self.tally.broken.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn exchange(&mut self, request: &Request<'_>) -> reqwest::Result<(StatusCode, Duration, Value)> {
        let address = self.server().await;
        let url = format!("http://{address}{}", request.path);
        let mut asked = self.http.request(request.method.clone(), url);
        for (name, value) in &request.headers {
            asked = asked.header(*name, value);
        }
        if let Some(body) = &request.body {
            asked = asked.body(body.clone());
        }
        let answer = asked.send().await?;
        let wait = answer.headers().get("retry-after");
        let wait = wait.and_then(|wait| wait.to_str().ok()?.parse().ok()).unwrap_or(1);
        let status = answer.status();
        let bytes = answer.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok((status, Duration::from_secs(wait), body))
    }

    /// One of the servers that are there.
    async fn server(&mut self) -> SocketAddr {
        let servers = self.servers.wait_for(|servers| !servers.is_empty()).await.unwrap();
        let mut chance = self.chance.lock().unwrap();
        servers[chance.index(servers.len())]
    }

    pub(crate) async fn get(&mut self, path: &str, token: &str) -> Value {
        let answer = self.call(Method::GET, path, token, None, None).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer.body
    }

    /// A request of a person; with a command's id, where it is one.
    pub(crate) async fn call(
        &mut self,
        method: Method,
        path: &str,
        token: &str,
        command: Option<uuid::Uuid>,
        body: Option<&Value>,
    ) -> Answer {
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        if let Some(command) = command {
            headers.push(("idempotency-key", command.to_string()));
        }
        let request = Request {
            method,
            path,
            headers,
            body: body.map(Value::to_string),
        };
        self.ask(&request).await
    }
}

/// A text of an answer.
pub(crate) fn word(value: &Value, name: &str) -> String {
    let found = value[name].as_str();
    found.unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// A number of an answer.
pub(crate) fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_else(|| panic!("no {name} in {value}"))
}
