//! A vendor's server of a few rules, for tests of the app.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use scrip_app::{App, KeystoreMode, Limits, Machine, Options};
use scrip_domain::{Clock, FixedClock, SystemIds, Timestamp};
use scrip_licensing::MachineFacts;
use scrip_licensing::clock::{Reading, TimeSource};
use scrip_licensing::journal::NoAnchor;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The instant at which every test begins.
pub(crate) const NOW: i64 = 1_780_000_000;
pub(crate) const LICENSE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
pub(crate) const DEVICE: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

/// The id of the computer that tests run on.
pub(crate) const MACHINE: &str = "0123456789abcdef0123456789abcdef";

/// A clock that stands at `seconds` until a test moves it.
pub(crate) fn clock_at(seconds: i64) -> Arc<FixedClock> {
    Arc::new(FixedClock::new(Timestamp::from_seconds(seconds)))
}

/// A computer that has no other clock than the one on the wall.
struct Wall(Arc<FixedClock>);

impl TimeSource for Wall {
    fn read(&self) -> Reading {
        Reading {
            wall: self.0.now(),
            boot: None,
        }
    }
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

/// An answer; `None` breaks the connection.
pub(crate) type Answer = Option<(u16, Value)>;

type Rule = Box<dyn FnMut(&Request) -> Option<Answer> + Send>;

/// What the server knows.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) requests: Vec<Request>,
    /// Asked first, in order; the first that answers decides.
    pub(crate) rules: Vec<Rule>,
    pub(crate) library: Vec<Value>,
    pub(crate) catalog: Vec<Value>,
    pub(crate) revision: i64,
}

pub(crate) struct Vendor {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            revision: 1,
            ..State::default()
        }));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { url, state, task }
    }

    /// Adds a rule that comes before the others.
    pub(crate) fn rule(&self, rule: impl FnMut(&Request) -> Option<Answer> + Send + 'static) {
        self.state.lock().unwrap().rules.insert(0, Box::new(rule));
    }

    pub(crate) fn clear_rules(&self) {
        self.state.lock().unwrap().rules.clear();
    }

    /// The requests of one method and path.
    pub(crate) fn requests(&self, method: &str, path: &str) -> Vec<Request> {
        let state = self.state.lock().unwrap();
        state
            .requests
            .iter()
            .filter(|one| one.method == method && one.path == path)
            .cloned()
            .collect()
    }

    /// An app of this vendor with its state under `home`, on a computer that lies in `home/computer`.
    pub(crate) fn app(&self, home: &Path) -> App {
        self.app_on(home, MACHINE, &clock_at(NOW))
    }

    /// The same on the computer with the id `machine`, whose clock is `clock`.
    pub(crate) fn app_on(&self, home: &Path, machine: &str, clock: &Arc<FixedClock>) -> App {
        App::open(Options {
            home: Some(home.to_owned()),
            server: self.url.parse().unwrap(),
            keystore: KeystoreMode::File,
            limits: Limits {
                attempts: 1,
                ..Limits::default()
            },
            clock: clock.clone(),
            machine: Machine {
                id: machine.to_owned(),
                name: "bench".to_owned(),
                facts: Some(MachineFacts::default()),
                time: Arc::new(Wall(clock.clone())),
                anchor: Arc::new(NoAnchor),
            },
            ids: Arc::new(SystemIds::default()),
            roots: Some(scrip_inventory::Roots::inside(&home.join("computer"))),
        })
        .unwrap()
    }

    /// An app in which Ada is signed in.
    pub(crate) async fn signed_in(&self, home: &Path) -> App {
        let app = self.app(home);
        app.session_sign_in(credentials()).await.unwrap();
        app
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn credentials() -> scrip_app::contract::Credentials {
    scrip_app::contract::Credentials {
        email: "ada@example.com".to_owned(),
        password: scrip_domain::Password::new("correct horse"),
        name: None,
        code: None,
    }
}

pub(crate) fn problem(status: u16, code: &str) -> (u16, Value) {
    let body = json!({ "type": format!("urn:scrip:problem:{code}"), "status": status, "code": code, "detail": "No.", "hints": ["Do this."] });
    (status, body)
}

pub(crate) fn account() -> Value {
    json!({ "id": "01890a5d-ac96-774b-bcce-b302099a8000", "email": "ada@example.com", "created_at": "2026-01-01T00:00:00Z", "balance": 100 })
}

pub(crate) fn listing(id: &str, name: &str, revision: i64) -> Value {
    json!({
        "id": id, "name": name, "summary": format!("{name} does it."), "developer": "", "categories": ["Utility"],
        "keywords": [], "icon": null, "latest_version": "2.10", "artifacts": [], "revision": revision,
        "offers": [{ "kind": "purchase", "id": "purchase", "price": 30 }],
        "detection": [{ "kind": "package", "name": name.to_lowercase() }],
    })
}

pub(crate) fn license(product: &str, revision: i64) -> Value {
    json!({
        "id": LICENSE, "product": product, "kind": "rental", "state": "active", "remaining": { "ends_at": "2026-06-01T00:00:00Z" },
        "equity": 5, "price_to_own": 25, "last_offer": "week", "started_at": "2026-01-01T00:00:00Z", "revision": revision,
        "terms": { "frozen_at": "2026-01-01T00:00:00Z", "offers": [{ "kind": "purchase", "id": "purchase", "price": 30 }] },
    })
}

pub(crate) fn order(total: i64) -> Value {
    json!({ "id": LICENSE, "created_at": "2026-01-01T00:00:00Z", "lines": [], "total": total, "balance_after": 100 - total })
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(asked) = read(&mut stream).await else { return };
    let answer = answer(&asked, &mut state.lock().unwrap());
    let Some((status, body)) = answer else { return };
    let media_type = if status < 400 {
        "application/json"
    } else {
        "application/problem+json"
    };
    let body = if matches!(status, 204 | 304) {
        String::new()
    } else {
        body.to_string()
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    if stream.write_all((head + &body).as_bytes()).await.is_ok() {
        drop(stream.shutdown().await);
    }
}

fn answer(request: &Request, state: &mut State) -> Answer {
    state.requests.push(request.clone());
    let mut rules = std::mem::take(&mut state.rules);
    let decided = rules.iter_mut().find_map(|rule| rule(request));
    state.rules = rules;
    if let Some(answer) = decided {
        return answer;
    }
    let since = |path: &str| path.split("since=").nth(1)?.split('&').next()?.parse::<i64>().ok();
    match (
        request.method.as_str(),
        request.path.split('?').next().unwrap_or_default(),
    ) {
        ("POST", "/v1/sessions") => Some((
            201,
            json!({ "token": "s3cret-token", "expires_at": "2027-01-01T00:00:00Z", "account": account() }),
        )),
        ("DELETE", "/v1/sessions/current") => Some((204, Value::Null)),
        ("GET", "/v1/library") => Some((
            200,
            json!({ "licenses": state.library, "server_time": "2026-01-01T00:00:00Z" }),
        )),
        ("GET", "/v1/wallet") => Some((200, json!({ "balance": 42 }))),
        ("GET", "/v1/catalog/changes") if since(&request.path) == Some(state.revision) => Some((304, Value::Null)),
        ("GET", "/v1/catalog/changes") => Some((
            200,
            json!({ "items": state.catalog, "removed": [], "revision": state.revision, "more": false }),
        )),
        _ => Some(problem(404, "request.not_found")),
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let headers: HashMap<String, String> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers
                .get("content-length")
                .map_or(0, |text| text.parse::<usize>().unwrap());
            if bytes.len() >= end + 4 + length {
                let body = serde_json::from_slice(&bytes[end + 4..end + 4 + length]).unwrap_or(Value::Null);
                let mut words = head.split(' ');
                let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
                return Some(Request {
                    method,
                    path,
                    headers,
                    body,
                });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
