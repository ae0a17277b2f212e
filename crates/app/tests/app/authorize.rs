//! A program that is here already gets its code and not one byte of an installer.

use std::sync::{Arc, Mutex};

use crate::fake::{DEVICE, LICENSE, NOW, Vendor, license, listing};
use scrip_app::contract::{AcquireArgs, Action, Event, ProductArgs, Stage};
use scrip_domain::{Coded, ErrorCode, ProductId, Timestamp, Tokens};
use scrip_licensing::{Claims, Confirmation, Equity, Grant, JwkSet, SigningKey, TermsDigest, Used, VerifyingKey};
use serde_json::{Value, json};

const ISSUER: &str = "https://shop.example";

/// A vendor that issues codes with `key`, for whatever device registered last.
async fn vendor(key: SigningKey) -> Vendor {
    let vendor = Vendor::start().await;
    {
        let mut state = vendor.state.lock().unwrap();
        state.catalog = vec![listing("org.example.Hello", "Hello", 1)];
        state.library = vec![license("org.example.Hello", 1)];
    }
    let device: Arc<Mutex<Value>> = Arc::default();
    vendor.rule(move |request| match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v1/server") => Some(Some((200, json!({ "issuer": ISSUER })))),
        ("GET", "/v1/jwks.json") => {
            let set = JwkSet::new([key.verifying_key()]).to_json().unwrap();
            Some(Some((200, serde_json::from_str(&set).unwrap())))
        }
        ("POST", "/v1/devices") => {
            *device.lock().unwrap() = request.body.clone();
            let answer = json!({ "id": DEVICE, "name": "x", "thumbprint": "x", "created_at": "2026-01-01T00:00:00Z" });
            Some(Some((200, answer)))
        }
        ("POST", path) if path.ends_with("/codes") => {
            let code = key.issue(&claims(&device.lock().unwrap())).unwrap();
            let answer = json!({ "license": LICENSE, "product": "org.example.Hello", "activation": DEVICE, "seq": 1, "code": code });
            Some(Some((200, answer)))
        }
        _ => None,
    });
    vendor
}

fn claims(device: &Value) -> Claims {
    let x = device["public_key"].as_str().unwrap();
    let jwk: scrip_licensing::Jwk = serde_json::from_value(json!({ "kty": "OKP", "crv": "Ed25519", "x": x })).unwrap();
    let key: VerifyingKey = jwk.verifying_key().unwrap().unwrap();
    Claims {
        iss: ISSUER.to_owned(),
        sub: LICENSE.parse().unwrap(),
        aud: hello(),
        jti: "1".to_owned(),
        iat: Timestamp::from_seconds(NOW),
        nbf: Timestamp::from_seconds(NOW),
        exp: Some(Timestamp::from_seconds(NOW + 86_400)),
        cnf: Confirmation { jkt: key.thumbprint() },
        machine: device["machine"].as_str().unwrap().parse().unwrap(),
        seq: 1,
        grant: Grant::Duration,
        used: Used::default(),
        grace: 0,
        lease: false,
        equity: Equity {
            credited: Tokens::new(5).unwrap(),
            price: Some(Tokens::new(30).unwrap()),
        },
        terms: TermsDigest([1; 32]),
    }
}

fn hello() -> ProductId {
    "org.example.Hello".parse().unwrap()
}

/// Puts the package `hello` into the package database of the computer under `home`.
fn install_package(home: &std::path::Path) {
    let dpkg = home.join("computer/var/lib/dpkg");
    std::fs::create_dir_all(dpkg.join("info")).unwrap();
    let status =
        "Package: hello\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.10-3\nDescription: x\n\n";
    std::fs::write(dpkg.join("status"), status).unwrap();
}

#[tokio::test]
async fn the_code_comes_is_verified_and_works_offline() {
    let home = tempfile::tempdir().unwrap();
    install_package(home.path());
    let vendor = vendor(SigningKey::generate().unwrap()).await;
    let app = vendor.signed_in(home.path()).await;
    app.catalog_sync().await.unwrap();
    let plan = app.product_plan(ProductArgs { product: hello() }).await.unwrap();
    assert_eq!((plan.action, plan.download_bytes), (Action::Authorize, 0));
    let mut events = app.events();
    let acquired = app
        .acquire_start(AcquireArgs {
            product: hello(),
            update: false,
            floating: false,
        })
        .await
        .unwrap();
    assert_eq!((acquired.action, acquired.downloaded_bytes), (Action::Authorize, 0));
    assert_eq!(acquired.version.unwrap().as_str(), "2.10-3");
    let mut stages = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Progress { stage, .. } = event {
            stages.push(stage);
        }
    }
    assert_eq!(stages, [Stage::Queued, Stage::Authorizing, Stage::Done]);
    assert!(
        !vendor
            .state
            .lock()
            .unwrap()
            .requests
            .iter()
            .any(|request| request.path.contains("artifacts"))
    );
    let file = app.code_file(&hello());
    drop(app);
    let app = vendor.app(home.path());
    drop(vendor);
    let view = app.code_show(ProductArgs { product: hello() }).await.unwrap();
    assert_eq!(view.claims["aud"], "org.example.Hello");
    assert_eq!(app.verify_file(&file, None, false).unwrap()[0].code, view.code);
    let bare = home.path().join("bare.txt");
    std::fs::write(&bare, format!("{}\n", view.code)).unwrap();
    assert_eq!(app.verify_file(&bare, None, false).unwrap().len(), 1);
    let changed = view.code.replacen("eyJ", "eyK", 2);
    assert!(app.verify_text(&changed, None, false).is_err());
    assert_eq!(
        app.verify_text("", None, false).unwrap_err().code(),
        ErrorCode::CodeMalformed
    );
    assert!(app.library_view().await.unwrap().entries[0].authorized);
}

#[tokio::test]
async fn keys_that_were_all_replaced_are_not_trusted() {
    let home = tempfile::tempdir().unwrap();
    install_package(home.path());
    let first = vendor(SigningKey::generate().unwrap()).await;
    let app = first.signed_in(home.path()).await;
    app.catalog_sync().await.unwrap();
    app.acquire_start(AcquireArgs {
        product: hello(),
        update: false,
        floating: false,
    })
    .await
    .unwrap();
    // Another server claims to be the same vendor.
    let second = vendor(SigningKey::generate().unwrap()).await;
    let app = second.signed_in(home.path()).await;
    app.catalog_sync().await.unwrap();
    let error = app
        .acquire_start(AcquireArgs {
            product: hello(),
            update: false,
            floating: false,
        })
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeKeysInvalid, "{error}");
    assert!(!app.code_file(&hello()).exists());
}
