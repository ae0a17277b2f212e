//! The pages, one area each.

mod approvals;
mod books;
mod campaigns;
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
mod purchases;
mod refunds;
mod sendings;
mod settings;
mod token_prices;
mod users;
mod webhooks;

use axum::Router;
pub(super) use purchases::REFUND_PURCHASE;
pub(super) use token_prices::PUBLISH_PRICES;

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
        .merge(campaigns::router())
        .merge(operators::router())
        .merge(orders::router())
        .merge(settings::router())
        .merge(purchases::router())
        .merge(token_prices::router())
        .merge(users::router())
        .merge(refunds::router())
        .merge(sendings::router())
        .merge(webhooks::router())
}
