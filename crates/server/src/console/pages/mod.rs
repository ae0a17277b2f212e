//! The pages, one area each.

mod approvals;
mod books;
mod catalog;
mod dashboard;
mod devices;
mod invoices;
mod keys;
mod licenses;
mod log;
mod operators;
mod orders;
mod payments;
mod people;
mod settings;
mod token_orders;
mod vouchers;

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
        .merge(keys::router())
        .merge(licenses::router())
        .merge(invoices::router())
        .merge(payments::router())
        .merge(token_orders::router())
        .merge(vouchers::router())
        .merge(log::router())
        .merge(operators::router())
        .merge(orders::router())
        .merge(settings::router())
}
