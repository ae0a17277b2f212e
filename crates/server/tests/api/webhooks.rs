//! Messages to a real endpoint: signed, once, again after a failure, and never to where they should not go.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use scrip_domain::{Clock as _, Coded as _, Role, SystemClock};
use scrip_server::{WebhookReport, send_webhooks};
use scrip_store::Act;
use uuid::Uuid;

use crate::browser::{Browser, location, text};
use crate::support::Api;

const ACT: Act<'_> = Act {
    actor: "cli",
    action: "webhook.added",
    subject: "test",
    why: "test",
};
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What an endpoint got, and what it answers next.
#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    /// Listens on a free port until the test ends; answers the address.
    async fn listen(&self) -> String {
        async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap) {
            let body = String::from_utf8(body.to_vec()).unwrap();
            receiver.got.lock().unwrap().push((headers, body));
            let answer = receiver.answers.lock().unwrap().pop().unwrap_or(204);
            let mut headers = HeaderMap::new();
            if answer == 302 {
                headers.insert("location", "/hook".parse().unwrap());
            }
            (StatusCode::from_u16(answer).unwrap(), headers)
        }
        let router = axum::Router::new()
            .route("/hook", post(take).get(take))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook")
    }

    fn take(&self) -> Vec<(HeaderMap, String)> {
        std::mem::take(&mut self.got.lock().unwrap())
    }
}

/// A signature as a receiver checks it (Standard Webhooks), not by our code.
fn check(headers: &HeaderMap, body: &str, secret: &str) -> bool {
    use base64ct::{Base64, Encoding as _};
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let key = Base64::decode_vec(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
    text("webhook-signature").split(' ').any(|signature| {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
        mac.update(signed.as_bytes());
        let signature = Base64::decode_vec(signature.strip_prefix("v1,").unwrap()).unwrap();
        mac.verify_slice(&signature).is_ok()
    })
}

/// Whether a library for receivers that nobody here wrote takes a message. It refuses what is older than five minutes, too.
fn foreign_check(headers: &HeaderMap, body: &str, secret: &str) -> bool {
    const SCRIPT: &str = "import json, sys\nfrom standardwebhooks.webhooks import Webhook, WebhookVerificationError\n\
        said = json.load(sys.stdin)\ntry:\n    Webhook(said['secret']).verify(said['body'], said['headers'])\n\
        except WebhookVerificationError as why:\n    print(why)\n    sys.exit(3)\n";
    let headers: serde_json::Map<_, _> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
        .collect();
    let said = serde_json::json!({"headers": headers, "body": body, "secret": secret});
    let mut run = Command::new(scrip_testkit::python());
    run.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut run = run.spawn().unwrap();
    let mut input = run.stdin.take().unwrap();
    input.write_all(said.to_string().as_bytes()).unwrap();
    drop(input);
    match run.wait().unwrap().code() {
        Some(0) => true,
        Some(3) => false,
        other => panic!("the receiver's library ended with {other:?}: cargo xtask setup installs it"),
    }
}

async fn endpoint(api: &Api, url: &str) -> Uuid {
    let id = Uuid::new_v4();
    assert!(
        api.server
            .store()
            .add_endpoint(id, url, &[], SECRET, &ACT)
            .await
            .unwrap()
    );
    id
}

async fn send(api: &Api) -> (usize, usize) {
    let WebhookReport { arrived, failed, .. } = send_webhooks(&api.server).await.unwrap();
    (arrived, failed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_signed_arrive_once_and_come_again_after_a_failure() {
    let api = Api::with_settings("webhooks_private = true").await;
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    let id = endpoint(&api, &url).await;
    api.register("ada@example.com").await;
    assert_eq!(send(&api).await, (2, 0));
    assert_eq!(send(&api).await, (0, 0));
    let got = receiver.take();
    assert_eq!(got.len(), 2);
    for (headers, body) in &got {
        assert!(check(headers, body, SECRET));
        assert!(!check(headers, &format!("{body} "), SECRET), "a changed message passes");
        assert!(!body.contains("ada@example.com"));
    }

    // Two failures, then a redirection, which is one too: the message comes again with the same id at growing distances.
    receiver.answers.lock().unwrap().extend([302, 500, 503]);
    let store = api.server.store();
    store.ping_endpoint(id, Uuid::new_v4(), &ACT).await.unwrap();
    assert_eq!(send(&api).await, (0, 1));
    assert_eq!(send(&api).await, (0, 0), "not before its time");
    for (seconds, expected) in [(5, (0, 1)), (300, (0, 1)), (1800, (1, 0))] {
        api.clock.advance_seconds(seconds);
        assert_eq!(send(&api).await, expected);
    }
    let ids: Vec<_> = receiver
        .take()
        .into_iter()
        .map(|(headers, _)| headers["webhook-id"].clone())
        .collect();
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| *id == ids[0]));

    // After a change both secrets sign, later the new one alone.
    let other = "whsec_HxAeDQwLCgkIBwYFBAMCAQAPDg0MCwoJCAcGBQQDAgE=";
    let until = api.server.now().plus_seconds(60);
    store.rotate_endpoint(id, other, until, &ACT).await.unwrap();
    for both in [true, false] {
        store.ping_endpoint(id, Uuid::new_v4(), &ACT).await.unwrap();
        assert_eq!(send(&api).await, (1, 0));
        let (headers, body) = receiver.take().remove(0);
        assert_eq!(
            (check(&headers, &body, other), check(&headers, &body, SECRET)),
            (true, both)
        );
        api.clock.advance_seconds(60);
    }

    // Whoever is gone is left alone.
    receiver.answers.lock().unwrap().push(410);
    store.ping_endpoint(id, Uuid::new_v4(), &ACT).await.unwrap();
    assert_eq!(send(&api).await, (0, 1));
    assert!(store.endpoint(id).await.unwrap().stopped.is_some());
    let text = String::from_utf8(api.get("/metrics", None).await.bytes).unwrap();
    assert!(
        text.contains("scrip_webhook_attempts_total{outcome=\"failed\"} 4"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receivers_own_library_takes_the_messages_and_no_changed_ones() {
    let api = Api::with_settings("webhooks_private = true").await;
    // The library looks at the time of this machine.
    api.clock
        .advance_seconds(SystemClock.now().seconds() - api.server.now().seconds());
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    let id = endpoint(&api, &url).await;
    let store = api.server.store();
    let send_one = async || {
        store.ping_endpoint(id, Uuid::new_v4(), &ACT).await.unwrap();
        assert_eq!(send(&api).await, (1, 0));
        receiver.take().remove(0)
    };
    let (headers, body) = send_one().await;
    assert!(foreign_check(&headers, &body, SECRET));
    assert!(!foreign_check(&headers, &format!("{body} "), SECRET));
    let other = "whsec_HxAeDQwLCgkIBwYFBAMCAQAPDg0MCwoJCAcGBQQDAgE=";
    assert!(!foreign_check(&headers, &body, other));
    for (name, changed) in [("webhook-id", "msg_other"), ("webhook-timestamp", "1800000000")] {
        let mut headers = headers.clone();
        headers.insert(name, changed.parse().unwrap());
        assert!(
            !foreign_check(&headers, &body, SECRET),
            "a message with another {name} passes"
        );
    }
    // While a secret is changed, both sign.
    store
        .rotate_endpoint(id, other, api.server.now().plus_seconds(60), &ACT)
        .await
        .unwrap();
    let (headers, body) = send_one().await;
    assert!(foreign_check(&headers, &body, SECRET) && foreign_check(&headers, &body, other));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_never_go_into_the_vendors_own_networks_unless_that_is_allowed() {
    let api = Api::new().await;
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    // As if an address had changed since it was checked, or a name led here.
    let port = url.rsplit(':').next().unwrap().to_owned();
    for url in [
        url,
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        format!("https://[::1]:{port}"),
    ] {
        endpoint(&api, &url).await;
    }
    api.register("ada@example.com").await;
    assert_eq!(send(&api).await, (0, 8));
    assert_eq!(receiver.take().len(), 0);
    let log = api.server.store().deliveries(None, None, 10).await.unwrap();
    assert!(
        log.iter()
            .all(|message| message.answer.is_none() && message.problem.contains("not told")),
        "{log:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_answers_nothing_for_days_is_told_nothing_more() {
    let api = Api::with_settings("webhooks_private = true").await;
    // A port that nobody listens on any more.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", closed.local_addr().unwrap());
    drop(closed);
    let id = endpoint(&api, &url).await;
    let store = api.server.store();
    for _ in 0..7 {
        store.ping_endpoint(id, Uuid::new_v4(), &ACT).await.unwrap();
        send(&api).await;
        api.clock.advance_seconds(86_400);
    }
    let (_, why) = store.endpoint(id).await.unwrap().stopped.unwrap();
    assert!(why.contains("five days"), "{why}");
    assert_eq!(send(&api).await, (0, 0));
    assert_eq!(
        store.endpoint(Uuid::new_v4()).await.unwrap_err().code().as_str(),
        "webhook.not_found"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_adds_an_endpoint_sees_its_messages_and_changes_its_secret() {
    let api = Api::with_settings("webhooks_private = true").await;
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let (list, why) = ("/console/webhooks", ("why", "the warehouse asks for it"));
    let token = owner.token(list).await;
    let id = Uuid::new_v4().to_string();
    let bad = [
        ("token", token.as_str()),
        ("id", &id),
        ("url", "ftp://example.com"),
        why,
    ];
    let refused = owner.post(list, &bad).await;
    assert!(text(&refused).contains("webhook.address_refused"), "{}", text(&refused));
    let new = [
        ("token", token.as_str()),
        ("id", &id),
        ("url", &url),
        ("account.opened", "on"),
        why,
    ];
    let added = owner.post(list, &new).await;
    let shown = text(&added);
    let secret = shown.split_once("whsec_").unwrap().1.split('<').next().unwrap();
    let secret = format!("whsec_{secret}");
    let twice = owner.post(list, &new).await;
    let page = format!("{list}/{id}");
    assert_eq!(location(&twice), page);
    assert!(owner.page(list).await.contains(&url));
    api.register("ada@example.com").await;
    assert_eq!(send(&api).await, (1, 0), "the grant is not told");
    let (headers, body) = receiver.take().remove(0);
    assert!(check(&headers, &body, &secret));
    let log = owner.page(&page).await;
    assert!(
        log.contains("account.opened") && log.contains("arrived") && !log.contains(&secret),
        "{log}"
    );
    let rotated = owner.fill(&page, &format!("{page}/secret"), &[why]).await;
    assert!(text(&rotated).contains("whsec_") && !text(&rotated).contains(&secret));
    let stopped = owner
        .fill(&page, &format!("{page}/access"), &[("stopped", "true"), why])
        .await;
    assert_eq!(location(&stopped), page);
    assert!(owner.page(&page).await.contains("an operator stopped it"));
    let acts = api.server.store().acts(None, None, 10).await.unwrap();
    let acts: Vec<_> = acts.iter().map(|act| act.action.as_str()).collect();
    assert_eq!(
        acts[..3],
        ["webhook.stopped", "webhook.secret_changed", "webhook.added"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_pauses_a_job_and_has_it_done() {
    let api = Api::new().await;
    let mut owner = Browser::operator(&api, Role::Owner).await;
    let list = "/console/jobs";
    assert!(owner.page(list).await.contains("renewals"));
    let why = ("why", "the books are closed");
    let never_ran = owner
        .fill(list, "/console/jobs/renewals/pause", &[("paused", "true"), why])
        .await;
    assert!(text(&never_ran).contains("job.unknown"), "{}", text(&never_ran));
    scrip_server::run_job(&api.server, "renewals").await.unwrap();
    for (path, field) in [("pause", ("paused", "true")), ("hurry", ("x", "y"))] {
        let done = owner
            .fill(list, &format!("/console/jobs/renewals/{path}"), &[field, why])
            .await;
        assert_eq!(location(&done), list, "{}", text(&done));
    }
    let job = scrip_server::list_jobs(&api.server).await.unwrap();
    let job = job.iter().find(|job| job.name == "renewals").unwrap();
    assert!(job.paused && job.due_at.unwrap().micros() == 0);
    assert!(owner.page(list).await.contains("paused"));
    let mut reader = Browser::operator(&api, Role::ReadOnly).await;
    let page = reader.page(list).await;
    assert!(page.contains("renewals") && !page.contains("Do it now"));
    let token = reader.token(list).await;
    let refused = reader
        .post("/console/jobs/renewals/hurry", &[("token", token.as_str()), why])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
