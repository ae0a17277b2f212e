//! The pages about tokens among people, as a browser without JavaScript uses them.

use http::StatusCode;
use scrip_domain::Role;
use scrip_licensing::StatementFile;

use crate::browser::{Browser, location, text, value_of};
use crate::support::{Api, PRICES};

/// Sends the form on a page that asks to confirm, and answers where that leads.
async fn confirm(browser: &mut Browser<'_>, page: &str, action: &str, names: &[&str]) -> String {
    let mut fields: Vec<(&str, String)> = vec![("token", value_of(page, "token"))];
    fields.extend(names.iter().map(|name| (*name, value_of(page, name))));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.post(action, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text(&answer));
    location(&answer).to_owned()
}

#[expect(clippy::too_many_lines, reason = "one way through the pages, step by step")]
#[tokio::test]
async fn a_person_sends_gives_shares_and_takes_back_without_the_app() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.register("bob@example.com").await;
    api.grant("ada@example.com", 400).await;
    api.pay(&token, "buy", None, 100).await.succeed();
    let mut ada = Browser::signed_in(&api, "ada@example.com").await;
    let mut bob = Browser::signed_in(&api, "bob@example.com").await;

    let draft = [("to", "bob@example.com"), ("tokens", "30"), ("message", "<b>lunch</b>")];
    let asked = ada.fill("/account/sending", "/account/sending", &draft).await;
    let page = text(&asked);
    assert!(
        page.contains("b…@example.com") && page.contains("Send 30 tokens"),
        "{page}"
    );
    let names = ["command", "to", "name", "tokens"];
    assert_eq!(
        confirm(&mut ada, &page, "/account/sending/send", &names).await,
        "/account/sending"
    );
    let list = ada.page("/account/sending").await;
    assert!(list.contains("Take back") && list.contains("underway"), "{list}");
    assert!(bob.page("/account/sending").await.contains("from a…@example.com"));

    let draft = [
        ("to", "bob@example.com"),
        ("product", "org.example.Paint"),
        ("offer", "week"),
        ("message", ""),
    ];
    let page = text(&ada.fill("/account/gifts", "/account/gifts", &draft).await);
    assert!(page.contains("Give it for 30 tokens"), "{page}");
    let names = ["command", "to", "name", "product", "offer", "price"];
    assert_eq!(
        confirm(&mut ada, &page, "/account/gifts/give", &names).await,
        "/account/gifts"
    );
    let gifts = bob.page("/account/gifts").await;
    let gift = gifts
        .split("/account/gifts/")
        .find(|part| part.contains("/accept"))
        .unwrap();
    let path = format!("/account/gifts/{}", gift.split('"').next().unwrap());
    assert_eq!(
        bob.fill("/account/gifts", &path, &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(bob.page("/account/gifts").await.contains("Paint is yours now."));

    let page = ada.page("/account/teams").await;
    let fields = [
        ("token", value_of(&page, "token")),
        ("command", value_of(&page, "command")),
    ];
    let begun = [
        ("token", fields[0].1.as_str()),
        ("command", fields[1].1.as_str()),
        ("name", "Home"),
    ];
    let begun = ada.post("/account/teams", &begun).await;
    let team = location(&begun).to_owned();
    let invite = [
        ("email", "bob@example.com"),
        ("role", "member"),
        ("monthly_limit", "20"),
    ];
    ada.fill(&team, &format!("{team}/members"), &invite).await;
    assert_eq!(
        bob.fill("/account/teams", &format!("{team}/join"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let page = ada.page(&team).await;
    let put = [
        ("token", value_of(&page, "token")),
        ("command", value_of(&page, "command")),
    ];
    let put = [
        ("token", put[0].1.as_str()),
        ("command", put[1].1.as_str()),
        ("what", "put"),
        ("tokens", "40"),
    ];
    assert_eq!(
        ada.post(&format!("{team}/tokens"), &put).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(bob.page(&team).await.contains("You can still draw"));

    let orders = ada.page("/account/orders").await;
    let path = orders
        .split("href=\"/account/orders/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let path = format!("/account/orders/{}", path.replace("&amp;", "&"));
    let page = ada.page(&path).await;
    let action = path.split('?').next().unwrap().to_owned();
    assert_eq!(
        confirm(&mut ada, &page, &action, &["product", "at_least"]).await,
        "/account/orders"
    );
    assert!(
        ada.page("/account/orders")
            .await
            .contains("100 tokens are back; your wallet holds 400 tokens.")
    );

    assert_eq!(
        ada.fill("/account/wallet", "/account/wallet/alert", &[("below", "50")])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let wallet = ada.page("/account/wallet?kind=transfer").await;
    assert!(
        wallet.contains("Sent to another account") && !wallet.contains("Welcome tokens"),
        "{wallet}"
    );
    let statement = text(&ada.get("/account/wallet/statement.json").await);
    assert_eq!(
        StatementFile::verify(&statement, api.server.issuer()).unwrap().closing,
        400
    );
    assert!(text(&ada.get("/account/wallet/history.csv").await).starts_with("at,transfer,kind"));
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
}

#[tokio::test]
async fn operators_give_stop_and_take_back_and_others_do_not() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.register("bob@example.com").await;
    let order = api.pay(&token, "buy", None, 100).await.succeed()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut finance = Browser::operator(&api, Role::Finance).await;
    let page = finance.page("/console/campaigns").await;
    let (command, id) = (value_of(&page, "command"), value_of(&page, "id"));
    let grant = [
        ("command", command.as_str()),
        ("email", "ada@example.com"),
        ("tokens", "40"),
        ("reason", "Sorry"),
        ("until", "2030-01-01"),
        ("why", "goodwill"),
    ];
    for _ in 0..2 {
        let given = finance
            .fill("/console/campaigns", "/console/campaigns/grant", &grant)
            .await;
        assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", text(&given));
    }
    let begun = [
        ("id", id.as_str()),
        ("name", "Spring"),
        ("audience", "everyone"),
        ("tokens", "5"),
        ("budget", "5"),
        ("days", "30"),
        ("why", "season"),
    ];
    let begun = finance.fill("/console/campaigns", "/console/campaigns", &begun).await;
    assert_eq!(location(&begun), "/console/campaigns", "{}", text(&begun));
    let path = format!("/console/campaigns/{id}");
    assert_eq!(
        scrip_server::run_job(&api.server, "campaigns").await.unwrap(),
        "1 accounts were given tokens"
    );
    assert!(finance.page(&path).await.contains("budget spent"));
    finance
        .fill(&path, &format!("{path}/close"), &[("why", "enough")])
        .await;
    assert!(finance.page(&path).await.contains("over"));

    let path = format!("/console/refunds?order={order}");
    assert!(
        finance
            .page(&path)
            .await
            .contains("Take org.example.Paint back for 100 tokens")
    );
    let back = [
        ("order", order.as_str()),
        ("product", "org.example.Paint"),
        ("why", "asked on the phone"),
    ];
    let back = finance.fill("/console/refunds", "/console/refunds", &back).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", text(&back));
    finance.page("/console/transfers?state=waiting").await;

    let mut catalog = Browser::operator(&api, Role::Catalog).await;
    for path in ["/console/campaigns", "/console/transfers", "/console/refunds"] {
        assert_eq!(catalog.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let log = owner.page("/console/log").await;
    for deed in ["tokens.granted", "campaign.begun", "campaign.ended", "order.refunded"] {
        assert!(log.contains(deed), "{deed}: {log}");
    }
    assert_eq!(api.server.store().audit().await.unwrap().breaches, []);
}
