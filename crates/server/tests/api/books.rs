//! The console's pages about customers, products and the books; the books as hledger reads them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use http::StatusCode;
use scrip_domain::Role;

use crate::browser::{Browser, admit, location, text, value_of};
use crate::support::{Api, PRICES};

/// A vendor with a customer who bought and rented.
async fn shop() -> Api {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.grant("ada@example.com", 400).await;
    api.pay(&token, "rent", Some("week"), 30).await.succeed();
    api
}

/// What hledger answers to a journal on its standard input.
pub(crate) fn hledger(journal: &str, arguments: &[&str]) -> String {
    let mut child = Command::new("hledger")
        .args(["-f", "-"])
        .args(arguments)
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("hledger is missing: cargo xtask setup installs it");
    child.stdin.take().unwrap().write_all(journal.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(
        done.status.success(),
        "{}\n{journal}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

#[tokio::test]
async fn an_accountants_program_reads_the_books() {
    let api = shop().await;
    api.clock.advance_seconds(3 * 86_400);
    let mut finance = Browser::operator(&api, Role::Finance).await;
    let rolled = finance.fill("/console/books", "/console/books/roll", &[]).await;
    assert_eq!(location(&rolled), "/console/books");
    let page = finance.page("/console/books?from=2025-06-01&until=2025-06-30").await;
    for shown in ["Trial balance", "Tokens spent on products", "2025-06", "17"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let path = "/console/books/files/journal.hledger?from=2025-06-01&until=2025-06-30";
    let journal = text(&finance.get(path).await);
    hledger(&journal, &["check"]);
    let balance = hledger(
        &journal,
        &["balance", "--flat", "--format", "%(account) %(total)", "--no-total"],
    );
    let balance: Vec<&str> = balance.lines().map(str::trim).collect();
    for held in [
        "liabilities:tokens:wallets -470 TOKEN",
        "expenses:tokens:promotions 500 TOKEN",
        "revenues:tokens:products -30 TOKEN",
        "revenues:tokens:deferred 17 TOKEN",
        "liabilities:tokens:rentals -17 TOKEN",
    ] {
        assert!(balance.contains(&held), "{held}: {balance:?}");
    }
    // A later period begins with what was there.
    let path = "/console/books/files/journal.hledger?from=2025-06-17&until=2025-06-30";
    let later = text(&finance.get(path).await);
    let total = hledger(
        &later,
        &[
            "balance",
            "liabilities:tokens:wallets",
            "--format",
            "%(total)",
            "--no-total",
        ],
    );
    assert_eq!(total.trim(), "-470 TOKEN");
    let csv = text(
        &finance
            .get("/console/books/files/accounts.csv?from=2025-06-01&until=2025-06-30")
            .await,
    );
    assert!(csv.contains("wallet,Wallets of customers,0,500,30,470\r\n"), "{csv}");
    let nothing = finance.get("/console/books/files/secrets.txt").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    let strange = finance.get("/console/books?from=2025-07-01&until=2025-06-01").await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST);
    let mut catalog = Browser::operator(&api, Role::Catalog).await;
    assert_eq!(catalog.get("/console/books").await.status, StatusCode::FORBIDDEN);
    assert_eq!(catalog.get(path).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn support_finds_a_license_and_stops_it() {
    let api = shop().await;
    let mut support = Browser::operator(&api, Role::Support).await;
    let orders = support.page("/console/orders?email=ada%40example.com").await;
    assert!(orders.contains("org.example.Paint rented"), "{orders}");
    let order = orders
        .split("href=\"/console/orders/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        support
            .page(&format!("/console/orders/{order}"))
            .await
            .contains("30 tokens")
    );
    assert!(
        support
            .page("/console/orders?email=nobody%40example.com")
            .await
            .contains("No order yet.")
    );
    let licenses = support.page("/console/licenses").await;
    let license = licenses
        .split("href=\"/console/licenses/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let path = format!("/console/licenses/{license}");
    let stopped = support
        .fill(
            &path,
            &format!("{path}/hold"),
            &[("stop", "true"), ("why", "payment disputed")],
        )
        .await;
    assert_eq!(location(&stopped), path);
    let page = support.page(&path).await;
    assert!(
        page.contains("suspended") && page.contains("payment disputed"),
        "{page}"
    );
    let empty = support
        .fill(&path, &format!("{path}/hold"), &[("stop", "false"), ("why", " ")])
        .await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    support
        .fill(&path, &format!("{path}/hold"), &[("stop", "false"), ("why", "settled")])
        .await;
    assert!(support.page(&path).await.contains("reinstated"));
    assert!(support.page("/console/devices").await.contains("No computer yet."));
    let acts = api.server.store().acts(Some(license), None, 10).await.unwrap();
    let done: Vec<_> = acts
        .iter()
        .map(|act| (act.action.as_str(), act.actor.as_str()))
        .collect();
    let who = "support@vendor.example";
    assert_eq!(done, [("license.reinstated", who), ("license.suspended", who)]);
    let mut reader = Browser::operator(&api, Role::ReadOnly).await;
    assert!(!reader.page(&path).await.contains("Suspend it"));
    let refused = reader
        .fill(&path, &format!("{path}/hold"), &[("stop", "true"), ("why", "x")])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[expect(clippy::too_many_lines, reason = "one way through the pages, step by step")]
#[tokio::test]
async fn what_the_settings_hold_back_waits_for_a_second_operator() {
    let api = shop().await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let settings = "/console/settings/approvals";
    let sent = [
        ("grants_over", "1000"),
        ("revocations", "on"),
        ("keys", "on"),
        ("why", "two pairs of eyes"),
    ];
    let saved = owner.fill(settings, settings, &sent).await;
    assert_eq!(location(&saved), settings);
    let page = owner.page(settings).await;
    assert!(
        page.contains("Saved.") && value_of(&page, "grants_over") == "1000",
        "{page}"
    );
    let wrong = owner
        .fill(settings, settings, &[("grants_over", "many"), ("why", "x")])
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);

    let licenses = owner.page("/console/licenses").await;
    let license = licenses
        .split("href=\"/console/licenses/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let path = format!("/console/licenses/{license}");
    owner
        .fill(&path, &format!("{path}/revocation"), &[("why", "fraud")])
        .await;
    let page = owner.page(&path).await;
    assert!(
        page.contains("Another operator has to approve that") && !page.contains("revoked for good"),
        "{page}"
    );
    let approvals = owner.page("/console/approvals").await;
    let request = approvals
        .split("href=\"/console/approvals/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let request = format!("/console/approvals/{request}");
    let decision = format!("{request}/decision");
    let own = owner
        .fill(&request, &decision, &[("answer", "approve"), ("why", "sure")])
        .await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    assert!(text(&own).contains("approval.own"));
    let mut support = Browser::operator(&api, Role::Support).await;
    let low = support
        .fill(&request, &decision, &[("answer", "approve"), ("why", "sure")])
        .await;
    assert_eq!(low.status, StatusCode::FORBIDDEN);
    let mut finance = Browser::operator(&api, Role::Finance).await;
    finance
        .fill(&request, &decision, &[("answer", "approve"), ("why", "checked")])
        .await;
    assert!(
        finance
            .page(&request)
            .await
            .contains("The license of org.example.Paint is revoked.")
    );
    assert!(owner.page(&path).await.contains("It is revoked for good."));
    let twice = finance
        .fill(&request, &decision, &[("answer", "refuse"), ("why", "late")])
        .await;
    assert_eq!(twice.status, StatusCode::CONFLICT);

    owner
        .fill(
            "/console/keys",
            "/console/keys",
            &[("change", "rotate"), ("kid", ""), ("why", "yearly")],
        )
        .await;
    assert!(
        owner
            .page("/console/keys")
            .await
            .contains("Another operator has to approve")
    );
    admit(&api, "second@vendor.example", Role::Owner).await;
    let mut second = Browser::new(&api);
    let fields = [("email", "second@vendor.example"), ("password", "correct horse")];
    second.fill("/console/sign-in", "/console/sign-in", &fields).await;
    let approvals = second.page("/console/approvals").await;
    let request = approvals
        .split("href=\"/console/approvals/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let (request, decision) = (
        format!("/console/approvals/{request}"),
        format!("/console/approvals/{request}/decision"),
    );
    second
        .fill(&request, &decision, &[("answer", "approve"), ("why", "yes")])
        .await;
    assert!(second.page(&request).await.contains("The key set is changed."));
    let keys = owner.page("/console/keys").await;
    assert_eq!(keys.matches("role=\"rowheader\"").count(), 2, "{keys}");
    assert!(api.server.store().audit().await.unwrap().breaches.is_empty());
}

#[tokio::test]
async fn the_catalog_shows_prices_then_and_now() {
    let api = shop().await;
    let mut catalog = Browser::operator(&api, Role::Catalog).await;
    assert!(
        catalog
            .page("/console/catalog?words=pain")
            .await
            .contains("/console/catalog/org.example.Paint")
    );
    let path = "/console/catalog/org.example.Paint";
    let page = catalog.page(path).await;
    assert!(
        page.contains("100 tokens to own") && page.contains("What it cost"),
        "{page}"
    );
    let sent = [
        ("price.purchase", "90"),
        ("price.week", "25"),
        ("price.ten", "10"),
        ("why", "summer"),
    ];
    catalog.fill(path, &format!("{path}/prices"), &sent).await;
    let page = catalog.page(path).await;
    assert!(
        page.contains("90 tokens to own; 25 tokens for 7 days") && page.contains("100 tokens to own"),
        "{page}"
    );
    let wrong = catalog
        .fill(
            path,
            &format!("{path}/prices"),
            &[("price.purchase", "-3"), ("why", "")],
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let shown = api.get("/v1/products/org.example.Paint", None).await.succeed();
    assert!(shown.to_string().contains("90"), "{shown}");
    catalog.fill(path, &format!("{path}/removal"), &[("why", "over")]).await;
    assert_eq!(catalog.get(path).await.status, StatusCode::NOT_FOUND);
    let mut reader = Browser::operator(&api, Role::ReadOnly).await;
    assert!(reader.page("/console").await.contains("Tokens outstanding"));
}
