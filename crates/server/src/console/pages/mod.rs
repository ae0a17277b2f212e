//! The pages, one area each.

mod approvals;
mod books;
mod catalog;
mod dashboard;
mod devices;
mod jobs;
mod keys;
mod licenses;
mod log;
mod operators;
mod orders;
mod people;
mod settings;
mod webhooks;

use axum::Router;

use crate::Server;

/// Every page that needs an operator.
pub(super) fn router() -> Router<Server> {
    Router::new()
        .merge(approvals::router())
        .merge(books::router())
        .merge(catalog::router())
        .merge(dashboard::router())
        .merge(devices::router())
        .merge(jobs::router())
        .merge(keys::router())
        .merge(licenses::router())
        .merge(log::router())
        .merge(operators::router())
        .merge(orders::router())
        .merge(settings::router())
        .merge(webhooks::router())
}
