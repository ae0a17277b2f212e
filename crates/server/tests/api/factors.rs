//! The second factor of operators: set up at the console, asked for at the sign-in, demanded by the settings, reset by another owner.

use http::StatusCode;
use scrip_domain::{ApprovalPolicy, ConsolePolicy, Password, Role};
use scrip_server::Error;
use scrip_server::deeds::{Decider, decide, needs_code};
use scrip_store::{Act, NewApproval, OperatorRow, Setting};
use uuid::Uuid;

use crate::browser::{Browser, admit, location, text};
use crate::security::app_shows;
use crate::support::Api;

const PATH: &str = "/console/second-factor";
const CONFIRM: &str = "/console/second-factor/confirm";
const PASSWORD: (&str, &str) = ("password", "correct horse");

async fn set<T: Setting>(api: &Api, policy: &T) {
    let act = Act {
        actor: "cli",
        action: "settings.changed",
        subject: T::NAME,
        why: "test",
    };
    api.server.store().put_setting(policy, &act).await.unwrap();
}

async fn demand(api: &Api) {
    let policy = ConsolePolicy {
        second_factor_required: true,
    };
    set(api, &policy).await;
}

async fn row(api: &Api, email: &str) -> OperatorRow {
    let found = api.server.store().operator_by_email(&email.parse().unwrap()).await;
    found.unwrap().unwrap()
}

/// Sets an authenticator up; its secret and the spare codes.
async fn enroll(api: &Api, browser: &mut Browser<'_>) -> (String, Vec<String>) {
    let begun = browser.fill(PATH, PATH, &[PASSWORD]).await;
    assert_eq!((begun.status, location(&begun)), (StatusCode::SEE_OTHER, PATH));
    let page = browser.page(PATH).await;
    assert!(
        page.contains("role=\"img\" aria-label=\"QR picture of the secret\""),
        "{page}"
    );
    let secret = page
        .split("Secret: <code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .replace(' ', "");
    let wrong = browser.fill(PATH, CONFIRM, &[("code", "12345")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&wrong).contains("auth.second_factor_wrong"), "{}", text(&wrong));
    let code = app_shows(&secret, api.server.now().seconds());
    let done = browser.fill(PATH, CONFIRM, &[("code", code.as_str())]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", text(&done));
    let page = text(&done);
    let spares = page.split("<li><code>").skip(1);
    let spares: Vec<_> = spares.map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(spares.len(), 10);
    (secret, spares)
}

async fn sign_in(browser: &mut Browser<'_>, email: &str, code: &str) -> StatusCode {
    let fields = [("email", email), PASSWORD, ("code", code)];
    let answer = browser.fill("/console/sign-in", "/console/sign-in", &fields).await;
    if answer.status != StatusCode::SEE_OTHER {
        assert!(
            text(&answer).contains("name=\"code\"") || code.is_empty(),
            "{}",
            text(&answer)
        );
    }
    answer.status
}

#[tokio::test]
async fn what_is_set_up_is_asked_for_and_each_code_serves_once() {
    let api = Api::with_settings("sign_ins_per_minute = 1000").await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    assert!(
        owner.page("/console").await.contains(PATH),
        "it is found in the navigation"
    );
    let (secret, spares) = enroll(&api, &mut owner).await;
    assert!(owner.page(PATH).await.contains("10 spare codes are left"));
    let me = "owner@vendor.example";
    let mut other = Browser::new(&api);
    let asked = other
        .fill("/console/sign-in", "/console/sign-in", &[("email", me), PASSWORD])
        .await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert!(
        text(&asked).contains("with the code of your authenticator app"),
        "{}",
        text(&asked)
    );
    assert_eq!(sign_in(&mut other, me, "000 00x").await, StatusCode::UNAUTHORIZED);
    // The step that confirmed it is used up.
    let now = api.server.now().seconds();
    assert_eq!(
        sign_in(&mut other, me, &app_shows(&secret, now)).await,
        StatusCode::UNAUTHORIZED
    );
    api.clock.advance_seconds(60);
    let code = app_shows(&secret, now + 60);
    assert_eq!(sign_in(&mut other, me, &code).await, StatusCode::SEE_OTHER);
    assert_eq!(
        sign_in(&mut Browser::new(&api), me, &code).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        sign_in(&mut Browser::new(&api), me, &spares[3]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        sign_in(&mut Browser::new(&api), me, &spares[3]).await,
        StatusCode::UNAUTHORIZED
    );
    // A wrong password tells nothing of the second factor.
    let fields = [("email", me), ("password", "wrong horse"), ("code", "")];
    let wrong = Browser::new(&api)
        .fill("/console/sign-in", "/console/sign-in", &fields)
        .await;
    assert!(!text(&wrong).contains("authenticator"), "{}", text(&wrong));
    // It is taken off with the password alone by who is signed in.
    let off = owner
        .fill(PATH, "/console/second-factor/remove", &[("password", "wrong horse")])
        .await;
    assert_eq!(off.status, StatusCode::UNPROCESSABLE_ENTITY);
    let off = owner.fill(PATH, "/console/second-factor/remove", &[PASSWORD]).await;
    assert_eq!(off.status, StatusCode::SEE_OTHER);
    assert_eq!(sign_in(&mut Browser::new(&api), me, "").await, StatusCode::SEE_OTHER);
    let log = owner.page("/console/log").await;
    for action in ["operator.factor_added", "operator.factor_removed"] {
        assert!(log.contains(action), "{action}");
    }
    assert!(api.server.store().audit().await.unwrap().breaches.is_empty());
}

#[tokio::test]
async fn whoever_must_have_one_sets_it_up_before_anything_else() {
    let api = Api::with_settings("sign_ins_per_minute = 1000").await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    demand(&api).await;
    for path in ["/console", "/console/operators", "/console/settings/console"] {
        let sent = owner.get(path).await;
        assert_eq!((sent.status, location(&sent)), (StatusCode::SEE_OTHER, PATH), "{path}");
    }
    let page = owner.page(PATH).await;
    assert!(page.contains("demands a second factor of everybody"), "{page}");
    // A deed is no way around.
    let token = owner.token(PATH).await;
    let new = [
        ("token", token.as_str()),
        ("email", "eve@vendor.example"),
        ("role", "owner"),
        PASSWORD,
        ("why", "x"),
    ];
    let refused = owner.post("/console/operators", &new).await;
    assert_eq!(location(&refused), PATH);
    assert!(
        api.server
            .store()
            .operator_by_email(&"eve@vendor.example".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
    enroll(&api, &mut owner).await;
    assert!(
        owner
            .page("/console/settings/console")
            .await
            .contains("Every operator has a second factor")
    );
    let kept = owner
        .fill("/console", "/console/second-factor/remove", &[PASSWORD])
        .await;
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&kept).contains("the vendor demands it"), "{}", text(&kept));
}

#[tokio::test]
async fn another_owner_takes_it_off_and_a_third_approves_where_the_settings_say_so() {
    let api = Api::with_settings("sign_ins_per_minute = 1000").await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    for email in ["bob@vendor.example", "eve@vendor.example"] {
        admit(&api, email, Role::Owner).await;
    }
    let mut bob = Browser::new(&api);
    assert_eq!(sign_in(&mut bob, "bob@vendor.example", "").await, StatusCode::SEE_OTHER);
    enroll(&api, &mut bob).await;
    let id = row(&api, "bob@vendor.example").await.id;
    let path = format!("/console/operators/{id}/second-factor");
    let own = bob.fill("/console/operators", &path, &[("why", "lost it")]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    let policy = ApprovalPolicy {
        second_factors: true,
        ..ApprovalPolicy::default()
    };
    set(&api, &policy).await;
    let asked = owner
        .fill("/console/operators", &path, &[("why", "bob lost his telephone")])
        .await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", text(&asked));
    assert!(
        row(&api, "bob@vendor.example").await.has_factor,
        "it waits for another owner"
    );
    let waiting = api.server.store().approvals(None, None, 10).await.unwrap();
    let page = format!("/console/approvals/{}", waiting[0].id);
    let mut eve = Browser::new(&api);
    assert_eq!(sign_in(&mut eve, "eve@vendor.example", "").await, StatusCode::SEE_OTHER);
    let fields = [("answer", "approve"), ("why", "he called me")];
    let approved = eve.fill(&page, &format!("{page}/decision"), &fields).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", text(&approved));
    assert!(!row(&api, "bob@vendor.example").await.has_factor);
    assert_eq!(
        location(&bob.get("/console").await),
        "/console/sign-in",
        "every session ended"
    );
    assert_eq!(sign_in(&mut bob, "bob@vendor.example", "").await, StatusCode::SEE_OTHER);
    let log = owner.page("/console/log").await;
    assert!(
        log.contains("operator.factor_reset") && log.contains("bob lost his telephone"),
        "{log}"
    );
    let mut support = Browser::operator(&api, Role::Support).await;
    let token = support.token("/console").await;
    let refused = support.post(&path, &[("token", token.as_str()), ("why", "x")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

async fn decide_on_the_machine(api: &Api, request: Uuid, password: &str, code: &str) -> Result<String, Error> {
    let by = Decider {
        email: "owner@vendor.example".parse().unwrap(),
        password: Password::new(password),
        code: code.to_owned(),
    };
    decide(&api.server, by, request, false, "checked").await
}

#[tokio::test]
async fn whoever_decides_on_the_machine_shows_the_code_too() {
    let api = Api::with_settings("sign_ins_per_minute = 1000").await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let me = "owner@vendor.example".parse().unwrap();
    let ask = async || {
        let new = NewApproval {
            deed: "tokens.grant",
            summary: "Give 5 tokens to ada@example.com.",
            body: "{}",
        };
        let act = Act {
            actor: "cli",
            action: "approval.asked",
            subject: "",
            why: "test",
        };
        api.server.store().ask_approval(&new, &act).await.unwrap()
    };
    // Where the vendor demands one, an operator without it decides nothing.
    let request = ask().await;
    assert!(!needs_code(&api.server, &me).await.unwrap());
    demand(&api).await;
    let without = decide_on_the_machine(&api, request, "correct horse", "").await;
    assert!(matches!(without, Err(Error::SecondFactorState { .. })), "{without:?}");
    let (secret, spares) = enroll(&api, &mut owner).await;
    assert!(needs_code(&api.server, &me).await.unwrap());
    // A wrong password tells nothing of the second factor.
    let wrong = decide_on_the_machine(&api, request, "wrong horse", "").await;
    assert!(matches!(wrong, Err(Error::CredentialsWrong)), "{wrong:?}");
    let missing = decide_on_the_machine(&api, request, "correct horse", "").await;
    assert!(matches!(missing, Err(Error::SecondFactorMissing)), "{missing:?}");
    let wrong = decide_on_the_machine(&api, request, "correct horse", "12345").await;
    assert!(matches!(wrong, Err(Error::SecondFactorWrong)), "{wrong:?}");
    api.clock.advance_seconds(60);
    let code = app_shows(&secret, api.server.now().seconds());
    let said = decide_on_the_machine(&api, request, "correct horse", &code)
        .await
        .unwrap();
    assert_eq!(said, "It will not be done.");
    let next = ask().await;
    let used = decide_on_the_machine(&api, next, "correct horse", &code).await;
    assert!(matches!(used, Err(Error::SecondFactorWrong)), "{used:?}");
    decide_on_the_machine(&api, next, "correct horse", &spares[0])
        .await
        .unwrap();
}
