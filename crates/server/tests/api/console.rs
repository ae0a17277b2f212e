//! The console: who gets in, who may do what, and that deeds are logged.

use http::StatusCode;
use scrip_domain::Role;

use crate::browser::{Browser, location, text};
use crate::support::Api;

#[tokio::test]
async fn nobody_reaches_the_console_without_signing_in() {
    let api = Api::new().await;
    api.register("ada@example.com").await;
    let mut ada = Browser::signed_in(&api, "ada@example.com").await;
    for path in ["/console", "/console/log", "/console/operators"] {
        let turned_away = ada.get(path).await;
        assert_eq!(
            (turned_away.status, location(&turned_away)),
            (StatusCode::SEE_OTHER, "/console/sign-in"),
            "{path}"
        );
    }
    let page = ada.page("/console/sign-in").await;
    assert!(page.contains("There is no operator yet"), "{page}");
    let absent = ada.get("/console/nothing/here").await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    assert!(text(&absent).contains("request.not_found"), "{}", text(&absent));
}

#[tokio::test]
async fn an_owner_admits_and_shuts_out_and_every_deed_is_logged() {
    let api = Api::new().await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let new = [
        ("email", "cat@vendor.example"),
        ("role", "catalog"),
        ("password", "battery staple"),
        ("why", "sells <b>pens</b>"),
    ];
    let admitted = owner.fill("/console/operators", "/console/operators", &new).await;
    assert_eq!(
        (admitted.status, location(&admitted)),
        (StatusCode::SEE_OTHER, "/console/operators")
    );
    let page = owner.page("/console/operators").await;
    assert!(
        page.contains("cat@vendor.example can sign in now, as Catalog."),
        "{page}"
    );
    assert!(
        !owner.page("/console/operators").await.contains("can sign in now"),
        "it is said once"
    );
    let again = owner.fill("/console/operators", "/console/operators", &new).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(text(&again).contains("operator.email_taken"), "{}", text(&again));
    let log = owner.page("/console/log").await;
    assert!(
        log.contains("operator.admitted") && log.contains("sells &lt;b&gt;pens&lt;/b&gt;"),
        "{log}"
    );

    let mut cat = Browser::new(&api);
    let fields = [("email", "cat@vendor.example"), ("password", "battery staple")];
    let inside = cat.fill("/console/sign-in", "/console/sign-in", &fields).await;
    assert_eq!(location(&inside), "/console");
    assert!(
        !cat.page("/console").await.contains("/console/operators"),
        "what is not allowed is not offered"
    );
    for path in ["/console/operators", "/console/log"] {
        let refused = cat.get(path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        assert!(text(&refused).contains("operator.forbidden"));
    }
    let token = cat.token("/console").await;
    let sent = [("token", token.as_str()), new[0], ("role", "owner"), new[2], new[3]];
    assert_eq!(
        cat.post("/console/operators", &sent).await.status,
        StatusCode::FORBIDDEN
    );

    let row = api
        .server
        .store()
        .operator_by_email(&"cat@vendor.example".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let path = format!("/console/operators/{}/access", row.id);
    let out = owner
        .fill("/console/operators", &path, &[("disabled", "true"), ("why", "left")])
        .await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_eq!(
        location(&cat.get("/console").await),
        "/console/sign-in",
        "sessions end at once"
    );
    let refused = cat.fill("/console/sign-in", "/console/sign-in", &fields).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(api.server.store().audit().await.unwrap().breaches.is_empty());
}

#[tokio::test]
async fn the_last_owner_stays_and_strange_forms_do_nothing() {
    let api = Api::new().await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let row = api
        .server
        .store()
        .operator_by_email(&"owner@vendor.example".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let path = format!("/console/operators/{}/role", row.id);
    let kept = owner
        .fill("/console/operators", &path, &[("role", "support"), ("why", "tired")])
        .await;
    assert_eq!(kept.status, StatusCode::CONFLICT);
    assert!(text(&kept).contains("operator.last_owner"), "{}", text(&kept));
    let stale = owner
        .post(&path, &[("token", "x"), ("role", "owner"), ("why", "")])
        .await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    assert!(text(&stale).contains("form.stale"), "{}", text(&stale));
    let strange = owner
        .fill("/console/operators", &path, &[("role", "king"), ("why", "")])
        .await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST);
    let left = owner.fill("/console", "/console/sign-out", &[]).await;
    assert_eq!(location(&left), "/console/sign-in");
    assert_eq!(owner.get("/console").await.status, StatusCode::SEE_OTHER);
}
