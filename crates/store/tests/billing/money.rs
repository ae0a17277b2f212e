//! What bills, payments and sales by card leave in the books of money. Every amount is reckoned by hand.

use scrip_domain::PurchaseMethod as Method;
use scrip_store::{NewTokenPurchase, ProviderReversal, ReversalKind, ReversalStatus, TokenPurchase};

use super::*;

/// Every account that holds something, in cents, with the sign of accounting.
async fn held(fixture: &Fixture) -> Vec<(String, i64)> {
    fixture.store.roll_books().await.unwrap();
    let today = fixture.now().micros().div_euclid(86_400_000_000);
    let totals = fixture.store.money_totals(today, today).await.unwrap();
    assert_eq!(totals.iter().map(|total| total.after().minor).sum::<i64>(), 0);
    fixture.assert_sound().await;
    let held = totals
        .into_iter()
        .map(|total| (total.account.clone(), total.after().minor));
    held.filter(|(_, minor)| *minor != 0).collect()
}

fn books(accounts: &[(&str, i64)]) -> Vec<(String, i64)> {
    accounts
        .iter()
        .map(|(name, minor)| ((*name).to_owned(), *minor))
        .collect()
}

async fn bought_by_card(fixture: &Fixture, user: &User) -> TokenPurchase {
    let new = NewTokenPurchase {
        method: Method::Card,
        ..order(fixture, user, Method::BankTransfer).purchase
    };
    let (opened, _) = fixture.store.open_purchase(&new).await.unwrap();
    let name = format!("pi_{}", opened.id);
    fixture.store.settle_purchase(opened.id, Some(&name)).await.unwrap()
}

async fn hear(fixture: &Fixture, purchase: &TokenPurchase, name: &str, minor: i64, status: ReversalStatus) {
    let heard = ProviderReversal {
        provider_ref: name,
        ours: None,
        kind: if name.starts_with("dp") {
            ReversalKind::Dispute
        } else {
            ReversalKind::Refund
        },
        money: euro(minor),
        status,
        why: "heard",
    };
    fixture.store.hear_reversal(purchase.id, heard).await.unwrap();
}

both! {
    async fn a_bill_that_is_paid_in_parts_and_over_paid(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (_, bill) = billed(&fixture, &user).await;
        let sold = [("tax", -190), ("tokens", -1000)];
        assert_eq!(held(&fixture).await, books(&[("receivable", 1190), sold[0], sold[1]]));
        fixture.store.book_payment(&payment(&fixture, 500, &bill), &ACT).await.unwrap();
        assert_eq!(held(&fixture).await, books(&[("receivable", 690), ("received:cash", 500), sold[0], sold[1]]));
        fixture.advance(1);
        let rest = NewPayment { method: Method::MoneyOrder, ..payment(&fixture, 1000, &bill) };
        let rest = fixture.store.book_payment(&rest, &ACT).await.unwrap();
        let cash = ("received:cash", 500);
        let paid = [cash, ("received:money_order", 1000), sold[0], sold[1], ("unused", -310)];
        assert_eq!(held(&fixture).await, books(&paid));
        fixture.store.return_payment(rest.id, &ACT).await.unwrap();
        assert_eq!(held(&fixture).await, books(&[cash, ("received:money_order", 690), sold[0], sold[1]]));
        let today = fixture.now().micros().div_euclid(86_400_000_000);
        let days = fixture.store.money_lines(today, today).await.unwrap();
        let days: Vec<_> = days.iter().map(|line| (line.kind.as_str(), line.account.as_str(), line.money.minor, line.moves)).collect();
        assert_eq!(days, [
            ("payment", "received:money_order", 1000, 1), ("payment", "unused", -1000, 1),
            ("return", "received:money_order", -310, 1), ("return", "unused", 310, 1),
            ("use", "receivable", -690, 1), ("use", "unused", 690, 1),
        ]);
    }

    async fn cheques_statements_and_bills_that_are_taken_back(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (_, first) = billed(&fixture, &user).await;
        let cheque = NewPayment { method: Method::Cheque, cleared: false, ..payment(&fixture, 1190, &first) };
        let bounced = fixture.store.book_payment(&cheque, &ACT).await.unwrap();
        fixture.store.clear_payment(bounced.id, false, &ACT).await.unwrap();
        let good = fixture.store.book_payment(&NewPayment { id: fixture.id(), ..cheque }, &ACT).await.unwrap();
        assert_eq!(held(&fixture).await, books(&[("receivable", 1190), ("tax", -190), ("tokens", -1000)]), "a cheque is no money yet");
        fixture.store.clear_payment(good.id, true, &ACT).await.unwrap();
        let (_, second) = billed(&fixture, &user).await;
        let two = line(&fixture, 1, 2000, &second.number);
        fixture.store.import_bank_lines(&[two], &ACT).await.unwrap();
        assert_eq!(held(&fixture).await, books(&[
            ("received:bank_transfer", 2000), ("received:cheque", 1190), ("tax", -380), ("tokens", -2000), ("unused", -810),
        ]));
        // 2.00 of 11.90 has 0.32 tax, 4.00 more have 0.64, and the rest has what is left: 0.94.
        for (minor, tax) in [(200, 32), (400, 64), (590, 94)] {
            let note = fixture.store.credit_invoice(first.id, Some(euro(minor)), tokens(0), fixture.id(), &ACT).await.unwrap();
            assert_eq!((note.tax, note.net), (euro(tax), euro(minor - tax)));
        }
        assert_eq!(held(&fixture).await, books(&[
            ("received:bank_transfer", 2000), ("received:cheque", 1190), ("tax", -190), ("tokens", -1000), ("unused", -2000),
        ]));
        fixture.store.return_payment(good.id, &ACT).await.unwrap();
        assert_eq!(held(&fixture).await, books(&[
            ("received:bank_transfer", 2000), ("tax", -190), ("tokens", -1000), ("unused", -810),
        ]));
    }

    async fn bills_that_are_given_up(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (_, lost) = billed(&fixture, &user).await;
        fixture.store.book_payment(&payment(&fixture, 400, &lost), &ACT).await.unwrap();
        fixture.store.write_off_invoice(lost.id, &ACT).await.unwrap();
        let (cash, sold) = (("received:cash", 400), [("tax", -190), ("tokens", -1000)]);
        assert_eq!(held(&fixture).await, books(&[cash, sold[0], sold[1], ("written_off", 790)]));
        fixture.store.book_payment(&payment(&fixture, 100, &lost), &ACT).await.unwrap();
        assert_eq!(held(&fixture).await, books(&[("received:cash", 500), sold[0], sold[1], ("written_off", 690)]));
        fixture.store.credit_invoice(lost.id, None, tokens(0), fixture.id(), &ACT).await.unwrap();
        assert_eq!(held(&fixture).await, books(&[("received:cash", 500), ("unused", -500)]), "nothing was lost on what was not sold");
    }

    async fn sales_by_card_refunds_and_disputes(fixture: Fixture) {
        let user = shop(&fixture).await;
        let first = bought_by_card(&fixture, &user).await;
        let store = &fixture.store;
        assert_eq!(held(&fixture).await, books(&[("received:card", 1190), ("tax", -190), ("tokens", -1000)]));
        let back = store.refund_purchase(first.id, Some(tokens(33)), true, fixture.id(), &ACT).await.unwrap();
        assert_eq!(back.money, euro(393));
        // 3.93 of 11.90 has 0.63 tax.
        assert_eq!(held(&fixture).await, books(&[("received:card", 797), ("tax", -127), ("tokens", -670)]));
        store.refund_purchase(first.id, None, true, fixture.id(), &ACT).await.unwrap();
        assert_eq!(held(&fixture).await, books(&[]));
        let second = bought_by_card(&fixture, &user).await;
        hear(&fixture, &second, "dp_1", 1190, ReversalStatus::Pending).await;
        assert_eq!(held(&fixture).await, books(&[]), "the bank took it");
        hear(&fixture, &second, "dp_1", 1190, ReversalStatus::Undone).await;
        assert_eq!(held(&fixture).await, books(&[("received:card", 1190), ("tax", -190), ("tokens", -1000)]), "and gave it back");
        let (placed, bill) = billed(&fixture, &user).await;
        store.book_payment(&payment(&fixture, 1190, &bill), &ACT).await.unwrap();
        let refused = store.refund_purchase(placed.id, None, false, fixture.id(), &ACT).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::PurchaseSettled, "only a credit note gives the money of a bill back");
    }

    async fn an_audit_finds_what_is_wrong_with_money(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (_, bill) = billed(&fixture, &user).await;
        fixture.store.book_payment(&payment(&fixture, 500, &bill), &ACT).await.unwrap();
        let (_, lost) = billed(&fixture, &user).await;
        fixture.store.write_off_invoice(lost.id, &ACT).await.unwrap();
        bought_by_card(&fixture, &user).await;
        fixture.advance(3);
        held(&fixture).await;
        let change = |table: &str, column: &str, which: &str, by: i64| format!("UPDATE {table} SET {column} = {column} + {by} WHERE {which}");
        for (table, column, which) in [
            ("money_entries", "minor", "account = 'receivable' AND kind = 'use'"),
            ("money_entries", "minor", "account = 'tax' AND kind = 'sale'"),
            ("money_entries", "minor", "account = 'written_off'"),
            ("money_entries", "minor", "account = 'unused'"),
            ("money_days", "minor", "account = 'tokens'"),
            ("invoices", "tax", "status = 'open'"),
            ("token_purchases", "net", "method = 'card'"),
        ] {
            fixture.tamper(&change(table, column, which, 1)).await;
            assert_ne!(fixture.store.audit().await.unwrap().breaches, [], "{table} {which}");
            fixture.tamper(&change(table, column, which, -1)).await;
            fixture.assert_sound().await;
        }
        fixture.tamper("UPDATE money_entries SET currency = 'JPY' WHERE account = 'tax'").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
    }

    async fn what_was_before_there_were_entries_is_entered_from_its_rows(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (_, paid) = billed(&fixture, &user).await;
        let rest = fixture.store.book_payment(&payment(&fixture, 1500, &paid), &ACT).await.unwrap();
        fixture.store.return_payment(rest.id, &ACT).await.unwrap();
        fixture.store.credit_invoice(paid.id, Some(euro(333)), tokens(0), fixture.id(), &ACT).await.unwrap();
        let (_, lost) = billed(&fixture, &user).await;
        fixture.store.book_payment(&payment(&fixture, 400, &lost), &ACT).await.unwrap();
        fixture.store.write_off_invoice(lost.id, &ACT).await.unwrap();
        billed(&fixture, &user).await;
        let sold = bought_by_card(&fixture, &user).await;
        fixture.store.refund_purchase(sold.id, Some(tokens(33)), true, fixture.id(), &ACT).await.unwrap();
        fixture.advance(3);
        let before = held(&fixture).await;
        fixture.tamper("DELETE FROM money_days").await;
        fixture.tamper("DELETE FROM money_entries").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
        let migration = include_str!("../../migrations/0013_money.sql");
        let code: Vec<&str> = migration.lines().filter(|line| !line.starts_with("--")).collect();
        for sql in code.join(" ").split(';').map(str::trim).filter(|sql| sql.starts_with("INSERT")) {
            fixture.tamper(sql).await;
        }
        assert_eq!(held(&fixture).await, before);
    }
}
