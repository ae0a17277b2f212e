//! Orders on paper, bills and bank statements, over the API and on the pages.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use scrip_domain::{BillingPolicy, Role};
use scrip_store::{Act, NewPriceList};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::browser::{Browser, location, text, value_of};
use crate::support::{Answer, Api};

pub(crate) const ACT: Act<'static> = Act {
    actor: "cli",
    action: "test.done",
    subject: "it",
    why: "because",
};

/// A vendor that sells tokens on bills.
pub(crate) async fn shop(api: &Api) -> String {
    let new = NewPriceList {
        currency: "EUR".parse().unwrap(),
        effective_from: None,
        effective_until: None,
        terms: scrip_testkit::token_prices(),
    };
    let store = api.server.store();
    store.put_price_list(&new, &ACT).await.unwrap();
    let policy = BillingPolicy {
        seller: "Vendor Ltd".into(),
        address: "Road 2\n5678 City".into(),
        iban: "DE89370400440532013000".into(),
        credit_limit_minor: 100_000,
        ..BillingPolicy::default()
    };
    store.put_setting(&policy, &ACT).await.unwrap();
    api.register("ada@example.com").await
}

pub(crate) async fn order(api: &Api, token: &str, method: &str, number: &str) -> Answer {
    let body = json!({"currency": "EUR", "tokens": 100, "method": method, "number": number,
        "expected_total": {"minor": 1190, "currency": "EUR"}, "bill_to": {"name": "Ada & Co", "address": "Street 1"}});
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/token-orders")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("Idempotency-Key", Uuid::new_v4().to_string());
    api.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn hand_in(api: &Api, token: &str, order: &str, bytes: &'static [u8]) -> Answer {
    let request = Request::builder()
        .method(Method::PUT)
        .uri(format!("/v1/token-orders/{order}/document"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("File-Name", "order.pdf");
    api.send(request.body(Body::from(bytes)).unwrap()).await
}

async fn balance(api: &Api, token: &str) -> i64 {
    let wallet = api.get("/v1/wallet", Some(token)).await.succeed();
    wallet["balance"].as_i64().unwrap()
}

#[tokio::test]
async fn the_ways_to_order_on_paper_are_told_once_there_is_a_seller() {
    let api = Api::new().await;
    let methods = async || {
        let prices = api.get("/v1/token-prices", None).await.succeed();
        prices["methods"].clone()
    };
    assert_eq!(methods().await, json!([]));
    shop(&api).await;
    assert_eq!(methods().await, json!(["purchase_order", "invoice", "bank_transfer"]));
}

#[tokio::test]
async fn a_transfer_ahead_is_billed_paid_by_statement_and_issued() {
    let api = Api::new().await;
    let token = shop(&api).await;
    let placed = order(&api, &token, "bank_transfer", "").await;
    assert_eq!(placed.status, StatusCode::CREATED);
    let placed = placed.succeed();
    assert_eq!(
        (&placed["status"], &placed["purchase_status"]),
        (&json!("approved"), &json!("open"))
    );
    let path = format!("/v1/invoices/{}", placed["invoice"].as_str().unwrap());
    let bill = api.get(&path, Some(&token)).await.succeed();
    assert_eq!(
        (&bill["gross"]["minor"], &bill["status"]),
        (&json!(1190), &json!("open"))
    );
    let pdf = api.get(&format!("{path}/pdf"), Some(&token)).await;
    assert!(pdf.bytes.starts_with(b"%PDF-1.7") && pdf.headers[header::CONTENT_TYPE] == "application/pdf");
    let eve = api.register("eve@example.com").await;
    assert_eq!(api.get(&path, Some(&eve)).await.code(), "invoice.not_found");
    let before = balance(&api, &token).await;
    let reference = bill["reference"].as_str().unwrap();
    let csv = format!("date,amount,currency,payer,reference\n2025-06-20,11.90,EUR,Ada,{reference}\n");
    for matched in [1, 0] {
        let done = scrip_server::import_statement(&api.server, csv.as_bytes(), &ACT)
            .await
            .unwrap();
        assert_eq!(done.matched, matched);
    }
    assert_eq!(balance(&api, &token).await, before + 100);
    let bills = api.get("/v1/invoices", Some(&token)).await.succeed();
    assert_eq!(
        (&bills["items"][0]["status"], &bills["items"][0]["open"]["minor"]),
        (&json!("paid"), &json!(0))
    );
}

#[tokio::test]
async fn a_purchase_order_has_a_document_and_waits_for_the_vendor() {
    let api = Api::new().await;
    let token = shop(&api).await;
    assert_eq!(
        order(&api, &token, "purchase_order", "").await.code(),
        "billing.amount_wrong"
    );
    assert_eq!(order(&api, &token, "cash", "").await.code(), "payment.method_off");
    let placed = order(&api, &token, "purchase_order", "PO-7").await.succeed();
    let id = placed["id"].as_str().unwrap().to_owned();
    assert_eq!(hand_in(&api, &token, &id, b"MZ\x90").await.code(), "request.malformed");
    let eve = api.register("eve@example.com").await;
    assert_eq!(
        hand_in(&api, &eve, &id, b"%PDF-1.4 x").await.code(),
        "purchase_order.not_found"
    );
    let handed = hand_in(&api, &token, &id, b"%PDF-1.4 x").await.succeed();
    assert_eq!(handed["document"], "order.pdf");

    let mut finance = Browser::operator(&api, Role::Finance).await;
    assert!(
        finance
            .page("/console/token-orders?status=submitted")
            .await
            .contains("PO-7")
    );
    let path = format!("/console/token-orders/{id}");
    let document = finance.get(&format!("{path}/document")).await;
    assert_eq!(document.bytes, b"%PDF-1.4 x");
    assert!(
        document.headers[header::CONTENT_DISPOSITION]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let approve = format!("{path}/approve");
    let answer = finance.fill(&path, &approve, &[("why", "known customer")]).await;
    assert_eq!(location(&answer), path);
    assert_eq!(balance(&api, &token).await, 200, "issued on credit");
    let order = api.get(&format!("/v1/token-orders/{id}"), Some(&token)).await.succeed();
    let bill = format!("/console/invoices/{}", order["invoice"].as_str().unwrap());
    let (pay, command) = (format!("{bill}/payment"), Uuid::new_v4().to_string());
    let fields = [
        ("command", command.as_str()),
        ("method", "cheque"),
        ("amount", "11.90"),
        ("uncleared", "on"),
        ("text", "No. 5"),
    ];
    finance.fill(&bill, &pay, &fields).await;
    let queue = finance.page("/console/payments").await;
    assert!(queue.contains("Not cleared"), "{queue}");
    let pdf = finance.get(&format!("{bill}/invoice.pdf")).await;
    assert!(pdf.bytes.starts_with(b"%PDF"));

    let mut support = Browser::operator(&api, Role::Catalog).await;
    assert_eq!(support.get(&path).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_person_redeems_and_orders_on_the_account_pages() {
    let api = Api::new().await;
    let token = shop(&api).await;
    let mut finance = Browser::operator(&api, Role::Finance).await;
    let commands: Vec<String> = (0..4).map(|_| Uuid::new_v4().to_string()).collect();
    let fields = [
        ("command", commands[0].as_str()),
        ("tokens", "50"),
        ("count", "3"),
        ("label", "Fair"),
        ("until", "2026-01-31"),
        ("funding", "sold"),
    ];
    let made = finance.fill("/console/vouchers", "/console/vouchers", &fields).await;
    let batch = location(&made).to_owned();
    let sheet = finance.fill(&batch, &format!("{batch}/sheet.pdf"), &[]).await;
    assert!(sheet.bytes.starts_with(b"%PDF"));
    let id: Uuid = batch.rsplit('/').next().unwrap().parse().unwrap();
    let codes = scrip_server::open_codes(&api.server, id).await.unwrap();

    let mut ada = Browser::signed_in(&api, "ada@example.com").await;
    let redeem = "/account/redeem";
    let fields = [("command", commands[1].as_str()), ("code", "0000G-0003T")];
    let wrong = ada.fill(redeem, redeem, &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(&wrong);
    assert!(
        page.contains("role=\"alert\"") && value_of(&page, "code") == "0000G-0003T",
        "{page}"
    );
    let code = codes[0].1.to_string();
    let fields = [("command", commands[2].as_str()), ("code", code.as_str())];
    let done = ada.fill(redeem, redeem, &fields).await;
    assert_eq!((location(&done), balance(&api, &token).await), ("/account", 150));

    let new = "/account/token-orders/new";
    let fields = [
        ("command", commands[3].as_str()),
        ("currency", "EUR"),
        ("tokens", "100"),
        ("method", "invoice"),
        ("name", "Ada"),
        ("address", "Street 1\nTown"),
    ];
    let placed = ada.fill(new, new, &fields).await;
    let page = ada.page(location(&placed)).await;
    assert!(page.contains("INV-2025-000001"), "{page}");
    assert!(ada.page("/account/invoices").await.contains("To be paid"));
    finance
        .fill(&batch, &format!("{batch}/cancel"), &[("why", "lost")])
        .await;
    assert!(finance.page(&batch).await.contains("canceled"));
    let audit: Value = json!(api.server.store().audit().await.unwrap().breaches.len());
    assert_eq!(audit, json!(0));
}
