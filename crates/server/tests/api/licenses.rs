//! The life of a license over HTTP: seats, pauses, early ends, renewals, trials, transfers, notices.

use http::{Method, StatusCode, header};
use scrip_domain::{Clock as _, LicenseId};
use scrip_licensing::journal::{Entry, Standing};
use scrip_licensing::{Claims, DeviceKey, Error, Expectation, Grant, JwkSet, KeySet, Verifier};
use serde_json::{Value, json};

use crate::support::{Answer, Api};
use crate::vendor::Computer;

const PRICES: &str = r#"
[default]
purchase = 1000
trial = { duration = "7d" }
seats = 2
floating_seats = 1
transferable = true
[[default.rental]]
id = "days"
price = 100
duration = "10d"
credit_permille = 500
grace = "2d"
refund_permille = 900
pauses = 2
pause_max = "30d"
[[default.rental]]
id = "both"
price = 60
duration = "30d"
uses = 100
credit_permille = 500
refund_permille = 900
[[default.rental]]
id = "leased"
price = 10
duration = "10d"
lease = "12h"
"#;

async fn shop(offer: &str, price: i64) -> (Api, String, String) {
    let api = Api::with_settings("registration_tokens = 0").await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.grant("ada@example.com", 500).await;
    api.pay(&token, "rent", Some(offer), price).await.succeed();
    let library = api.get("/v1/library", Some(&token)).await.succeed();
    let license = library["licenses"][0]["id"].as_str().unwrap().to_owned();
    (api, token, license)
}

async fn command(api: &Api, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let request = http::Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("Idempotency-Key", key)
        .body(axum::body::Body::from(body.to_string()));
    api.send(request.unwrap()).await
}

async fn code(api: &Api, token: &str, license: &str, device: &str, floating: bool) -> Answer {
    let body = json!({"device": device, "floating": floating});
    api.post(&format!("/v1/licenses/{license}/codes"), Some(token), body)
        .await
}

async fn claims(api: &Api, code: &Value) -> Claims {
    let jwks = api.get("/v1/jwks.json", None).await;
    let keys = JwkSet::parse(std::str::from_utf8(&jwks.bytes).unwrap()).unwrap();
    let verifier = Verifier::new(api.server.issuer(), KeySet::from_jwks(&keys).unwrap());
    let expect = Expectation::at(api.clock.now());
    verifier.verify(code["code"].as_str().unwrap(), &expect).unwrap()
}

/// A computer registered by what only it has.
async fn other_device(api: &Api, token: &str, n: u8, facts: Value) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    let key = DeviceKey::generate().unwrap();
    let body = json!({"name": format!("pc{n}"), "machine": Base64UrlUnpadded::encode_string(&[n; 32]), "facts": facts,
        "public_key": Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes()),
        "platform": {"os": "linux", "arch": "x86_64"}});
    api.post("/v1/devices", Some(token), body).await.succeed()
}

/// The computer's journal with its last code given back.
fn surrender(computer: &Computer, api: &Api, license: &str, seq: u64) -> Value {
    let license: LicenseId = license.parse().unwrap();
    let now = api.clock.now();
    let decide = |_: &Standing| Ok::<_, Error>(Entry::Surrender);
    computer
        .journal(license)
        .append(now, seq, Standing::default(), decide)
        .unwrap();
    computer.upload(license, now)
}

#[tokio::test]
async fn a_pause_needs_the_code_back_and_refuses_codes_until_it_ends() {
    let (api, token, license) = shop("days", 100).await;
    let computer = Computer::new();
    let device = api.device(&token, &computer.key).await;
    code(&api, &token, &license, &device, false).await.succeed();
    let path = format!("/v1/licenses/{license}/pause");
    let refused = api.post(&path, Some(&token), json!({})).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::CONFLICT, "license.in_use")
    );
    let journal = surrender(&computer, &api, &license, 1);
    let body = json!({"surrender": {"device": device, "journal": journal}});
    let paused = api.post(&path, Some(&token), body.clone()).await.succeed();
    assert_eq!(paused["state"], "paused");
    assert_eq!(
        code(&api, &token, &license, &device, false).await.code(),
        "license.paused"
    );
    assert_eq!(api.post(&path, Some(&token), body).await.code(), "license.not_pausable");
    api.clock.advance_seconds(86_400);
    let resume = format!("/v1/licenses/{license}/resume");
    assert_eq!(
        api.post(&resume, Some(&token), json!(null)).await.succeed()["state"],
        "active"
    );
    assert_eq!(
        api.post(&resume, Some(&token), json!(null)).await.code(),
        "license.not_paused"
    );
    let again = code(&api, &token, &license, &device, false).await.succeed();
    assert_eq!(again["seq"], 2);
    let nobody = api.register("bob@example.com").await;
    assert_eq!(
        api.post(&resume, Some(&nobody), json!(null)).await.code(),
        "license.not_found"
    );
    assert_eq!(
        api.post("/v1/licenses/x/pause", Some(&token), json!({})).await.code(),
        "request.malformed"
    );
}

#[tokio::test]
async fn codes_say_grace_leases_and_shares() {
    let (api, token, license) = shop("both", 60).await;
    let desk = other_device(&api, &token, 1, json!({})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let first = code(&api, &token, &license, &desk, false).await.succeed();
    let said = claims(&api, &first).await;
    assert_eq!(
        said.grant,
        Grant::Combined {
            uses: Some(100),
            processings: None
        }
    );
    assert_eq!((said.seq, said.grace, said.lease), (1, 0, false));
    let lap = other_device(&api, &token, 2, json!({})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let refused = code(&api, &token, &license, &lap, false).await;
    assert!(
        refused.json()["detail"].as_str().unwrap().contains("pc1"),
        "all uses are promised to it"
    );
    let (api, token, license) = shop("leased", 10).await;
    let desk = other_device(&api, &token, 1, json!({})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let leased = claims(&api, &code(&api, &token, &license, &desk, false).await.succeed()).await;
    assert_eq!(
        (leased.lease, leased.exp),
        (true, Some(api.clock.now().plus_seconds(12 * 3600)))
    );
    let (api, token, license) = shop("days", 100).await;
    let lap = other_device(&api, &token, 2, json!({})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let floating = claims(&api, &code(&api, &token, &license, &lap, true).await.succeed()).await;
    assert_eq!(
        (floating.lease, floating.exp),
        (true, Some(api.clock.now().plus_seconds(3600)))
    );
    let desk = other_device(&api, &token, 1, json!({})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(code(&api, &token, &license, &desk, true).await.code(), "seat.none_free");
    api.clock.advance_seconds(11 * 86_400);
    let late = claims(&api, &code(&api, &token, &license, &desk, false).await.succeed()).await;
    assert_eq!((late.grace, late.lease), (2 * 86_400, false));
    assert!(late.is_in_grace(api.clock.now()));
    api.clock.advance_seconds(86_400);
    assert_eq!(
        code(&api, &token, &license, &desk, false).await.code(),
        "license.expired"
    );
}

#[tokio::test]
async fn seats_are_shown_and_freed_and_a_new_system_is_recognised() {
    let (api, token, license) = shop("days", 100).await;
    let fact = |n: u8| {
        use base64ct::{Base64UrlUnpadded, Encoding as _};
        Base64UrlUnpadded::encode_string(&[n; 12])
    };
    let before = json!({"board": fact(1), "network": format!("{} {}", fact(2), fact(3)), "system": fact(4)});
    let desk = other_device(&api, &token, 1, before).await;
    assert_eq!(desk["recognised"], json!(null));
    let seat = code(&api, &token, &license, desk["id"].as_str().unwrap(), false)
        .await
        .succeed();
    let after = json!({"board": fact(1), "network": fact(3), "system": fact(9)});
    let anew = other_device(&api, &token, 2, after).await;
    assert!(anew["recognised"].as_str().unwrap().contains("reinstalled"), "{anew}");
    let devices = api.get("/v1/devices", Some(&token)).await.succeed();
    assert_eq!(devices["devices"].as_array().unwrap().len(), 1);
    let path = format!("/v1/licenses/{license}/seats");
    let seats = api.get(&path, Some(&token)).await.succeed();
    assert_eq!(
        (seats["seats"].as_u64(), seats["floating_seats"].as_u64()),
        (Some(2), Some(1))
    );
    let rows = seats["activations"].as_array().unwrap();
    assert_eq!(rows.iter().filter(|row| row["live"] == true).count(), 1);
    let held = rows.iter().find(|row| row["live"] == true).unwrap()["id"]
        .as_str()
        .unwrap();
    assert_ne!(seat["activation"], held);
    let release = format!("/v1/activations/{held}/release");
    let bob = api.register("bob@example.com").await;
    assert_eq!(api.post(&release, Some(&bob), json!({})).await.code(), "seat.not_found");
    let bad = json!({"journal": {"certificate": "x", "records": "x"}});
    assert!(api.post(&release, Some(&token), bad).await.status.is_client_error());
    api.post(&release, Some(&token), json!({})).await.succeed();
    let notices = api.get("/v1/notices?limit=1", Some(&token)).await.succeed();
    assert_eq!(notices["items"][0]["kind"], "seat.released");
    assert_eq!(
        api.get("/v1/notices?cursor=x", Some(&token)).await.code(),
        "request.malformed"
    );
    let wrong = json!({"name": "pc", "public_key": "x", "machine": "x", "facts": {"nose": "x"},
        "platform": {"os": "linux", "arch": "x86_64"}});
    assert!(
        api.post("/v1/devices", Some(&token), wrong)
            .await
            .status
            .is_client_error()
    );
}

#[tokio::test]
async fn ending_shows_what_it_gives_back_and_gives_it_once() {
    let (api, token, license) = shop("days", 100).await;
    api.clock.advance_seconds(5 * 86_400);
    let path = format!("/v1/licenses/{license}/end");
    let quote = api.get(&path, Some(&token)).await.succeed();
    assert_eq!(
        (quote["tokens"].as_i64(), quote["equity_back"].as_i64()),
        (Some(45), Some(22))
    );
    let key = uuid::Uuid::new_v4().to_string();
    let greedy = command(&api, &token, &path, &key, &json!({"at_least": 46})).await;
    assert_eq!(greedy.code(), "price.changed");
    for _ in 0..2 {
        let ended = command(&api, &token, &path, &key, &json!({"at_least": 45}))
            .await
            .succeed();
        assert_eq!(
            (ended["tokens"].as_i64(), ended["balance_after"].as_i64()),
            (Some(45), Some(445))
        );
    }
    let other = command(&api, &token, &path, &key, &json!({"at_least": 1})).await;
    assert_eq!(other.code(), "idempotency.conflict");
    assert_eq!(
        api.post(&path, Some(&token), json!({"at_least": 0})).await.code(),
        "idempotency.key_missing"
    );
    let wallet = api.get("/v1/wallet/history", Some(&token)).await.succeed();
    assert_eq!(
        (
            wallet["items"][0]["kind"].as_str(),
            wallet["items"][0]["amount"].as_i64()
        ),
        (Some("refund"), Some(45))
    );
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
}

#[tokio::test]
async fn a_rental_renews_itself_announced_within_its_cap_and_once() {
    let (api, token, license) = shop("days", 100).await;
    let path = format!("/v1/licenses/{license}/renewal");
    let put = async |body| api.call(Method::PUT, &path, Some(&token), Some(body)).await;
    assert_eq!(
        put(json!({"offer": "days", "cap": 5})).await.code(),
        "license.renewal_cap"
    );
    assert_eq!(
        put(json!({"offer": "none", "cap": 500})).await.code(),
        "offer.not_found"
    );
    put(json!({"offer": "days", "cap": 150})).await.succeed();
    let look = async || scrip_server::renew_due(&api.server).await.unwrap();
    assert_eq!(look().await, scrip_server::RenewalReport::default());
    api.clock.advance_seconds(9 * 86_400 + 3600);
    assert_eq!((look().await.announced, look().await.announced), (1, 0));
    api.clock.advance_seconds(22 * 3600 + 1800);
    let (one, two) = tokio::join!(
        scrip_server::renew_due(&api.server),
        scrip_server::renew_due(&api.server)
    );
    assert_eq!(one.unwrap().paid + two.unwrap().paid, 1);
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.succeed()["balance"], 300);
    api.clock.advance_seconds(10 * 86_400);
    assert_eq!((look().await.failed, look().await.failed), (1, 0));
    let notices = api.get("/v1/notices", Some(&token)).await.succeed();
    let kinds: Vec<_> = notices["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| notice["kind"].clone())
        .collect();
    assert_eq!(kinds, ["renewal.failed", "renewal.paid", "renewal.soon"]);
    let off = api.call(Method::DELETE, &path, Some(&token), None).await.succeed();
    assert_eq!(off["renewal"], json!(null));
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
}

#[tokio::test]
async fn a_trial_begins_once_and_a_license_goes_to_another_account() {
    let api = Api::with_settings("registration_tokens = 0").await;
    api.list(PRICES).await;
    let (ada, bob) = (
        api.register("ada@example.com").await,
        api.register("bob@example.com").await,
    );
    let device = other_device(&api, &ada, 1, json!({})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({"product": "org.example.Paint", "device": device});
    let begun = api.post("/v1/trials", Some(&ada), body.clone()).await;
    assert_eq!(begun.status, StatusCode::CREATED);
    let trial = begun.succeed();
    assert_eq!(
        (trial["trial"].as_bool(), trial["state"].as_str()),
        (Some(true), Some("active"))
    );
    assert_eq!(
        api.post("/v1/trials", Some(&ada), body.clone()).await.code(),
        "trial.used"
    );
    assert_eq!(
        api.post("/v1/trials", Some(&bob), body).await.code(),
        "device.not_found"
    );
    let same = other_device(&api, &bob, 1, json!({})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({"product": "org.example.Paint", "device": same});
    assert_eq!(api.post("/v1/trials", Some(&bob), body).await.code(), "trial.used");
    let path = format!("/v1/licenses/{}/transfer", trial["id"].as_str().unwrap());
    let give = async |to: &str| {
        let key = uuid::Uuid::new_v4().to_string();
        command(&api, &ada, &path, &key, &json!({"to": to})).await
    };
    assert_eq!(give("bob@example.com").await.code(), "license.not_transferable");
    api.grant("ada@example.com", 100).await;
    api.pay(&ada, "rent", Some("days"), 100).await.succeed();
    assert_eq!(give("nobody").await.code(), "account.email_invalid");
    assert_eq!(give("who@example.com").await.code(), "account.not_found");
    assert_eq!(give("bob@example.com").await.succeed()["to"], "bob@example.com");
    let library = api.get("/v1/library", Some(&bob)).await.succeed();
    assert_eq!(
        (
            library["licenses"][0]["equity"].as_i64(),
            library["licenses"][0]["id"].clone()
        ),
        (Some(50), trial["id"].clone())
    );
    assert_eq!(
        api.get("/v1/notices", Some(&bob)).await.succeed()["items"][0]["kind"],
        "license.received"
    );
}
