//! Who did what, to what, and why.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use scrip_domain::Permission;
use serde::Deserialize;
use uuid::Uuid;

use crate::Server;
use crate::console::Operator;
use crate::html::{Field, Page, Refused, Table, address, cut, filter, limit_one_more, number, pager, text, when};
use crate::request::Query;

const PATH: &str = "/console/log";

pub(super) fn router() -> Router<Server> {
    Router::new().route(PATH, get(show))
}

/// What is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    subject: String,
    before: Option<i64>,
}

/// What the deed was done to, as a link to all that was. Of an id its end alone is shown: its beginning is the time, and a whole one
/// fills the table.
fn linked(subject: &str) -> Markup {
    let path = address(PATH, &[("subject", subject)]);
    let end = Uuid::try_parse(subject).ok().and(subject.rsplit('-').next());
    html! {
        a href=(path) title=[end.map(|_| subject)] { @if let Some(end) = end { span.whole { "…" (end) } } @else { (subject) } }
    }
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeLog)?;
    let subject = wanted.subject.trim();
    let only = (!subject.is_empty()).then_some(subject);
    let mut acts = server.0.store.acts(only, wanted.before, limit_one_more()).await?;
    let more = cut(&mut acts);
    let first = wanted.before.map(|_| address(PATH, &[("subject", subject)]));
    let last = acts.last().filter(|_| more).map(|act| act.seq.to_string());
    let next = last.map(|seq| address(PATH, &[("subject", subject), ("before", &seq)]));
    let columns = [
        number("No."),
        text("When"),
        text("Who"),
        text("What"),
        text("To what"),
        text("Why"),
        text("Chain"),
    ];
    let table = Table::new("What was done", columns).empty("Nothing was done yet.");
    let table = table.rows(&acts, |act| {
        let [a, b, c, d, ..] = act.digest;
        vec![
            html! { (act.seq) },
            when(act.at),
            html! { (act.actor) },
            html! { span.parts { @for part in act.action.split_inclusive('.') { (part) wbr; } } },
            linked(&act.subject),
            html! { (act.why) },
            html! { code { (format!("{a:02x}{b:02x}{c:02x}{d:02x}")) } },
        ]
    });
    let body = html! {
        p { "Every deed at the console and on the server's command line. Each row's digest covers the row before it, so that a "
            "row which is changed or removed breaks the chain; " code { "scrip-server audit" } " finds where." }
        (filter(PATH, only.is_some(), &[Field::text("subject", "To what").value(subject).length_max(200)]))
        (table)
        (pager(first, next))
    };
    Ok(Page::new("Audit log", body).show(&operator))
}
