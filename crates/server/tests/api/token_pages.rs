//! Tokens on pages: coming back from the payment page, buying, prices and refunds at the console.

use http::StatusCode;
use scrip_domain::Role;

use crate::browser::{Browser, location, text, value_of};
use crate::support::Api;
use crate::token_sales::{assert_sound, balance, now, open, shop, tell};

#[tokio::test]
async fn coming_back_from_the_payment_page_credits_the_tokens() {
    let (stripe, api, token) = shop().await;
    let (id, page) = open(&api, &token).await;
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    let path = format!("/account/tokens/return?purchase={id}");
    assert!(browser.page(&path).await.contains("Nothing was charged"));
    let early = browser.page(&format!("{path}&session={page}")).await;
    assert!(early.contains("as soon as the payment is confirmed"), "{early}");
    stripe.pay(&page);
    assert!(
        browser
            .page(&format!("{path}&session=cs_test_other"))
            .await
            .contains("Nothing was charged")
    );
    assert_eq!(balance(&api, &token).await, 0);
    stripe.fail(3);
    assert!(
        browser
            .page(&format!("{path}&session={page}"))
            .await
            .contains("as soon as")
    );
    for _ in 0..2 {
        let done = browser.page(&format!("{path}&session={page}")).await;
        assert!(done.contains("100 tokens are in your wallet"), "{done}");
    }
    assert_eq!(balance(&api, &token).await, 100);
    assert_sound(&api).await;
}

#[tokio::test]
async fn only_the_buyer_is_told_whether_a_purchase_is_paid() {
    let (stripe, api, token) = shop().await;
    let (id, page) = open(&api, &token).await;
    api.register("eve@example.com").await;
    let (mut nobody, mut eve) = (Browser::new(&api), Browser::signed_in(&api, "eve@example.com").await);
    let path = format!("/account/tokens/return?purchase={id}");
    let paid = format!("{path}&session={page}");
    let nowhere = format!("/account/tokens/return?purchase={}", uuid::Uuid::new_v4());
    let mut seen = Vec::new();
    for address in [&nowhere, &path, &paid] {
        seen.push((nobody.page(address).await, eve.page(address).await));
    }
    stripe.pay(&page);
    // The app opened a browser in which nobody is signed in: the payment counts all the same.
    seen.push((nobody.page(&paid).await, eve.page(&paid).await));
    assert_eq!(balance(&api, &token).await, 100);
    seen.push((nobody.page(&path).await, eve.page(&path).await));
    for (nobody, eve) in &seen {
        assert_eq!((nobody, eve), (&seen[0].0, &seen[0].1));
        assert!(nobody.contains("You can go back to the app"), "{nobody}");
        assert!(!nobody.contains(&id) && !nobody.contains("100 tokens"), "{nobody}");
    }
    let mut ada = Browser::signed_in(&api, "ada@example.com").await;
    assert!(ada.page(&paid).await.contains("100 tokens are in your wallet"));
    assert_sound(&api).await;
}

#[tokio::test]
async fn a_person_buys_tokens_on_the_account_page() {
    let (stripe, api, token) = shop().await;
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    let page = browser.page("/account/tokens").await;
    for shown in [
        "The price is 0.10 EUR for 1 token, plus VAT 19 %",
        "From 1000 tokens on: 10 % less",
        "21.42 EUR",
        "Choose small",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let form_token = value_of(&page, "token");
    let fields = [("token", form_token.as_str()), ("currency", "EUR"), ("pack", "small")];
    let review = browser.post("/account/tokens/review", &fields).await;
    let page = text(&review);
    assert!(page.contains("Pay 21.42 EUR") && page.contains("VAT 19 %"), "{page}");
    let policy = review.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains(&format!("form-action 'self' {}", stripe.url())),
        "{policy}"
    );
    let (command, expected) = (value_of(&page, "command"), value_of(&page, "expected"));
    let fields = [
        fields[0],
        fields[1],
        fields[2],
        ("command", &command),
        ("expected", &expected),
    ];
    let sent = browser.post("/account/tokens/buy", &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", text(&sent));
    assert!(location(&sent).starts_with("https://checkout.stripe.com/"));
    assert_eq!(
        location(&browser.post("/account/tokens/buy", &fields).await),
        location(&sent)
    );
    let list = browser.page("/account/tokens/purchases").await;
    assert!(list.contains("waits for payment"), "{list}");
    let path = format!(
        "/account/tokens/purchases/{}",
        list.split("/account/tokens/purchases/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
    );
    assert!(browser.page(&path).await.contains("Go to the payment page"));
    let given_up = browser.post(&format!("{path}/cancel"), &fields[..1]).await;
    assert_eq!(location(&given_up), path);
    assert!(browser.page(&path).await.contains("given up"));
    api.register("eve@example.com").await;
    let mut eve = Browser::signed_in(&api, "eve@example.com").await;
    assert_eq!(eve.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(balance(&api, &token).await, 0);
}

#[tokio::test]
async fn operators_publish_prices_see_purchases_and_give_money_back() {
    let (stripe, api, token) = shop().await;
    let mut finance = Browser::operator(&api, Role::Finance).await;
    let path = "/console/token-prices";
    let new = [
        ("currency", "USD"),
        ("price", "0.12"),
        ("tiers", "1000 10"),
        ("packs", "small 200 20.00"),
        ("why", "a new market"),
    ];
    let published = finance.fill(path, path, &new).await;
    assert_eq!(location(&published), path, "{}", text(&published));
    let page = finance.page(path).await;
    for shown in [
        "1 token for 0.12 USD",
        "small: 200 tokens for 20.00 USD",
        "1000 tokens: 10 %",
        "in force",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let wrong = [("currency", "USD"), ("price", "0,12"), ("why", "a slip")];
    let refused = text(&finance.fill(path, path, &wrong).await);
    assert!(
        refused.contains("money.malformed") && refused.contains("value=\"0,12\""),
        "{refused}"
    );
    let end = format!(
        "{path}/{}/end",
        page.split("/console/token-prices/")
            .nth(1)
            .unwrap()
            .split('/')
            .next()
            .unwrap()
    );
    assert_eq!(location(&finance.fill(path, &end, &[("why", "no market")]).await), path);
    let prices = api.get("/v1/token-prices", None).await.succeed();
    assert_eq!(prices["lists"].as_array().unwrap().len(), 1);

    let (id, page) = open(&api, &token).await;
    let payment = stripe.pay(&page);
    tell(
        &api,
        &stripe.message("checkout.session.completed", &stripe.session(&page), now(&api)),
    )
    .await;
    let list = finance.page("/console/purchases?status=issued&method=card").await;
    assert!(list.contains(&id), "{list}");
    let path = format!("/console/purchases/{id}");
    let shown = finance.page(&path).await;
    assert!(shown.contains("ada@example.com") && shown.contains(&payment), "{shown}");
    let fields = [
        ("command", &*uuid::Uuid::new_v4().to_string()),
        ("tokens", "100"),
        ("why", "a <b>gift</b>"),
    ];
    let mut reader = Browser::operator(&api, Role::ReadOnly).await;
    assert!(!reader.page(&path).await.contains("Give money back"));
    let forbidden = reader.fill("/console", &format!("{path}/refund"), &fields).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    let back = finance.fill(&path, &format!("{path}/refund"), &fields).await;
    assert_eq!(location(&back), path, "{}", text(&back));
    assert_eq!((balance(&api, &token).await, stripe.refunds(&payment).len()), (0, 1));
    let log = finance.page("/console/log").await;
    assert!(
        log.contains("tokens.purchase_refunded") && log.contains("a &lt;b&gt;gift&lt;/b&gt;"),
        "{log}"
    );
    let bare = Api::new().await;
    let mut owner = Browser::operator(&bare, Role::Owner).await;
    assert!(
        owner
            .page("/console/purchases")
            .await
            .contains("SCRIP_STRIPE_SECRET_KEY")
    );
    assert_sound(&api).await;
}
