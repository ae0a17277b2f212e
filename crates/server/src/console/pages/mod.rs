//! The pages, one area each.

mod approvals;
mod books;
mod campaigns;
mod catalog;
mod dashboard;
mod devices;
mod invoices;
mod jobs;
mod keys;
mod licenses;
mod log;
mod operators;
mod orders;
mod payments;
mod people;
mod purchases;
mod refunds;
mod sendings;
mod settings;
mod token_orders;
mod token_prices;
mod users;
mod vouchers;
mod webhooks;

use axum::Router;
pub(crate) use settings::write_settings;

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
        .merge(invoices::router())
        .merge(payments::router())
        .merge(token_orders::router())
        .merge(vouchers::router())
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
