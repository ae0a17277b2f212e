//! What waits for a second operator.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::Permission;
use scrip_store::{ApprovalRow, ApprovalStatus};
use serde::Deserialize;
use uuid::Uuid;

use crate::Server;
use crate::console::Operator;
use crate::deeds;
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, facts, limit_one_more, pager,
    section, text, when,
};
use crate::request::{Path, Query};

const PATH: &str = "/console/approvals";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/approvals/{id}", get(show))
        .route("/console/approvals/{id}/decision", post(decide))
        .route("/console/approvals/{id}/again", post(again))
}

fn status_badge(status: ApprovalStatus) -> Markup {
    let tone = match status {
        ApprovalStatus::Waiting | ApprovalStatus::Approved => Tone::Wait,
        ApprovalStatus::Done => Tone::Good,
        ApprovalStatus::Failed => Tone::Bad,
        ApprovalStatus::Refused => Tone::Plain,
    };
    badge(tone, status.as_str())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<Uuid>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::See)?;
    let store = &server.0.store;
    let waiting = store
        .approvals(Some(ApprovalStatus::Waiting), None, limit_one_more())
        .await?;
    let mut all = store.approvals(None, wanted.before, limit_one_more()).await?;
    let more = cut(&mut all);
    let last = all.last().filter(|_| more).map(|row| row.id.to_string());
    let next = last.map(|id| address(PATH, &[("before", &id)]));
    let table = |caption: &str, rows: &[ApprovalRow], empty: &str| {
        let columns = [text("What"), text("Asked by"), text("When"), text("State")];
        let table = Table::new(caption, columns).empty(empty).rows(rows, |row| {
            vec![
                html! { a href=(format!("{PATH}/{}", row.id)) { (row.summary) } },
                html! { (row.asked_by) },
                when(row.asked_at),
                status_badge(row.status),
            ]
        });
        html! { (table) }
    };
    let body = html! {
        p { "What the settings hold back until a second operator agrees." }
        (section("Waiting", &table("Waiting", &waiting, "Nothing waits for you.")))
        (section("All", &table("All requests", &all, "Nothing was asked for yet.")))
        (pager(wanted.before.map(|_| PATH.to_owned()), next))
    };
    Ok(Page::new("Approvals", body).show(&operator))
}

async fn show(State(server): State<Server>, operator: Operator, Path(id): Path<Uuid>) -> Result<Response, Refused> {
    operator.require(Permission::See)?;
    let row = server.0.store.approval(id).await?;
    let own = row.asked_by == operator.email;
    let decided = row.decided_at.map_or_else(|| html! { "not yet" }, when);
    let body = html! {
        (facts([
            ("What", html! { (row.summary) }),
            ("State", status_badge(row.status)),
            ("Asked by", html! { (row.asked_by) ", " (when(row.asked_at)) }),
            ("Why", html! { (row.why) }),
            ("Deed", html! { code { (row.deed) " " (row.body) } }),
            ("Decided", html! { (decided) @if let Some(by) = &row.decided_by { " by " (by) } }),
            ("Why so", html! { (row.decision.as_deref().unwrap_or("–")) }),
            ("What came of it", html! { (row.outcome.as_deref().unwrap_or("–")) }),
        ]))
        @if row.status == ApprovalStatus::Waiting && (own || operator.may(Permission::Approve)) {
            (decision(&operator, id, own))
        }
        @if matches!(row.status, ApprovalStatus::Approved | ApprovalStatus::Failed) && operator.may(Permission::Approve) {
            (section("Do it again", &html! {
                p { "It was approved and is not done. Doing it again does it once." }
                (Form::post(&operator, format!("{PATH}/{id}/again"), "Try again", html! {}))
            }))
        }
    };
    Ok(Page::new("Request for approval", body)
        .above(PATH, "Approvals")
        .show(&operator))
}

fn decision(operator: &Operator, id: Uuid, own: bool) -> Markup {
    let action = format!("{PATH}/{id}/decision");
    let fields = |answer: &str| {
        html! {
            (crate::html::hidden("answer", answer))
            (Field::text("why", "Why").id(format!("why-{answer}")).length_max(200).required())
        }
    };
    html! {
        @if own {
            (section("Take it back", &html! {
                p { "Somebody else has to approve it." }
                (Form::post(operator, action.as_str(), "Take it back", fields("refuse")).quiet())
            }))
        } @else {
            (section("Approve", &html! { (Form::post(operator, action.as_str(), "Approve and do it", fields("approve"))) }))
            (section("Refuse", &html! { (Form::post(operator, action.as_str(), "Refuse", fields("refuse")).danger()) }))
        }
    }
}

#[derive(Deserialize)]
struct Decision {
    answer: String,
    why: String,
}

async fn decide(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Decision>,
) -> Result<Response, Refused> {
    let store = &server.0.store;
    let page = format!("{PATH}/{id}");
    let own = store.approval(id).await?.asked_by == operator.email;
    let approve = sent.answer == "approve";
    if approve || !own {
        operator.require(Permission::Approve)?;
    }
    let action = if approve {
        "approval.approved"
    } else {
        "approval.refused"
    };
    let subject = id.to_string();
    let row = store
        .decide_approval(id, approve, &operator.act(action, &subject, &sent.why))
        .await?;
    if !approve {
        return Ok(operator.visit().see_saying(&page, "It will not be done."));
    }
    carried_out(&server, &operator, &row, &page).await
}

async fn again(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    _: Sent<crate::html::Bare>,
) -> Result<Response, Refused> {
    operator.require(Permission::Approve)?;
    let row = server.0.store.approval(id).await?;
    if !matches!(row.status, ApprovalStatus::Approved | ApprovalStatus::Failed) {
        let status = row.status.as_str().to_owned();
        return Err(scrip_store::Error::ApprovalDecided { status }.into());
    }
    carried_out(&server, &operator, &row, &format!("{PATH}/{id}")).await
}

async fn carried_out(server: &Server, operator: &Operator, row: &ApprovalRow, page: &str) -> Result<Response, Refused> {
    Ok(match deeds::carry_out(server, row).await {
        Ok(text) => operator.visit().see_saying(page, &text),
        Err(error) => operator
            .visit()
            .see_warning(page, &format!("It was approved and could not be done: {error}.")),
    })
}
