//! Buying tokens: prices, payment pages, and everything that a payment provider may say in whatever order.

use http::{Method, Request, StatusCode};
use scrip_domain::{Clock as _, TokenPack, TokenPriceTerms, TokenTier, Tokens};
use scrip_server::{Config, Secret, Server, StripeConfig};
use scrip_store::{Act, NewPriceList};
use scrip_testkit::{LocalStripe, Stripe};
use serde_json::{Value, json};

use crate::support::{Answer, Api, PRICES};

pub(crate) const ACT: Act<'static> = Act {
    actor: "cli",
    action: "test.done",
    subject: "it",
    why: "because",
};

/// Sells a token for 10 cents, less from 1000 on, and packs; with 19 % tax.
pub(crate) async fn sell_tokens(server: &Server) {
    let tokens = |count| Tokens::new(count).unwrap();
    let new = NewPriceList {
        currency: "EUR".parse().unwrap(),
        effective_from: None,
        effective_until: None,
        terms: TokenPriceTerms {
            tokens_min: tokens(10),
            tokens_max: tokens(100_000),
            tiers: vec![TokenTier {
                from: tokens(1000),
                discount_permille: 100,
            }],
            packs: vec![TokenPack {
                id: "small".parse().unwrap(),
                tokens: tokens(200),
                price_minor: 1800,
            }],
            ..scrip_testkit::token_prices()
        },
    };
    server.store().put_price_list(&new, &ACT).await.unwrap();
}

/// A shop that takes cards, and somebody who has nothing.
pub(crate) async fn shop() -> (Stripe, Api, String) {
    let stripe = Stripe::start();
    let api = Api::with_stripe(&stripe).await;
    sell_tokens(&api.server).await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    let everything = json!({"items": [{"product": "org.example.Paint", "intent": "buy"}], "expected_total": 100});
    api.order(&token, Some(&uuid::Uuid::new_v4().to_string()), everything)
        .await
        .succeed();
    (stripe, api, token)
}

pub(crate) async fn buy(api: &Api, token: &str, key: &str, body: Value) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/token-purchases")
        .header("Authorization", format!("Bearer {token}"))
        .header("Idempotency-Key", key);
    api.send(request.body(body.to_string().into()).unwrap()).await
}

pub(crate) fn hundred() -> Value {
    json!({"currency": "EUR", "tokens": 100, "method": "card", "expected_total": {"minor": 1190, "currency": "EUR"}})
}

/// Opens a purchase of 100 tokens; answers its id and the name of its payment page.
pub(crate) async fn open(api: &Api, token: &str) -> (String, String) {
    let opened = buy(api, token, &uuid::Uuid::new_v4().to_string(), hundred())
        .await
        .succeed();
    let url = opened["pay_url"].as_str().unwrap();
    (
        opened["id"].as_str().unwrap().to_owned(),
        url.rsplit('/').next().unwrap().to_owned(),
    )
}

pub(crate) async fn tell(api: &Api, (signature, body): &(String, String)) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/stripe/webhook")
        .header("Stripe-Signature", signature);
    api.send(request.body(body.clone().into()).unwrap()).await
}

pub(crate) fn now(api: &Api) -> i64 {
    api.clock.now().seconds()
}

pub(crate) async fn balance(api: &Api, token: &str) -> i64 {
    api.get("/v1/wallet", Some(token)).await.succeed()["balance"]
        .as_i64()
        .unwrap()
}

pub(crate) async fn purchase(api: &Api, token: &str, id: &str) -> Value {
    api.get(&format!("/v1/token-purchases/{id}"), Some(token))
        .await
        .succeed()
}

pub(crate) async fn look_again(api: &Api) -> String {
    api.clock.advance_seconds(120);
    scrip_server::run_job(&api.server, "payments").await.unwrap()
}

pub(crate) async fn assert_sound(api: &Api) {
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
}

#[tokio::test]
async fn prices_and_ways_out_of_a_shortfall_are_told() {
    let (_stripe, api, _) = shop().await;
    let prices = api.get("/v1/token-prices", None).await.succeed();
    assert_eq!(
        (prices["lists"][0]["currency"].as_str(), &prices["methods"]),
        (Some("EUR"), &json!(["card"]))
    );
    let quote = api
        .get("/v1/token-prices/quote?currency=eur&tokens=1000", None)
        .await
        .succeed();
    assert_eq!(
        (
            &quote["gross"]["minor"],
            &quote["discount"]["minor"],
            &quote["tax"]["minor"]
        ),
        (&json!(10_000), &json!(1000), &json!(1710))
    );
    let pack = api
        .get("/v1/token-prices/quote?currency=EUR&pack=small", None)
        .await
        .succeed();
    assert_eq!((&pack["tokens"], &pack["total"]["minor"]), (&json!(200), &json!(2142)));
    let short = api
        .get("/v1/token-prices/shortfall?currency=EUR&missing=40", None)
        .await
        .succeed();
    assert_eq!(
        (&short["exact"]["tokens"], &short["pack"]["pack"]),
        (&json!(40), &json!("small"))
    );
    for (path, code) in [
        ("quote?currency=USD&tokens=10", "tokens.not_sold"),
        ("quote?currency=XXX&tokens=10", "request.malformed"),
        ("quote?currency=EUR&tokens=9", "tokens.amount_refused"),
        ("quote?currency=EUR&pack=large", "pack.not_found"),
        ("quote?currency=EUR", "request.malformed"),
        ("shortfall?currency=EUR&missing=100001", "tokens.amount_refused"),
    ] {
        assert_eq!(
            api.get(&format!("/v1/token-prices/{path}"), None).await.code(),
            code,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_message_credits_the_tokens_once_however_often_it_comes() {
    let (stripe, api, token) = shop().await;
    let key = uuid::Uuid::new_v4().to_string();
    let opened = buy(&api, &token, &key, hundred()).await;
    assert_eq!(opened.status, StatusCode::CREATED);
    let opened = opened.json();
    let again = buy(&api, &token, &key, hundred()).await;
    assert_eq!(
        (again.status, &again.json()["pay_url"]),
        (StatusCode::OK, &opened["pay_url"])
    );
    assert_eq!(stripe.session_count(), 1);
    let (id, page) = (
        opened["id"].as_str().unwrap(),
        opened["pay_url"].as_str().unwrap().rsplit('/').next().unwrap(),
    );
    let session = stripe.session(page);
    assert_eq!(
        (&session["amount_total"], &session["currency"]),
        (&json!(1190), &json!("eur"))
    );
    let unpaid = stripe.message("checkout.session.completed", &session, now(&api));
    assert_eq!(tell(&api, &unpaid).await.status, StatusCode::NO_CONTENT);
    assert_eq!(balance(&api, &token).await, 0);

    stripe.pay(page);
    let paid = stripe.message("checkout.session.completed", &stripe.session(page), now(&api));
    let paid_again = stripe.message(
        "checkout.session.async_payment_succeeded",
        &stripe.session(page),
        now(&api),
    );
    let all = [&paid, &paid_again, &paid, &unpaid, &paid].map(|message| tell(&api, message));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(balance(&api, &token).await, 100);
    let settled = purchase(&api, &token, id).await;
    assert_eq!(
        (&settled["status"], &settled["pay_url"]),
        (&json!("issued"), &Value::Null)
    );
    let listed = api.get("/v1/token-purchases?limit=1", Some(&token)).await.succeed();
    assert_eq!(listed["items"][0]["id"], id);
    let history = api.get("/v1/wallet/history", Some(&token)).await.succeed();
    assert_eq!(
        (&history["items"][0]["kind"], &history["items"][0]["amount"]),
        (&json!("purchase"), &json!(100))
    );
    let eve = api.register("eve@example.com").await;
    assert_eq!(
        api.get(&format!("/v1/token-purchases/{id}"), Some(&eve)).await.code(),
        "purchase.not_found"
    );
    let cancel = api
        .post(&format!("/v1/token-purchases/{id}/cancel"), Some(&token), json!({}))
        .await
        .succeed();
    assert_eq!(cancel["status"], "issued");
    assert_sound(&api).await;
}

#[tokio::test]
async fn messages_that_are_not_genuine_are_refused() {
    let (stripe, api, token) = shop().await;
    let (_, page) = open(&api, &token).await;
    stripe.pay(&page);
    let (signature, body) = stripe.message("checkout.session.completed", &stripe.session(&page), now(&api));
    let old = stripe.message("checkout.session.completed", &stripe.session(&page), now(&api) - 301);
    let forged = (signature.clone(), body.replace("1190", "1191"));
    for message in [
        old,
        forged,
        (String::new(), body.clone()),
        ("t=1,v1=00".to_owned(), body.clone()),
    ] {
        let answer = tell(&api, &message).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "request.malformed")
        );
    }
    let junk = "{}".to_owned();
    assert_eq!(
        tell(&api, &(Stripe::sign(&junk, now(&api)), junk)).await.code(),
        "request.malformed"
    );
    let large = " ".repeat((1 << 20) + 1);
    assert_eq!(
        tell(&api, &(String::new(), large)).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(balance(&api, &token).await, 0);
    // What is genuine and not ours, or of no use, is taken and forgotten.
    let strange = json!({"id": "cs_other", "payment_status": "paid", "client_reference_id": "7", "amount_total": 1, "currency": "eur"});
    for (kind, object) in [
        ("checkout.session.completed", &strange),
        ("customer.created", &json!({"id": "cus_1"})),
    ] {
        let message = stripe.message(kind, object, now(&api));
        assert_eq!(tell(&api, &message).await.status, StatusCode::NO_CONTENT, "{kind}");
    }
    // A page that asks for another amount settles nothing.
    let mut cheap = stripe.session(&page);
    cheap["amount_total"] = json!(1);
    let cheap = stripe.message("checkout.session.completed", &cheap, now(&api));
    assert_eq!(tell(&api, &cheap).await.status, StatusCode::NO_CONTENT);
    assert_eq!(balance(&api, &token).await, 0);
    assert_eq!(tell(&api, &(signature, body)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(balance(&api, &token).await, 100);

    let bare = Api::new().await;
    assert_eq!(
        tell(&bare, &(String::new(), "{}".to_owned())).await.code(),
        "payment.method_off"
    );
    let token = bare.register("ada@example.com").await;
    assert_eq!(
        buy(&bare, &token, &uuid::Uuid::new_v4().to_string(), hundred())
            .await
            .code(),
        "payment.method_off"
    );
}

#[tokio::test]
async fn messages_signed_by_localstripe_itself_are_heard() {
    let (stripe, api, token) = shop().await;
    // Its messages carry the time of the day, so that this server has to know it.
    let mut config = Config::load(api.folder.path(), None).unwrap();
    config.stripe = Some(StripeConfig {
        url: stripe.url().to_owned(),
        secret_key: Secret::new(scrip_testkit::SECRET_KEY),
        webhook_secret: Some(Secret::new("whsec_local")),
    });
    let server = Server::open(config).await.unwrap();
    let (_, page) = open(&api, &token).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/stripe/webhook", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, server.router()).await });
    let paid = tokio::task::spawn_blocking(move || {
        LocalStripe::shared().send_messages("scrip", &url, "whsec_local");
        stripe.pay(&page);
        stripe
    });
    let _stripe = paid.await.unwrap();
    let arrived = async {
        while balance(&api, &token).await != 100 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), arrived)
        .await
        .unwrap();
    serving.abort();
    assert_sound(&api).await;
}

#[tokio::test]
async fn what_no_message_told_is_found_by_looking_again() {
    let (stripe, api, token) = shop().await;
    let (paid, paid_page) = open(&api, &token).await;
    let (over, over_page) = open(&api, &token).await;
    let (waiting, _) = open(&api, &token).await;
    stripe.pay(&paid_page);
    stripe.expire(&over_page);
    let did = look_again(&api).await;
    assert!(did.contains("1 settled, 1 given up"), "{did}");
    assert_eq!(balance(&api, &token).await, 100);
    for (id, status) in [(&paid, "issued"), (&over, "canceled"), (&waiting, "open")] {
        assert_eq!(purchase(&api, &token, id).await["status"], status);
    }
    assert!(!look_again(&api).await.contains("1 settled"));
    let canceled = api
        .post(
            &format!("/v1/token-purchases/{waiting}/cancel"),
            Some(&token),
            json!({}),
        )
        .await
        .succeed();
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(balance(&api, &token).await, 100);
    assert_sound(&api).await;
}

#[tokio::test]
async fn a_provider_that_is_down_loses_nothing() {
    let (stripe, api, token) = shop().await;
    let key = uuid::Uuid::new_v4().to_string();
    stripe.fail(3);
    let refused = buy(&api, &token, &key, hundred()).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "payment.unavailable")
    );
    stripe.fail(2);
    let opened = buy(&api, &token, &key, hundred()).await.succeed();
    assert_eq!(stripe.session_count(), 1, "it was tried again");
    let page = opened["pay_url"].as_str().unwrap().rsplit('/').next().unwrap();
    let payment = stripe.pay(page);
    let failed = json!({"id": payment, "metadata": {"purchase": opened["id"]}, "last_payment_error": {"message": "Your card was declined."}});
    tell(
        &api,
        &stripe.message("payment_intent.payment_failed", &failed, now(&api)),
    )
    .await;
    let shown = purchase(&api, &token, opened["id"].as_str().unwrap()).await;
    assert_eq!(
        (&shown["failure"], &shown["status"]),
        (&json!("Your card was declined"), &json!("open"))
    );
    let succeeded = json!({"id": payment, "metadata": {"purchase": opened["id"]}, "last_payment_error": null});
    tell(&api, &stripe.message("payment_intent.succeeded", &succeeded, now(&api))).await;
    assert_eq!(balance(&api, &token).await, 100);
    let notices = api.get("/v1/notices", Some(&token)).await.succeed();
    let kinds: Vec<_> = notices["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| notice["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["purchase.issued", "purchase.failed"]);

    let wrong_price =
        json!({"currency": "EUR", "tokens": 100, "method": "card", "expected_total": {"minor": 1, "currency": "EUR"}});
    assert_eq!(
        buy(&api, &token, &uuid::Uuid::new_v4().to_string(), wrong_price)
            .await
            .code(),
        "price.changed"
    );
    assert_eq!(
        buy(
            &api,
            &token,
            &key,
            json!({"currency": "EUR", "tokens": 99, "method": "card"})
        )
        .await
        .code(),
        "idempotency.conflict"
    );
    let cash = json!({"currency": "EUR", "tokens": 99, "method": "cash"});
    assert_eq!(
        buy(&api, &token, &uuid::Uuid::new_v4().to_string(), cash).await.code(),
        "payment.method_off"
    );
}

#[tokio::test]
async fn a_cart_that_lacks_tokens_is_bought_at_the_price_that_was_seen() {
    let stripe = Stripe::start();
    let api = Api::with_stripe(&stripe).await;
    sell_tokens(&api.server).await;
    api.list(&PRICES.replace("purchase = 100", "purchase = 140")).await;
    let token = api.register("ada@example.com").await;
    let refused = api.pay(&token, "buy", None, 140).await;
    assert_eq!(
        (refused.code().as_str(), &refused.json()["quote"]["missing"]),
        ("wallet.insufficient", &json!(40))
    );
    let items = json!([{"product": "org.example.Paint", "intent": "buy"}]);
    let body =
        json!({"currency": "EUR", "tokens": 40, "method": "card", "cart": {"items": items, "expected_total": 140}});
    let opened = buy(&api, &token, &uuid::Uuid::new_v4().to_string(), body)
        .await
        .succeed();
    assert_eq!(opened["cart"]["total"], 140);
    api.list(&PRICES.replace("purchase = 100", "purchase = 150")).await;
    stripe.pay(opened["pay_url"].as_str().unwrap().rsplit('/').next().unwrap());
    look_again(&api).await;
    assert_eq!(api.pay(&token, "buy", None, 140).await.code(), "price.changed");
    let key = uuid::Uuid::new_v4().to_string();
    let order = json!({"items": items, "expected_total": 140, "purchase": opened["id"]});
    let paid = api.order(&token, Some(&key), order.clone()).await.succeed();
    assert_eq!((&paid["total"], &paid["balance_after"]), (&json!(140), &json!(0)));
    assert_eq!(api.order(&token, Some(&key), order).await.status, StatusCode::OK);
    assert_sound(&api).await;
}
