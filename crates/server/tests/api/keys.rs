use scrip_domain::Clock as _;
use scrip_licensing::{
    DeviceKey, JwkSet, KeySetStatement, PriceSheet, Recovery, RootKey, SigningKey, Verifier, price_digest,
};
use scrip_server::{Config, KeyChange, KeyList, Server};
use serde_json::json;

use crate::support::{Api, PRICES};

fn key_file(api: &Api, name: &str) -> std::path::PathBuf {
    api.folder.path().join("keys").join(name)
}

async fn statement(api: &Api, path: &str) -> String {
    let answer = api.get(path, None).await.succeed();
    answer["statement"].as_str().unwrap().to_owned()
}

pub(crate) async fn keys(api: &Api) -> KeySetStatement {
    KeySetStatement::open(&statement(api, "/v1/keys").await, api.server.issuer()).unwrap()
}

#[tokio::test]
async fn a_new_server_has_a_root_that_signs_its_keys() {
    let api = Api::new().await;
    let root = RootKey::from_jwk(&std::fs::read_to_string(key_file(&api, "root.jwk")).unwrap()).unwrap();
    assert_eq!(api.server.issuer(), root.issuer());
    assert_eq!(api.server.root_here(), Some(key_file(&api, "root.jwk").as_path()));
    let set = keys(&api).await;
    let plain = JwkSet::parse(&String::from_utf8(api.get("/v1/jwks.json", None).await.bytes).unwrap()).unwrap();
    assert_eq!((set.keys.len(), plain.keys.len()), (1, 1));
    assert_eq!(set.keys[0].jwk.kid, plain.keys[0].kid);
    assert_ne!(
        plain.keys[0].kid,
        root.verifying_key().jwk().kid,
        "the root signs no codes"
    );
    #[cfg(unix)]
    for name in ["root.jwk", "signing.jwk", "keys.jws"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(key_file(&api, name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_server_runs_without_its_root_key_and_says_what_is_missing() {
    let api = Api::new().await;
    let (issuer, before) = (api.server.issuer().to_owned(), keys(&api).await);
    std::fs::remove_file(key_file(&api, "root.jwk")).unwrap();
    let api = api.restart().await;
    assert_eq!((api.server.issuer(), api.server.root_here()), (issuer.as_str(), None));
    assert_eq!(keys(&api).await, before);
    let config = Config::load(api.folder.path(), None).unwrap();
    let refused = KeyList::change(&config, KeyChange::Rotate, None, api.clock.now()).unwrap_err();
    assert!(refused.to_string().contains("root.jwk"), "{refused}");
    std::fs::remove_file(key_file(&api, "signing.jwk")).unwrap();
    let refused = Server::open_at(config, api.clock.clone()).await.err().unwrap();
    assert!(refused.to_string().contains("signing.jwk"), "{refused}");
}

#[tokio::test]
async fn a_folder_with_a_signing_key_alone_keeps_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let old = SigningKey::generate().unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    std::fs::write(folder.path().join("keys/signing.jwk"), old.to_jwk().unwrap().as_bytes()).unwrap();
    let config = Config::load(folder.path(), None).unwrap();
    let server = Server::open(config).await.unwrap();
    let kid = old.verifying_key().thumbprint();
    assert_eq!(server.issuer(), format!("urn:scrip:vendor:{kid}"));
    let signing = std::fs::read_to_string(folder.path().join("keys/signing.jwk")).unwrap();
    assert_ne!(
        SigningKey::from_jwk(&signing).unwrap().verifying_key().thumbprint(),
        kid
    );
}

#[tokio::test]
async fn keys_rotate_with_overlap_and_old_codes_hold() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.pay(&token, "buy", None, 100).await.succeed();
    let key = DeviceKey::generate().unwrap();
    let device = api.device(&token, &key).await;
    let old_code = api.code(&token, &device).await;
    let (old, config) = (keys(&api).await, Config::load(api.folder.path(), None).unwrap());
    let root = api.folder.path().join("elsewhere.jwk");
    std::fs::rename(key_file(&api, "root.jwk"), &root).unwrap();
    let rotate = || KeyList::change(&config, KeyChange::Rotate, Some(&root), api.clock.now());
    let list = rotate().unwrap();
    assert_eq!((list.keys.len(), list.root_here.as_ref()), (2, None));
    assert!(list.keys[0].signs && list.keys[1].retired.is_none());
    assert!(list.seq > old.seq);
    let first = list.keys[1].kid.parse().unwrap();
    let refused = KeyList::change(
        &config,
        KeyChange::Revoke(list.keys[0].kid.parse().unwrap()),
        Some(&root),
        api.clock.now(),
    );
    assert!(refused.unwrap_err().to_string().contains("rotate first"));

    api.clock.advance_seconds(60);
    let list = KeyList::change(&config, KeyChange::Retire(first), Some(&root), api.clock.now()).unwrap();
    assert_eq!(list.keys[1].retired, Some(api.clock.now()));
    let api = api.restart().await;
    let set = keys(&api).await;
    KeySetStatement::open_newer(&statement(&api, "/v1/keys").await, &old).unwrap();
    let verifier = Verifier::new(api.server.issuer(), set.key_set().unwrap());
    let new_code = api.code(&token, &device).await;
    for code in [&old_code, &new_code] {
        verifier.inspect(code).unwrap();
    }
    assert_ne!(
        old_code.split('.').next(),
        new_code.split('.').next(),
        "another key signs"
    );

    KeyList::change(&config, KeyChange::Revoke(first), Some(&root), api.clock.now()).unwrap();
    let api = api.restart().await;
    let verifier = Verifier::new(api.server.issuer(), keys(&api).await.key_set().unwrap());
    verifier.inspect(&new_code).unwrap();
    assert!(verifier.inspect(&old_code).is_err(), "a stolen key is taken out");
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_is_finished_at_the_next_start() {
    let api = Api::new().await;
    let config = Config::load(api.folder.path(), None).unwrap();
    let before = std::fs::read(key_file(&api, "signing.jwk")).unwrap();
    KeyList::change(&config, KeyChange::Rotate, None, api.clock.now()).unwrap();
    // As it was after the set was written, and before the key took its place.
    std::fs::rename(key_file(&api, "signing.jwk"), key_file(&api, "next.jwk")).unwrap();
    std::fs::write(key_file(&api, "signing.jwk"), before).unwrap();
    let list = KeyList::read(&config, api.clock.now()).unwrap();
    assert!(list.keys[0].signs && !key_file(&api, "next.jwk").exists());
}

#[tokio::test]
async fn another_vendors_root_changes_nothing() {
    let api = Api::new().await;
    let config = Config::load(api.folder.path(), None).unwrap();
    let other = api.folder.path().join("other.jwk");
    std::fs::write(&other, RootKey::generate().unwrap().to_jwk().unwrap().as_bytes()).unwrap();
    let refused = KeyList::change(&config, KeyChange::Rotate, Some(&other), api.clock.now()).unwrap_err();
    assert!(refused.to_string().contains("another vendor"), "{refused}");
    assert_eq!(KeyList::read(&config, api.clock.now()).unwrap().keys.len(), 1);
}

#[tokio::test]
async fn prices_and_the_time_are_stated_under_the_vendors_signature() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let (issuer, set) = (api.server.issuer(), keys(&api).await.key_set().unwrap());
    let sheet = PriceSheet::open(&statement(&api, "/v1/catalog/prices").await, issuer, &set).unwrap();
    let changes = api.get("/v1/catalog/changes?since=0", None).await.succeed();
    let entry: scrip_api::CatalogEntry = serde_json::from_value(changes["items"][0].clone()).unwrap();
    let offers = serde_json::to_string(&entry.offers).unwrap();
    assert_eq!(
        sheet.digest,
        price_digest([(&entry.id, offers.as_str())]),
        "a client reckons the same"
    );
    assert_eq!(changes["revision"].as_u64(), Some(sheet.revision));
    api.list(&PRICES.replace("price = 30", "price = 31")).await;
    let later = PriceSheet::open(&statement(&api, "/v1/catalog/prices").await, issuer, &set).unwrap();
    assert!(later.digest != sheet.digest && later.revision > sheet.revision);

    let token = api.register("ada@example.com").await;
    let key = DeviceKey::generate().unwrap();
    let device = api.device(&token, &key).await;
    let code = api
        .post("/v1/clock/recovery", Some(&token), json!({"device": device}))
        .await
        .succeed();
    let code = code["statement"].as_str().unwrap();
    let recovery = Recovery::open(code, issuer, &set, key.thumbprint()).unwrap();
    assert_eq!(recovery.iat, api.clock.now());
    let other = api.register("eve@example.com").await;
    let refused = api
        .post("/v1/clock/recovery", Some(&other), json!({"device": device}))
        .await;
    assert_eq!(refused.code(), "device.not_found");
}
