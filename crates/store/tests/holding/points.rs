//! Points of a wallet's history from which it is replayed.

use scrip_domain::{Intent, OrderRefundPolicy, ProductId, SendingPolicy};
use scrip_store::RefundBy;

use super::{ACT, balance, dated, sending};
use crate::support::rental::{policy, product};
use crate::support::{Fixture, both, item, tokens};

/// Makes so many small changes of Ada's wallet: given with a date, given without, sent.
async fn happen(fixture: &Fixture, count: usize) {
    for number in 0..count {
        match number % 4 {
            0 => dated(fixture, "ada@example.com", 5, 400).await,
            1 | 2 => {
                let command = fixture.id();
                let given = fixture
                    .store
                    .grant("ada@example.com", tokens(7), "Thanks", command, "cli")
                    .await;
                given.unwrap();
            }
            _ => {
                let policy = SendingPolicy {
                    transfers_per_day_max: u16::MAX,
                    ..SendingPolicy::default()
                };
                let ada = fixture
                    .store
                    .user_by_email(&"ada@example.com".parse().unwrap())
                    .await
                    .unwrap()
                    .unwrap();
                let new = sending(fixture, &ada, "bob@example.com", 3);
                fixture.store.send_tokens(&new, &policy).await.unwrap();
            }
        }
    }
}

both! {
    async fn a_long_history_is_replayed_from_points_that_say_the_same(fixture: Fixture) {
        let (ada, _) = (fixture.user("ada@example.com", 100).await, fixture.user("bob@example.com", 0).await);
        fixture.list(&[product("a", policy(1, 0))]).await;
        let (a, refunds): (ProductId, _) = ("a".parse().unwrap(), OrderRefundPolicy::default());
        dated(&fixture, "ada@example.com", 60, 90).await;
        // Paid from the tokens with a date and 40 others, and given back after points were kept.
        let order = fixture.check_out(&ada, vec![item("a", Intent::Rent, Some("days"))], 100).await.unwrap();
        happen(&fixture, 300).await;
        let whole = fixture.store.holding(ada.id).await.unwrap();
        fixture.tamper("UPDATE holding_points SET balance = balance + 1").await;
        fixture.assert_sound().await;
        fixture.advance(2);
        // What is a day old gets points, once, whoever looks.
        let others = [fixture.clone(), fixture.reopen().await, fixture.reopen().await];
        let looks = others.iter().map(|other| {
            let (store, user) = (other.store.clone(), ada.id);
            tokio::spawn(async move { store.holding(user).await.unwrap().state() })
        });
        for look in looks.collect::<Vec<_>>() {
            assert_eq!(look.await.unwrap(), whole.state());
        }
        fixture.assert_sound().await;
        happen(&fixture, 40).await;
        let before = fixture.store.holding(ada.id).await.unwrap();
        assert_eq!(before.balance(), balance(&fixture, &ada).await);
        let (got, _) = fixture.store.refund_order(order.id, &a, tokens(0), RefundBy::Operator(&ACT), refunds).await.unwrap();
        let back = fixture.store.holding(ada.id).await.unwrap();
        assert_eq!(back.balance() - before.balance(), got.get());
        let dated_after = |holding: &scrip_domain::Holding| holding.lots().iter().map(|lot| lot.left.get()).sum::<i64>();
        assert_eq!(dated_after(&back) - dated_after(&before), (got.get() - 40).max(0), "to the tokens that paid");
        fixture.advance(2);
        happen(&fixture, 300).await;
        fixture.advance(2);
        fixture.store.holding(ada.id).await.unwrap();
        fixture.assert_sound().await;
        for wrong in [
            "UPDATE holding_takings SET parts = '[]'",
            "UPDATE holding_points SET balance = balance + 1",
        ] {
            fixture.tamper(wrong).await;
            let breaches = fixture.store.audit().await.unwrap().breaches;
            assert_eq!(breaches.len(), 1, "{wrong}: {breaches:?}");
        }
    }

    async fn a_period_starts_with_what_was_held_before_it(fixture: Fixture) {
        let (ada, _) = (fixture.user("ada@example.com", 100).await, fixture.user("bob@example.com", 0).await);
        let mut expected = Vec::new();
        for _ in 0..4 {
            fixture.advance(3);
            happen(&fixture, 90).await;
            fixture.advance(3);
            expected.push((fixture.now(), balance(&fixture, &ada).await));
        }
        let read = async || {
            let mut read = Vec::new();
            for (at, _) in &expected {
                let period = fixture.store.wallet_period(ada.id, *at, at.plus_seconds(4 * 86_400), 1000).await.unwrap();
                let sum: i64 = period.entries.iter().map(|entry| entry.amount).sum();
                assert_eq!(period.closing - period.opening, sum);
                read.push((*at, period.opening));
            }
            read
        };
        assert_eq!(read().await, expected);
        fixture.store.holding(ada.id).await.unwrap();
        assert_eq!(read().await, expected, "with points, too");
        let filter = scrip_store::HistoryFilter { from: Some(expected[1].0), until: Some(expected[2].0), kind: Some("transfer".into()) };
        let found = fixture.store.history_of(ada.id.0, &filter, None, 1000).await.unwrap();
        assert_eq!((found.len(), found.iter().all(|entry| entry.kind == "transfer")), (22, true));
        fixture.assert_sound().await;
    }
}
