//! Computers that people registered.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use scrip_domain::{DeviceId, Permission};
use serde::Deserialize;

use super::people::{Whose, field};
use crate::Server;
use crate::console::Operator;
use crate::html::{Page, Refused, Table, Tone, address, badge, cut, filter, limit_one_more, pager, text, when};
use crate::request::Query;

const PATH: &str = "/console/devices";

pub(super) fn router() -> Router<Server> {
    Router::new().route(PATH, get(list))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    email: String,
    before: Option<DeviceId>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeePeople)?;
    let store = &server.0.store;
    let whose = Whose::find(&server, &wanted.email).await?;
    let mut found = match &whose {
        Whose::All => store.any_devices(None, wanted.before, limit_one_more()).await?,
        Whose::Of(user) => store.any_devices(Some(*user), wanted.before, limit_one_more()).await?,
        Whose::Nobody => Vec::new(),
    };
    let more = cut(&mut found);
    let email = wanted.email.trim();
    let last = found.last().filter(|_| more).map(|row| row.id.to_string());
    let next = last.map(|id| address(PATH, &[("email", email), ("before", &id)]));
    let columns = [
        text("Computer"),
        text("Account"),
        text("Runs"),
        text("Key"),
        text("Registered"),
        text("State"),
    ];
    let table = Table::new("Computers", columns)
        .empty("No computer yet.")
        .rows(&found, |row| {
            let key: String = row.thumbprint.chars().take(12).collect();
            vec![
                html! { (row.name) },
                html! { a href=(address("/console/licenses", &[("email", &row.email)])) { (row.email) } },
                html! { (row.platform) },
                html! { code { (key) "…" } },
                when(row.at),
                if row.replaced {
                    badge(Tone::Plain, "registered anew")
                } else {
                    badge(Tone::Good, "in use")
                },
            ]
        });
    let body = html! {
        p { "Seats are freed on the page of the license." }
        (filter(PATH, whose.is_set(), &[field(email)]))
        (table)
        (pager(wanted.before.map(|_| address(PATH, &[("email", email)])), next))
    };
    Ok(Page::new("Computers", body).show(&operator))
}
