//! The vendor's own programs that are told what happens: endpoints, their secrets, and a log of every message.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{DeedKind, Permission};
use scrip_store::{DeliveryRow, EVENT_KINDS, Endpoint};
use serde::Deserialize;
use uuid::Uuid;

use crate::console::Operator;
use crate::deeds::{self, ADD_ENDPOINT, ENDPOINT_SECRET, NewEndpoint, OneEndpoint};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, day, facts, hidden,
    limit_one_more, number, pager, reveal, section, text, when,
};
use crate::request::{Path, Query};
use crate::webhooks::{check_url, new_secret};
use crate::{Error, Server};

const PATH: &str = "/console/webhooks";
/// How long the secret before still signs after a change, in seconds: a day.
const OLD_SECRET_SECONDS: i64 = 86_400;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list).post(add))
        .route("/console/webhooks/{endpoint}", get(show))
        .route("/console/webhooks/{endpoint}/access", post(set_access))
        .route("/console/webhooks/{endpoint}/secret", post(rotate))
        .route("/console/webhooks/{endpoint}/test", post(test))
        .route("/console/webhooks/{endpoint}/again/{delivery}", post(again))
}

fn why_field(id: &str) -> Field<'static> {
    Field::text("why", "Why").id(id).length_max(200).required()
}

fn state(endpoint: &Endpoint) -> Markup {
    match (&endpoint.stopped, endpoint.failing_since) {
        (Some((_, why)), _) => html! { (badge(Tone::Bad, "stopped")) " " (why) },
        (None, Some(since)) => html! { (badge(Tone::Wait, "failing")) " since " (when(since)) },
        (None, None) => badge(Tone::Good, "is told"),
    }
}

async fn list(State(server): State<Server>, operator: Operator) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let endpoints = server.0.store.endpoints().await?;
    let table = Table::new(
        "Endpoints",
        [text("Address"), text("Is told"), text("State"), text("Since")],
    )
    .empty("Nobody is told anything yet.")
    .rows(&endpoints, |endpoint| {
        let events = if endpoint.events.is_empty() {
            "everything".to_owned()
        } else {
            endpoint.events.join(", ")
        };
        vec![
            html! { a href=(format!("{PATH}/{}", endpoint.id)) { (endpoint.url) } },
            html! { (events) },
            state(endpoint),
            day(endpoint.created_at),
        ]
    });
    let fields = html! {
        (hidden("id", server.0.ids.new_id(&*server.0.clock)))
        (Field::text("url", "Address").length_max(1000).required().autocomplete("off").hint("https://…"))
        fieldset {
            legend { "What it is told; everything where nothing is ticked" }
            @for (kind, about) in EVENT_KINDS.iter().filter(|(kind, _)| *kind != "ping") {
                (Field::check(kind, format!("{about} ({kind})")))
            }
        }
        (why_field("why-add"))
    };
    let body = html! {
        p { "Your own programs are told what happens by a POST of JSON, signed as "
            a href="https://www.standardwebhooks.com" { "Standard Webhooks" } " describes. A message is sent again for three days until "
            "it is answered with 2xx; its " code { "webhook-id" } " stays the same." }
        (table)
        (section("Add an endpoint", &html! { (Form::post(&operator, PATH, "Add", fields)) }))
    };
    Ok(Page::new("Webhooks", body).show(&operator))
}

/// Fields of the form, where each ticked kind is a field of its own.
async fn add(
    State(server): State<Server>,
    operator: Operator,
    Sent(fields): Sent<Vec<(String, String)>>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let id = Uuid::try_parse(field("id")).map_err(|_| Error::Malformed {
        why: "the endpoint has no id".to_owned(),
    })?;
    let url = check_url(&server, field("url").trim())?;
    let known = |kind: &&(&str, &str)| fields.iter().any(|(key, _)| key == kind.0);
    let events: Vec<_> = EVENT_KINDS
        .iter()
        .filter(known)
        .map(|(kind, _)| (*kind).to_owned())
        .collect();
    let summary = format!(
        "Tell {url} {}.",
        if events.is_empty() {
            "everything".to_owned()
        } else {
            events.join(", ")
        }
    );
    let one = NewEndpoint {
        url: &url,
        events: &events,
    };
    let (by, asked) = (
        deeds::Asker::Operator(&operator.email),
        (summary.as_str(), &one, field("why")),
    );
    if let Some(waits) = deeds::hold(&server, by, &ADD_ENDPOINT, DeedKind::Webhooks, asked).await? {
        return Ok(operator.visit().see_saying(PATH, &waits));
    }
    let secret = new_secret()?;
    let act = operator.act("webhook.added", &url, field("why"));
    if !server.0.store.add_endpoint(id, &url, &events, &secret, &act).await? {
        return Ok(operator
            .visit()
            .see_saying(&format!("{PATH}/{id}"), "The endpoint is there already."));
    }
    Ok(told_secret(&operator, id, &url, &secret))
}

/// The page that shows a new secret, once.
fn told_secret(operator: &Operator, id: Uuid, url: &str, secret: &str) -> Response {
    let body = html! {
        p { "This secret signs the messages to " (url) ". It is shown now and never again; give it to the program that takes them." }
        (facts([("Secret", html! { code { (secret) } })]))
        p { a href=(format!("{PATH}/{id}")) { "Go on to the endpoint" } }
    };
    Page::new("The endpoint's secret", body)
        .above(PATH, "Webhooks")
        .show(operator)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<Uuid>,
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let store = &server.0.store;
    let endpoint = store.endpoint(id).await?;
    let mut messages = store.deliveries(Some(id), wanted.before, limit_one_more()).await?;
    let more = cut(&mut messages);
    let path = format!("{PATH}/{id}");
    let first = wanted.before.map(|_| path.clone());
    let last = messages.last().filter(|_| more).map(|message| message.id.to_string());
    let next = last.map(|id| address(&path, &[("before", &id)]));
    let events = if endpoint.events.is_empty() {
        "everything".to_owned()
    } else {
        endpoint.events.join(", ")
    };
    let stopped = endpoint.stopped.is_some();
    let access = html! { (hidden("stopped", !stopped)) (why_field("why-access")) };
    let word = if stopped { "Tell it again" } else { "Stop telling it" };
    let test = html! { (hidden("event", server.0.ids.new_id(&*server.0.clock))) };
    let body = html! {
        (facts([("State", state(&endpoint)), ("Is told", html! { (events) }), ("Since", day(endpoint.created_at))]))
        (Form::post(&operator, format!("{path}/test"), "Send a test", test))
        (reveal("Change the endpoint", &html! {
            (Form::post(&operator, format!("{path}/access"), word, access).quiet())
            (Form::post(&operator, format!("{path}/secret"), "Make a new secret", html! {
                p { "The one before signs too for a day." }
                (why_field("why-secret"))
            }).quiet())
        }))
        (section("Messages", &html! { (log(&operator, &path, &messages)) (pager(first, next)) }))
    };
    Ok(Page::new(endpoint.url.clone(), body)
        .above(PATH, "Webhooks")
        .show(&operator))
}

fn log(operator: &Operator, path: &str, messages: &[DeliveryRow]) -> Markup {
    let columns = [
        text("Event"),
        text("State"),
        number("Tries"),
        number("Answer"),
        text("Due"),
        text("Message"),
        text("Change"),
    ];
    let table = Table::new("Messages", columns)
        .empty("Nothing was sent yet.")
        .rows(messages, |message| {
            let (tone, word) = match message.status.as_str() {
                "arrived" => (Tone::Good, "arrived"),
                "waiting" => (Tone::Wait, "waits"),
                _ => (Tone::Bad, "given up"),
            };
            let answer = message
                .answer
                .map_or_else(|| "–".to_owned(), |answer| answer.to_string());
            let again = html! { (why_field(&format!("why-{}", message.id))) };
            let to = format!("{path}/again/{}", message.id);
            vec![
                html! { (message.kind) },
                html! { (badge(tone, word)) @if !message.problem.is_empty() { " " span.soft { (message.problem) } } },
                html! { (message.attempts) },
                html! { (answer) },
                when(message.due_at),
                reveal(
                    &format!("Show {}", message.event),
                    &html! { pre { code { (message.body) } } },
                ),
                reveal(
                    &format!("Send {} again", message.event),
                    &html! { (Form::post(operator, to, "Send again", again).quiet()) },
                ),
            ]
        });
    html! { (table) }
}

#[derive(Deserialize)]
struct NewAccess {
    stopped: bool,
    why: String,
}

async fn set_access(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(new): Sent<NewAccess>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let subject = id.to_string();
    let (action, why, done) = if new.stopped {
        (
            "webhook.stopped",
            Some("an operator stopped it"),
            "The endpoint is told nothing more.",
        )
    } else {
        (
            "webhook.resumed",
            None,
            "The endpoint is told again, and what waited is sent.",
        )
    };
    let act = operator.act(action, &subject, &new.why);
    server.0.store.stop_endpoint(id, why, &act).await?;
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), done))
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn rotate(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let endpoint = server.0.store.endpoint(id).await?;
    let summary = format!("Make a new secret for {}.", endpoint.url);
    let (by, one) = (deeds::Asker::Operator(&operator.email), OneEndpoint { endpoint: id });
    let asked = (summary.as_str(), &one, sent.why.as_str());
    if let Some(waits) = deeds::hold(&server, by, &ENDPOINT_SECRET, DeedKind::Webhooks, asked).await? {
        return Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &waits));
    }
    let (secret, subject) = (new_secret()?, id.to_string());
    let act = operator.act("webhook.secret_changed", &subject, &sent.why);
    let until = server.now().plus_seconds(OLD_SECRET_SECONDS);
    server.0.store.rotate_endpoint(id, &secret, until, &act).await?;
    Ok(told_secret(&operator, id, &endpoint.url, &secret))
}

#[derive(Deserialize)]
struct NewTest {
    event: Uuid,
}

async fn test(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(new): Sent<NewTest>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let subject = id.to_string();
    let act = operator.act("webhook.tested", &subject, "a test");
    server.0.store.ping_endpoint(id, new.event, &act).await?;
    Ok(operator
        .visit()
        .see_saying(&format!("{PATH}/{id}"), "A test is on its way."))
}

async fn again(
    State(server): State<Server>,
    operator: Operator,
    Path((id, delivery)): Path<(Uuid, Uuid)>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let subject = delivery.to_string();
    let act = operator.act("webhook.sent_again", &subject, &sent.why);
    server.0.store.redeliver(delivery, &act).await?;
    Ok(operator
        .visit()
        .see_saying(&format!("{PATH}/{id}"), "The message is on its way again."))
}
