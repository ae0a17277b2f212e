//! Pauses, ends, transfers, upgrades, holds, trials, renewals and notices.

use scrip_domain::{Coded, ErrorCode, HoldKind, Intent, LicenseState, Policy, SeatKind};
use scrip_store::{Checkout, NewNotice, SurrenderedSeat};

use crate::support::rental::{gives, license, policy, product, rent};
use crate::support::{Fixture, because, both, item, tokens};

both! {
    async fn a_pause_needs_every_computer_to_give_its_code_back(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(2, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        let (desk, lap) = (fixture.computer(&ada, "desk").await, fixture.computer(&ada, "lap").await);
        let mine = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        let other = fixture.take(&ada, rented.id, lap, SeatKind::Fixed).await.unwrap().activation;
        let refused = fixture.store.pause(ada.id, rented.id, Some(&gives(&mine, 0))).await.unwrap_err();
        assert_eq!((refused.code(), refused.to_string().contains("lap")), (ErrorCode::LicenseInUse, true));
        let held = fixture.store.seats(ada.id, rented.id).await.unwrap();
        assert!(held.iter().all(|row| row.seat.released_at.is_none()), "a refusal changes nothing");
        fixture.store.release(ada.id, &gives(&other, 0)).await.unwrap();
        let paused = fixture.store.pause(ada.id, rented.id, Some(&gives(&mine, 0))).await.unwrap();
        assert_eq!(paused.state(fixture.now()), LicenseState::Paused);
        fixture.advance(5);
        let resumed = fixture.store.resume(ada.id, rented.id).await.unwrap();
        assert_eq!(resumed.remaining.ends_at, rented.remaining.ends_at.map(|end| end.plus_seconds(5 * 86_400)));
        assert_eq!(fixture.store.resume(ada.id, rented.id).await.unwrap_err().code(), ErrorCode::LicenseNotPaused);
        fixture.assert_sound().await;
    }

    async fn ending_gives_back_once(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        fixture.advance(5);
        let command = fixture.command(&ada, rented.id);
        let greedy = fixture.store.end_license(&command, tokens(46), None).await.unwrap_err();
        assert_eq!(greedy.code(), ErrorCode::PriceChanged);
        let tries = (0..8).map(|_| {
            let store = fixture.store.clone();
            tokio::spawn(async move { store.end_license(&command, tokens(45), None).await })
        });
        for ended in tries.collect::<Vec<_>>() {
            let ended = ended.await.unwrap().unwrap();
            assert_eq!((ended.tokens, ended.balance_after), (tokens(45), tokens(445)));
            assert_eq!(ended.license.state(fixture.now()), LicenseState::Expired);
        }
        assert_eq!(fixture.store.balance(ada.id).await.unwrap(), tokens(445));
        let history = fixture.store.history(ada.id, None, 1).await.unwrap();
        assert_eq!((history[0].kind.as_str(), history[0].amount), ("refund", 45));
        let misused = scrip_store::LicenseCommand { digest: [3; 32], ..command };
        let conflict = fixture.store.end_license(&misused, tokens(0), None).await.unwrap_err();
        assert_eq!(conflict.code(), ErrorCode::IdempotencyConflict);
        let again = fixture.store.end_license(&fixture.command(&ada, rented.id), tokens(0), None).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::LicenseExpired);
        fixture.assert_sound().await;
        fixture.tamper("UPDATE license_commands SET tokens = tokens + 1").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
    }

    async fn a_license_goes_to_another_account_once(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 500).await, fixture.user("bob@example.com", 500).await);
        fixture.list(&[product("a", policy(1, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "uses", 50).await;
        let desk = fixture.computer(&ada, "desk").await;
        let seat = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        let command = fixture.command(&ada, rented.id);
        let give = async |to: &'static str, seat: Option<&SurrenderedSeat>| {
            fixture.store.transfer_license(&command, to, seat).await
        };
        assert_eq!(give("bob@example.com", None).await.unwrap_err().code(), ErrorCode::LicenseInUse);
        let surrendered = gives(&seat, 7);
        assert_eq!(give("who@example.com", Some(&surrendered)).await.unwrap_err().code(), ErrorCode::AccountNotFound);
        for _ in 0..2 {
            assert_eq!(give("bob@example.com", Some(&surrendered)).await.unwrap().as_str(), "a");
        }
        let given = license(&fixture, &bob).await;
        assert_eq!((given.id, given.equity, given.remaining.uses), (rented.id, rented.equity, Some(93)));
        assert_eq!(fixture.store.licenses(ada.id).await.unwrap(), []);
        let kinds = async |user| fixture.store.notices(user, None, 10).await.unwrap().remove(0).kind;
        assert_eq!((kinds(ada.id).await.as_str(), kinds(bob.id).await.as_str()), ("license.given", "license.received"));
        assert_eq!(fixture.store.seats(bob.id, rented.id).await.unwrap(), [], "the giver's computers are not shown");
        rent(&fixture, &ada, "a", "days", 100).await;
        let back = fixture.command(&bob, rented.id);
        let refused = fixture.store.transfer_license(&back, "ada@example.com", None).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::LicenseNotTransferable);
        fixture.assert_sound().await;
    }

    async fn an_upgrade_takes_the_license_along(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 5000).await;
        let next = Policy { upgrade_from: Some("a".parse().unwrap()), ..policy(1, 0) };
        fixture.list(&[product("a", policy(3, 0)), product("b", next)]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        let desk = fixture.computer(&ada, "desk").await;
        let seat = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        let upgrade = vec![item("b", Intent::Upgrade, None)];
        let refused = fixture.check_out(&ada, upgrade.clone(), 0).await.unwrap_err();
        assert_eq!(refused.error.code(), ErrorCode::LicenseInUse);
        fixture.store.release(ada.id, &gives(&seat, 0)).await.unwrap();
        fixture.check_out(&ada, upgrade, 0).await.unwrap();
        let upgraded = license(&fixture, &ada).await;
        assert_eq!((upgraded.id, upgraded.product.as_str(), upgraded.equity), (rented.id, "b", rented.equity));
        assert_eq!(upgraded.terms.policy.seats, 1);
        fixture.check_out(&ada, vec![item("b", Intent::Convert, None)], 950).await.unwrap();
        assert_eq!(license(&fixture, &ada).await.state(fixture.now()), LicenseState::Owned);
        assert_eq!(fixture.store.licenses(ada.id).await.unwrap().len(), 1);
        fixture.assert_sound().await;
    }

    async fn an_operator_stops_and_reinstates_and_codes_are_revoked(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        let desk = fixture.computer(&ada, "desk").await;
        fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap();
        fixture.store.set_hold(rented.id, Some(HoldKind::Suspended), &because("payment disputed")).await.unwrap();
        assert_eq!(license(&fixture, &ada).await.state(fixture.now()), LicenseState::Suspended);
        let revoked = fixture.store.revocations(10).await.unwrap();
        assert_eq!((revoked[0].thumbprint.clone(), revoked[0].seq), (None, 1));
        assert_eq!(fixture.store.pause(ada.id, rented.id, None).await.unwrap_err().code(), ErrorCode::LicenseInUse);
        fixture.store.set_hold(rented.id, None, &because("settled")).await.unwrap();
        let seat = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        assert_eq!(seat.code_seq, 2, "a later code than those that were revoked");
        fixture.store.set_hold(rented.id, Some(HoldKind::Revoked), &because("fraud")).await.unwrap();
        assert_eq!(fixture.store.set_hold(rented.id, None, &because("no")).await.unwrap_err().code(), ErrorCode::LicenseRevoked);
        let (found, holder) = fixture.store.any_license(rented.id).await.unwrap();
        assert_eq!((found.state(fixture.now()), holder.as_str()), (LicenseState::Revoked, "ada@example.com"));
        assert_eq!(fixture.store.license_events(rented.id).await.unwrap()[0].actor, "operator");
    }

    async fn a_trial_is_had_once_by_account_and_by_computer(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 500).await, fixture.user("bob@example.com", 0).await);
        fixture.list(&[product("a", policy(1, 0))]).await;
        let a = "a".parse().unwrap();
        let desk = fixture.computer(&ada, "desk").await;
        let trial = fixture.store.start_trial(ada.id, &a, desk).await.unwrap();
        assert_eq!((trial.remaining.uses, trial.tenure.trial), (Some(5), true));
        let seat = fixture.take(&ada, trial.id, desk, SeatKind::Fixed).await.unwrap().activation;
        assert_eq!(seat.allotted.uses, 5);
        let again = fixture.store.start_trial(ada.id, &a, desk).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::TrialUsed);
        let of_bob = fixture.computer(&bob, "desk").await;
        let elsewhere = fixture.store.start_trial(bob.id, &a, of_bob).await.unwrap_err();
        assert_eq!((elsewhere.code(), elsewhere.to_string().contains("computer")), (ErrorCode::TrialUsed, true));
        let none = fixture.store.start_trial(bob.id, &"none".parse().unwrap(), of_bob).await.unwrap_err();
        assert_eq!(none.code(), ErrorCode::ProductNotFound);
        // What is paid for begins anew, and the promise of the trial with it.
        let paid = rent(&fixture, &ada, "a", "uses", 50).await;
        assert_eq!((paid.id, paid.remaining.uses, paid.tenure.trial), (trial.id, Some(100), false));
        let seat = fixture.take(&ada, trial.id, desk, SeatKind::Fixed).await.unwrap().activation;
        assert_eq!(seat.allotted.uses, 100);
        fixture.assert_sound().await;
    }

    async fn promises_end_where_an_allowance_begins_anew(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(2, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "both", 60).await;
        let (desk, lap) = (fixture.computer(&ada, "desk").await, fixture.computer(&ada, "lap").await);
        fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap();
        fixture.advance(5);
        rent(&fixture, &ada, "a", "days", 100).await;
        fixture.advance(20);
        rent(&fixture, &ada, "a", "uses", 50).await;
        fixture.assert_sound().await;
        assert_eq!(fixture.take(&ada, rented.id, lap, SeatKind::Fixed).await.unwrap().activation.allotted.uses, 50);
        fixture.assert_sound().await;
    }

    async fn a_renewal_is_paid_only_while_it_is_due_and_within_its_cap(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        let offer = "days".parse().unwrap();
        let low = fixture.store.set_renewal(ada.id, rented.id, Some((&offer, tokens(99)))).await.unwrap_err();
        assert_eq!(low.code(), ErrorCode::LicenseRenewalCap);
        fixture.store.set_renewal(ada.id, rented.id, Some((&offer, tokens(150)))).await.unwrap();
        let pay = || Checkout {
            renewal_lead_seconds: Some(3600),
            held: None,
            ..fixture.checkout(&ada, vec![item("a", Intent::Extend, Some("days"))], 100)
        };
        let early = fixture.store.check_out(pay()).await.unwrap_err();
        assert_eq!(early.error.code(), ErrorCode::LicenseAlreadyActive);
        let look = async || {
            let now = fixture.now();
            fixture.store.renewing(now.plus_seconds(-86_400), now.plus_seconds(86_400)).await.unwrap().len()
        };
        assert_eq!(look().await, 0);
        fixture.advance(10);
        assert_eq!(look().await, 1);
        let tries = (0..4).map(|_| {
            let (store, checkout) = (fixture.store.clone(), pay());
            tokio::spawn(async move { store.check_out(checkout).await })
        });
        let mut paid = 0;
        for tried in tries.collect::<Vec<_>>() {
            paid += usize::from(tried.await.unwrap().is_ok());
        }
        assert_eq!((paid, look().await), (1, 0));
        let renewed = license(&fixture, &ada).await;
        assert_eq!(renewed.tenure.renewal.unwrap().spent, tokens(100));
        fixture.advance(10);
        assert_eq!(fixture.store.check_out(pay()).await.unwrap_err().error.code(), ErrorCode::LicenseRenewalCap);
        assert_eq!(fixture.store.balance(ada.id).await.unwrap(), tokens(300));
        fixture.store.set_renewal(ada.id, rented.id, None).await.unwrap();
        assert_eq!(look().await, 0);
        fixture.assert_sound().await;
    }

    async fn a_notice_of_a_kind_about_one_subject_is_told_once(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 0).await, fixture.user("bob@example.com", 0).await);
        let notice = |subject| NewNotice { user: ada.id, kind: "renewal.soon", product: None, subject, text: "Soon." };
        assert!(fixture.store.put_notice(&notice("1")).await.unwrap());
        assert!(!fixture.store.put_notice(&notice("1")).await.unwrap());
        assert!(fixture.store.put_notice(&notice("2")).await.unwrap());
        let first = fixture.store.notices(ada.id, None, 1).await.unwrap();
        let rest = fixture.store.notices(ada.id, Some(first[0].id), 10).await.unwrap();
        assert_eq!((first.len(), rest.len()), (1, 1));
        assert_eq!(fixture.store.notices(bob.id, None, 10).await.unwrap(), []);
    }
}
