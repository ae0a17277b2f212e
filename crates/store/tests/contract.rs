//! The contract of the store: every function, on SQLite and on PostgreSQL, by the same tests.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod accounts;
mod billing;
mod console;
mod holding;
mod lifecycle;
mod migrations;
mod operations;
mod personal;
mod sales;
mod seats;
mod secrets;
mod support;
mod vendor;
mod vouchers;

use std::sync::Arc;

use scrip_domain::{Coded, ErrorCode, Intent, LicenseState, SeatKind, TransferId};
use support::{Fixture, act, both, item, listing, tokens};
use uuid::Uuid;

#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Greeting {
    text: String,
}

impl scrip_store::Setting for Greeting {
    const NAME: &'static str = "greeting";
}

both! {
    async fn an_account_opens_once_with_its_grant(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 50).await;
        assert_eq!(user.balance, tokens(50));
        let found = fixture.store.user_by_email(&user.email).await.unwrap().unwrap();
        assert_eq!(found, user);
        assert_eq!(fixture.store.user_by_id(user.id).await.unwrap().unwrap(), user);
        let again = fixture.try_user("ada@example.com", 50).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::AccountEmailTaken);
        let history = fixture.store.history(user.id, None, 10).await.unwrap();
        assert_eq!((history.len(), history[0].amount, history[0].balance_after), (1, 50, tokens(50)));
        fixture.assert_sound().await;
    }

    async fn one_address_registered_many_times_at_once_opens_one_account(fixture: Fixture) {
        let tries = (0..8).map(|_| {
            let fixture = fixture.clone();
            tokio::spawn(async move { fixture.try_user("ada@example.com", 5).await })
        });
        let mut opened = 0;
        for attempt in tries.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(_) => opened += 1,
                Err(error) => assert!(matches!(error.code(), ErrorCode::AccountEmailTaken), "{error}"),
            }
        }
        assert_eq!(opened, 1);
        fixture.assert_sound().await;
    }

    async fn a_session_names_its_account_until_it_is_closed(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let token = scrip_store::TokenHash([7; 32]);
        let end = fixture.now().plus_seconds(60);
        fixture.store.open_session(user.id, token, end).await.unwrap();
        let caller = fixture.store.caller(token).await.unwrap().unwrap();
        assert_eq!((caller.user, caller.expires_at), (user.id, end));
        assert_eq!(fixture.store.caller(scrip_store::TokenHash([8; 32])).await.unwrap(), None);
        fixture.store.close_session(token).await.unwrap();
        fixture.store.close_session(token).await.unwrap();
        assert_eq!(fixture.store.caller(token).await.unwrap(), None);
    }

    async fn a_grant_counts_once_per_command(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 10).await;
        let command = Uuid::from_u128(1);
        let grant = async |amount, reason| fixture.store.grant("ada@example.com", tokens(amount), reason, command, "cli").await;
        assert_eq!(grant(5, "goodwill").await.unwrap(), tokens(15));
        assert_eq!(grant(5, "goodwill").await.unwrap(), tokens(15));
        assert_eq!(grant(6, "goodwill").await.unwrap_err().code(), ErrorCode::IdempotencyConflict);
        fixture.user("eve@example.com", 0).await;
        let stolen = fixture.store.grant("eve@example.com", tokens(5), "goodwill", command, "cli").await;
        assert_eq!(stolen.unwrap_err().code(), ErrorCode::IdempotencyConflict);
        let nobody = fixture.store.grant("bob@example.com", tokens(1), "x", Uuid::from_u128(2), "cli").await;
        assert_eq!(nobody.unwrap_err().code(), ErrorCode::AccountNotFound);
        assert_eq!(fixture.store.balance(user.id).await.unwrap(), tokens(15));
        fixture.assert_sound().await;
    }

    async fn a_setting_is_kept_and_every_deed_is_logged_in_a_chain(fixture: Fixture) {
        assert_eq!(fixture.store.setting::<Greeting>().await.unwrap(), Greeting::default());
        let act = scrip_store::Act { actor: "cli", action: "settings.changed", subject: "greeting", why: "politeness" };
        for text in ["hello", "good day"] {
            fixture.store.put_setting(&Greeting { text: text.to_owned() }, &act).await.unwrap();
        }
        assert_eq!(fixture.store.setting::<Greeting>().await.unwrap().text, "good day");
        let two = ["a@example.com", "b@example.com"].map(|email| {
            let fixture = fixture.clone();
            tokio::spawn(async move {
                let user = fixture.user(email, 0).await;
                fixture.store.grant(email, tokens(1), "both at once", fixture.id(), "cli").await.unwrap();
                user.id.to_string()
            })
        });
        let mut people = Vec::new();
        for grant in two {
            people.push(grant.await.unwrap());
        }
        let acts = fixture.store.acts(None, None, 10).await.unwrap();
        assert_eq!(acts.iter().map(|act| act.seq).collect::<Vec<_>>(), [4, 3, 2, 1]);
        let of_one = fixture.store.acts(Some(people[0].as_str()), None, 10).await.unwrap();
        assert_eq!((of_one.len(), &*of_one[0].action, &*of_one[0].why), (1, "tokens.granted", "both at once"));
        assert_eq!(fixture.store.acts(None, Some(3), 1).await.unwrap()[0].seq, 2);
        fixture.assert_sound().await;
    }

    async fn history_pages_from_the_newest(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 1).await;
        for n in 0..5 {
            let reason = format!("grant {n}");
            let command = fixture.id();
            fixture.store.grant("ada@example.com", tokens(1), &reason, command, "cli").await.unwrap();
        }
        let first = fixture.store.history(user.id, None, 4).await.unwrap();
        assert_eq!(first[0].reason, "grant 4");
        let before: TransferId = first[3].transfer;
        let rest = fixture.store.history(user.id, Some(before), 4).await.unwrap();
        assert_eq!(rest.iter().map(|entry| entry.balance_after.get()).collect::<Vec<_>>(), [2, 1]);
    }

    async fn rent_extend_convert_is_paid_to_the_token(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 1000).await;
        fixture.list(&[listing("org.example.Paint", 100, 30, 500)]).await;
        for (intent, offer, expected) in
            [(Intent::Rent, Some("week"), 30), (Intent::Extend, None, 30), (Intent::Convert, None, 70)]
        {
            let items = [item("org.example.Paint", intent, offer)];
            assert_eq!(fixture.store.quote(user.id, &items).await.unwrap().total, tokens(expected));
            fixture.check_out(&user, items.to_vec(), expected).await.unwrap();
        }
        let licenses = fixture.store.licenses(user.id).await.unwrap();
        assert_eq!(licenses.len(), 1);
        assert_eq!(licenses[0].state(fixture.now()), LicenseState::Owned);
        assert_eq!((licenses[0].equity, licenses[0].revision), (tokens(100), 3));
        assert_eq!(fixture.store.license(user.id, licenses[0].id).await.unwrap(), licenses[0]);
        assert_eq!(fixture.store.balance(user.id).await.unwrap(), tokens(870));
        let history = fixture.store.history(user.id, None, 10).await.unwrap();
        assert_eq!(history.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [-70, -30, -30, 1000]);
        assert!(history[0].order.is_some() && history[3].order.is_none());
        fixture.assert_sound().await;
    }

    async fn a_cart_is_paid_whole_and_emptied_or_not_at_all(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 150).await;
        fixture.list(&[listing("a", 100, 10, 0), listing("b", 60, 10, 0)]).await;
        let (a, b) = (item("a", Intent::Buy, None), item("b", Intent::Buy, None));
        fixture.store.put_cart_item(user.id, &a).await.unwrap();
        let items = fixture.store.put_cart_item(user.id, &b).await.unwrap();
        assert_eq!(items, [a.clone(), b.clone()]);
        let refused = fixture.check_out_cart(&user, items.clone(), 160).await.unwrap_err();
        assert_eq!(refused.error.code(), ErrorCode::WalletInsufficient);
        assert_eq!(refused.quote.unwrap().missing, tokens(10));
        assert_eq!(fixture.store.cart(user.id).await.unwrap(), items);
        assert_eq!(fixture.store.licenses(user.id).await.unwrap(), []);
        assert_eq!(fixture.store.remove_cart_item(user.id, &b.product).await.unwrap(), std::slice::from_ref(&a));
        fixture.check_out_cart(&user, vec![a], 100).await.unwrap();
        assert_eq!(fixture.store.cart(user.id).await.unwrap(), []);
        assert_eq!(fixture.store.balance(user.id).await.unwrap(), tokens(50));
        fixture.assert_sound().await;
    }

    async fn a_changed_price_is_refused_with_the_new_quote(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 500).await;
        fixture.list(&[listing("a", 100, 10, 0)]).await;
        fixture.list(&[listing("a", 120, 10, 0)]).await;
        let refused = fixture.check_out(&user, vec![item("a", Intent::Buy, None)], 100).await.unwrap_err();
        assert_eq!(refused.error.code(), ErrorCode::PriceChanged);
        assert_eq!(refused.quote.unwrap().total, tokens(120));
        assert_eq!(fixture.store.balance(user.id).await.unwrap(), tokens(500));
    }

    async fn the_same_checkout_fifty_times_at_once_is_paid_once(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 500).await;
        fixture.list(&[listing("a", 100, 10, 0)]).await;
        let checkout = fixture.checkout(&user, vec![item("a", Intent::Buy, None)], 100);
        let tries = (0..50).map(|_| {
            let (store, checkout) = (fixture.store.clone(), checkout.clone());
            tokio::spawn(async move { store.check_out(checkout).await })
        });
        let mut orders = std::collections::BTreeSet::new();
        let mut first_answers = 0;
        for attempt in tries.collect::<Vec<_>>() {
            let order = attempt.await.unwrap().unwrap();
            orders.insert(order.id);
            first_answers += usize::from(!order.replayed);
        }
        assert_eq!((orders.len(), first_answers), (1, 1));
        assert_eq!(fixture.store.balance(user.id).await.unwrap(), tokens(400));
        let other = scrip_store::Checkout { digest: [9; 32], ..checkout };
        let misused = fixture.store.check_out(other).await.unwrap_err();
        assert_eq!(misused.error.code(), ErrorCode::IdempotencyConflict);
        fixture.assert_sound().await;
    }

    async fn checkouts_that_together_exceed_the_balance_never_go_below_zero(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 250).await;
        let products: Vec<_> = (0..10).map(|n| listing(&format!("p{n}"), 100, 10, 0)).collect();
        fixture.list(&products).await;
        let tries = (0..10).map(|n| {
            let checkout = fixture.checkout(&user, vec![item(&format!("p{n}"), Intent::Buy, None)], 100);
            let store = fixture.store.clone();
            tokio::spawn(async move { store.check_out(checkout).await })
        });
        let (mut paid, mut refused) = (0, 0);
        for attempt in tries.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(_) => paid += 1,
                Err(refusal) => {
                    assert_eq!(refusal.error.code(), ErrorCode::WalletInsufficient);
                    refused += 1;
                }
            }
        }
        assert_eq!((paid, refused), (2, 8));
        assert_eq!(fixture.store.balance(user.id).await.unwrap(), tokens(50));
        fixture.assert_sound().await;
    }

    async fn several_servers_on_one_database_keep_the_books(fixture: Fixture) {
        let others = [fixture.reopen().await, fixture.reopen().await];
        fixture.list(&[listing("a", 100, 3, 1000)]).await;
        let mut users = Vec::new();
        for n in 0..4 {
            users.push(fixture.user(&format!("u{n}@example.com"), 90).await);
        }
        let mut running = Vec::new();
        for round in 0..60 {
            let user = users[round % users.len()].clone();
            let server = if round % 2 == 0 { others[0].clone() } else { others[1].clone() };
            let intent = if round < users.len() { Intent::Rent } else { Intent::Extend };
            let checkout = fixture.checkout(&user, vec![item("a", intent, Some("week"))], 3);
            let paying = tokio::spawn(async move { server.store.check_out(checkout).await });
            if round < users.len() {
                paying.await.unwrap().unwrap();
            } else {
                running.push(paying);
            }
        }
        for paying in running {
            if let Err(refusal) = paying.await.unwrap() {
                assert_eq!(refusal.error.code(), ErrorCode::StoreBusy, "{refusal}");
            }
        }
        fixture.assert_sound().await;
    }

    async fn listings_are_searched_by_the_beginnings_of_words(fixture: Fixture) {
        let mut paint = listing("org.example.Paint", 100, 30, 500);
        paint.keywords = vec!["drawing".into(), "Zeichnen".into()];
        let mut calc = listing("org.example.Calc", 10, 3, 0);
        calc.name = "Grand Calculator".into();
        calc.categories = vec!["Utility".into()];
        fixture.list(&[paint, calc]).await;
        let ids = async |words: &str, category| {
            let page = fixture.store.products(words, category, 0, 10).await.unwrap();
            page.items.iter().map(|product| product.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids("paint", None).await, ["org.example.Paint"]);
        assert_eq!(ids("draw", None).await, ["org.example.Paint"]);
        assert_eq!(ids("calc gra", None).await, ["org.example.Calc"]);
        assert_eq!(ids("", None).await.len(), 2);
        assert_eq!(ids("", Some("Utility")).await, ["org.example.Calc"]);
        assert_eq!(ids("\"; DROP TABLE products; --", None).await.len(), 0);
        assert_eq!(ids("zeich", Some("Utility")).await.len(), 0);
        assert!(fixture.store.unlist_product(&"org.example.Paint".parse().unwrap(), &act("product.unlisted")).await.unwrap());
        assert_eq!(ids("paint", None).await.len(), 0);
        let gone = fixture.store.product(&"org.example.Paint".parse().unwrap()).await.unwrap_err();
        assert_eq!(gone.code(), ErrorCode::ProductNotFound);
    }

    async fn a_listing_pages_and_counts(fixture: Fixture) {
        let all: Vec<_> = (0..25).map(|n| listing(&format!("p{n:02}"), 100, 10, 0)).collect();
        fixture.list(&all).await;
        let first = fixture.store.products("", None, 0, 10).await.unwrap();
        assert_eq!((first.items.len(), first.total, first.next_offset), (10, 25, Some(10)));
        let last = fixture.store.products("", None, 20, 10).await.unwrap();
        assert_eq!((last.items.len(), last.next_offset), (5, None));
        assert_eq!(fixture.store.categories().await.unwrap(), [("Graphics".to_owned(), 25)]);
    }

    async fn changes_arrive_once_and_unchanged_listings_stay(fixture: Fixture) {
        let all: Vec<_> = (0..25).map(|n| listing(&format!("p{n:02}"), 100, 10, 0)).collect();
        assert_eq!(fixture.store.put_products(&all).await.unwrap(), 25);
        let before = fixture.store.catalog_revision().await.unwrap();
        assert_eq!(fixture.store.put_products(&all).await.unwrap(), 0);
        assert_eq!(fixture.store.catalog_revision().await.unwrap(), before);
        let mut seen = Vec::new();
        let mut since = 0;
        loop {
            let changes = fixture.store.catalog_changes(since, 10).await.unwrap();
            seen.extend(changes.items.iter().map(|product| product.id.clone()));
            since = changes.revision;
            if !changes.more {
                break;
            }
        }
        assert_eq!(seen.len(), 25);
        fixture.list(&[listing("p03", 7, 10, 0)]).await;
        fixture.store.unlist_product(&"p04".parse().unwrap(), &act("product.unlisted")).await.unwrap();
        let changes = fixture.store.catalog_changes(before, 10).await.unwrap();
        assert_eq!(changes.items.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["p03"]);
        assert_eq!(changes.removed.iter().map(scrip_domain::ProductId::as_str).collect::<Vec<_>>(), ["p04"]);
        assert_eq!(changes.revision, fixture.store.catalog_revision().await.unwrap());
    }

    async fn files_are_published_for_listed_products(fixture: Fixture) {
        fixture.list(&[listing("a", 100, 10, 0)]).await;
        let artifact = support::artifact("a");
        fixture.store.put_artifact(&artifact).await.unwrap();
        fixture.store.put_artifact(&artifact).await.unwrap();
        assert_eq!(fixture.store.product(&artifact.product).await.unwrap().artifacts, std::slice::from_ref(&artifact));
        assert_eq!(fixture.store.artifacts(&artifact.sha256).await.unwrap(), std::slice::from_ref(&artifact));
        let stray = scrip_store::NewArtifact { product: "none".parse().unwrap(), ..artifact };
        assert_eq!(fixture.store.put_artifact(&stray).await.unwrap_err().code(), ErrorCode::ProductNotFound);
    }

    async fn a_device_registers_once_and_activates_once(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 100).await, fixture.user("bob@example.com", 0).await);
        fixture.list(&[listing("a", 100, 10, 0)]).await;
        fixture.check_out(&ada, vec![item("a", Intent::Buy, None)], 100).await.unwrap();
        let license = fixture.store.licenses(ada.id).await.unwrap()[0].id;
        let new = support::device("desk");
        let device = fixture.store.put_device(ada.id, &new, |_| None).await.unwrap().0;
        let renamed = fixture.store.put_device(ada.id, &scrip_store::NewDevice { name: "lap".into(), ..new }, |_| None).await.unwrap().0;
        assert_eq!((device.id, renamed.name.as_str()), (renamed.id, "lap"));
        assert_eq!(fixture.store.device(bob.id, device.id).await.unwrap_err().code(), ErrorCode::DeviceNotFound);
        assert_eq!(fixture.store.license(bob.id, license).await.unwrap_err().code(), ErrorCode::LicenseNotFound);
        let first = fixture.take(&ada, license, device.id, SeatKind::Fixed).await.unwrap().activation;
        let second = fixture.take(&ada, license, device.id, SeatKind::Fixed).await.unwrap().activation;
        assert_eq!((second.id, second.code_seq), (first.id, first.code_seq + 1));
    }

    async fn an_audit_finds_every_kind_of_breach(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 1000).await;
        fixture.list(&[listing("a", 100, 10, 500)]).await;
        fixture.check_out(&user, vec![item("a", Intent::Rent, Some("week"))], 10).await.unwrap();
        fixture.assert_sound().await;
        for (tamper, undo) in [
            ("UPDATE wallets SET balance = balance + 1", "UPDATE wallets SET balance = balance - 1"),
            ("UPDATE entries SET amount = amount + 1 WHERE account <> 'wallet'",
             "UPDATE entries SET amount = amount - 1 WHERE account <> 'wallet'"),
            ("UPDATE orders SET total = total + 1", "UPDATE orders SET total = total - 1"),
            ("UPDATE licenses SET equity = 100", "UPDATE licenses SET equity = 5"),
            ("UPDATE licenses SET user_id = id", "UPDATE licenses SET user_id = (SELECT user_id FROM orders)"),
        ] {
            fixture.tamper(tamper).await;
            assert_ne!(fixture.store.audit().await.unwrap().breaches, [], "{tamper}");
            fixture.tamper(undo).await;
            fixture.assert_sound().await;
        }
    }

    async fn a_closed_store_answers_with_a_code(fixture: Fixture) {
        fixture.store.ping().await.unwrap();
        fixture.store.close().await;
        assert_eq!(fixture.store.ping().await.unwrap_err().code(), ErrorCode::StoreUnavailable);
    }
}

#[tokio::test]
async fn an_address_of_no_database_is_refused() {
    let (clock, ids) = (
        Arc::new(scrip_domain::SystemClock),
        Arc::new(scrip_domain::SystemIds::default()),
    );
    let refused = scrip_store::Store::open("mysql://x:secret@y/z", clock, ids)
        .await
        .err()
        .unwrap();
    assert_eq!(refused.code(), ErrorCode::ConfigInvalid);
    assert!(!refused.to_string().contains("secret"));
}
