//! A computer without a network asks by file, and a clock that is wrong has a way out.

use crate::desk::{Desk, args, hello};
use crate::fake::{MACHINE, NOW, clock_at};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use scrip_app::contract::{AddToCartArgs, OfflineAsk, OfflineRequestArgs, ScanArgs, TextArgs};
use scrip_domain::{Coded, ErrorCode, Intent, Item, LicenseKind};
use scrip_licensing::armor::{self, Label};
use scrip_licensing::{Grant, StatementKind};
use serde_json::json;

const APART: &str = "fedcba9876543210fedcba9876543210";

fn text(text: &str) -> TextArgs {
    TextArgs { text: text.to_owned() }
}

fn activate() -> OfflineRequestArgs {
    OfflineRequestArgs {
        ask: OfflineAsk::Activate { product: hello() },
        account: Some("ada@example.com".to_owned()),
    }
}

#[tokio::test]
async fn a_computer_that_never_had_a_network_is_served_by_files() {
    let (desk, online, apart) = (
        Desk::open(Grant::Uses { count: 4 }).await,
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let carrier = desk.app(online.path(), MACHINE).await;
    carrier.journal_sync().await.unwrap();
    // Nothing can be reached from the other one.
    let lonely = crate::fake::Vendor::start().await;
    let app = lonely.app_on(apart.path(), APART, &desk.clock);
    drop(lonely);
    let error = app.offline_request(activate()).await.unwrap_err();
    assert!(error.hints()[0].contains("vendor's address"), "{error}");
    let issuer = desk.books.lock().unwrap().issuer();
    app.pin_vendor(&issuer).unwrap();
    let request = app.offline_request(activate()).await.unwrap();
    assert_eq!(app.offline_waiting().await.unwrap().len(), 1);
    assert_eq!(request.sentences, ["A code of org.example.Hello for this computer."]);
    // It travels as pictures, or as a file.
    let pictures: Vec<String> = request.pictures.iter().map(|picture| picture.png.clone()).collect();
    let scanned = carrier.code_scan(ScanArgs { pictures }).await.unwrap();
    let inspected = carrier.code_inspect(text(&request.file.text)).await.unwrap();
    assert!(
        inspected[0].holds && inspected[0].sentences[0].contains("bench"),
        "{inspected:?}"
    );
    let answer = carrier.offline_submit(text(&scanned.text)).await.unwrap();
    assert_eq!(answer.notes, ["One code was issued."]);
    let error = carrier.offline_import(text(&answer.file.text)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementOtherDevice);
    let elsewhere = carrier.code_inspect(text(&answer.file.text)).await.unwrap().remove(0);
    assert!(!elsewhere.holds, "{elsewhere:?}");
    assert_eq!(elsewhere.failure.unwrap().code, "statement.other_device");
    let here = app.code_inspect(text(&answer.file.text)).await.unwrap().remove(0);
    assert!(here.holds && here.failure.is_none(), "{here:?}");
    assert!(
        here.sentences
            .iter()
            .any(|line| line == "It brings a code of org.example.Hello.")
    );
    let imported = app.offline_import(text(&answer.file.text)).await.unwrap();
    assert_eq!(
        (imported.products[0].product.clone(), imported.notes),
        (hello(), vec!["Welcome.".to_owned()])
    );
    assert!(app.authorized(&hello()));
    assert_eq!(app.standing(&hello()).unwrap().left.uses, Some(4));
    assert_eq!(app.offline_waiting().await.unwrap(), []);
    let error = app.offline_import(text(&answer.file.text)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementOtherRequest, "a replay");
    let entry = app.library_view().await.unwrap().entries.remove(0);
    assert_eq!(
        (entry.license.kind, entry.license.price_to_own.unwrap().get()),
        (LicenseKind::Rental, 25)
    );
}

#[tokio::test]
async fn an_edited_answer_and_one_of_another_vendor_are_refused() {
    let (desk, other) = (Desk::open(Grant::Perpetual).await, Desk::open(Grant::Perpetual).await);
    let home = tempfile::tempdir().unwrap();
    let app = desk.app(home.path(), MACHINE).await;
    let request = app.offline_request(activate()).await.unwrap();
    let compact = scrip_licensing::armor::read_one(scrip_licensing::armor::Label::Request, &request.file.text).unwrap();
    let issuer = desk.books.lock().unwrap().issuer();
    let opened =
        scrip_licensing::OfflineRequest::open(&compact, &issuer, scrip_domain::Timestamp::from_seconds(NOW)).unwrap();
    let forged = other.books.lock().unwrap().bundle(&opened);
    assert!(app.offline_import(text(&forged)).await.is_err());
    let good = desk.books.lock().unwrap().bundle(&opened);
    let line = good.lines().nth(5).unwrap();
    let swapped: String = line.chars().rev().collect();
    let edited = good.replace(line, &swapped);
    assert!(app.offline_import(text(&edited)).await.is_err());
    assert!(!app.code_file(&hello()).exists(), "nothing of it was stored");
    app.offline_import(text(&good)).await.unwrap();
    assert!(app.authorized(&hello()));
}

#[tokio::test]
async fn a_cart_is_collected_and_priced_without_a_network_and_brought_along_later() {
    let desk = Desk::open(Grant::Perpetual).await;
    let home = tempfile::tempdir().unwrap();
    desk.vendor.state.lock().unwrap().library.clear();
    let app = desk.app(home.path(), MACHINE).await;
    app.catalog_sync().await.unwrap();
    app.journal_sync().await.unwrap();
    desk.vendor
        .rule(|request| request.path.starts_with("/v1/cart").then_some(None));
    let item = Item {
        product: hello(),
        intent: Intent::Buy,
        offer: None,
    };
    let cart = app.cart_add(AddToCartArgs { item: item.clone() }).await.unwrap();
    assert_eq!(cart.quote.unwrap().total.get(), 30);
    let request = app
        .offline_request(OfflineRequestArgs {
            ask: OfflineAsk::Cart,
            account: None,
        })
        .await
        .unwrap();
    assert_eq!(request.expected_total.unwrap().get(), 30);
    let inspected = app.code_inspect(text(&request.file.text)).await.unwrap();
    assert!(
        inspected[0].claims["prices"].is_string(),
        "the signed price sheet goes along"
    );
    desk.vendor.clear_rules();
    desk.vendor.rule(|request| {
        request
            .path
            .starts_with("/v1/cart")
            .then(|| Some((200, serde_json::json!({ "items": [], "quote": null, "problem": null }))))
    });
    app.cart_view().await.unwrap();
    let state = desk.vendor.state.lock().unwrap();
    assert!(
        state
            .requests
            .iter()
            .any(|one| one.method == "PUT" && one.path.starts_with("/v1/cart"))
    );
}

#[tokio::test]
async fn a_code_travels_as_a_file_and_as_a_picture_and_speaks_in_words() {
    let desk = Desk::open(Grant::Uses { count: 4 }).await;
    let home = tempfile::tempdir().unwrap();
    let app = desk.authorized(home.path(), MACHINE).await;
    let pictures = app.code_qr(args()).await.unwrap();
    assert!(pictures[0].svg.starts_with("<svg") && pictures[0].as_text(false).unwrap().contains('█'));
    let scanned = app
        .code_scan(ScanArgs {
            pictures: pictures.iter().rev().map(|picture| picture.png.clone()).collect(),
        })
        .await
        .unwrap();
    std::fs::remove_file(app.code_file(&hello())).unwrap();
    let imported = app.code_import(text(&scanned.text)).await.unwrap();
    assert!(
        imported.products[0]
            .explanation
            .iter()
            .any(|line| line.contains("4 uses"))
    );
    assert!(app.authorized(&hello()));
    let inspected = app.code_inspect(text(&scanned.text)).await.unwrap();
    assert!(inspected[0].holds && inspected[0].kind == "authorization");
    let changed = scanned.text.replacen("eyJ", "eyK", 2);
    assert!(
        !app.code_inspect(text(&changed))
            .await
            .is_ok_and(|inspected| inspected[0].holds)
    );
    let none = Base64::encode_string(b"no picture");
    let error = app.code_scan(ScanArgs { pictures: vec![none] }).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::QrUnreadable);
}

#[tokio::test]
async fn a_clock_that_was_set_back_is_named_and_a_recovery_code_sets_it_right() {
    let desk = Desk::open(Grant::Duration).await;
    let home = tempfile::tempdir().unwrap();
    desk.books.lock().unwrap().lasts_seconds = Some(90 * 86_400);
    desk.stock();
    let app = desk.authorized(home.path(), MACHINE).await;
    assert!(app.clock_status().await.unwrap().right);
    drop(app);
    let wrong = clock_at(NOW - 10 * 86_400);
    let app = desk.vendor.app_on(home.path(), MACHINE, &wrong);
    let status = app.clock_status().await.unwrap();
    assert!(!status.right && !status.refused);
    assert!(status.believed.seconds() >= NOW, "setting it back gains nothing");
    assert!(
        status.sentences[0].contains("but it is") && status.ways_out.len() == 3,
        "{status:?}"
    );
    assert!(app.standing(&hello()).unwrap().warnings[0].contains("clock"));
    let device = app.devices_view().await.unwrap().remove(0);
    let code = app
        .clock_recovery_code(scrip_app::contract::DeviceArgs { device: device.id })
        .await
        .unwrap();
    wrong.advance_seconds(10 * 86_400);
    assert!(app.code_inspect(text(&code.text)).await.unwrap()[0].holds);
    assert!(app.clock_recover(text(&code.text)).await.unwrap().right);
    let error = app.clock_recover(text(&code.text)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementRolledBack, "each serves once");
}

#[tokio::test]
async fn what_is_no_recovery_code_is_named_whatever_its_size() {
    let desk = Desk::open(Grant::Uses { count: 4 }).await;
    let home = tempfile::tempdir().unwrap();
    let app = desk.authorized(home.path(), MACHINE).await;
    let long = |kind: StatementKind| {
        let header = json!({"alg": "EdDSA", "typ": kind.typ(), "kid": "A".repeat(43)}).to_string();
        let header = Base64UrlUnpadded::encode_string(header.as_bytes());
        format!("{header}.{}.{}", "A".repeat(40_000), "A".repeat(86))
    };
    for (kind, label, command) in [
        (StatementKind::Bundle, Label::Bundle, "scrip offline import"),
        (StatementKind::Request, Label::Request, "scrip offline submit"),
        (StatementKind::Code, Label::Authorization, "scrip code import"),
    ] {
        let compact = long(kind);
        for given in [armor::write_one(label, &compact), compact] {
            let error = app.clock_recover(text(&given)).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::StatementOtherKind, "{error}");
            assert_eq!(
                error.to_string(),
                format!("this holds the {kind}; the recovery code is expected")
            );
            let hints = error.hints().join(" ");
            assert!(hints.contains(command), "{hints}");
        }
    }
    // What is only too long is said to be that.
    let error = app
        .clock_recover(text(&long(StatementKind::Recovery)))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementMalformed);
}
