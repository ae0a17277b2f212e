use http::{Method, Request, StatusCode, header};
use scrip_domain::Tokens;
use scrip_store::{Act, NewVouchers, VoucherBatch, VoucherFunding};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, Api};

const ACT: Act<'static> = Act {
    actor: "cli",
    action: "vouchers.made",
    subject: "batch",
    why: "test",
};

async fn batch(api: &Api, count: u32) -> VoucherBatch {
    let new = NewVouchers {
        id: Uuid::new_v4(),
        tokens: Tokens::new(50).unwrap(),
        count,
        expires_at: None,
        funding: VoucherFunding::Promotion,
        label: "Fair".into(),
    };
    api.server.store().make_vouchers(&new, &ACT).await.unwrap()
}

async fn redeem(api: &Api, token: &str, key: Option<Uuid>, code: &str) -> Answer {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/v1/vouchers/redeem")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key.to_string());
    }
    api.send(request.body(json!({"code": code}).to_string().into()).unwrap())
        .await
}

#[tokio::test]
async fn a_voucher_is_typed_redeemed_and_worthless_then() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    let batch = batch(&api, 2).await;
    let codes = scrip_server::open_codes(&api.server, batch.made.id).await.unwrap();
    let typed = codes[0].1.to_string().to_lowercase().replace('-', " ");
    let key = Uuid::new_v4();
    assert_eq!(
        redeem(&api, &token, None, &typed).await.code(),
        "idempotency.key_missing"
    );
    let first = redeem(&api, &token, Some(key), &typed).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let first = first.succeed();
    assert_eq!((&first["tokens"], &first["balance_after"]), (&json!(50), &json!(150)));
    let again = redeem(&api, &token, Some(key), &typed).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, first));
    let refused = redeem(&api, &token, Some(Uuid::new_v4()), &typed).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::CONFLICT, "voucher.redeemed")
    );
    let last = if typed.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{last}", &typed[..typed.len() - 1]);
    let refused = redeem(&api, &token, Some(Uuid::new_v4()), &mistyped).await;
    assert_eq!(refused.code(), "voucher.malformed");
    let strange = scrip_domain::VoucherCode::new(codes[1].1.serial(), codes[1].1.tag() ^ 1).to_string();
    let refused = redeem(&api, &token, Some(Uuid::new_v4()), &strange).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::NOT_FOUND, "voucher.unknown")
    );
    assert_eq!(
        scrip_server::open_codes(&api.server, batch.made.id)
            .await
            .unwrap()
            .len(),
        1
    );
    let history = api.get("/v1/wallet/history", Some(&token)).await.succeed();
    assert_eq!(history["items"][0]["kind"], "voucher");
}

#[tokio::test]
async fn codes_are_not_to_be_guessed_by_the_minute() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    let code = scrip_domain::VoucherCode::new(70_000, 1).to_string();
    for tried in 0..20 {
        let answer = redeem(&api, &token, Some(Uuid::new_v4()), &code).await;
        assert_eq!(answer.code(), "voucher.unknown", "try {tried}");
    }
    let refused = redeem(&api, &token, Some(Uuid::new_v4()), &code).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "request.rate_limited")
    );
    // A try comes back every three seconds.
    api.clock.advance_seconds(3);
    for expected in ["voucher.unknown", "request.rate_limited"] {
        let answer = redeem(&api, &token, Some(Uuid::new_v4()), &code).await;
        assert_eq!(answer.code(), expected);
    }
}

#[tokio::test]
async fn a_sheet_has_ten_vouchers_a_page_and_codes_outlive_a_restart() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    let batch = batch(&api, 21).await;
    let sheet = scrip_server::voucher_sheet(&api.server, &batch).await.unwrap();
    let text = String::from_utf8_lossy(&sheet);
    assert!(text.starts_with("%PDF-1.7"));
    assert_eq!(
        text.matches("/Type /Page\n").count() + text.matches("/Type/Page/").count(),
        3
    );
    let codes = scrip_server::open_codes(&api.server, batch.made.id).await.unwrap();
    let api = api.restart().await;
    let done = redeem(&api, &token, Some(Uuid::new_v4()), &codes[20].1.to_string()).await;
    assert_eq!(done.status, StatusCode::CREATED);
}
