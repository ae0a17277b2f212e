//! Tokens that are sold for money: prices, purchases, refunds and disputes.

use scrip_domain::{
    Coded, ErrorCode, Intent, Money, PurchaseMethod, PurchaseStatus, TokenAmount, TokenPriceList, TokenPriceTerms,
};
use scrip_store::{
    Act, Error, HoldRequest, NewPriceList, NewTokenPurchase, ProviderPage, ProviderReversal, PurchaseFilter, Reversal,
    ReversalKind, ReversalStatus, TokenPurchase, User,
};

use crate::support::{Fixture, both, item, listing, tokens};

const ACT: Act<'static> = Act {
    actor: "cli",
    action: "test.done",
    subject: "it",
    why: "because",
};

fn terms(price_minor: i64) -> TokenPriceTerms {
    TokenPriceTerms {
        price_minor,
        ..scrip_testkit::token_prices()
    }
}

async fn publish(
    fixture: &Fixture,
    price_minor: i64,
    days: Option<(i64, Option<i64>)>,
) -> Result<TokenPriceList, Error> {
    let day = |day: i64| fixture.now().plus_seconds(day * 86_400);
    let new = NewPriceList {
        currency: "EUR".parse().unwrap(),
        effective_from: days.map(|(from, _)| day(from)),
        effective_until: days.and_then(|(_, until)| until.map(day)),
        terms: terms(price_minor),
    };
    fixture.store.put_price_list(&new, &ACT).await
}

fn purchase(fixture: &Fixture, user: &User, count: i64) -> NewTokenPurchase {
    NewTokenPurchase {
        user: user.id,
        command: fixture.id(),
        digest: [3; 32],
        method: PurchaseMethod::Card,
        currency: "EUR".parse().unwrap(),
        wanted: TokenAmount::Tokens(tokens(count)),
        expected_total: None,
        reference: String::new(),
        expires_at: None,
        hold: None,
    }
}

/// A person who bought 100 tokens for 11.90 EUR.
async fn bought(fixture: &Fixture) -> (User, TokenPurchase) {
    publish(fixture, 10, None).await.unwrap();
    let user = fixture.user("ada@example.com", 0).await;
    let (opened, _) = fixture
        .store
        .open_purchase(&purchase(fixture, &user, 100))
        .await
        .unwrap();
    let settled = fixture.store.settle_purchase(opened.id, Some("pi_1")).await.unwrap();
    (user, settled)
}

async fn balance(fixture: &Fixture, user: &User) -> i64 {
    fixture.store.balance(user.id).await.unwrap().get()
}

async fn hear(fixture: &Fixture, purchase: &TokenPurchase, name: &str, minor: i64, status: ReversalStatus) -> Reversal {
    let kind = if name.starts_with("dp") {
        ReversalKind::Dispute
    } else {
        ReversalKind::Refund
    };
    let heard = ProviderReversal {
        provider_ref: name,
        ours: None,
        kind,
        money: Money::new(minor, "EUR".parse().unwrap()).unwrap(),
        status,
        why: "heard",
    };
    fixture.store.hear_reversal(purchase.id, heard).await.unwrap()
}

async fn status(fixture: &Fixture, purchase: &TokenPurchase) -> PurchaseStatus {
    fixture.store.any_purchase(purchase.id).await.unwrap().status
}

both! {
    async fn the_list_in_force_follows_the_dates(fixture: Fixture) {
        let store = &fixture.store;
        let first = publish(&fixture, 10, None).await.unwrap();
        let next = publish(&fixture, 12, Some((10, None))).await.unwrap();
        let offer = publish(&fixture, 5, Some((2, Some(4)))).await.unwrap();
        let euro = first.currency;
        let prices = [(0, 10), (2, 5), (4, 10), (9, 10), (10, 12)];
        for (day, price) in prices {
            let at = fixture.now().plus_seconds(day * 86_400);
            assert_eq!(store.price_list_at(euro, at).await.unwrap().terms.price_minor, price, "day {day}");
            assert_eq!(store.price_lists_at(at).await.unwrap().len(), 1);
        }
        let past = publish(&fixture, 10, Some((-1, None))).await.unwrap_err();
        assert_eq!(past.code(), ErrorCode::PriceListInvalid);
        assert_eq!(publish(&fixture, 10, Some((10, None))).await.unwrap_err().code(), ErrorCode::PriceListInvalid);
        let yen = "JPY".parse().unwrap();
        assert_eq!(store.price_list_at(yen, fixture.now()).await.unwrap_err().code(), ErrorCode::TokensNotSold);
        store.end_price_list(next.id, fixture.now(), &ACT).await.unwrap();
        let later = fixture.now().plus_seconds(20 * 86_400);
        assert_eq!(store.price_list_at(euro, later).await.unwrap().id, first.id, "what ended never held");
        let history = store.price_list_history(None, 10).await.unwrap();
        assert_eq!(history.iter().map(|row| row.list.id).collect::<Vec<_>>(), [offer.id, next.id, first.id]);
        assert_eq!(store.price_list_history(Some(next.id), 10).await.unwrap().len(), 1);
        assert_eq!(store.acts(None, None, 10).await.unwrap().len(), 4);
        fixture.assert_sound().await;
    }

    async fn a_purchase_is_opened_once_and_issued_once(fixture: Fixture) {
        publish(&fixture, 10, None).await.unwrap();
        let user = fixture.user("ada@example.com", 0).await;
        let mut new = purchase(&fixture, &user, 100);
        new.expected_total = Some("12.00 EUR".parse().unwrap());
        assert_eq!(fixture.store.open_purchase(&new).await.unwrap_err().code(), ErrorCode::PriceChanged);
        new.expected_total = Some("11.90 EUR".parse().unwrap());
        let (opened, replayed) = fixture.store.open_purchase(&new).await.unwrap();
        assert_eq!((opened.quote.total.minor, opened.status, replayed), (1190, PurchaseStatus::Open, false));
        let (again, replayed) = fixture.store.open_purchase(&new).await.unwrap();
        assert_eq!((again.id, replayed), (opened.id, true));
        new.digest = [4; 32];
        assert_eq!(fixture.store.open_purchase(&new).await.unwrap_err().code(), ErrorCode::IdempotencyConflict);
        let page = ProviderPage { session: "cs_1".into(), url: "https://pay.example/cs_1".into() };
        fixture.store.put_purchase_page(opened.id, &page).await.unwrap();
        let found = fixture.store.purchase_of_session("cs_1").await.unwrap().unwrap();
        assert_eq!(found.page, Some(page));
        let late = fixture.now().plus_seconds(1);
        assert_eq!(fixture.store.purchases_on_pages(late, None, 10).await.unwrap().len(), 1);
        fixture.store.put_purchase_failure(opened.id, "the card was declined").await.unwrap();
        let tries = (0..20).map(|_| {
            let (fixture, id) = (fixture.clone(), opened.id);
            tokio::spawn(async move { fixture.store.settle_purchase(id, Some("pi_1")).await })
        });
        for attempt in tries.collect::<Vec<_>>() {
            let settled = attempt.await.unwrap().unwrap();
            assert_eq!((settled.status, settled.failure), (PurchaseStatus::Issued, None));
        }
        assert_eq!(balance(&fixture, &user).await, 100);
        assert_eq!(fixture.store.purchases_on_pages(late, None, 10).await.unwrap(), []);
        let found = fixture.store.purchase_of_payment("pi_1").await.unwrap().unwrap();
        assert_eq!(found.id, opened.id);
        let notices = fixture.store.notices(user.id, None, 10).await.unwrap();
        assert_eq!(notices.iter().map(|notice| notice.kind.as_str()).collect::<Vec<_>>(), ["purchase.issued", "purchase.failed"]);
        let mine = PurchaseFilter { user: Some(user.id), status: Some(PurchaseStatus::Issued), method: Some(PurchaseMethod::Card) };
        assert_eq!(fixture.store.purchases(mine, None, 10).await.unwrap().len(), 1);
        let eve = fixture.user("eve@example.com", 0).await;
        assert_eq!(fixture.store.purchase(eve.id, opened.id).await.unwrap_err().code(), ErrorCode::PurchaseNotFound);
        fixture.assert_sound().await;
    }

    async fn a_purchase_that_was_given_up_is_issued_when_its_money_arrives_after_all(fixture: Fixture) {
        publish(&fixture, 10, None).await.unwrap();
        let user = fixture.user("ada@example.com", 0).await;
        let (opened, _) = fixture.store.open_purchase(&purchase(&fixture, &user, 100)).await.unwrap();
        let canceled = fixture.store.cancel_purchase(opened.id, Some("too late"), None).await.unwrap();
        assert_eq!((canceled.status, canceled.failure.as_deref()), (PurchaseStatus::Canceled, Some("too late")));
        fixture.store.cancel_purchase(opened.id, None, None).await.unwrap();
        let settled = fixture.store.record_payment(opened.id, &ACT).await.unwrap();
        assert_eq!((settled.status, balance(&fixture, &user).await), (PurchaseStatus::Issued, 100));
        let refused = fixture.store.cancel_purchase(opened.id, None, None).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::PurchaseSettled);
        fixture.assert_sound().await;
    }

    async fn a_refund_takes_the_tokens_and_names_the_money(fixture: Fixture) {
        let (user, bought) = bought(&fixture).await;
        let refund = |count, command| {
            let (store, id) = (fixture.store.clone(), bought.id);
            async move { store.refund_purchase(id, count, true, command, &ACT).await }
        };
        let command = fixture.id();
        let part = refund(Some(tokens(30)), command).await.unwrap();
        assert_eq!((part.money.minor, part.status), (357, ReversalStatus::Pending));
        assert_eq!(refund(Some(tokens(30)), command).await.unwrap(), part);
        assert_eq!((balance(&fixture, &user).await, status(&fixture, &bought).await), (70, PurchaseStatus::Issued));
        let more = refund(Some(tokens(71)), fixture.id()).await.unwrap_err();
        assert_eq!(more.code(), ErrorCode::PurchaseSettled);
        let rest = refund(None, fixture.id()).await.unwrap();
        assert_eq!((rest.money.minor, status(&fixture, &bought).await), (1190 - 357, PurchaseStatus::Refunded));
        assert_eq!(fixture.store.pending_refunds(10).await.unwrap().len(), 2);
        fixture.assert_sound().await;

        let heard = ProviderReversal {
            provider_ref: "re_1", ours: Some(part.id), kind: ReversalKind::Refund, money: part.money,
            status: ReversalStatus::Done, why: "sent",
        };
        for _ in 0..2 {
            let done = fixture.store.hear_reversal(bought.id, heard).await.unwrap();
            assert_eq!((done.id, done.status), (part.id, ReversalStatus::Done));
        }
        let failed = ProviderReversal { provider_ref: "re_2", ours: Some(rest.id), status: ReversalStatus::Undone, ..heard };
        fixture.store.hear_reversal(bought.id, failed).await.unwrap();
        assert_eq!((balance(&fixture, &user).await, status(&fixture, &bought).await), (70, PurchaseStatus::Issued));
        assert_eq!(fixture.store.pending_refunds(10).await.unwrap(), []);
        fixture.assert_sound().await;
    }

    async fn a_refund_that_is_asked_for_many_times_at_once_is_one(fixture: Fixture) {
        let (user, bought) = bought(&fixture).await;
        let command = fixture.id();
        let all = (0..12).map(|_| {
            let (store, id) = (fixture.store.clone(), bought.id);
            tokio::spawn(async move { store.refund_purchase(id, None, true, command, &ACT).await.unwrap() })
        });
        let mut refunds = Vec::new();
        for one in all.collect::<Vec<_>>() {
            refunds.push(one.await.unwrap());
        }
        assert_eq!(refunds[0].tokens, tokens(100));
        assert!(refunds.iter().all(|refund| *refund == refunds[0]), "{refunds:?}");
        assert_eq!(balance(&fixture, &user).await, 0);
        fixture.assert_sound().await;
    }

    async fn tokens_that_were_spent_cannot_be_refunded_by_the_vendor(fixture: Fixture) {
        let (user, bought) = bought(&fixture).await;
        fixture.list(&[listing("a", 90, 10, 500)]).await;
        fixture.check_out(&user, vec![item("a", Intent::Buy, None)], 90).await.unwrap();
        let refused = fixture.store.refund_purchase(bought.id, None, true, fixture.id(), &ACT).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::WalletInsufficient);
        // The provider's word counts all the same: what is there is taken, and what is short is noted.
        let heard = hear(&fixture, &bought, "re_9", 1190, ReversalStatus::Done).await;
        assert_eq!((heard.tokens, heard.short, balance(&fixture, &user).await), (tokens(10), tokens(90), 0));
        assert_eq!(status(&fixture, &bought).await, PurchaseStatus::Refunded);
        fixture.assert_sound().await;
    }

    async fn money_that_goes_back_takes_what_is_left_while_it_is_being_spent(fixture: Fixture) {
        const PRODUCTS: usize = 20;
        publish(&fixture, 10, None).await.unwrap();
        let names: Vec<String> = (0..PRODUCTS).map(|n| format!("p{n}")).collect();
        fixture.list(&names.iter().map(|name| listing(name, 1, 1, 0)).collect::<Vec<_>>()).await;
        let each = (0..8).map(|n| {
            let (fixture, names) = (fixture.clone(), names.clone());
            tokio::spawn(async move {
                let user = fixture.user(&format!("{n}@example.com"), 0).await;
                let (opened, _) = fixture.store.open_purchase(&purchase(&fixture, &user, 100)).await.unwrap();
                let payment = format!("pi_{n}");
                let bought = fixture.store.settle_purchase(opened.id, Some(&payment)).await.unwrap();
                let spending = async {
                    let mut spent = 0;
                    for name in &names {
                        match fixture.check_out(&user, vec![item(name, Intent::Buy, None)], 1).await {
                            Ok(_) => spent += 1,
                            Err(refused) => assert_eq!(refused.error.code(), ErrorCode::WalletInsufficient, "{refused}"),
                        }
                    }
                    spent
                };
                let reversal = format!("re_{n}");
                let heard = hear(&fixture, &bought, &reversal, 1190, ReversalStatus::Done);
                let (spent, heard) = tokio::join!(spending, heard);
                assert_eq!((heard.tokens.get() + spent, heard.short.get()), (100, spent));
                assert_eq!(balance(&fixture, &user).await, 0);
                fixture.assert_history_in_order(user.id.0).await;
            })
        });
        for one in each.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        fixture.assert_sound().await;
    }

    async fn a_dispute_is_heeded_in_whatever_order_it_is_told(fixture: Fixture) {
        let (user, bought) = bought(&fixture).await;
        hear(&fixture, &bought, "dp_1", 1190, ReversalStatus::Pending).await;
        assert_eq!((balance(&fixture, &user).await, status(&fixture, &bought).await), (0, PurchaseStatus::Disputed));
        for _ in 0..2 {
            hear(&fixture, &bought, "dp_1", 1190, ReversalStatus::Undone).await;
            assert_eq!((balance(&fixture, &user).await, status(&fixture, &bought).await), (100, PurchaseStatus::Issued));
        }
        hear(&fixture, &bought, "dp_1", 1190, ReversalStatus::Pending).await;
        assert_eq!(balance(&fixture, &user).await, 100, "an old message changes nothing");
        // Decided before it was told to have begun.
        hear(&fixture, &bought, "dp_2", 595, ReversalStatus::Done).await;
        hear(&fixture, &bought, "dp_2", 595, ReversalStatus::Pending).await;
        assert_eq!((balance(&fixture, &user).await, status(&fixture, &bought).await), (50, PurchaseStatus::Issued));
        assert_eq!(fixture.store.reversals(bought.id).await.unwrap().len(), 2);
        fixture.assert_sound().await;
    }

    async fn messages_of_the_provider_count_once(fixture: Fixture) {
        let store = &fixture.store;
        assert!(!store.is_provider_event_known("evt_1").await.unwrap());
        assert_eq!(store.last_provider_event().await.unwrap(), None);
        for _ in 0..2 {
            store.put_provider_event("evt_1", "charge.refunded", fixture.now(), "done").await.unwrap();
        }
        assert!(store.is_provider_event_known("evt_1").await.unwrap());
        assert_eq!(store.last_provider_event().await.unwrap(), Some(fixture.now()));
    }

    async fn a_cart_keeps_its_price_while_the_missing_tokens_are_bought(fixture: Fixture) {
        publish(&fixture, 10, None).await.unwrap();
        let user = fixture.user("ada@example.com", 0).await;
        fixture.list(&[listing("a", 90, 10, 500)]).await;
        let items = vec![item("a", Intent::Buy, None)];
        let mut new = purchase(&fixture, &user, 100);
        new.hold = Some(HoldRequest {
            items: items.clone(), expected_total: tokens(80), until: fixture.now().plus_seconds(3600),
        });
        assert_eq!(fixture.store.open_purchase(&new).await.unwrap_err().code(), ErrorCode::PriceChanged);
        new.hold.as_mut().unwrap().expected_total = tokens(90);
        let (opened, _) = fixture.store.open_purchase(&new).await.unwrap();
        fixture.list(&[listing("a", 95, 10, 500)]).await;
        fixture.store.settle_purchase(opened.id, None).await.unwrap();
        let held = fixture.store.held_quote(user.id, opened.id).await.unwrap().unwrap();
        assert_eq!((held.items.as_slice(), held.total), (items.as_slice(), tokens(90)));
        let today = fixture.check_out(&user, items.clone(), 90).await.unwrap_err();
        assert_eq!(today.error.code(), ErrorCode::PriceChanged);
        let eve = fixture.user("eve@example.com", 100).await;
        let strange = scrip_store::Checkout { held: Some(opened.id), ..fixture.checkout(&eve, items.clone(), 90) };
        assert_eq!(fixture.store.check_out(strange).await.unwrap_err().error.code(), ErrorCode::PriceChanged);
        let kept = scrip_store::Checkout { held: Some(opened.id), ..fixture.checkout(&user, items.clone(), 90) };
        let paid = fixture.store.check_out(kept).await.unwrap();
        assert_eq!((paid.total, balance(&fixture, &user).await), (tokens(90), 10));
        assert_eq!(fixture.store.held_quote(user.id, opened.id).await.unwrap(), None, "it serves once");
        fixture.assert_sound().await;
    }

    async fn an_audit_finds_bought_tokens_that_do_not_add_up(fixture: Fixture) {
        let (_, bought) = bought(&fixture).await;
        fixture.store.refund_purchase(bought.id, Some(tokens(10)), false, fixture.id(), &ACT).await.unwrap();
        fixture.assert_sound().await;
        fixture.tamper("UPDATE token_purchases SET tokens = 99, reversed = 11, returned = 1, paid_at = NULL").await;
        let report = fixture.store.audit().await.unwrap();
        assert_eq!(report.breaches.len(), 5, "{:?}", report.breaches);
    }
}
