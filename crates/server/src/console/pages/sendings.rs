//! Tokens underway between people, and stopping them.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::html;
use scrip_domain::{Permission, SendingId, SendingState};
use serde::Deserialize;

use crate::Server;
use crate::console::Operator;
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, filter, grouped, limit_one_more,
    number, pager, reveal, text, when,
};
use crate::request::{Path, Query};

const PATH: &str = "/console/transfers";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/transfers/{transfer}/stop", post(stop))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    state: String,
    before: Option<SendingId>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let state = SendingState::parse(&wanted.state);
    let store = &server.0.store;
    let mut found = store.all_sendings(state, wanted.before, limit_one_more()).await?;
    let more = cut(&mut found);
    let last = found.last().filter(|_| more).map(|last| last.id.to_string());
    let first = wanted.before.map(|_| address(PATH, &[("state", &wanted.state)]));
    let next = last.map(|id| address(PATH, &[("state", &wanted.state), ("before", &id)]));
    let may = operator.may(Permission::Refunds);
    let columns = [
        text("When"),
        text("From"),
        text("To"),
        number("Tokens"),
        text("State"),
        text("Change"),
    ];
    let table = Table::new("Transfers between people", columns).empty("Nobody sent anything yet.");
    let table = table.rows(&found, |sent| {
        let look = match sent.state {
            SendingState::Waiting => html! { (badge(Tone::Wait, "underway")) " until " (when(sent.settles_at)) },
            SendingState::Settled => badge(Tone::Good, "arrived"),
            SendingState::Canceled => badge(Tone::Plain, "taken back"),
        };
        vec![
            when(sent.created_at),
            html! { (sent.sender.name) },
            html! { (sent.recipient.name) },
            html! { (grouped(sent.tokens.get())) },
            look,
            html! {
                @if may && sent.state == SendingState::Waiting {
                    (reveal(&format!("Stop {} of {}", sent.tokens, sent.sender.name), &html! {
                        (Form::post(&operator, format!("{PATH}/{}/stop", sent.id), "Stop it", html! {
                            (Field::text("why", "Why").id(format!("why-{}", sent.id)).required().length_max(200))
                        }).danger())
                    }))
                }
            },
        ]
    });
    let states = [
        ("", "All"),
        ("waiting", "Underway"),
        ("settled", "Arrived"),
        ("canceled", "Taken back"),
    ];
    let body = html! {
        p { "A sender can take tokens back for a while; an operator can stop them as long, where an account was stolen." }
        (filter(PATH, state.is_some(), &[Field::select("state", "State", states).value(&*wanted.state)]))
        (table)
        (pager(first, next))
    };
    Ok(Page::new("Transfers", body).show(&operator))
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn stop(
    State(server): State<Server>,
    operator: Operator,
    Path(transfer): Path<SendingId>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Refunds)?;
    let subject = transfer.to_string();
    let act = operator.act("transfer.stopped", &subject, &sent.why);
    let stopped = server.0.store.stop_sending(transfer, &act).await?;
    let text = format!("{} are back with their sender.", stopped.tokens);
    Ok(operator.visit().see_saying(PATH, &text))
}
