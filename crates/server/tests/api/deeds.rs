//! Deeds that need a second operator, at the console.

use http::StatusCode;
use scrip_domain::{ApprovalPolicy, BillingPolicy, Role};
use scrip_store::ApprovalStatus;
use uuid::Uuid;

use crate::billing::{ACT, order, shop};
use crate::browser::{Browser, location, text};
use crate::support::Api;

/// What everything dangerous is held back by.
pub(crate) fn strict() -> ApprovalPolicy {
    ApprovalPolicy {
        grants_over: Some(0),
        refunds_over: Some(0),
        money_over: Some(0),
        vouchers_over: Some(100),
        orders_over: Some(50),
        payments_over: Some(0),
        credit_over: Some(1000),
        prices: true,
        revocations: true,
        keys: true,
        settings: true,
        operators: true,
        webhooks: true,
        second_factors: true,
    }
}

/// An owner who asks and a finance operator who approves.
struct Pair<'a> {
    api: &'a Api,
    asks: Browser<'a>,
    approves: Browser<'a>,
}

impl<'a> Pair<'a> {
    async fn new(api: &'a Api) -> Self {
        let (asks, approves) = (
            Browser::operator(api, Role::Owner).await,
            Browser::operator(api, Role::Finance).await,
        );
        api.server.store().put_setting(&strict(), &ACT).await.unwrap();
        Self { api, asks, approves }
    }

    /// Sends a form that has to be held back. Answers the page of the request.
    async fn ask(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let sent = self.asks.fill(page, action, fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{action}: {}", text(&sent));
        let said = self.asks.page(location(&sent)).await;
        assert!(
            said.contains("Another operator has to approve that"),
            "{action}: {said}"
        );
        let waiting = Some(ApprovalStatus::Waiting);
        let rows = self.api.server.store().approvals(waiting, None, 10).await.unwrap();
        assert_eq!(rows.len(), 1, "{action}");
        format!("/console/approvals/{}", rows[0].id)
    }

    async fn approve(&mut self, request: &str) -> String {
        let fields = [("answer", "approve"), ("why", "checked")];
        self.approves
            .fill(request, &format!("{request}/decision"), &fields)
            .await;
        self.approves.page(request).await
    }

    /// Sends a form that is held back, and lets it be done.
    async fn done(&mut self, page: &str, action: &str, fields: &[(&str, &str)], says: &str) {
        let request = self.ask(page, action, fields).await;
        let said = self.approve(&request).await;
        assert!(said.contains(says), "{action}: {said}");
    }
}

#[expect(clippy::too_many_lines, reason = "one deed after the other")]
#[tokio::test]
async fn money_and_vouchers_wait_for_a_second_operator() {
    let api = Api::new().await;
    let token = shop(&api).await;
    let store = api.server.store();
    let policy = BillingPolicy {
        credit_limit_minor: 0,
        ..store.setting().await.unwrap()
    };
    store.put_setting(&policy, &ACT).await.unwrap();
    let bills = [
        order(&api, &token, "bank_transfer", "").await.succeed(),
        order(&api, &token, "bank_transfer", "").await.succeed(),
    ];
    let placed = order(&api, &token, "purchase_order", "PO-1").await.succeed();
    let mut pair = Pair::new(&api).await;
    let id = || Uuid::new_v4().to_string();

    let batch = id();
    let fields = [
        ("command", batch.as_str()),
        ("tokens", "50"),
        ("count", "3"),
        ("label", "Fair"),
        ("until", ""),
        ("funding", "sold"),
    ];
    let request = pair.ask("/console/vouchers", "/console/vouchers", &fields).await;
    assert!(
        store.voucher_batch(batch.parse().unwrap()).await.unwrap().is_none(),
        "nothing is made before"
    );
    let twice = pair.asks.fill("/console/vouchers", "/console/vouchers", &fields).await;
    assert_eq!(twice.status, StatusCode::SEE_OTHER);
    assert_eq!(
        store
            .approvals(Some(ApprovalStatus::Waiting), None, 9)
            .await
            .unwrap()
            .len(),
        1,
        "asked for once"
    );
    assert!(pair.approve(&request).await.contains("Batch 1 is made"));
    let fields = [
        ("tokens", "10"),
        ("count", "2"),
        ("label", "Few"),
        ("until", ""),
        ("funding", "sold"),
    ];
    let command = id();
    let small = [&fields[..], &[("command", command.as_str())]].concat();
    pair.asks.fill("/console/vouchers", "/console/vouchers", &small).await;
    assert!(
        store.voucher_batch(command.parse().unwrap()).await.unwrap().is_some(),
        "a small batch needs nobody"
    );

    let bill = format!("/console/invoices/{}", bills[0]["invoice"].as_str().unwrap());
    let command = id();
    let cash = [
        ("command", command.as_str()),
        ("method", "cash"),
        ("amount", "11.90"),
        ("text", "counter"),
    ];
    pair.done(&bill, &format!("{bill}/payment"), &cash, "The payment is recorded.")
        .await;
    let command = id();
    let credited = [
        ("command", command.as_str()),
        ("amount", "1.19"),
        ("tokens", "10"),
        ("why", "a mistake"),
    ];
    pair.done(
        &bill,
        &format!("{bill}/credit"),
        &credited,
        "Credit note CN-2025-000001",
    )
    .await;
    let payment = store.payments(true, None, 1).await.unwrap()[0].id;
    let page = format!("/console/payments/{payment}");
    pair.done(
        &page,
        &format!("{page}/return"),
        &[("why", "sent back")],
        "1.19 EUR of it went back",
    )
    .await;
    let bill = format!("/console/invoices/{}", bills[1]["invoice"].as_str().unwrap());
    pair.done(
        &bill,
        &format!("{bill}/write-off"),
        &[("why", "insolvent")],
        "is written off",
    )
    .await;

    let orders = "/console/token-orders";
    let limit = [("email", "ada@example.com"), ("limit", "50.00 EUR"), ("why", "known")];
    pair.done(orders, &format!("{orders}/limit"), &limit, "The limit is set.")
        .await;
    let page = format!("{orders}/{}", placed["id"].as_str().unwrap());
    pair.done(
        &page,
        &format!("{page}/approve"),
        &[("why", "known")],
        "Approved; bill INV-2025-000003",
    )
    .await;
    let command = id();
    let recorded = [
        ("command", command.as_str()),
        ("email", "ada@example.com"),
        ("channel", "phone"),
        ("channel_reference", "10:15"),
        ("tokens", "100"),
        ("currency", "EUR"),
        ("method", "purchase_order"),
        ("number", "PO-2"),
        ("name", "Ada"),
        ("why", "called"),
        ("approved", "on"),
    ];
    pair.done(
        &format!("{orders}/new"),
        &format!("{orders}/new"),
        &recorded,
        "Approved; bill INV-2025-000004",
    )
    .await;
    assert_eq!(store.audit().await.unwrap().breaches, []);
}

#[expect(clippy::too_many_lines, reason = "one deed after the other")]
#[tokio::test]
async fn the_rules_themselves_operators_and_secrets_wait_too() {
    let api = Api::new().await;
    let mut pair = Pair::new(&api).await;
    let store = api.server.store();
    // Whoever could lift the rules alone would not be held by them.
    let settings = "/console/settings/approvals";
    let lifted = pair.ask(settings, settings, &[("why", "so slow")]).await;
    let still: ApprovalPolicy = store.setting().await.unwrap();
    assert_eq!(still, strict());
    let refused = [("answer", "refuse"), ("why", "no")];
    pair.approves
        .fill(&lifted, &format!("{lifted}/decision"), &refused)
        .await;
    let expiry = "/console/settings/expiry";
    let fields = [
        ("first_notice_days", "20"),
        ("second_notice_days", "5"),
        ("why", "sooner"),
    ];
    pair.done(expiry, expiry, &fields, "Saved. It holds at once.").await;

    let operators = "/console/operators";
    let new = [
        ("email", "eve@vendor.example"),
        ("role", "finance"),
        ("password", "correct horse"),
        ("why", "helps"),
    ];
    pair.done(operators, operators, &new, "It may be done now, once and within a day")
        .await;
    let eve = "eve@vendor.example".parse().unwrap();
    assert!(
        store.operator_by_email(&eve).await.unwrap().is_none(),
        "a leave is no deed"
    );
    let page = pair.approves.page("/console/approvals").await;
    assert!(!page.contains("correct horse"), "a password is never kept");
    pair.asks.fill(operators, operators, &new).await;
    let eve = store.operator_by_email(&eve).await.unwrap().unwrap();
    let again = pair
        .asks
        .fill(
            operators,
            operators,
            &[("email", "mallory@vendor.example"), new[1], new[2], new[3]],
        )
        .await;
    assert!(
        pair.asks
            .page(location(&again))
            .await
            .contains("Another operator has to approve"),
        "a leave serves once, and for one"
    );
    let waiting = store.approvals(Some(ApprovalStatus::Waiting), None, 9).await.unwrap();
    let mallory = format!("/console/approvals/{}", waiting[0].id);
    pair.approves
        .fill(&mallory, &format!("{mallory}/decision"), &refused)
        .await;
    let role = format!("{operators}/{}/role", eve.id);
    pair.done(
        operators,
        &role,
        &[("role", "owner"), ("why", "promoted")],
        "The role is changed.",
    )
    .await;
    let shut = pair
        .asks
        .fill(
            operators,
            &format!("{operators}/{}/access", eve.id),
            &[("disabled", "true"), ("why", "left")],
        )
        .await;
    assert!(
        pair.asks.page(location(&shut)).await.contains("is shut out"),
        "stopping somebody needs nobody"
    );
    let access = format!("{operators}/{}/access", eve.id);
    pair.done(
        operators,
        &access,
        &[("disabled", "false"), ("why", "is back")],
        "can sign in again",
    )
    .await;

    let hooks = "/console/webhooks";
    let id = Uuid::new_v4().to_string();
    let endpoint = [
        ("id", id.as_str()),
        ("url", "https://example.com/hook"),
        ("why", "our shop"),
    ];
    pair.done(hooks, hooks, &endpoint, "It may be done now").await;
    let told = pair.asks.fill(hooks, hooks, &endpoint).await;
    assert!(text(&told).contains("whsec_"), "{}", text(&told));
    let page = format!("{hooks}/{id}");
    let secret = format!("{page}/secret");
    pair.done(&page, &secret, &[("why", "yearly")], "It may be done now")
        .await;
    // Not a day later.
    api.clock.advance_seconds(90_000);
    let mut late = Browser::new(&api);
    let fields = [("email", "owner@vendor.example"), ("password", "correct horse")];
    late.fill("/console/sign-in", "/console/sign-in", &fields).await;
    let answer = late.fill(&page, &secret, &[("why", "yearly")]).await;
    assert!(
        late.page(location(&answer))
            .await
            .contains("Another operator has to approve")
    );
    assert_eq!(store.audit().await.unwrap().breaches, []);
}
