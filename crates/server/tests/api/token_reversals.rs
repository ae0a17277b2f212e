//! Money that goes back: refunds and disputes.

use http::StatusCode;
use scrip_domain::{PurchaseId, Tokens};
use serde_json::json;

use crate::token_sales::{ACT, assert_sound, balance, look_again, now, open, purchase, shop, tell};

#[tokio::test]
async fn money_goes_back_once_and_the_tokens_with_it() {
    let (stripe, api, token) = shop().await;
    let (id, page) = open(&api, &token).await;
    let payment = stripe.pay(&page);
    tell(
        &api,
        &stripe.message("checkout.session.completed", &stripe.session(&page), now(&api)),
    )
    .await;
    let (purchase_id, command) = (id.parse::<PurchaseId>().unwrap(), uuid::Uuid::new_v4());
    let some = Some(Tokens::new(40).unwrap());
    stripe.fail(3);
    let pending = scrip_server::refund_purchase(&api.server, purchase_id, some, command, &ACT)
        .await
        .unwrap();
    assert_eq!((pending.status.as_str(), balance(&api, &token).await), ("pending", 60));
    assert_eq!(stripe.refunds(&payment).len(), 0);
    let did = look_again(&api).await;
    assert!(did.contains("1 refunds sent"), "{did}");
    let again = scrip_server::refund_purchase(&api.server, purchase_id, some, command, &ACT)
        .await
        .unwrap();
    assert_eq!((again.status.as_str(), stripe.refunds(&payment).len()), ("done", 1));
    assert_eq!(stripe.refunds(&payment)[0]["amount"], 476);

    // The rest is given back by hand at the provider; its message is told twice.
    stripe.refund(&payment, 1190 - 476);
    let charge = json!({"id": "ch_1", "payment_intent": payment, "amount_refunded": 1190});
    for _ in 0..2 {
        let told = tell(&api, &stripe.message("charge.refunded", &charge, now(&api))).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT);
    }
    let shown = purchase(&api, &token, &id).await;
    assert_eq!(
        (
            &shown["status"],
            &shown["returned"]["minor"],
            balance(&api, &token).await
        ),
        (&json!("refunded"), &json!(1190), 0)
    );
    assert_sound(&api).await;
}

#[tokio::test]
async fn a_refund_or_a_dispute_may_be_told_before_the_payment() {
    let (stripe, api, token) = shop().await;
    let (id, page) = open(&api, &token).await;
    let payment = stripe.pay(&page);
    stripe.refund(&payment, 1190);
    let charge = json!({"id": "ch_1", "payment_intent": payment});
    tell(&api, &stripe.message("charge.refunded", &charge, now(&api))).await;
    assert_eq!(purchase(&api, &token, &id).await["status"], "refunded");
    tell(
        &api,
        &stripe.message("checkout.session.completed", &stripe.session(&page), now(&api)),
    )
    .await;
    assert_eq!(
        (
            purchase(&api, &token, &id).await["status"].as_str(),
            balance(&api, &token).await
        ),
        (Some("refunded"), 0)
    );

    let (id, page) = open(&api, &token).await;
    let payment = stripe.pay(&page);
    let dispute = |status: &str| {
        json!({"id": format!("dp_{payment}"), "amount": 1190, "currency": "eur", "status": status,
        "reason": "fraudulent", "payment_intent": payment})
    };
    let say = async |kind: &str, status: &str| {
        let message = stripe.message(&format!("charge.dispute.{kind}"), &dispute(status), now(&api));
        assert_eq!(tell(&api, &message).await.status, StatusCode::NO_CONTENT);
        let status = purchase(&api, &token, &id).await["status"].as_str().unwrap().to_owned();
        (status, balance(&api, &token).await)
    };
    assert_eq!(say("created", "warning_needs_response").await, ("open".to_owned(), 0));
    assert_eq!(say("created", "needs_response").await, ("disputed".to_owned(), 0));
    assert_eq!(say("closed", "won").await, ("issued".to_owned(), 100));
    assert_eq!(say("updated", "under_review").await, ("issued".to_owned(), 100));
    assert_sound(&api).await;
}
