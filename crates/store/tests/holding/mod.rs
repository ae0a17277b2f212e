//! Tokens that are given, run out, are sent, given as products, shared and taken back.

mod orders;
mod points;
mod teams;

use scrip_domain::{
    Audience, Campaign, CampaignId, Coded, ErrorCode, ExpiryPolicy, GiftState, Intent, SendingPolicy, SendingState,
    Tokens,
};
use scrip_store::{Act, HistoryFilter, NewGift, NewGrant, NewSending, User};
use uuid::Uuid;

use crate::support::rental::{policy, product};
use crate::support::{Fixture, both, item, tokens};

pub(crate) const ACT: Act<'static> = Act {
    actor: "cli",
    action: "test",
    subject: "test",
    why: "test",
};

pub(crate) async fn dated(fixture: &Fixture, email: &str, amount: i64, days: i64) {
    let new = NewGrant {
        email,
        tokens: tokens(amount),
        reason: "Spring",
        command: fixture.id(),
        expires_at: Some(fixture.now().plus_seconds(days * 86_400)),
    };
    fixture.store.grant_dated(&new, &ACT).await.unwrap();
}

pub(crate) async fn balance(fixture: &Fixture, user: &User) -> i64 {
    fixture.store.balance(user.id).await.unwrap().get()
}

async fn notices(fixture: &Fixture, user: &User) -> Vec<String> {
    let rows = fixture.store.notices(user.id, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.kind).collect()
}

fn sending<'s>(fixture: &Fixture, sender: &User, to: &'s str, amount: i64) -> NewSending<'s> {
    NewSending {
        sender: sender.id,
        to,
        name: if to.starts_with("bob") {
            "b…@example.com"
        } else {
            "a…@example.com"
        },
        tokens: tokens(amount),
        message: "for lunch",
        command: fixture.id(),
        digest: [1; 32],
    }
}

fn campaign(fixture: &Fixture, audience: Audience, each: i64, budget: i64) -> Campaign {
    Campaign {
        id: CampaignId(fixture.id()),
        name: "Spring".into(),
        audience,
        tokens: tokens(each),
        budget: tokens(budget),
        given: Tokens::ZERO,
        starts_at: fixture.now(),
        ends_at: None,
        lifetime_days: Some(90),
        closed_at: None,
    }
}

both! {
    async fn what_runs_out_is_announced_twice_and_spent_first(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 100).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        dated(&fixture, "ada@example.com", 80, 90).await;
        dated(&fixture, "ada@example.com", 40, 60).await;
        let expire = async || {
            let report = fixture.store.expire_lots(&ExpiryPolicy::default(), 100).await.unwrap();
            (report.announced, report.expired)
        };
        assert_eq!(expire().await, (0, 0));
        fixture.check_out(&ada, vec![item("a", Intent::Rent, Some("days"))], 100).await.unwrap();
        let holding = fixture.store.holding(ada.id).await.unwrap();
        assert_eq!(holding.lots().iter().map(|lot| lot.left.get()).collect::<Vec<_>>(), [20]);
        assert_eq!((holding.sendable(true), holding.balance()), (tokens(100), 120));
        // The first lot is used up: nobody is told of it.
        fixture.advance(60);
        assert_eq!(expire().await, (1, 0));
        assert_eq!(expire().await, (0, 0));
        fixture.advance(29);
        assert_eq!(expire().await, (1, 0));
        fixture.advance(1);
        assert_eq!(expire().await, (0, 0));
        assert_eq!(balance(&fixture, &ada).await, 120);
        fixture.assert_sound().await;
        fixture.advance(6);
        assert_eq!((expire().await, expire().await), ((0, 1), (0, 0)));
        assert_eq!(balance(&fixture, &ada).await, 100);
        assert_eq!(notices(&fixture, &ada).await, ["tokens.expired", "tokens.expiring", "tokens.expiring"]);
        let last = fixture.store.history(ada.id, None, 1).await.unwrap().remove(0);
        assert_eq!((last.kind.as_str(), last.amount), ("expiry", -20));
        fixture.assert_sound().await;
        fixture.tamper("UPDATE lots SET second_notice_at = NULL").await;
        assert_eq!(fixture.store.audit().await.unwrap().breaches.len(), 1);
    }

    async fn a_lot_runs_out_once_however_many_servers_look(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 0).await;
        let others = [fixture.clone(), fixture.reopen().await, fixture.reopen().await];
        for _ in 0..5 {
            dated(&fixture, "ada@example.com", 10, 30).await;
        }
        for _ in 0..60 {
            fixture.advance(1);
            let looks = others.iter().map(|other| {
                let store = other.store.clone();
                tokio::spawn(async move { store.expire_lots(&ExpiryPolicy::default(), 100).await })
            });
            for look in looks.collect::<Vec<_>>() {
                look.await.unwrap().unwrap();
            }
        }
        assert_eq!(balance(&fixture, &ada).await, 0);
        assert_eq!(notices(&fixture, &ada).await.len(), 15);
        fixture.assert_sound().await;
    }

    async fn a_campaign_gives_each_account_once_until_its_budget_ends(fixture: Fixture) {
        let mut users = Vec::new();
        for n in 0..5 {
            users.push(fixture.user(&format!("u{n}@example.com"), 0).await);
        }
        let everyone = campaign(&fixture, Audience::Everyone, 10, 35);
        let begun = fixture.store.put_campaign(&everyone, &ACT).await.unwrap();
        assert_eq!(fixture.store.put_campaign(&everyone, &ACT).await.unwrap(), begun);
        let again = fixture.reopen().await;
        let (one, two) = tokio::join!(fixture.store.hand_out_campaigns(2), again.store.hand_out_campaigns(100));
        assert_eq!(one.unwrap() + two.unwrap(), 3);
        assert_eq!(fixture.store.hand_out_campaigns(100).await.unwrap(), 0);
        let holdings = users.iter().map(|user| balance(&fixture, user));
        let mut held = 0;
        for holding in holdings.collect::<Vec<_>>() {
            held += holding.await;
        }
        assert_eq!(held, 30);
        let chosen = campaign(&fixture, Audience::Chosen, 5, 100);
        fixture.store.put_campaign(&chosen, &ACT).await.unwrap();
        assert_eq!(fixture.store.hand_out_campaigns(100).await.unwrap(), 0);
        let give = async |email: &'static str| fixture.store.grant_from_campaign(chosen.id, email, &ACT).await;
        assert!(give("u1@example.com").await.unwrap());
        assert!(!give("u1@example.com").await.unwrap());
        assert_eq!(give("who@example.com").await.unwrap_err().code(), ErrorCode::AccountNotFound);
        let closed = fixture.store.close_campaign(chosen.id, &ACT).await.unwrap();
        assert_eq!((closed.given, closed.closed_at), (tokens(5), Some(fixture.now())));
        assert_eq!(give("u2@example.com").await.unwrap_err().code(), ErrorCode::CampaignOver);
        let listed = fixture.store.campaigns(None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|campaign| campaign.id).collect::<Vec<_>>(), [chosen.id, everyone.id]);
        let nowhere = fixture.store.campaign(CampaignId(Uuid::nil())).await.unwrap_err();
        assert_eq!(nowhere.code(), ErrorCode::CampaignNotFound);
        fixture.assert_sound().await;
    }

    async fn a_sending_arrives_after_its_time_and_both_are_told(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 100).await, fixture.user("bob@example.com", 0).await);
        let policy = SendingPolicy::default();
        let new = sending(&fixture, &ada, "bob@example.com", 60);
        let tries = (0..8).map(|_| {
            let store = fixture.store.clone();
            tokio::spawn(async move { store.send_tokens(&new, &policy).await })
        });
        let mut ids = std::collections::BTreeSet::new();
        for sent in tries.collect::<Vec<_>>() {
            let sent = sent.await.unwrap().unwrap();
            assert_eq!((sent.state, sent.recipient.name.as_str()), (SendingState::Waiting, "b…@example.com"));
            ids.insert(sent.id);
        }
        assert_eq!(ids.len(), 1);
        assert_eq!((balance(&fixture, &ada).await, balance(&fixture, &bob).await), (40, 0));
        let misused = NewSending { digest: [2; 32], ..new };
        let refused = fixture.store.send_tokens(&misused, &policy).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::IdempotencyConflict);
        assert_eq!(fixture.store.settle_sendings(10).await.unwrap(), 0);
        fixture.assert_sound().await;
        fixture.advance(1);
        let (one, two) = tokio::join!(fixture.store.settle_sendings(10), fixture.store.settle_sendings(10));
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        assert_eq!((balance(&fixture, &ada).await, balance(&fixture, &bob).await), (40, 60));
        assert_eq!(notices(&fixture, &bob).await, ["sending.received", "sending.coming"]);
        assert_eq!(notices(&fixture, &ada).await, ["sending.arrived", "sending.sent"]);
        let id = *ids.first().unwrap();
        let late = fixture.store.cancel_sending(ada.id, id).await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::SendingOver);
        let listed = fixture.store.sendings(bob.id, None, 10).await.unwrap();
        assert_eq!((listed.len(), listed[0].state, listed[0].message.as_str()), (1, SendingState::Settled, "for lunch"));
        assert_eq!(fixture.store.all_sendings(Some(SendingState::Waiting), None, 10).await.unwrap(), []);
        fixture.assert_sound().await;
        fixture.tamper("UPDATE sendings SET tokens = tokens + 1").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
    }

    async fn a_sending_comes_back_where_its_sender_wishes_in_time(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 100).await, fixture.user("bob@example.com", 0).await);
        let policy = SendingPolicy::default();
        let sent = fixture.store.send_tokens(&sending(&fixture, &ada, "bob@example.com", 60), &policy).await.unwrap();
        let stranger = fixture.store.cancel_sending(bob.id, sent.id).await.unwrap_err();
        assert_eq!(stranger.code(), ErrorCode::SendingNotFound);
        for _ in 0..2 {
            let back = fixture.store.cancel_sending(ada.id, sent.id).await.unwrap();
            assert_eq!(back.state, SendingState::Canceled);
        }
        assert_eq!(balance(&fixture, &ada).await, 100);
        let next = fixture.store.send_tokens(&sending(&fixture, &ada, "bob@example.com", 10), &policy).await.unwrap();
        fixture.store.stop_sending(next.id, &ACT).await.unwrap();
        let third = fixture.store.send_tokens(&sending(&fixture, &ada, "bob@example.com", 10), &policy).await.unwrap();
        fixture.advance(1);
        // Due, although no job has looked yet.
        assert_eq!(fixture.store.cancel_sending(ada.id, third.id).await.unwrap_err().code(), ErrorCode::SendingOver);
        fixture.assert_sound().await;
    }

    async fn what_may_not_be_sent_stays(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 50).await;
        fixture.user("bob@example.com", 0).await;
        dated(&fixture, "ada@example.com", 30, 90).await;
        let send = async |to: &'static str, amount, policy: SendingPolicy| {
            fixture.store.send_tokens(&sending(&fixture, &ada, to, amount), &policy).await.map(|sent| sent.tokens)
        };
        let policy = SendingPolicy { tokens_per_day_max: tokens(100), tokens_max: tokens(60), ..SendingPolicy::default() };
        let code = |sent: Result<Tokens, scrip_store::Error>| sent.unwrap_err().code();
        assert_eq!(code(send("bob@example.com", 51, policy).await), ErrorCode::SendingTied);
        assert_eq!(code(send("bob@example.com", 61, policy).await), ErrorCode::SendingLimit);
        assert_eq!(code(send("ada@example.com", 1, policy).await), ErrorCode::SendingRecipient);
        assert_eq!(code(send("who@example.com", 1, policy).await), ErrorCode::AccountNotFound);
        assert_eq!(code(send("bob@example.com", 60, SendingPolicy { enabled: false, ..policy }).await), ErrorCode::SendingOff);
        let bought_only = SendingPolicy { given_can_be_sent: false, ..policy };
        assert_eq!(code(send("bob@example.com", 1, bought_only).await), ErrorCode::SendingTied);
        let other = NewSending { name: "c…@example.com", ..sending(&fixture, &ada, "bob@example.com", 1) };
        assert_eq!(fixture.store.send_tokens(&other, &policy).await.unwrap_err().code(), ErrorCode::SendingRecipient);
        assert_eq!(send("bob@example.com", 50, SendingPolicy { cooling_off_minutes: 0, ..policy }).await.unwrap(), tokens(50));
        assert_eq!(code(send("bob@example.com", 31, policy).await), ErrorCode::WalletInsufficient);
        assert_eq!(balance(&fixture, &ada).await, 30);
        fixture.assert_sound().await;
    }

    async fn a_gift_becomes_the_recipients_license_at_its_own_price(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 3000).await, fixture.user("bob@example.com", 7).await);
        fixture.list(&[product("a", policy(1, 0))]).await;
        let id = "a".parse().unwrap();
        let policy = SendingPolicy::default();
        let new = NewGift {
            giver: ada.id,
            to: "bob@example.com",
            name: "b…@example.com",
            product: &id,
            offer: None,
            expected_price: tokens(1000),
            message: "enjoy",
            command: fixture.id(),
            digest: [1; 32],
        };
        let cheap = NewGift { expected_price: tokens(1), command: fixture.id(), ..new };
        assert_eq!(fixture.store.give_product(&cheap, &policy).await.unwrap_err().code(), ErrorCode::PriceChanged);
        let gift = fixture.store.give_product(&new, &policy).await.unwrap();
        assert_eq!(fixture.store.give_product(&new, &policy).await.unwrap(), gift);
        assert_eq!((balance(&fixture, &ada).await, gift.state), (2000, GiftState::Waiting));
        // It costs twice as much now; the gift is worth what was paid.
        let mut dearer = product("a", crate::support::rental::policy(1, 0));
        dearer.offers = crate::support::listing("a", 2000, 1, 0).offers;
        fixture.list(&[dearer]).await;
        assert_eq!(fixture.store.accept_gift(ada.id, gift.id).await.unwrap_err().code(), ErrorCode::GiftNotFound);
        let tries = (0..4).map(|_| {
            let store = fixture.store.clone();
            tokio::spawn(async move { store.accept_gift(bob.id, gift.id).await })
        });
        for taken in tries.collect::<Vec<_>>() {
            assert_eq!(taken.await.unwrap().unwrap().state, GiftState::Accepted);
        }
        let license = fixture.store.licenses(bob.id).await.unwrap().remove(0);
        assert_eq!((license.equity, license.kind), (tokens(1000), scrip_domain::LicenseKind::Perpetual));
        assert_eq!(balance(&fixture, &bob).await, 7);
        assert_eq!(fixture.store.orders(bob.id, None, 10).await.unwrap()[0].total, tokens(1000));
        let over = fixture.store.return_gift(ada.id, gift.id, GiftState::Withdrawn).await.unwrap_err();
        assert_eq!(over.code(), ErrorCode::GiftOver);
        fixture.assert_sound().await;
        // Whoever owns it already cannot take another one, and sends it back.
        let offer = "week".parse().unwrap();
        let more = NewGift { offer: Some(&offer), expected_price: tokens(1), command: fixture.id(), ..new };
        let second = fixture.store.give_product(&more, &policy).await.unwrap();
        assert_eq!(fixture.store.accept_gift(bob.id, second.id).await.unwrap_err().code(), ErrorCode::LicenseAlreadyOwned);
        for _ in 0..2 {
            let back = fixture.store.return_gift(bob.id, second.id, GiftState::Declined).await.unwrap();
            assert_eq!(back.state, GiftState::Declined);
        }
        let third = NewGift { command: fixture.id(), ..more };
        let third = fixture.store.give_product(&third, &policy).await.unwrap();
        fixture.advance(31);
        assert_eq!(fixture.store.lapse_gifts(10).await.unwrap(), 1);
        assert_eq!(fixture.store.lapse_gifts(10).await.unwrap(), 0);
        assert_eq!(balance(&fixture, &ada).await, 2000);
        let listed = fixture.store.gifts(bob.id, None, 10).await.unwrap();
        assert_eq!((listed.len(), listed[0].id, listed[0].state), (3, third.id, GiftState::Lapsed));
        fixture.assert_sound().await;
        fixture.tamper("UPDATE gifts SET price = price + 1").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
    }

    async fn a_history_is_filtered_and_a_period_adds_up(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        let opened = fixture.now();
        fixture.advance(1);
        let ordered = fixture.now();
        fixture.check_out(&ada, vec![item("a", Intent::Rent, Some("days"))], 100).await.unwrap();
        fixture.advance(1);
        dated(&fixture, "ada@example.com", 5, 30).await;
        let find = async |filter: HistoryFilter| {
            let found = fixture.store.history_of(ada.id.0, &filter, None, 10).await.unwrap();
            found.into_iter().map(|entry| entry.amount).collect::<Vec<_>>()
        };
        assert_eq!(find(HistoryFilter::default()).await, [5, -100, 500]);
        assert_eq!(find(HistoryFilter { kind: Some("grant".into()), ..HistoryFilter::default() }).await, [5, 500]);
        let from = Some(ordered);
        assert_eq!(find(HistoryFilter { from, ..HistoryFilter::default() }).await, [5, -100]);
        assert_eq!(find(HistoryFilter { until: from, ..HistoryFilter::default() }).await, [500]);
        let end = fixture.now();
        let period = fixture.store.wallet_period(ada.id, ordered, end, 10).await.unwrap();
        assert_eq!((period.opening, period.closing, period.entries.len()), (500, 400, 1));
        let whole = fixture.store.wallet_period(ada.id, opened, end.plus_seconds(1), 2).await.unwrap_err();
        assert_eq!(whole.code(), ErrorCode::HistoryPeriod);
    }

    async fn a_low_balance_is_told_once_each_time(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 150).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        assert_eq!(fixture.store.wallet_alert(ada.id).await.unwrap(), None);
        fixture.store.set_wallet_alert(ada.id, Some(tokens(100))).await.unwrap();
        assert_eq!(fixture.store.wallet_alert(ada.id).await.unwrap(), Some(tokens(100)));
        let tell = async || fixture.store.tell_low_balances(10).await.unwrap();
        assert_eq!(tell().await, 0);
        fixture.check_out(&ada, vec![item("a", Intent::Rent, Some("days"))], 100).await.unwrap();
        assert_eq!((tell().await, tell().await), (1, 0));
        dated(&fixture, "ada@example.com", 100, 30).await;
        fixture.advance(1);
        assert_eq!(tell().await, 0);
        fixture.check_out(&ada, vec![item("a", Intent::Extend, None)], 100).await.unwrap();
        assert_eq!(tell().await, 1);
        fixture.store.set_wallet_alert(ada.id, None).await.unwrap();
        assert_eq!(fixture.store.wallet_alert(ada.id).await.unwrap(), None);
    }
}
