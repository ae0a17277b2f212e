//! A payment is made once, whatever breaks.

use crate::fake::{Request, Vendor, order, problem};
use scrip_app::App;
use scrip_app::contract::PayArgs;
use scrip_domain::{Coded, ErrorCode, Intent, Item, Tokens};

fn items() -> Vec<Item> {
    vec![Item {
        product: "hello".parse().unwrap(),
        intent: Intent::Extend,
        offer: None,
    }]
}

fn pay(app: &App) -> PayArgs {
    let command = app.new_command().to_string();
    PayArgs {
        items: items(),
        expected_total: Tokens::new(30).unwrap(),
        command,
        from_cart: false,
        purchase: None,
    }
}

fn is_order(request: &Request) -> bool {
    request.path == "/v1/orders"
}

fn keys(vendor: &Vendor) -> Vec<String> {
    vendor
        .requests("POST", "/v1/orders")
        .iter()
        .map(|request| request.headers["idempotency-key"].clone())
        .collect()
}

#[tokio::test]
async fn a_payment_whose_answer_was_lost_is_settled_under_its_key_by_the_next_start() {
    let (vendor, home) = (Vendor::start().await, tempfile::tempdir().unwrap());
    let app = vendor.signed_in(home.path()).await;
    vendor.rule(|request| is_order(request).then_some(None));
    let error = app.checkout_pay(pay(&app)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServerUnreachable);
    assert!(error.hints()[0].contains("never charged twice"), "{:?}", error.hints());
    // The program ends here, as if it had been killed.
    drop(app);
    vendor.clear_rules();
    vendor.rule(|request| is_order(request).then(|| Some((200, order(30)))));
    let app = vendor.app(home.path());
    let orders = app.settle_payments().await.unwrap();
    assert_eq!(orders.len(), 1);
    assert_eq!(app.settle_payments().await.unwrap(), []);
    let keys = keys(&vendor);
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn pressing_again_continues_the_payment_whose_outcome_is_not_known() {
    let (vendor, home) = (Vendor::start().await, tempfile::tempdir().unwrap());
    let app = vendor.signed_in(home.path()).await;
    vendor.rule(|request| is_order(request).then_some(None));
    app.checkout_pay(pay(&app)).await.unwrap_err();
    vendor.clear_rules();
    vendor.rule(|request| is_order(request).then(|| Some((201, order(30)))));
    app.checkout_pay(pay(&app)).await.unwrap();
    assert_eq!(
        keys(&vendor)[0],
        keys(&vendor)[1],
        "another key would have been a second payment"
    );
    app.checkout_pay(pay(&app)).await.unwrap();
    assert_ne!(
        keys(&vendor)[1],
        keys(&vendor)[2],
        "what is settled does not hold up a new payment"
    );
}

#[tokio::test]
async fn the_same_items_are_resumed_before_they_are_quoted_again() {
    let (vendor, home) = (Vendor::start().await, tempfile::tempdir().unwrap());
    let app = vendor.signed_in(home.path()).await;
    assert_eq!(app.resume_payment(Some(&items())).await.unwrap(), None);
    vendor.rule(|request| is_order(request).then_some(None));
    app.checkout_pay(pay(&app)).await.unwrap_err();
    assert_eq!(app.resume_payment(None).await.unwrap(), None, "it was not the cart's");
    vendor.clear_rules();
    vendor.rule(|request| is_order(request).then(|| Some((200, order(30)))));
    assert!(app.resume_payment(Some(&items())).await.unwrap().is_some());
    assert_eq!(app.resume_payment(Some(&items())).await.unwrap(), None);
}

#[tokio::test]
async fn a_refused_payment_is_over() {
    let (vendor, home) = (Vendor::start().await, tempfile::tempdir().unwrap());
    let app = vendor.signed_in(home.path()).await;
    vendor.rule(|request| is_order(request).then(|| Some(problem(402, "wallet.insufficient"))));
    assert_eq!(
        app.checkout_pay(pay(&app)).await.unwrap_err().code(),
        ErrorCode::WalletInsufficient
    );
    assert_eq!(app.settle_payments().await.unwrap(), []);
    assert_eq!(keys(&vendor).len(), 1);
}

#[tokio::test]
async fn a_server_error_and_an_ended_session_keep_the_record() {
    let (vendor, home) = (Vendor::start().await, tempfile::tempdir().unwrap());
    let app = vendor.signed_in(home.path()).await;
    vendor.rule(|request| is_order(request).then(|| Some(problem(500, "internal.error"))));
    app.checkout_pay(pay(&app)).await.unwrap_err();
    vendor.clear_rules();
    vendor.rule(|request| is_order(request).then(|| Some(problem(401, "auth.session_expired"))));
    assert_eq!(
        app.settle_payments().await.unwrap_err().code(),
        ErrorCode::AuthSessionExpired
    );
    assert_eq!(app.session_state().await.unwrap().account, None, "the session is over");
    vendor.clear_rules();
    vendor.rule(|request| is_order(request).then(|| Some((200, order(30)))));
    let app = vendor.signed_in(home.path()).await;
    assert_eq!(app.settle_payments().await.unwrap().len(), 1);
    let keys = keys(&vendor);
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test]
async fn a_damaged_record_is_named_and_nothing_is_paid() {
    let (vendor, home) = (Vendor::start().await, tempfile::tempdir().unwrap());
    let app = vendor.signed_in(home.path()).await;
    let folder = std::fs::read_dir(home.path().join("data/servers"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(folder.join("payments.json"), "{").unwrap();
    let error = app.checkout_pay(pay(&app)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StateCorrupt);
    assert!(error.to_string().contains("payments.json"));
    assert_eq!(keys(&vendor).len(), 0);
}
