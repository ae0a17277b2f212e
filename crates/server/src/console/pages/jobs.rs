//! What the server does by itself: when, how it went, and doing it now.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::Permission;
use serde::Deserialize;
use uuid::Uuid;

use crate::console::Operator;
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, filter, hidden, limit_one_more,
    number, pager, reveal, section, text, when,
};
use crate::jobs::{JobState, find, list_jobs};
use crate::request::{Path, Query};
use crate::{Error, Server};

const PATH: &str = "/console/jobs";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(show))
        .route("/console/jobs/{job}/hurry", post(hurry))
        .route("/console/jobs/{job}/pause", post(pause))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    job: String,
    before: Option<Uuid>,
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::See)?;
    let jobs = list_jobs(&server).await?;
    let only = (!wanted.job.is_empty()).then_some(wanted.job.as_str());
    let mut runs = server.0.store.job_runs(only, wanted.before, limit_one_more()).await?;
    let more = cut(&mut runs);
    let first = wanted.before.map(|_| address(PATH, &[("job", &wanted.job)]));
    let last = runs.last().filter(|_| more).map(|run| run.id.to_string());
    let next = last.map(|id| address(PATH, &[("job", &wanted.job), ("before", &id)]));
    let log = Table::new(
        "What they did",
        [text("Ended"), text("Job"), text("How"), text("What"), number("Took")],
    )
    .empty("Nothing was to be done in the last 30 days.")
    .rows(&runs, |run| {
        let how = if run.failed {
            badge(Tone::Bad, "failed")
        } else {
            badge(Tone::Good, "done")
        };
        let took = run.ended_at.seconds_since(run.started_at);
        vec![
            when(run.ended_at),
            html! { (run.job) },
            how,
            html! { (run.outcome) },
            html! { (took) " s" },
        ]
    });
    let names = std::iter::once(("", "all")).chain(jobs.iter().map(|job| (job.name.as_str(), job.name.as_str())));
    let body = html! {
        p { "Each job is done by one server at a time, however many there are; one that stops in the middle is replaced after two "
            "minutes." }
        (table(&operator, &jobs))
        (section("What they did", &html! {
            p { "Runs that had nothing to do are not listed." }
            (filter(PATH, only.is_some(), &[Field::select("job", "Job", names).value(wanted.job.as_str())]))
            (log)
            (pager(first, next))
        }))
    };
    Ok(Page::new("Jobs", body).show(&operator))
}

fn table(operator: &Operator, jobs: &[JobState]) -> Markup {
    let may = operator.may(Permission::Operations);
    let columns = [
        text("Job"),
        text("State"),
        text("Every"),
        text("Due"),
        text("Last ended well"),
        text("Change"),
    ];
    let table = Table::new("Jobs", columns).rows(jobs, |job| {
        let state = match (job.running, job.paused, job.failures) {
            (true, ..) => badge(Tone::Wait, "is being done"),
            (_, true, _) => badge(Tone::Wait, "paused"),
            (_, _, 0) => badge(Tone::Good, "waits"),
            (_, _, times) => badge(Tone::Bad, &format!("failed {times} times")),
        };
        let instant = |at: Option<_>, never: &str| at.map_or_else(|| html! { (never) }, when);
        vec![
            html! { strong { (job.name) } br; span.soft { (job.about) } },
            state,
            html! { (job.every_seconds) " s" },
            instant(job.due_at, "at once"),
            instant(job.succeeded_at, "never"),
            if may {
                changes(operator, job)
            } else {
                html! {}
            },
        ]
    });
    html! { (table) }
}

fn changes(operator: &Operator, job: &JobState) -> Markup {
    let name = &job.name;
    let why = |what: &str| {
        Field::text("why", "Why")
            .id(format!("why-{what}-{name}"))
            .length_max(200)
            .required()
    };
    let word = if job.paused { "Go on" } else { "Pause" };
    let pause = html! { (hidden("paused", !job.paused)) (why("pause")) };
    reveal(
        &format!("Change {name}"),
        &html! {
            (Form::post(operator, format!("{PATH}/{name}/hurry"), "Do it now", html! { (why("hurry")) }).quiet())
            (Form::post(operator, format!("{PATH}/{name}/pause"), word, pause).quiet())
        },
    )
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn hurry(
    State(server): State<Server>,
    operator: Operator,
    Path(name): Path<String>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let job = find(&name)?;
    let act = operator.act("job.hurried", job.name, &sent.why);
    // One that never ran is due at once anyway.
    server.0.store.hurry_job(job.name, &act).await?;
    Ok(operator
        .visit()
        .see_saying(PATH, &format!("{} begins within seconds.", job.name)))
}

#[derive(Deserialize)]
struct NewPause {
    paused: bool,
    why: String,
}

async fn pause(
    State(server): State<Server>,
    operator: Operator,
    Path(name): Path<String>,
    Sent(sent): Sent<NewPause>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operations)?;
    let job = find(&name)?;
    let (action, done) = if sent.paused {
        ("job.paused", "is paused")
    } else {
        ("job.resumed", "goes on")
    };
    let act = operator.act(action, job.name, &sent.why);
    if !server.0.store.pause_job(job.name, sent.paused, &act).await? {
        return Err(Error::JobUnknown { name }.into());
    }
    Ok(operator.visit().see_saying(PATH, &format!("{} {done}.", job.name)))
}
