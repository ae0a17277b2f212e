//! Somebody who has one of everything.

use reqwest::{Client, Method};
use scrip_tests::Vendor;
use serde_json::{Value, json};

use crate::shop::{DRAW, PAINT, RENTED};

/// A device's public key (RFC 8037 appendix A.2).
pub(crate) const DEVICE_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
/// A digest of some machine.
pub(crate) const MACHINE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const GUS: &str = "gus@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// What there is for requests to name.
pub(crate) struct Made {
    /// The session in which everything is asked.
    pub(crate) token: String,
    /// Ids by the names that they have in addresses and bodies.
    pub(crate) names: Vec<(&'static str, String)>,
    /// Ids for the routes that take away what they are asked for, or that want another one.
    pub(crate) own: Vec<(&'static str, &'static str, String)>,
    /// A code of a voucher.
    pub(crate) voucher: String,
    pub(crate) device: String,
}

/// Opens two accounts that buy, rent, send and found.
pub(crate) async fn live(vendor: &Vendor, voucher: String) -> Made {
    let installed = rustls::crypto::ring::default_provider().install_default();
    assert!(installed.is_ok() || rustls::crypto::CryptoProvider::get_default().is_some());
    let http = Client::builder().tls_certs_only([]).build().unwrap();
    let open = async |email: &str| {
        let new = Person {
            http: http.clone(),
            server: vendor.url(),
            token: String::new(),
        };
        let session = new
            .post("/v1/accounts", json!({"email": email, "password": PASSWORD}))
            .await;
        Person {
            token: word(&session, "token"),
            ..new
        }
    };
    let (gus, ada) = (open(GUS).await, open(ADA).await);
    let order = ada.order(PAINT).await;
    let license = ada.license(PAINT).await;
    let mut rented = Vec::new();
    for product in RENTED {
        let order = ada.order(product).await;
        rented.push((ada.license(product).await, order));
    }
    let [pause, resume, end, transferred, (_, refunded)] = <[_; 5]>::try_from(rented).unwrap();
    ada.post(&format!("/v1/licenses/{}/pause", resume.0), json!({})).await;
    let device = ada.device("Desk").await;
    let codes = format!("/v1/licenses/{license}/codes");
    let code = ada.post(&codes, json!({"device": device})).await;
    let team = ada.team("Home").await;
    let member = ada.invite(&team, GUS).await;
    ada.post(&format!("/v1/teams/{team}/deposit"), json!({"tokens": 500}))
        .await;
    let (emptied, of_gus) = (ada.team("Nobody's").await, gus.team("Work").await);
    gus.invite(&of_gus, ADA).await;
    let left = ada.team("Shed").await;
    let out = ada.invite(&left, GUS).await;
    let (bill, waits) = (ada.bill("bank_transfer").await, ada.bill("purchase_order").await);
    let taken_back = ada.bill("purchase_order").await;
    let (transfer, purchase) = (ada.send().await, ada.purchase().await);
    let own = vec![
        ("POST /v1/licenses/{license}/pause", "license", pause.0),
        ("POST /v1/licenses/{license}/resume", "license", resume.0),
        ("POST /v1/licenses/{license}/end", "license", end.0),
        ("POST /v1/licenses/{license}/transfer", "license", transferred.0),
        ("POST /v1/orders/{order}/refund", "order", refunded),
        ("POST /v1/transfers/{transfer}/cancel", "transfer", ada.send().await),
        ("POST /v1/gifts/{gift}/withdraw", "gift", ada.give(GUS).await),
        ("POST /v1/gifts/{gift}/decline", "gift", gus.give(ADA).await),
        ("DELETE /v1/teams/{team}", "team", emptied),
        ("POST /v1/teams/{team}/join", "team", of_gus),
        ("DELETE /v1/teams/{team}/members/{member}", "team", left),
        ("DELETE /v1/teams/{team}/members/{member}", "member", out),
        (
            "POST /v1/token-purchases/{purchase}/cancel",
            "purchase",
            ada.purchase().await,
        ),
        ("GET /v1/token-orders/{order}", "order", word(&bill, "id")),
        ("PUT /v1/token-orders/{order}/document", "order", word(&waits, "id")),
        ("GET /v1/token-orders/{order}/document", "order", word(&waits, "id")),
        ("DELETE /v1/token-orders/{order}", "order", word(&taken_back, "id")),
    ];
    ada.hand_in(&word(&waits, "id")).await;
    let names = vec![
        ("order", order),
        ("transfer", transfer),
        ("gift", gus.give(ADA).await),
        ("team", team),
        ("member", member),
        ("purchase", purchase),
        ("license", license),
        ("activation", word(&code, "activation")),
        ("invoice", word(&bill, "invoice")),
        ("device", device.clone()),
        ("product", PAINT.to_owned()),
        ("offer", "week".to_owned()),
        ("email", GUS.to_owned()),
        ("to", GUS.to_owned()),
        ("currency", "EUR".to_owned()),
    ];
    Made {
        token: ada.token,
        names,
        own,
        voucher,
        device,
    }
}

/// Somebody at a computer.
struct Person {
    http: Client,
    server: String,
    token: String,
}

impl Person {
    async fn ask(&self, method: Method, path: &str, body: Option<String>) -> Value {
        let request = self
            .http
            .request(method, format!("{}{path}", self.server))
            .bearer_auth(&self.token);
        let request = request.header("Idempotency-Key", uuid::Uuid::new_v4().to_string());
        let answer = request.body(body.unwrap_or_default()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.ask(Method::POST, path, Some(body.to_string())).await
    }

    async fn made(&self, path: &str, body: Value) -> String {
        word(&self.post(path, body).await, "id")
    }

    async fn order(&self, product: &str) -> String {
        let items = json!([{"product": product, "intent": "rent", "offer": "week"}]);
        self.made("/v1/orders", json!({"items": items, "expected_total": 30}))
            .await
    }

    async fn license(&self, product: &str) -> String {
        let library = self.ask(Method::GET, "/v1/library", None).await;
        let licenses = library["licenses"].as_array().unwrap().iter();
        let mut own = licenses.filter(|license| license["product"] == product);
        word(own.next().unwrap(), "id")
    }

    async fn device(&self, name: &str) -> String {
        let platform = json!({"os": "linux", "arch": "x86_64"});
        let device = json!({"name": name, "public_key": DEVICE_KEY, "machine": MACHINE, "platform": platform});
        self.made("/v1/devices", device).await
    }

    async fn team(&self, name: &str) -> String {
        self.made("/v1/teams", json!({"name": name})).await
    }

    /// Invites somebody; answers who they are.
    async fn invite(&self, team: &str, email: &str) -> String {
        let body = json!({"email": email, "role": "member", "monthly_limit": 50});
        let path = format!("/v1/teams/{team}/members");
        word(&self.ask(Method::PUT, &path, Some(body.to_string())).await, "user")
    }

    async fn send(&self) -> String {
        let body = json!({"to": GUS, "name": "g…@example.com", "tokens": 5});
        self.made("/v1/transfers", body).await
    }

    async fn give(&self, to: &str) -> String {
        let name = format!("{}…@example.com", &to[..1]);
        let body = json!({"to": to, "name": name, "product": DRAW, "expected_price": 100});
        self.made("/v1/gifts", body).await
    }

    async fn purchase(&self) -> String {
        let body = json!({"currency": "EUR", "tokens": 100, "method": "card"});
        self.made("/v1/token-purchases", body).await
    }

    /// An order on a bill.
    async fn bill(&self, method: &str) -> Value {
        let body = json!({"currency": "EUR", "tokens": 100, "method": method, "number": "PO 7", "bill_to": {"name": "Ada & Co"}});
        self.post("/v1/token-orders", body).await
    }

    async fn hand_in(&self, order: &str) {
        let path = format!("/v1/token-orders/{order}/document");
        self.ask(Method::PUT, &path, Some("%PDF-1.7\n".to_owned())).await;
    }
}

fn word(value: &Value, name: &str) -> String {
    let found = value[name].as_str();
    found.unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}
