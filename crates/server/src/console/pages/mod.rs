//! The pages, one area each.

mod dashboard;
mod log;
mod operators;

use axum::Router;

use crate::Server;

/// Every page that needs an operator.
pub(super) fn router() -> Router<Server> {
    Router::new()
        .merge(dashboard::router())
        .merge(log::router())
        .merge(operators::router())
}
