//! What is stored on this computer works with no network.

use crate::fake::{NOW, Vendor, license, listing, problem};
use scrip_app::contract::{AcquireArgs, Action, ProductArgs, SearchArgs, Show};
use scrip_domain::{Coded, ErrorCode, LicenseState, ProductId};
use serde_json::json;

fn hello() -> ProductId {
    "org.example.Hello".parse().unwrap()
}

fn search(words: &str) -> SearchArgs {
    SearchArgs {
        words: words.to_owned(),
        limit: 10,
        ..SearchArgs::default()
    }
}

async fn stocked() -> Vendor {
    let vendor = Vendor::start().await;
    {
        let mut state = vendor.state.lock().unwrap();
        state.catalog = vec![
            listing("org.example.Hello", "Hello", 1),
            listing("org.other.Hello", "World", 1),
        ];
        state.library = vec![license("org.example.Hello", 1)];
    }
    vendor
}

#[tokio::test]
async fn the_catalog_is_searched_after_the_server_is_gone() {
    let (vendor, home) = (stocked().await, tempfile::tempdir().unwrap());
    let app = vendor.app(home.path());
    assert_eq!(app.catalog_state().await.unwrap().synced_at, None);
    assert_eq!(app.catalog_sync().await.unwrap().products, 2);
    assert_eq!(app.catalog_sync().await.unwrap().revision, 1);
    drop(app);
    let app = vendor.app(home.path());
    drop(vendor);
    let found = app.catalog_search(search("helo")).await.unwrap();
    assert_eq!(found.items[0].id, hello());
    assert_eq!(
        app.catalog_sync().await.unwrap_err().code(),
        ErrorCode::ServerUnreachable
    );
    assert!(!app.session_state().await.unwrap().online);
    assert_eq!(app.catalog_state().await.unwrap().synced_at.unwrap().seconds(), NOW);
}

#[tokio::test]
async fn changes_are_applied_and_a_damaged_copy_is_fetched_anew() {
    let (vendor, home) = (stocked().await, tempfile::tempdir().unwrap());
    let app = vendor.app(home.path());
    app.catalog_sync().await.unwrap();
    vendor.rule(|request| {
        request.path.contains("since=1&").then(|| {
            let page = json!({ "items": [listing("new", "Newcomer", 2)], "removed": ["org.other.Hello"], "revision": 2, "more": false });
            Some((200, page))
        })
    });
    app.catalog_sync().await.unwrap();
    assert_eq!(app.catalog_search(search("")).await.unwrap().total, 2);
    assert_eq!(app.catalog_search(search("world")).await.unwrap().total, 0);
    assert_eq!(app.catalog_search(search("newcomer")).await.unwrap().total, 1);
    vendor.clear_rules();
    let cache = std::fs::read_dir(home.path().join("cache/servers"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(cache.join("catalog.json"), "not json").unwrap();
    let app = vendor.app(home.path());
    assert_eq!(app.catalog_sync().await.unwrap().products, 2);
}

#[tokio::test]
async fn products_are_named_in_the_ways_that_people_do() {
    let (vendor, home) = (stocked().await, tempfile::tempdir().unwrap());
    let app = vendor.app(home.path());
    app.catalog_sync().await.unwrap();
    for name in ["org.example.Hello", "org.example.Hello.desktop", "hello", "HELLO"] {
        assert_eq!(app.resolve(name).await.unwrap(), hello(), "{name}");
    }
    assert_eq!(
        app.resolve("nothing").await.unwrap_err().code(),
        ErrorCode::ProductNotFound
    );
    vendor.state.lock().unwrap().revision = 2;
    vendor.state.lock().unwrap().catalog = vec![listing("a", "Same", 2), listing("b", "Same", 2)];
    app.catalog_sync().await.unwrap();
    let error = app.resolve("same").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ProductAmbiguous);
    assert!(error.hints()[0].contains("a, b"), "{:?}", error.hints());
}

#[tokio::test]
async fn the_library_and_the_wallet_are_kept_and_judged_by_this_clock() {
    let (vendor, home) = (stocked().await, tempfile::tempdir().unwrap());
    let app = vendor.signed_in(home.path()).await;
    app.catalog_sync().await.unwrap();
    let library = app.library_view().await.unwrap();
    assert_eq!(library.entries[0].name, "Hello");
    assert_eq!(library.entries[0].license.state, LicenseState::Active);
    assert_eq!(app.wallet_view().await.unwrap().balance.get(), 42);
    drop(app);
    let app = vendor.app(home.path());
    drop(vendor);
    assert_eq!(app.library_view().await.unwrap().entries.len(), 1);
    assert_eq!(app.wallet_view().await.unwrap().balance.get(), 42);
    let licensed = app
        .catalog_search(SearchArgs {
            show: Show::Licensed,
            ..search("")
        })
        .await
        .unwrap();
    assert_eq!(licensed.total, 1);
}

#[tokio::test]
async fn signing_out_removes_what_is_personal() {
    let (vendor, home) = (stocked().await, tempfile::tempdir().unwrap());
    let app = vendor.signed_in(home.path()).await;
    app.library_view().await.unwrap();
    let secrets = home.path().join("data/secrets.json");
    assert!(std::fs::read_to_string(&secrets).unwrap().contains("s3cret-token"));
    let state = app.session_sign_out().await.unwrap();
    assert_eq!((state.account, state.keystore.as_str()), (None, "file"));
    assert!(!std::fs::read_to_string(&secrets).unwrap().contains("s3cret-token"));
    assert_eq!(
        app.library_view().await.unwrap_err().code(),
        ErrorCode::AuthSessionMissing
    );
    assert_eq!(
        app.wallet_view().await.unwrap_err().code(),
        ErrorCode::AuthSessionMissing
    );
}

#[tokio::test]
async fn a_plan_needs_no_session_and_an_acquisition_needs_a_license() {
    let (vendor, home) = (stocked().await, tempfile::tempdir().unwrap());
    let app = vendor.app(home.path());
    app.catalog_sync().await.unwrap();
    let plan = app.product_plan(ProductArgs { product: hello() }).await.unwrap();
    assert_eq!((plan.action, plan.download_bytes), (Action::Install, 0));
    assert_eq!(plan.obstacle.unwrap().code, "artifact.none_for_platform");
    assert!(!plan.evidence.is_empty());
    let acquire = |product: &str| AcquireArgs {
        product: product.parse().unwrap(),
        update: false,
        floating: false,
    };
    let error = app.acquire_start(acquire("org.example.Hello")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AuthSessionMissing);
    app.session_sign_in(crate::fake::credentials()).await.unwrap();
    let error = app.acquire_start(acquire("org.other.Hello")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LicenseNotFound);
    assert!(error.hints()[0].contains("Buy or rent"));
}

#[tokio::test]
async fn the_command_table_refuses_what_it_does_not_know() {
    let (vendor, home) = (stocked().await, tempfile::tempdir().unwrap());
    let app = vendor.app(home.path());
    let failure = app.dispatch("no.such", json!({})).await.unwrap_err();
    assert_eq!(failure.code, "command.invalid");
    let failure = app
        .dispatch("product.view", json!({ "product": "../etc" }))
        .await
        .unwrap_err();
    assert_eq!(failure.code, "command.invalid");
    let state = app.dispatch("session.state", json!({})).await.unwrap();
    assert_eq!(state["server"], vendor.url);
    vendor.rule(|request| (request.path == "/v1/cart").then(|| Some(problem(418, "moon.full"))));
    app.dispatch(
        "session.sign_in",
        json!({ "email": "ada@example.com", "password": "correct horse" }),
    )
    .await
    .unwrap();
    let failure = app.dispatch("cart.view", json!({})).await.unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.hints),
        ("moon.full", vec!["Do this.".to_owned()])
    );
}
