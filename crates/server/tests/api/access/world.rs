//! Ada, who has one of everything, and the others.

use std::collections::BTreeMap;

use axum::body::Body;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::{Method, Request, header};
use scrip_domain::{BillingPolicy, Clock as _, Password, Role, Tokens};
use scrip_licensing::{DeviceKey, MachineDigest};
use scrip_server::{Publication, hash_password};
use scrip_store::{NewUser, TokenHash};
use scrip_testkit::Stripe;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::method;
use super::rows::Row;
use crate::browser::Browser;
use crate::support::{Answer, Api, PRICES};
use crate::token_sales::{ACT, sell_tokens};

const CONTENT: &[u8] = b"not really a package";
const DAY: i64 = 86_400;

/// Names in braces, and what stands there.
pub(super) type Names = BTreeMap<&'static str, String>;

pub(super) struct World {
    pub(super) api: Api,
    /// Where ada's payments are made.
    _stripe: Stripe,
    /// Ada's things by the names that the tables give them.
    pub(super) here: Names,
    /// A token of ada's that nothing ends.
    ada: String,
    /// Tokens that open nothing.
    dead: Vec<(&'static str, String)>,
}

impl World {
    pub(super) async fn new() -> Self {
        let stripe = Stripe::start();
        let api = Api::with_stripe(&stripe).await;
        sell_tokens(&api.server).await;
        api.list(PRICES).await;
        let policy = BillingPolicy {
            seller: "Vendor Ltd".into(),
            address: "Road 2\n5678 City".into(),
            iban: "DE89370400440532013000".into(),
            credit_limit_minor: 1_000_000,
            ..BillingPolicy::default()
        };
        api.server.store().put_setting(&policy, &ACT).await.unwrap();
        // One hash for all of them: it takes its time.
        let password_hash = hash_password(&api.server, Password::new("correct horse"))
            .await
            .unwrap();
        for name in ["ada", "eve", "gus", "ian", "mia", "max", "zoe", "moe", "erased"] {
            let new = NewUser {
                email: format!("{name}@example.com").parse().unwrap(),
                password_hash: password_hash.clone(),
                grant: Tokens::new(100).unwrap(),
                grant_later: Tokens::ZERO,
            };
            api.server.store().register(&new).await.unwrap();
        }
        api.grant("ada@example.com", 1000).await;
        let mut world = Self {
            api,
            _stripe: stripe,
            here: Names::new(),
            ada: String::new(),
            dead: Vec::new(),
        };
        world.ada = world.session("ada@example.com").await;
        world.open_team().await;
        world.bury().await;
        // Long enough to draw from a team, and for a session to end.
        world.api.clock.advance_seconds(2 * 3600);
        world.ada = world.session("ada@example.com").await;
        world.shop().await;
        world.pay().await;
        world.send().await;
        world
    }

    /// What is not signed in, and what only looks so.
    pub(super) fn strangers(&self) -> Vec<(&'static str, Option<&str>)> {
        let dead = self.dead.iter().map(|(who, token)| (*who, Some(token.as_str())));
        std::iter::once(("nobody", None)).chain(dead).collect()
    }

    /// A new session of somebody.
    pub(super) async fn session(&self, email: &str) -> String {
        self.session_until(email, 30 * DAY).await
    }

    async fn session_until(&self, email: &str, seconds: i64) -> String {
        let token = Base64UrlUnpadded::encode_string(&Sha256::digest(Uuid::new_v4()));
        let store = self.api.server.store();
        let user = store.user_by_email(&email.parse().unwrap()).await.unwrap().unwrap();
        let hash = TokenHash(Sha256::digest(token.as_bytes()).into());
        let end = self.api.clock.now().plus_seconds(seconds);
        store.open_session(user.id, hash, end).await.unwrap();
        token
    }

    /// Sends what a row says, with these names filled in.
    pub(super) async fn ask(&self, row: &Row, names: &Names, token: Option<&str>) -> Answer {
        let mut request = Request::builder()
            .method(method(row.method))
            .uri(Self::address(row, names))
            .header("Idempotency-Key", Uuid::new_v4().to_string());
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.api
            .send(request.body(Body::from(filled(row.body, names))).unwrap())
            .await
    }

    /// Two kinds of orders have one name in the addresses.
    fn address(row: &Row, names: &Names) -> String {
        let path = row.path.replace("/token-orders/{order}", "/token-orders/{token_order}");
        filled(&path, names)
    }

    /// The names of things that nobody has.
    pub(super) fn nowhere(&self) -> Names {
        let other = |(name, value): (&&'static str, &String)| {
            let value = match *name {
                "product" | "key" | "machine" => value.clone(),
                _ => Uuid::new_v4().to_string(),
            };
            (*name, value)
        };
        self.here.iter().map(other).collect()
    }

    /// Everything that can be seen of ada's.
    pub(super) async fn state(&self) -> Value {
        let mut state = BTreeMap::new();
        for path in [
            "account/export",
            "library",
            "devices",
            "orders",
            "transfers",
            "gifts",
            "teams",
            "token-orders",
        ] {
            let path = format!("/v1/{path}");
            state.insert(path.clone(), self.api.get(&path, Some(&self.ada)).await.succeed());
        }
        json!(state)
    }

    /// Fails where an answer holds something of ada's that was not in the question.
    pub(super) fn assert_tells_nothing(&self, row: &Row, who: &str, answer: &Answer) {
        let text = String::from_utf8_lossy(&answer.bytes);
        let asked = format!("{} {}", Self::address(row, &self.here), filled(row.body, &self.here));
        let public = ["product", "sha256", "key", "machine"];
        let named = self.here.iter().filter(|(name, _)| !public.contains(*name));
        let secrets = named.map(|(_, value)| value.as_str()).chain(["ada@example.com"]);
        for secret in secrets.filter(|secret| !asked.contains(secret)) {
            assert!(
                !text.contains(secret),
                "{who} at {} learns {secret}: {text}",
                row.name()
            );
        }
    }

    async fn command(&self, path: &str, token: &str, body: Value) -> Value {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("Idempotency-Key", Uuid::new_v4().to_string());
        self.api
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await
            .succeed()
    }

    fn note(&mut self, name: &'static str, value: &Value) {
        self.here.insert(name, value.as_str().unwrap().to_owned());
    }

    /// A team of ada's, with somebody in every role.
    async fn open_team(&mut self) {
        let ada = self.ada.clone();
        let team = self.command("/v1/teams", &ada, json!({"name": "Home"})).await;
        self.note("team", &team["id"]);
        let path = format!("/v1/teams/{}", self.here["team"]);
        for (name, role) in [
            ("ian", "member"),
            ("mia", "member"),
            ("moe", "member"),
            ("max", "manager"),
        ] {
            let body = json!({"email": format!("{name}@example.com"), "role": role, "monthly_limit": 20});
            let members = format!("{path}/members");
            let member = self
                .api
                .call(Method::PUT, &members, Some(&ada), Some(body))
                .await
                .succeed();
            if name == "moe" {
                self.note("member", &member["user"]);
            }
            if name != "ian" {
                let token = self.session(&format!("{name}@example.com")).await;
                self.api
                    .post(&format!("{path}/join"), Some(&token), json!({}))
                    .await
                    .succeed();
            }
        }
        self.command(&format!("{path}/deposit"), &ada, json!({"tokens": 100}))
            .await;
    }

    /// Sessions that are over, and those of others than customers.
    async fn bury(&mut self) {
        let ended = self.session_until("ada@example.com", 60).await;
        let erased = self.session("erased@example.com").await;
        let body = json!({"password": "correct horse", "forfeit": 100});
        let gone = self.api.post("/v1/account/erase", Some(&erased), body).await;
        assert!(gone.status.is_success(), "{}", String::from_utf8_lossy(&gone.bytes));
        let operator = Browser::operator(&self.api, Role::Owner).await;
        let operator = operator.cookies.iter().find(|(name, _)| name == "scrip_operator");
        self.dead = vec![
            ("a made-up token", "x".repeat(43)),
            ("an ended session", ended),
            ("an erased account", erased),
            ("an operator", operator.unwrap().1.clone()),
        ];
    }

    /// A rental on a computer, and a file that installs it.
    async fn shop(&mut self) {
        let ada = self.ada.clone();
        self.here.insert("product", "org.example.Paint".to_owned());
        let order = self.api.pay(&ada, "rent", Some("week"), 30).await.succeed();
        self.note("order", &order["id"]);
        let key = DeviceKey::generate().unwrap();
        let device = self.api.device(&ada, &key).await;
        self.here
            .insert("key", Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes()));
        self.here
            .insert("machine", MachineDigest::of(&"ab".repeat(16)).unwrap().to_string());
        let library = self.api.get("/v1/library", Some(&ada)).await.succeed();
        self.note("license", &library["licenses"][0]["id"]);
        let path = format!("/v1/licenses/{}/codes", self.here["license"]);
        let code = self
            .api
            .post(&path, Some(&ada), json!({"device": device}))
            .await
            .succeed();
        self.note("activation", &code["activation"]);
        self.here.insert("device", device);
        let path = self.api.folder.path().join("example-paint_1.1-2_amd64.deb");
        std::fs::write(&path, CONTENT).unwrap();
        let publication = Publication {
            path,
            product: "org.example.Paint".parse().unwrap(),
            version: None,
            arch: None,
        };
        let artifact = scrip_server::publish(&self.api.server, &publication).await.unwrap();
        self.here.insert("sha256", artifact.sha256.to_string());
    }

    /// Tokens that are bought: by card, on a bill, and with a purchase order.
    async fn pay(&mut self) {
        let ada = self.ada.clone();
        let card = json!({"currency": "EUR", "tokens": 100, "method": "card"});
        let purchase = self.command("/v1/token-purchases", &ada, card).await;
        self.note("purchase", &purchase["id"]);
        let on_paper = |method: &str, number: &str| {
            json!({"currency": "EUR", "tokens": 100, "method": method, "number": number,
                "bill_to": {"name": "Ada Lovelace", "address": "Square 1"}})
        };
        let billed = self
            .command("/v1/token-orders", &ada, on_paper("bank_transfer", ""))
            .await;
        self.note("invoice", &billed["invoice"]);
        let waiting = self
            .command("/v1/token-orders", &ada, on_paper("purchase_order", "PO-1"))
            .await;
        self.note("token_order", &waiting["id"]);
        let paper = Request::put(format!("/v1/token-orders/{}/document", self.here["token_order"]))
            .header(header::AUTHORIZATION, format!("Bearer {ada}"))
            .header("File-Name", "order.pdf");
        self.api
            .send(paper.body(Body::from("%PDF-1.4 an order")).unwrap())
            .await
            .succeed();
    }

    /// What is on its way to gus, and a session that can be ended.
    async fn send(&mut self) {
        let ada = self.ada.clone();
        let tokens = json!({"to": "gus@example.com", "name": "g…@example.com", "tokens": 30, "message": "lunch"});
        let sent = self.command("/v1/transfers", &ada, tokens).await;
        self.note("transfer", &sent["id"]);
        let product = json!({"to": "gus@example.com", "name": "g…@example.com", "product": "org.example.Paint",
            "expected_price": 100, "message": ""});
        let gift = self.command("/v1/gifts", &ada, product).await;
        self.note("gift", &gift["id"]);
        // Opened last, so that it is neither this one nor one that is over.
        let known = self.api.get("/v1/sessions", Some(&ada)).await.succeed();
        self.session("ada@example.com").await;
        let sessions = self.api.get("/v1/sessions", Some(&ada)).await.succeed();
        let is_known = |session: &Value| {
            known
                .as_array()
                .unwrap()
                .iter()
                .any(|known| known["id"] == session["id"])
        };
        let other = sessions.as_array().unwrap().iter().find(|session| !is_known(session));
        self.note("id", &other.unwrap()["id"]);
    }
}

/// A text with names in braces filled in.
pub(super) fn filled(text: &str, names: &Names) -> String {
    let fill = |text: String, (name, value): (&&str, &String)| text.replace(&format!("{{{name}}}"), value);
    names.iter().fold(text.to_owned(), fill)
}
