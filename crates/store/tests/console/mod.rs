//! Operators, approvals, the books, and what the vendor's people look up.

use scrip_domain::{Coded, ErrorCode, Offer, Offers, Permission, Policy, Role};
use scrip_store::{Act, ApprovalStatus, NewApproval, TokenHash};

use crate::support::rental::{product, rent};
use crate::support::{Fixture, act, both, item, listing, tokens};

const DAY: i64 = 86_400_000_000;

fn by<'a>(actor: &'a str, action: &'static str) -> Act<'a> {
    Act {
        actor,
        action,
        subject: "it",
        why: "test",
    }
}

both! {
    async fn operators_come_change_and_go_but_for_the_last_owner(fixture: Fixture) {
        let store = &fixture.store;
        let add = async |email: &str, role| {
            store.add_operator(&email.parse().unwrap(), role, "$argon2id$", &act("operator.admitted")).await
        };
        let ada = add("ada@vendor.example", Role::Owner).await.unwrap();
        let bob = add("bob@vendor.example", Role::Support).await.unwrap();
        assert_eq!(add("ada@vendor.example", Role::Owner).await.unwrap_err().code(), ErrorCode::OperatorEmailTaken);
        let token = TokenHash([3; 32]);
        let end = fixture.now().plus_seconds(60);
        store.open_operator_session(bob.id, token, end, &act("operator.signed_in")).await.unwrap();
        assert_eq!(store.operator_of(token).await.unwrap().map(|row| row.email), Some(bob.email.clone()));
        assert!(store.operator_of(TokenHash([4; 32])).await.unwrap().is_none());
        store.set_operator_role(bob.id, Role::Finance, &act("operator.role_changed")).await.unwrap();
        assert!(store.operator_of(token).await.unwrap().unwrap().role.may(Permission::SeeMoney));
        store.set_operator_disabled(bob.id, true, &act("operator.shut_out")).await.unwrap();
        assert!(store.operator_of(token).await.unwrap().is_none());
        for kept in [
            store.set_operator_disabled(ada.id, true, &act("operator.shut_out")).await,
            store.set_operator_role(ada.id, Role::Catalog, &act("operator.role_changed")).await,
        ] {
            assert_eq!(kept.unwrap_err().code(), ErrorCode::OperatorLastOwner);
        }
        store.set_operator_disabled(bob.id, false, &act("operator.let_in")).await.unwrap();
        store.set_operator_role(bob.id, Role::Owner, &act("operator.role_changed")).await.unwrap();
        store.set_operator_disabled(ada.id, true, &act("operator.shut_out")).await.unwrap();
        store.open_operator_session(bob.id, token, end, &act("operator.signed_in")).await.unwrap();
        store.set_operator_password(bob.id, "$argon2id$2", &act("operator.password_changed")).await.unwrap();
        assert!(store.operator_of(token).await.unwrap().is_none(), "a new password ends sessions");
        store.open_operator_session(bob.id, token, end, &act("operator.signed_in")).await.unwrap();
        fixture.advance(1);
        assert!(store.operator_of(token).await.unwrap().is_none(), "sessions end by themselves");
        assert_eq!(store.operators().await.unwrap().len(), 2);
        fixture.assert_sound().await;
    }

    async fn one_of_many_decides_and_never_who_asked(fixture: Fixture) {
        let store = &fixture.store;
        let new = NewApproval { deed: "keys.change", summary: "Rotate.", body: "{}" };
        let id = store.ask_approval(&new, &by("ada", "approval.asked")).await.unwrap();
        let own = store.decide_approval(id, true, &by("ada", "approval.approved")).await.unwrap_err();
        assert_eq!(own.code(), ErrorCode::ApprovalOwn);
        let waiting = store.approvals(Some(ApprovalStatus::Waiting), None, 10).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].id, waiting[0].asked_by.as_str()), (1, id, "ada"));
        let tries = (0..6).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.decide_approval(id, true, &by(&format!("bob{n}"), "approval.approved")).await })
        });
        let mut won = 0;
        for tried in tries.collect::<Vec<_>>() {
            match tried.await.unwrap() {
                Ok(row) => {
                    assert_eq!(row.status, ApprovalStatus::Approved);
                    won += 1;
                }
                Err(error) => assert_eq!(error.code(), ErrorCode::ApprovalDecided, "{error}"),
            }
        }
        assert_eq!(won, 1);
        store.settle_approval(id, false, "no root key").await.unwrap();
        store.settle_approval(id, true, "rotated").await.unwrap();
        store.settle_approval(id, false, "late").await.unwrap();
        let row = store.approval(id).await.unwrap();
        assert_eq!((row.status, row.outcome.as_deref()), (ApprovalStatus::Done, Some("rotated")));
        let taken_back = store.ask_approval(&new, &by("ada", "approval.asked")).await.unwrap();
        store.decide_approval(taken_back, false, &by("ada", "approval.refused")).await.unwrap();
        assert_eq!(store.approval(fixture.id()).await.unwrap_err().code(), ErrorCode::ApprovalNotFound);
        assert_eq!(store.approvals(None, Some(taken_back), 10).await.unwrap().len(), 1);
        fixture.assert_sound().await;
    }

    async fn the_books_follow_the_ledger_day_by_day(fixture: Fixture) {
        let store = &fixture.store;
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", Policy::default()), listing("b", 60, 10, 0)]).await;
        let first = fixture.now().micros().div_euclid(DAY);
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        store.roll_books().await.unwrap();
        let day = store.revenue_days(first, first).await.unwrap();
        assert_eq!((day[0].revenue.booked, day[0].revenue.unearned, day[0].rentals), (100, 100, 1));
        fixture.advance(5);
        fixture.check_out(&ada, vec![item("b", scrip_domain::Intent::Buy, None)], 60).await.unwrap();
        store.roll_books().await.unwrap();
        let days = store.revenue_days(first + 1, first + 5).await.unwrap();
        assert_eq!(days.len(), 2, "the last day before is there, too");
        assert_eq!(days[1].revenue.earned_since(days[0].revenue), 110, "half a rental of 100 and a purchase of 60");
        store.end_license(&fixture.command(&ada, rented.id), tokens(45), None).await.unwrap();
        store.roll_books().await.unwrap();
        let days = store.revenue_days(first, first + 5).await.unwrap();
        let last = days.last().unwrap().revenue;
        assert_eq!((last.booked, last.unearned, last.earned()), (115, 0, 115), "what was not given back is earned");
        let totals = store.account_totals(first + 5, first + 5).await.unwrap();
        let of = |name: &str| totals.iter().find(|total| total.account == name).unwrap();
        assert_eq!((of("wallet").before, of("wallet").gained, of("wallet").lost, of("wallet").after()), (400, 45, 60, 385));
        assert_eq!(totals.iter().map(scrip_store::AccountTotal::after).sum::<i64>(), 0);
        let sales = store.sales_days(first, first + 5).await.unwrap();
        let sold: Vec<_> = sales.iter().map(|day| (day.day - first, day.intent.as_str(), day.lines, day.tokens)).collect();
        assert_eq!(sold, [(0, "rent", 1, 100), (5, "buy", 1, 60)]);
        assert_eq!(store.money_lines(first, first + 5).await.unwrap(), []);
        assert_eq!(store.any_orders(Some(ada.id), None, 1).await.unwrap()[0].lines[0].product.as_str(), "b");
        fixture.advance(2);
        store.roll_books().await.unwrap();
        fixture.assert_sound().await;
        let again = store.book_lines(first, first + 9).await.unwrap();
        store.roll_books().await.unwrap();
        assert_eq!(store.book_lines(first, first + 9).await.unwrap(), again, "rolling again changes nothing");
        fixture.tamper("UPDATE book_days SET amount = amount + 1 WHERE account = 'vendor:revenue'").await;
        assert_ne!(store.audit().await.unwrap().breaches, []);
    }

    async fn servers_that_roll_at_once_agree(fixture: Fixture) {
        fixture.user("ada@example.com", 500).await;
        let tries = (0..6).map(|_| {
            let store = fixture.store.clone();
            tokio::spawn(async move { store.roll_books().await })
        });
        for tried in tries.collect::<Vec<_>>() {
            tried.await.unwrap().unwrap();
        }
        let first = fixture.now().micros().div_euclid(DAY);
        let lines = fixture.store.book_lines(first, first).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.amount.abs()).collect::<Vec<_>>(), [500, 500]);
        fixture.assert_sound().await;
    }

    async fn a_price_has_its_history_and_orders_their_list(fixture: Fixture) {
        let store = &fixture.store;
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[listing("a", 100, 30, 0)]).await;
        fixture.list(&[listing("a", 100, 30, 0)]).await;
        let id = "a".parse().unwrap();
        assert_eq!(store.offer_history(&id).await.unwrap().len(), 1, "what stays as it was is no change");
        let mut offers: Vec<Offer> = store.product(&id).await.unwrap().offers.as_slice().to_vec();
        for offer in &mut offers {
            if let Offer::Purchase { price, .. } = offer {
                *price = tokens(80);
            }
        }
        let offers = Offers::new(offers).unwrap();
        store.set_offers(&id, &offers, &act("product.repriced")).await.unwrap();
        let history = store.offer_history(&id).await.unwrap();
        let prices: Vec<_> = history.iter().map(|change| change.offers.purchase_price().unwrap().get()).collect();
        assert_eq!(prices, [80, 100]);
        assert_eq!(store.product(&id).await.unwrap().revision, history[0].revision);
        let unknown = store.set_offers(&"z".parse().unwrap(), &offers, &act("product.repriced")).await.unwrap_err();
        assert_eq!(unknown.code(), ErrorCode::ProductNotFound);

        let paid = fixture.check_out(&ada, vec![item("a", scrip_domain::Intent::Buy, None)], 80).await.unwrap();
        let orders = store.any_orders(None, None, 10).await.unwrap();
        assert_eq!((orders.len(), orders[0].id, orders[0].email.as_str()), (1, paid.id, "ada@example.com"));
        assert_eq!(store.any_orders(Some(ada.id), Some(paid.id), 10).await.unwrap(), []);
        assert_eq!(store.any_order(paid.id).await.unwrap().unwrap().total, tokens(80));
        let licenses = store.any_licenses(None, None, 10).await.unwrap();
        assert_eq!((licenses.len(), licenses[0].email.as_str()), (1, "ada@example.com"));
        assert_eq!(store.any_licenses(Some(ada.id), Some(licenses[0].license.id), 10).await.unwrap(), []);
        let desk = fixture.computer(&ada, "desk").await;
        let devices = store.any_devices(Some(ada.id), None, 10).await.unwrap();
        assert_eq!((devices.len(), devices[0].id, devices[0].replaced), (1, desk, false));
        assert_eq!(store.any_devices(None, Some(desk), 10).await.unwrap(), []);
        fixture.assert_sound().await;
    }
}
