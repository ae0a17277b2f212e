//! The money of bills and cards in the books, as the page, the files and hledger tell it.

use scrip_domain::{Money, PurchaseMethod, Role, TokenAmount, Tokens};
use scrip_store::{Invoice, NewPayment, NewTokenPurchase, ProviderReversal, ReversalKind, ReversalStatus};
use uuid::Uuid;

use crate::billing::{ACT, order, shop};
use crate::books::hledger;
use crate::browser::{Browser, text};
use crate::support::Api;

const JUNE: &str = "from=2025-06-01&until=2025-06-30";

fn euro(minor: i64) -> Money {
    Money::new(minor, "EUR".parse().unwrap()).unwrap()
}

/// A bill of 11.90 EUR for 100 tokens.
async fn bill(api: &Api, token: &str) -> Invoice {
    let placed = order(api, token, "bank_transfer", "").await.succeed();
    let id = placed["invoice"].as_str().unwrap().parse().unwrap();
    api.server.store().invoice(None, id).await.unwrap()
}

async fn pay(api: &Api, bill: &Invoice, method: PurchaseMethod, minor: i64) -> Uuid {
    let new = NewPayment {
        id: Uuid::new_v4(),
        method,
        money: euro(minor),
        payer: "Ada".into(),
        text: "for tokens".into(),
        received_at: api.server.now(),
        invoice: Some(bill.id),
        cleared: true,
    };
    api.server.store().book_payment(&new, &ACT).await.unwrap().id
}

/// A sale by card, some of it given back, the rest disputed.
async fn card(api: &Api) {
    let store = api.server.store();
    let user = store
        .user_by_email(&"ada@example.com".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let new = NewTokenPurchase {
        user: user.id,
        command: Uuid::new_v4(),
        digest: [1; 32],
        method: PurchaseMethod::Card,
        currency: "EUR".parse().unwrap(),
        wanted: TokenAmount::Tokens(Tokens::new(100).unwrap()),
        expected_total: None,
        reference: String::new(),
        expires_at: None,
        hold: None,
    };
    let (sale, _) = store.open_purchase(&new).await.unwrap();
    store.settle_purchase(sale.id, Some("pi_1")).await.unwrap();
    let some = Some(Tokens::new(50).unwrap());
    store
        .refund_purchase(sale.id, some, false, Uuid::new_v4(), &ACT)
        .await
        .unwrap();
    let heard = ProviderReversal {
        provider_ref: "dp_1",
        ours: None,
        kind: ReversalKind::Dispute,
        money: euro(295),
        status: ReversalStatus::Pending,
        why: "unknown to me",
    };
    store.hear_reversal(sale.id, heard).await.unwrap();
}

#[tokio::test]
async fn hledger_reads_the_life_of_every_kind_of_bill() {
    let api = Api::new().await;
    let token = shop(&api).await;
    let store = api.server.store();
    // Paid in two parts, and 3.10 too much, which go back.
    let parts = bill(&api, &token).await;
    pay(&api, &parts, PurchaseMethod::Cash, 500).await;
    let rest = pay(&api, &parts, PurchaseMethod::MoneyOrder, 1000).await;
    store.return_payment(rest, &ACT).await.unwrap();
    // Half of it is taken back once it is paid; the money waits.
    let half = bill(&api, &token).await;
    pay(&api, &half, PurchaseMethod::Cheque, 1190).await;
    let tokens = Tokens::new(50).unwrap();
    store
        .credit_invoice(half.id, Some(euro(595)), tokens, Uuid::new_v4(), &ACT)
        .await
        .unwrap();
    // Paid a little and given up.
    let lost = bill(&api, &token).await;
    pay(&api, &lost, PurchaseMethod::BankTransfer, 190).await;
    store.write_off_invoice(lost.id, &ACT).await.unwrap();
    // Open, and sent a day later.
    api.clock.advance_seconds(86_400);
    bill(&api, &token).await;
    card(&api).await;
    store.roll_books().await.unwrap();

    let mut finance = Browser::operator(&api, Role::Finance).await;
    let journal = text(
        &finance
            .get(&format!("/console/books/files/journal.hledger?{JUNE}"))
            .await,
    );
    hledger(&journal, &["check", "--strict"]);
    let balance = |journal: &str| {
        let format = [
            "balance",
            "cur:EUR",
            "--flat",
            "--no-total",
            "--format",
            "%(account) %(total)",
        ];
        let lines: Vec<String> = hledger(journal, &format)
            .lines()
            .map(|line| line.trim().to_owned())
            .collect();
        lines
    };
    let end = [
        "assets:receipts:bank transfer 1.90 EUR",
        "assets:receipts:card 3.00 EUR",
        "assets:receipts:cash 5.00 EUR",
        "assets:receipts:cheque 11.90 EUR",
        "assets:receipts:money order 6.90 EUR",
        "assets:receivable:bills 11.90 EUR",
        "expenses:bills written off 10.00 EUR",
        "liabilities:money for tokens -37.52 EUR",
        "liabilities:payments not used -5.95 EUR",
        "liabilities:tax -7.13 EUR",
    ];
    let mut found = balance(&journal);
    found.sort();
    assert_eq!(found, end, "{journal}");
    // The period after begins with what was there.
    let later = text(
        &finance
            .get("/console/books/files/journal.hledger?from=2025-06-18&until=2025-06-30")
            .await,
    );
    hledger(&later, &["check", "--strict"]);
    let mut found = balance(&later);
    found.sort();
    assert_eq!(found, end, "{later}");

    let page = finance.page(&format!("/console/books?{JUNE}")).await;
    for shown in [
        "Trial balance in EUR",
        "Owed on bills",
        "Bills written off",
        "Received: Cheque",
        "credit notes",
        "0.00 EUR",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let csv = text(
        &finance
            .get(&format!("/console/books/files/money-accounts.csv?{JUNE}"))
            .await,
    );
    assert!(
        csv.contains("written_off,Bills written off,EUR,0,1000,0,1000\r\n"),
        "{csv}"
    );
    let csv = text(&finance.get(&format!("/console/books/files/money.csv?{JUNE}")).await);
    assert!(csv.contains("2025-06-16,dispute,received:card,EUR,-295,1\r\n"), "{csv}");
    assert_eq!(store.audit().await.unwrap().breaches, []);
}
