//! How the business goes, at a glance.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use scrip_domain::Permission;

use crate::Server;
use crate::console::Operator;
use crate::html::{Page, Refused};

pub(super) fn router() -> Router<Server> {
    Router::new().route("/console", get(show))
}

async fn show(State(_): State<Server>, operator: Operator) -> Result<Response, Refused> {
    operator.require(Permission::See)?;
    Ok(Page::new("Dashboard", html! {}).show(&operator))
}
