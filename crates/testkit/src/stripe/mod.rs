//! Stripe on this computer: localstripe for payments, refunds, events and messages, and beside it the Checkout Sessions that it lacks.

mod http;
mod local;
mod page;
mod practice;
mod session;

use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
pub use local::{LocalStripe, python};
pub use practice::Practice;
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write as _;

use http::{Answer, Request};

/// The secret key that the stand-in takes.
pub const SECRET_KEY: &str = "sk_test_scrip";
/// The secret of the messages that [`Stripe::sign`] makes.
pub const WEBHOOK_SECRET: &str = "whsec_scrip";

/// A stand-in for Stripe's API: Checkout Sessions of its own, everything else is handed to localstripe.
pub struct Stripe {
    url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    sessions: Mutex<BTreeMap<String, Value>>,
    /// The fields that the last session was opened with.
    form: Mutex<Vec<(String, String)>>,
    /// What was answered to a command, by its key.
    answered: Mutex<HashMap<String, (String, Answer)>>,
    /// How many of the next requests fail.
    failing: AtomicU32,
    counter: AtomicU32,
}

impl Stripe {
    /// A stand-in on a free port, in front of the localstripe of this test process.
    ///
    /// # Panics
    /// Where localstripe is not installed: tests that need it must fail without it.
    pub fn start() -> Self {
        LocalStripe::shared();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let state = Arc::new(State::default());
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&serving);
                std::thread::spawn(move || http::serve(stream, |request| state.answer(request)));
            }
        });
        Self { url, state }
    }

    /// Its address, to be given as the API's.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets the next `count` requests fail as they do when a server is down.
    pub fn fail(&self, count: u32) {
        self.state.failing.store(count, Ordering::SeqCst);
    }

    /// A session as it stands.
    ///
    /// # Panics
    /// Where there is none of that name.
    pub fn session(&self, id: &str) -> Value {
        locked(&self.state.sessions)
            .get(id)
            .expect("a session of that name")
            .clone()
    }

    /// How many sessions were opened.
    pub fn session_count(&self) -> usize {
        locked(&self.state.sessions).len()
    }

    /// The fields with which the last session was opened.
    pub fn last_form(&self) -> Vec<(String, String)> {
        locked(&self.state.form).clone()
    }

    /// Pays a session with a card that works, and answers the payment's name.
    ///
    /// # Panics
    /// Where localstripe refuses.
    pub fn pay(&self, id: &str) -> String {
        let session = self.session(id);
        let card = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2050&card[cvc]=123";
        let method = post("/v1/payment_methods", card);
        let form = format!(
            "amount={}&currency={}&payment_method={}&confirm=true&metadata[purchase]={}",
            session["amount_total"],
            text(&session["currency"]),
            text(&method["id"]),
            text(&session["client_reference_id"]),
        );
        let payment = post("/v1/payment_intents", &form);
        assert_eq!(payment["status"], "succeeded", "{payment}");
        let payment = text(&payment["id"]).to_owned();
        self.change(id, |session| {
            session["status"] = json!("complete");
            session["payment_status"] = json!("paid");
            session["payment_intent"] = json!(payment);
            session["url"] = Value::Null;
        });
        payment
    }

    /// Lets a session run out.
    pub fn expire(&self, id: &str) {
        self.change(id, |session| {
            session["status"] = json!("expired");
            session["url"] = Value::Null;
        });
    }

    /// Gives money of a payment back, as the vendor's people do in Stripe's own dashboard.
    pub fn refund(&self, payment: &str, amount: i64) -> Value {
        post("/v1/refunds", &format!("payment_intent={payment}&amount={amount}"))
    }

    /// The refunds of a payment.
    pub fn refunds(&self, payment: &str) -> Vec<Value> {
        let list = local::ask("GET", &format!("/v1/refunds?payment_intent={payment}"), "");
        let list: Value = serde_json::from_slice(&list.body).unwrap_or_default();
        list["data"].as_array().cloned().unwrap_or_default()
    }

    /// A message about `object`, signed at `seconds` since 1970: the header and the body.
    pub fn message(&self, kind: &str, object: &Value, seconds: i64) -> (String, String) {
        let id = format!(
            "evt_{}_{}",
            std::process::id(),
            self.state.counter.fetch_add(1, Ordering::SeqCst)
        );
        let id = format!("{id}_{}", self.url.rsplit(':').next().unwrap_or_default());
        let body = json!({"id": id, "object": "event", "api_version": "2026-10-28.endive", "created": seconds,
            "livemode": false, "pending_webhooks": 1, "request": null, "type": kind, "data": {"object": object}});
        let body = body.to_string();
        (Self::sign(&body, seconds), body)
    }

    /// The header of a message.
    ///
    /// # Panics
    /// Never: HMAC takes keys of every length.
    pub fn sign(body: &str, seconds: i64) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).expect("a key of any length");
        let signed = mac.chain_update(format!("{seconds}.{body}")).finalize().into_bytes();
        let hex = signed.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("text takes text");
            hex
        });
        format!("t={seconds},v1={hex}")
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let mut sessions = locked(&self.state.sessions);
        change(sessions.get_mut(id).expect("a session of that name"));
    }
}

impl State {
    fn answer(&self, request: &Request) -> Answer {
        if self
            .failing
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            return Answer::refusal(503, "down");
        }
        if request.header("authorization") != Some(&format!("Bearer {SECRET_KEY}")) {
            return Answer::refusal(401, "Invalid API Key provided");
        }
        let key = request.header("idempotency-key").map(str::to_owned);
        if let Some(key) = &key
            && let Some((said, answer)) = locked(&self.answered).get(key)
        {
            let same = *said == request.body;
            return if same {
                answer.clone()
            } else {
                Answer::refusal(400, "Keys for idempotent requests differ")
            };
        }
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        let answer = match path.strip_prefix("/v1/checkout/sessions") {
            Some(rest) => self.checkout(request, rest.trim_start_matches('/')),
            None => local::ask(&request.method, &request.path, &request.body),
        };
        if let Some(key) = key
            && answer.status < 500
        {
            locked(&self.answered).insert(key, (request.body.clone(), answer.clone()));
        }
        answer
    }

    fn checkout(&self, request: &Request, rest: &str) -> Answer {
        let mut sessions = locked(&self.sessions);
        match (request.method.as_str(), rest) {
            ("POST", "") => {
                let id = format!("cs_test_{}", self.counter.fetch_add(1, Ordering::SeqCst));
                match session::create(&id, &request.body) {
                    Ok(session) => {
                        *locked(&self.form) = session::read_form(&request.body)
                            .unwrap_or_default()
                            .into_iter()
                            .collect();
                        sessions.insert(id, session.clone());
                        Answer::json(200, &session)
                    }
                    Err(why) => Answer::refusal(400, &why),
                }
            }
            ("GET", "") => {
                let wanted = request.path.rsplit("payment_intent=").next().unwrap_or_default();
                let data: Vec<&Value> = sessions
                    .values()
                    .filter(|session| session["payment_intent"] == wanted)
                    .collect();
                Answer::json(
                    200,
                    &json!({"object": "list", "data": data, "has_more": false, "url": "/v1/checkout/sessions"}),
                )
            }
            ("GET", id) => match sessions.get(id) {
                Some(session) => Answer::json(200, session),
                None => Answer::refusal(404, "No such checkout.session"),
            },
            ("POST", path) => match path.strip_suffix("/expire").and_then(|id| sessions.get_mut(id)) {
                Some(session) if session["status"] == "open" => {
                    session["status"] = json!("expired");
                    session["url"] = Value::Null;
                    Answer::json(200, session)
                }
                Some(_) => Answer::refusal(
                    400,
                    "Only Checkout Sessions with a status in [\"open\"] can be expired.",
                ),
                None => Answer::refusal(404, "No such checkout.session"),
            },
            _ => Answer::refusal(405, "Method Not Allowed"),
        }
    }
}

fn post(path: &str, form: &str) -> Value {
    let answer = local::ask("POST", path, form);
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    assert_eq!(answer.status, 200, "POST {path}: {said}");
    said
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
