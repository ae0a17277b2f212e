use scrip_domain::{Coded, ErrorCode, Intent, LicenseState, OrderRefundPolicy, ProductId, SeatKind};
use scrip_store::{PaidOrder, RefundBy, User};

use super::{ACT, balance, dated};
use crate::support::rental::{gives, license, policy, product};
use crate::support::{Fixture, both, item, tokens};

async fn pay(fixture: &Fixture, user: &User, intent: Intent, offer: Option<&str>, expected: i64) -> PaidOrder {
    fixture
        .check_out(user, vec![item("a", intent, offer)], expected)
        .await
        .unwrap()
}

both! {
    async fn a_purchase_that_nobody_uses_comes_back_once(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 1000).await;
        let bob = fixture.user("bob@example.com", 0).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        let a: ProductId = "a".parse().unwrap();
        let refunds = OrderRefundPolicy::default();
        let order = pay(&fixture, &ada, Intent::Buy, None, 1000).await;
        let owned = license(&fixture, &ada).await;
        let desk = fixture.computer(&ada, "desk").await;
        let seat = fixture.take(&ada, owned.id, desk, SeatKind::Fixed).await.unwrap().activation;
        let back = async |least, by| fixture.store.refund_order(order.id, &a, tokens(least), by, refunds).await;
        assert_eq!(fixture.store.quote_refund(order.id, &a, Some(ada.id), refunds).await.unwrap(), tokens(1000));
        assert_eq!(back(1000, RefundBy::Person(bob.id, None)).await.unwrap_err().code(), ErrorCode::OrderNotFound);
        assert_eq!(back(1000, RefundBy::Person(ada.id, None)).await.unwrap_err().code(), ErrorCode::LicenseInUse);
        let given = gives(&seat, 0);
        assert_eq!(back(1001, RefundBy::Person(ada.id, Some(&given))).await.unwrap_err().code(), ErrorCode::PriceChanged);
        for _ in 0..2 {
            let (got, held) = back(1000, RefundBy::Person(ada.id, Some(&given))).await.unwrap();
            assert_eq!((got, held), (tokens(1000), tokens(1000)));
        }
        assert_eq!(license(&fixture, &ada).await.state(fixture.now()), LicenseState::Expired);
        let known = fixture.store.order(order.id, Some(ada.id)).await.unwrap();
        assert_eq!((known.refunds.len(), known.refunds[0].tokens), (1, tokens(1000)));
        fixture.assert_sound().await;
        // It can be bought again, and the window closes.
        let second = pay(&fixture, &ada, Intent::Buy, None, 1000).await;
        fixture.advance(15);
        let late = async |by| fixture.store.refund_order(second.id, &a, tokens(0), by, refunds).await;
        assert_eq!(late(RefundBy::Person(ada.id, None)).await.unwrap_err().code(), ErrorCode::RefundRefused);
        assert_eq!(late(RefundBy::Operator(&ACT)).await.unwrap().0, tokens(1000));
        assert_eq!(fixture.store.orders(ada.id, None, 10).await.unwrap().len(), 2);
        fixture.assert_sound().await;
        fixture.tamper("UPDATE order_refunds SET tokens = tokens + 1").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
    }

    async fn an_operator_takes_back_what_is_in_use_and_its_codes(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 1000).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        let order = pay(&fixture, &ada, Intent::Buy, None, 1000).await;
        let owned = license(&fixture, &ada).await;
        let desk = fixture.computer(&ada, "desk").await;
        fixture.take(&ada, owned.id, desk, SeatKind::Fixed).await.unwrap();
        let (a, refunds) = ("a".parse().unwrap(), OrderRefundPolicy::default());
        let by = RefundBy::Operator(&ACT);
        fixture.store.refund_order(order.id, &a, tokens(0), by, refunds).await.unwrap();
        assert_eq!(fixture.store.revocations(10).await.unwrap().len(), 1);
        assert_eq!(fixture.store.acts(None, None, 10).await.unwrap()[0].action, "test");
        fixture.assert_sound().await;
    }

    async fn the_unused_part_of_a_rental_comes_back_to_the_tokens_that_paid_it(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 60).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        dated(&fixture, "ada@example.com", 40, 90).await;
        let order = pay(&fixture, &ada, Intent::Rent, Some("days"), 100).await;
        fixture.advance(5);
        let (a, refunds) = ("a".parse().unwrap(), OrderRefundPolicy::default());
        let by = RefundBy::Person(ada.id, None);
        let (got, _) = fixture.store.refund_order(order.id, &a, tokens(50), by, refunds).await.unwrap();
        assert_eq!((got, balance(&fixture, &ada).await), (tokens(50), 50));
        let holding = fixture.store.holding(ada.id).await.unwrap();
        assert_eq!((holding.lots().len(), holding.sendable(true)), (0, tokens(50)));
        let other = "b".parse().unwrap();
        let unknown = fixture.store.refund_order(order.id, &other, tokens(0), by, refunds).await.unwrap_err();
        assert_eq!(unknown.code(), ErrorCode::RefundRefused);
        fixture.assert_sound().await;
    }
}
