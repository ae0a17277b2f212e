use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_domain::Clock as _;
use scrip_licensing::{DeviceKey, Expectation, Grant, JwkSet, KeySet, MachineDigest, Verifier};
use serde_json::json;

use crate::support::{Api, PRICES};

async fn device(api: &Api, token: &str, key: &DeviceKey, machine: &MachineDigest) -> String {
    let public_key = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
    let body = json!({"name": "desk", "public_key": public_key, "machine": machine.to_string(),
        "platform": {"os": "linux", "arch": "x86_64"}});
    api.post("/v1/devices", Some(token), body).await.succeed()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn code(api: &Api, token: &str, device: &str) -> serde_json::Value {
    let library = api.get("/v1/library", Some(token)).await.succeed();
    let license = library["licenses"][0]["id"].as_str().unwrap();
    let answer = api
        .post(
            &format!("/v1/licenses/{license}/codes"),
            Some(token),
            json!({"device": device}),
        )
        .await;
    answer.json()
}

async fn verifier(api: &Api) -> Verifier {
    let jwks = api.get("/v1/jwks.json", None).await;
    let keys = JwkSet::parse(std::str::from_utf8(&jwks.bytes).unwrap()).unwrap();
    Verifier::new(api.server.issuer(), KeySet::from_jwks(&keys).unwrap())
}

#[tokio::test]
async fn a_code_says_what_the_license_allows_and_verifies_offline() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.grant("ada@example.com", 500).await;
    api.pay(&token, "rent", Some("week"), 30).await.succeed();
    let (key, machine) = (
        DeviceKey::generate().unwrap(),
        MachineDigest::of(&"ab".repeat(16)).unwrap(),
    );
    let device = device(&api, &token, &key, &machine).await;
    let rented = code(&api, &token, &device).await;
    let verifier = verifier(&api).await;
    let product = "org.example.Paint".parse().unwrap();
    let expect = |now| Expectation {
        product: Some(&product),
        device: Some(key.thumbprint()),
        machine: Some(machine),
        ..Expectation::at(now)
    };
    let now = api.clock.now();
    let claims = verifier.verify(rented["code"].as_str().unwrap(), &expect(now)).unwrap();
    assert_eq!(
        (claims.grant, claims.exp),
        (Grant::Duration, Some(now.plus_seconds(7 * 86_400)))
    );
    assert_eq!(
        (
            claims.equity.credited.get(),
            claims.equity.price.unwrap().get(),
            claims.seq
        ),
        (15, 100, 1)
    );
    assert!(
        verifier
            .verify(rented["code"].as_str().unwrap(), &expect(now.plus_seconds(8 * 86_400)))
            .is_err()
    );
    api.pay(&token, "convert", None, 85).await.succeed();
    let owned = code(&api, &token, &device).await;
    assert_eq!(owned["activation"], rented["activation"]);
    let claims = verifier
        .verify(
            owned["code"].as_str().unwrap(),
            &expect(now.plus_seconds(9_000_000_000)),
        )
        .unwrap();
    assert_eq!((claims.grant, claims.exp, claims.seq), (Grant::Perpetual, None, 2));
}

#[tokio::test]
async fn a_rental_that_ran_out_gets_no_code() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.pay(&token, "rent", Some("week"), 30).await.succeed();
    let (key, machine) = (
        DeviceKey::generate().unwrap(),
        MachineDigest::of(&"ab".repeat(16)).unwrap(),
    );
    let device = device(&api, &token, &key, &machine).await;
    api.clock.advance_seconds(8 * 86_400);
    let refused = code(&api, &token, &device).await;
    assert_eq!(
        (refused["code"].as_str(), refused["status"].as_u64()),
        (Some("license.expired"), Some(403))
    );
}

#[tokio::test]
async fn another_persons_license_and_device_are_as_absent_as_none() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let (ada, bob) = (
        api.register("ada@example.com").await,
        api.register("bob@example.com").await,
    );
    api.pay(&ada, "rent", Some("week"), 30).await.succeed();
    let (key, machine) = (
        DeviceKey::generate().unwrap(),
        MachineDigest::of(&"ab".repeat(16)).unwrap(),
    );
    let (of_ada, of_bob) = (
        device(&api, &ada, &key, &machine).await,
        device(&api, &bob, &key, &machine).await,
    );
    assert_ne!(of_ada, of_bob);
    let library = api.get("/v1/library", Some(&ada)).await.succeed();
    let path = format!("/v1/licenses/{}/codes", library["licenses"][0]["id"].as_str().unwrap());
    assert_eq!(
        api.post(&path, Some(&bob), json!({"device": of_bob})).await.code(),
        "license.not_found"
    );
    assert_eq!(
        api.post(&path, Some(&ada), json!({"device": of_bob})).await.code(),
        "device.not_found"
    );
}

#[tokio::test]
async fn a_malformed_device_is_refused() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    let good = Base64UrlUnpadded::encode_string(DeviceKey::generate().unwrap().verifying_key().as_bytes());
    let machine = Base64UrlUnpadded::encode_string(&[1; 32]);
    let platform = json!({"os": "linux", "arch": "x86_64"});
    for body in [
        json!({"name": "", "public_key": good, "machine": machine, "platform": platform}),
        json!({"name": "desk", "public_key": "short", "machine": machine, "platform": platform}),
        json!({"name": "desk", "public_key": Base64UrlUnpadded::encode_string(&[0; 32]), "machine": machine, "platform": platform}),
        json!({"name": "desk", "public_key": good, "machine": "x", "platform": platform}),
        json!({"name": "desk", "public_key": good, "machine": machine, "platform": {"os": "../", "arch": "x"}}),
    ] {
        let refused = api.post("/v1/devices", Some(&token), body.clone()).await;
        assert!(refused.status.is_client_error(), "{body}");
        assert!(!refused.code().is_empty());
    }
}
