//! Orders on paper, bills and payments.

mod money;

use scrip_domain::{
    BillTo, BillingPolicy, Coded as _, ErrorCode, InvoiceStatus, IssueOn, Money, OrderChannel, PaymentStatus,
    PurchaseMethod, PurchaseStatus, Sha256, TokenAmount, TokenOrderStatus, creditor_reference,
};
use scrip_store::{
    Act, BankLine, Error, Invoice, InvoiceFilter, NewPayment, NewPriceList, NewTokenOrder, NewTokenPurchase,
    OrderDocument, OrderFilter, TokenOrder, User,
};

use crate::support::{Fixture, both, tokens};

const ACT: Act<'static> = Act {
    actor: "ivy@vendor.example",
    action: "test.done",
    subject: "it",
    why: "because",
};

fn euro(minor: i64) -> Money {
    Money::new(minor, "EUR".parse().unwrap()).unwrap()
}

async fn shop(fixture: &Fixture) -> User {
    let new = NewPriceList {
        currency: "EUR".parse().unwrap(),
        effective_from: None,
        effective_until: None,
        terms: scrip_testkit::token_prices(),
    };
    fixture.store.put_price_list(&new, &ACT).await.unwrap();
    fixture.user("ada@example.com", 0).await
}

/// An order of 100 tokens for 11.90 EUR.
fn order(fixture: &Fixture, user: &User, method: PurchaseMethod) -> NewTokenOrder {
    NewTokenOrder {
        purchase: NewTokenPurchase {
            user: user.id,
            command: fixture.id(),
            digest: [3; 32],
            method,
            currency: "EUR".parse().unwrap(),
            wanted: TokenAmount::Tokens(tokens(100)),
            expected_total: Some(euro(1190)),
            reference: "PO-7".into(),
            expires_at: None,
            hold: None,
        },
        channel: OrderChannel::Online,
        channel_reference: String::new(),
        note: String::new(),
        bill_to: BillTo {
            name: "Ada & Co".into(),
            address: "Street 1\n1234 Town".into(),
            tax_number: String::new(),
        },
        approved: false,
    }
}

async fn place(fixture: &Fixture, user: &User, method: PurchaseMethod, policy: &BillingPolicy) -> TokenOrder {
    let new = order(fixture, user, method);
    fixture.store.place_token_order(&new, policy, None).await.unwrap().0
}

/// An order with its bill.
async fn billed(fixture: &Fixture, user: &User) -> (TokenOrder, Invoice) {
    let placed = place(fixture, user, PurchaseMethod::BankTransfer, &BillingPolicy::default()).await;
    let bill = fixture
        .store
        .invoice(Some(user.id), placed.invoice.unwrap())
        .await
        .unwrap();
    (placed, bill)
}

fn payment(fixture: &Fixture, minor: i64, invoice: &Invoice) -> NewPayment {
    NewPayment {
        id: fixture.id(),
        method: PurchaseMethod::Cash,
        money: euro(minor),
        payer: "Ada".into(),
        text: "counter".into(),
        received_at: fixture.now(),
        invoice: Some(invoice.id),
        cleared: true,
    }
}

fn line(fixture: &Fixture, name: u8, minor: i64, text: &str) -> BankLine {
    BankLine {
        booked_at: fixture.now(),
        money: euro(minor),
        payer: "Ada".into(),
        text: text.into(),
        fingerprint: [name; 32],
    }
}

async fn balance(fixture: &Fixture, user: &User) -> i64 {
    fixture.store.balance(user.id).await.unwrap().get()
}

both! {
    async fn a_purchase_order_waits_is_approved_and_issued_on_credit(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (store, policy) = (&fixture.store, BillingPolicy { credit_limit_minor: 2000, ..BillingPolicy::default() });
        let new = order(&fixture, &user, PurchaseMethod::PurchaseOrder);
        let (placed, replayed) = store.place_token_order(&new, &policy, None).await.unwrap();
        assert_eq!((placed.status, placed.number.as_str(), replayed), (TokenOrderStatus::Submitted, "PO-7", false));
        assert_eq!(store.place_token_order(&new, &policy, None).await.unwrap(), (placed.clone(), true));
        let document = OrderDocument { sha256: Sha256([5; 32]), name: "po.pdf".into(), media_type: "application/pdf".into(), bytes: 9 };
        let stranger = fixture.user("eve@example.com", 0).await;
        let refused = store.attach_order_document(Some(stranger.id), placed.id, &document).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::PurchaseOrderNotFound);
        store.attach_order_document(Some(user.id), placed.id, &document).await.unwrap();
        let waiting = OrderFilter { status: Some(TokenOrderStatus::Submitted), ..OrderFilter::default() };
        assert_eq!(store.token_orders(&waiting, 10).await.unwrap()[0].document, Some(document));
        let approved = store.approve_token_order(placed.id, &policy, false, &ACT).await.unwrap();
        assert_eq!((approved.status, approved.purchase_status), (TokenOrderStatus::Approved, PurchaseStatus::Issued));
        assert_eq!(balance(&fixture, &user).await, 100);
        assert_eq!(store.credit(user.id, "EUR".parse().unwrap(), &policy).await.unwrap(), (euro(1190), euro(2000)));
        let again = store.approve_token_order(placed.id, &policy, false, &ACT).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::BillingStateWrong);

        let second = place(&fixture, &user, PurchaseMethod::PurchaseOrder, &policy).await;
        let refused = store.approve_token_order(second.id, &policy, false, &ACT).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::BillingCreditLimit, "{refused}");
        store.set_credit_limit(user.id, "EUR".parse().unwrap(), Some(euro(5000)), &ACT).await.unwrap();
        store.approve_token_order(second.id, &policy, false, &ACT).await.unwrap();
        let third = place(&fixture, &user, PurchaseMethod::PurchaseOrder, &policy).await;
        let rejected = store.reject_token_order(third.id, &ACT).await.unwrap();
        assert_eq!((rejected.status, rejected.purchase_status), (TokenOrderStatus::Rejected, PurchaseStatus::Canceled));
        let bills = store.invoices(&InvoiceFilter { user: Some(user.id), ..InvoiceFilter::default() }, 10).await.unwrap();
        assert_eq!(bills.iter().map(|bill| bill.number.as_str()).collect::<Vec<_>>(), ["INV-2025-000002", "INV-2025-000001"]);
        assert_eq!(balance(&fixture, &user).await, 200);
        fixture.assert_sound().await;
    }

    async fn a_bill_is_paid_in_parts_and_then_the_tokens_come(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (placed, bill) = billed(&fixture, &user).await;
        assert_eq!((placed.status, bill.state.open()), (TokenOrderStatus::Approved, euro(1190)));
        assert_eq!(bill.reference(), creditor_reference(&bill.number));
        let part = payment(&fixture, 500, &bill);
        let booked = fixture.store.book_payment(&part, &ACT).await.unwrap();
        assert_eq!(fixture.store.book_payment(&part, &ACT).await.unwrap().applied, booked.applied, "once");
        let other = NewPayment { money: euro(501), ..part };
        assert_eq!(fixture.store.book_payment(&other, &ACT).await.unwrap_err().code(), ErrorCode::IdempotencyConflict);
        assert_eq!(balance(&fixture, &user).await, 0);
        let rest = fixture.store.book_payment(&payment(&fixture, 1000, &bill), &ACT).await.unwrap();
        assert_eq!((rest.applied, rest.left()), (euro(690), euro(310)));
        assert_eq!(balance(&fixture, &user).await, 100);
        let bill = fixture.store.invoice(None, bill.id).await.unwrap();
        assert_eq!((bill.state.status, bill.state.paid), (InvoiceStatus::Paid, euro(1190)));
        let late = fixture.store.book_payment(&payment(&fixture, 5, &bill), &ACT).await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::BillingStateWrong);
        let queue = fixture.store.payments(true, None, 10).await.unwrap();
        assert_eq!(queue.iter().map(|payment| payment.id).collect::<Vec<_>>(), [rest.id]);
        let back = fixture.store.return_payment(rest.id, &ACT).await.unwrap();
        assert_eq!((back.returned, back.left()), (euro(310), euro(0)));
        assert_eq!(fixture.store.payments(true, None, 10).await.unwrap(), []);
        let told = fixture.store.notices(user.id, None, 20).await.unwrap();
        assert_eq!(told.iter().filter(|notice| notice.kind == "payment.received").count(), 2);
        fixture.assert_sound().await;
    }

    async fn a_cheque_counts_when_it_is_cleared(fixture: Fixture) {
        let user = shop(&fixture).await;
        let mut bills = Vec::new();
        for _ in 0..2 {
            bills.push(billed(&fixture, &user).await.1);
        }
        let cheque = |bill| NewPayment { method: PurchaseMethod::Cheque, cleared: false, ..payment(&fixture, 1190, bill) };
        let good = fixture.store.book_payment(&cheque(&bills[0]), &ACT).await.unwrap();
        let bad = fixture.store.book_payment(&cheque(&bills[1]), &ACT).await.unwrap();
        assert_eq!((good.status, good.left(), balance(&fixture, &user).await), (PaymentStatus::Pending, euro(0), 0));
        fixture.store.clear_payment(good.id, true, &ACT).await.unwrap();
        let bounced = fixture.store.clear_payment(bad.id, false, &ACT).await.unwrap();
        assert_eq!((bounced.status, balance(&fixture, &user).await), (PaymentStatus::Bounced, 100));
        let refused = fixture.store.clear_payment(bad.id, true, &ACT).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::BillingStateWrong);
        fixture.assert_sound().await;
    }

    async fn a_statement_finds_its_bills_and_counts_each_line_once(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (first, second, third) =
            (billed(&fixture, &user).await.1, billed(&fixture, &user).await.1, billed(&fixture, &user).await.1);
        let yen = BankLine { money: Money::new(1190, "JPY".parse().unwrap()).unwrap(), ..line(&fixture, 6, 1, &third.number) };
        let lines = [
            line(&fixture, 1, 1190, &format!("Invoice {} thanks", first.number)),
            line(&fixture, 2, 1000, &second.reference()),
            line(&fixture, 3, 2000, &format!("{} / {}", second.number, third.number)),
            line(&fixture, 4, 77, "for the flat"),
            yen,
        ];
        let done = fixture.store.import_bank_lines(&lines, &ACT).await.unwrap();
        assert_eq!((done.lines, done.known, done.matched, done.waiting), (5, 0, 2, 3), "{done:?}");
        assert_eq!(balance(&fixture, &user).await, 300);
        let again = fixture.store.import_bank_lines(&lines, &ACT).await.unwrap();
        assert_eq!((again.known, again.matched, again.waiting), (5, 0, 0));
        let left: Vec<_> = fixture.store.payments(true, None, 10).await.unwrap().iter().map(|one| one.left().minor).collect();
        assert_eq!(left, [1190, 77, 620]);
        let fourth = billed(&fixture, &user).await.1;
        let flat = fixture.store.payments(true, None, 10).await.unwrap()[1].id;
        let applied = fixture.store.apply_payment(flat, fourth.id, &ACT).await.unwrap();
        assert_eq!(applied.applied, euro(77));
        let found = fixture.store.invoice_by_number(&fourth.number.to_lowercase().replace('-', " ")).await.unwrap();
        assert_eq!((found.state.paid, found.state.open()), (euro(77), euro(1113)));
        fixture.assert_sound().await;
    }

    async fn a_bill_is_taken_back_or_given_up(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (placed, bill) = billed(&fixture, &user).await;
        let command = fixture.id();
        let note = fixture.store.credit_invoice(bill.id, None, tokens(0), command, &ACT).await.unwrap();
        assert_eq!((note.number.as_str(), note.state.gross, note.corrects), ("CN-2025-000001", euro(1190), Some(bill.id)));
        assert_eq!(fixture.store.credit_invoice(bill.id, None, tokens(0), command, &ACT).await.unwrap(), note, "once");
        let order = fixture.store.token_order(Some(user.id), placed.id).await.unwrap();
        assert_eq!(order.purchase_status, PurchaseStatus::Canceled);

        let (_, paid) = billed(&fixture, &user).await;
        fixture.store.book_payment(&payment(&fixture, 1190, &paid), &ACT).await.unwrap();
        let note = fixture.store.credit_invoice(paid.id, Some(euro(119)), tokens(10), fixture.id(), &ACT).await.unwrap();
        assert_eq!((note.net, note.tax), (euro(100), euro(19)));
        assert_eq!(balance(&fixture, &user).await, 90);
        let waiting = fixture.store.payments(true, None, 10).await.unwrap();
        assert_eq!(waiting[0].left(), euro(119), "it goes back to the payer");
        let too_much = fixture.store.credit_invoice(paid.id, Some(euro(1190)), tokens(0), fixture.id(), &ACT).await;
        assert_eq!(too_much.unwrap_err().code(), ErrorCode::BillingAmountWrong);

        let (_, lost) = billed(&fixture, &user).await;
        let given_up = fixture.store.write_off_invoice(lost.id, &ACT).await.unwrap();
        assert_eq!((given_up.state.status, given_up.state.open()), (InvoiceStatus::WrittenOff, euro(0)));
        fixture.store.book_payment(&payment(&fixture, 1190, &lost), &ACT).await.unwrap();
        assert_eq!(balance(&fixture, &user).await, 190, "a late payment still counts");
        fixture.assert_sound().await;
    }

    async fn numbers_have_no_gap_whoever_is_refused_meanwhile(fixture: Fixture) {
        let user = shop(&fixture).await;
        let policy = BillingPolicy { invoice_issue: IssueOn::Approval, credit_limit_minor: 3600, ..BillingPolicy::default() };
        let other = fixture.reopen().await;
        let mut running = Vec::new();
        for at in 0..24 {
            let (server, user, policy) = (if at % 2 == 0 { fixture.clone() } else { other.clone() }, user.clone(), policy.clone());
            running.push(tokio::spawn(async move {
                let new = order(&server, &user, PurchaseMethod::Invoice);
                server.store.place_token_order(&new, &policy, None).await
            }));
        }
        let (mut approved, mut waiting, mut busy) = (0, 0, 0);
        for attempt in running {
            match attempt.await.unwrap() {
                Ok((order, _)) if order.status == TokenOrderStatus::Approved => approved += 1,
                Ok(_) => waiting += 1,
                Err(Error::Busy { .. }) => busy += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((approved, waiting + busy), (3, 21), "the limit holds for three");
        let bills = fixture.store.invoices(&InvoiceFilter::default(), 50).await.unwrap();
        assert_eq!((bills.len(), bills[0].number.as_str()), (3, "INV-2025-000003"));
        assert_eq!(balance(&fixture, &user).await, 300);
        fixture.assert_sound().await;
    }

    async fn reminders_go_out_as_often_as_the_terms_say(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (_, bill) = billed(&fixture, &user).await;
        let remind = async || fixture.store.remind_of_invoices(10).await.unwrap();
        fixture.advance(30);
        assert_eq!(remind().await, 0);
        fixture.advance(7);
        assert_eq!((remind().await, remind().await), (1, 0));
        fixture.advance(40);
        assert_eq!((remind().await, remind().await), (1, 0), "of those that were missed, one");
        let bill = fixture.store.invoice(None, bill.id).await.unwrap();
        assert!(bill.is_overdue(fixture.now()) && bill.reminders == 3);
        let told = fixture.store.notices(user.id, None, 20).await.unwrap();
        assert!(told.iter().any(|notice| notice.kind == "invoice.reminder" && notice.text.contains(&bill.reference())));
        fixture.store.book_payment(&payment(&fixture, 1190, &bill), &ACT).await.unwrap();
        fixture.advance(30);
        assert_eq!(remind().await, 0);
    }

    async fn an_audit_finds_what_is_wrong_with_bills(fixture: Fixture) {
        let user = shop(&fixture).await;
        let (_, bill) = billed(&fixture, &user).await;
        fixture.store.book_payment(&payment(&fixture, 1190, &bill), &ACT).await.unwrap();
        billed(&fixture, &user).await;
        fixture.assert_sound().await;
        for (tamper, undo) in [
            ("UPDATE payments SET applied = applied - 1", "UPDATE payments SET applied = applied + 1"),
            ("UPDATE payment_uses SET minor = minor - 1", "UPDATE payment_uses SET minor = minor + 1"),
            ("UPDATE invoices SET seq = seq + 1 WHERE seq = 2", "UPDATE invoices SET seq = seq - 1 WHERE seq = 3"),
            ("UPDATE invoice_series SET last = last + 1", "UPDATE invoice_series SET last = last - 1"),
            ("UPDATE invoices SET status = 'paid' WHERE seq = 2", "UPDATE invoices SET status = 'open' WHERE seq = 2"),
        ] {
            fixture.tamper(tamper).await;
            assert_ne!(fixture.store.audit().await.unwrap().breaches, [], "{tamper}");
            fixture.tamper(undo).await;
            fixture.assert_sound().await;
        }
    }
}
