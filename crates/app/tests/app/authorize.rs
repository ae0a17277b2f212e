//! A program that is here already gets its code and not one byte of an installer.

use std::sync::{Arc, Mutex};

use crate::fake::{DEVICE, LICENSE, NOW, Vendor, license, listing};
use scrip_app::contract::{AcquireArgs, Action, Event, ProductArgs, Stage};
use scrip_domain::{Coded, ErrorCode, ProductId, Timestamp, Tokens};
use scrip_licensing::{
    Claims, Confirmation, Equity, Grant, PublishedKey, RevocationList, RootKey, SigningKey, TermsDigest, Used,
    VerifyingKey,
};
use serde_json::{Value, json};

/// A vendor that issues codes with `key`, for whatever device registered last.
async fn vendor(root: RootKey, key: SigningKey) -> Vendor {
    let vendor = Vendor::start().await;
    {
        let mut state = vendor.state.lock().unwrap();
        state.catalog = vec![listing("org.example.Hello", "Hello", 1)];
        state.library = vec![license("org.example.Hello", 1)];
    }
    let device: Arc<Mutex<Value>> = Arc::default();
    vendor.rule(move |request| match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v1/server") => {
            let info = json!({ "issuer": root.issuer(), "name": "Shop", "version": "1", "time": "2026-01-01T00:00:00Z" });
            Some(Some((200, info)))
        }
        ("GET", "/v1/keys") => {
            let keys = vec![PublishedKey::current(key.verifying_key())];
            let signed = root.sign_keys(1, keys, Timestamp::from_seconds(NOW)).unwrap();
            Some(Some((200, json!({ "statement": signed }))))
        }
        ("GET", "/v1/revocations") => {
            let list = RevocationList {
                iss: root.issuer(),
                iat: Timestamp::from_seconds(NOW),
                seq: 1,
                revoked: Vec::new(),
            };
            Some(Some((200, json!({ "statement": key.sign_revocations(&list).unwrap() }))))
        }
        ("POST", "/v1/devices") => {
            *device.lock().unwrap() = request.body.clone();
            let answer = json!({ "id": DEVICE, "name": "x", "thumbprint": "x", "created_at": "2026-01-01T00:00:00Z" });
            Some(Some((200, answer)))
        }
        ("POST", path) if path.ends_with("/codes") => {
            let code = key.issue(&claims(&root.issuer(), &device.lock().unwrap())).unwrap();
            let answer = json!({ "license": LICENSE, "product": "org.example.Hello", "activation": DEVICE, "seq": 1, "code": code });
            Some(Some((200, answer)))
        }
        _ => None,
    });
    vendor
}

fn claims(issuer: &str, device: &Value) -> Claims {
    let x = device["public_key"].as_str().unwrap();
    let jwk: scrip_licensing::Jwk = serde_json::from_value(json!({ "kty": "OKP", "crv": "Ed25519", "x": x })).unwrap();
    let key: VerifyingKey = jwk.verifying_key().unwrap().unwrap();
    Claims {
        iss: issuer.to_owned(),
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
    let vendor = vendor(RootKey::generate().unwrap(), SigningKey::generate().unwrap()).await;
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
    let large = home.path().join("large.scrip");
    std::fs::write(&large, vec![b'A'; 2 << 20]).unwrap();
    for (codes, keys) in [(&large, None), (&file, Some(large.as_path()))] {
        let refused = app.verify_file(codes, keys, false).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::CodeMalformed, "{refused}");
        assert!(
            large.exists() && refused.to_string().contains("large.scrip"),
            "{refused}"
        );
    }
    assert!(app.library_view().await.unwrap().entries[0].authorized);
}

#[tokio::test]
async fn a_key_set_that_the_vendors_root_did_not_sign_is_not_trusted() {
    let home = tempfile::tempdir().unwrap();
    install_package(home.path());
    let theirs = RootKey::generate().unwrap().issuer();
    // This server names the address of a vendor whose root key it does not have.
    let vendor = vendor(RootKey::generate().unwrap(), SigningKey::generate().unwrap()).await;
    vendor.rule(move |request| {
        let info = json!({ "issuer": theirs, "name": "Shop", "version": "1", "time": "2026-01-01T00:00:00Z" });
        (request.path == "/v1/server").then_some(Some((200, info)))
    });
    let app = vendor.signed_in(home.path()).await;
    app.catalog_sync().await.unwrap();
    let error = app.acquire_start(acquire()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementIssuer, "{error}");
    assert!(!app.code_file(&hello()).exists());
}

#[tokio::test]
async fn keys_of_an_earlier_version_are_taken_over_only_where_the_new_ones_continue_them() {
    let key = || SigningKey::from_secret_bytes(&[7; 32]).unwrap();
    for (old, taken) in [(key(), true), (SigningKey::generate().unwrap(), false)] {
        let home = tempfile::tempdir().unwrap();
        install_package(home.path());
        let vendor = vendor(RootKey::generate().unwrap(), key()).await;
        let app = vendor.signed_in(home.path()).await;
        app.catalog_sync().await.unwrap();
        let issuer = "https://shop.example";
        let folder = app.code_file(&hello()).parent().unwrap().parent().unwrap().to_owned();
        let envelope = |data: Value| json!({ "version": 1, "data": data }).to_string();
        std::fs::write(folder.join("vendor.json"), envelope(json!({ "issuer": issuer }))).unwrap();
        std::fs::remove_file(folder.join("keys.jws")).unwrap();
        let digest = scrip_domain::Sha256(<sha2::Sha256 as sha2::Digest>::digest(issuer).into());
        let file = home.path().join(format!("data/keys/{digest}.json"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let keys = scrip_licensing::JwkSet::new([old.verifying_key()]).to_json().unwrap();
        std::fs::write(&file, envelope(json!({ "issuer": issuer, "keys": keys }))).unwrap();
        let outcome = app.acquire_start(acquire()).await;
        assert_eq!(outcome.is_ok(), taken, "{outcome:?}");
        assert_eq!((file.exists(), folder.join("keys.jws").exists()), (!taken, taken));
        if let Err(error) = outcome {
            assert_eq!(error.code(), ErrorCode::CodeKeysInvalid, "{error}");
        }
    }
}

fn acquire() -> AcquireArgs {
    AcquireArgs {
        product: hello(),
        update: false,
        floating: false,
    }
}
