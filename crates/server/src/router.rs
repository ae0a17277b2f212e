//! All routes, and what surrounds every request: time limit, panic barrier, counting, tracing.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::routes::{
    accounts, artifacts, cart, catalog, codes, factors, library, licenses, notices, offline, orders, profile, recovery,
    refunds, seats, sendings, service, sessions, statements, teams, token_orders, token_sales, usage, vouchers, wallet,
};
use crate::{Error, Server};

/// Every route with its description.
pub(crate) fn described() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(accounts::register))
        .routes(routes!(accounts::sign_out))
        .routes(routes!(accounts::account))
        .routes(routes!(accounts::exchange))
        .routes(routes!(accounts::sign_in, sessions::show, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(profile::show, profile::correct))
        .routes(routes!(profile::change_email))
        .routes(routes!(profile::change_password))
        .routes(routes!(profile::export))
        .routes(routes!(profile::erasure))
        .routes(routes!(profile::erase))
        .routes(routes!(factors::begin))
        .routes(routes!(factors::confirm))
        .routes(routes!(factors::remove))
        .routes(routes!(recovery::send_again))
        .routes(routes!(recovery::verify))
        .routes(routes!(recovery::ask))
        .routes(routes!(recovery::finish))
        .routes(routes!(recovery::claim))
        .routes(routes!(wallet::balance))
        .routes(routes!(wallet::history))
        .routes(routes!(wallet::history_csv))
        .routes(routes!(wallet::holding))
        .routes(routes!(wallet::statement))
        .routes(routes!(wallet::statement_pdf))
        .routes(routes!(wallet::alert, wallet::put_alert))
        .routes(routes!(sendings::recipient))
        .routes(routes!(sendings::send, sendings::sendings))
        .routes(routes!(sendings::cancel))
        .routes(routes!(sendings::give, sendings::gifts))
        .routes(routes!(sendings::accept))
        .routes(routes!(sendings::decline))
        .routes(routes!(sendings::withdraw))
        .routes(routes!(teams::begin, teams::list))
        .routes(routes!(teams::show, teams::close))
        .routes(routes!(teams::put_member))
        .routes(routes!(teams::remove_member))
        .routes(routes!(teams::join))
        .routes(routes!(teams::deposit))
        .routes(routes!(teams::draw))
        .routes(routes!(teams::moves))
        .routes(routes!(refunds::show))
        .routes(routes!(refunds::quote, refunds::refund))
        .routes(routes!(vouchers::redeem))
        .routes(routes!(token_orders::place, token_orders::list))
        .routes(routes!(token_orders::show, token_orders::cancel))
        .routes(routes!(token_orders::document, token_orders::put_document))
        .routes(routes!(token_orders::invoices))
        .routes(routes!(token_orders::invoice))
        .routes(routes!(token_orders::invoice_pdf))
        .routes(routes!(catalog::search))
        .routes(routes!(catalog::show))
        .routes(routes!(catalog::changes))
        .routes(routes!(catalog::categories))
        .routes(routes!(catalog::icon))
        .routes(routes!(cart::show))
        .routes(routes!(cart::put, cart::remove))
        .routes(routes!(cart::quote))
        .routes(routes!(token_sales::prices))
        .routes(routes!(token_sales::quote))
        .routes(routes!(token_sales::shortfall))
        .routes(routes!(token_sales::buy, token_sales::list))
        .routes(routes!(token_sales::show))
        .routes(routes!(token_sales::cancel))
        .routes(routes!(token_sales::hear))
        .routes(routes!(orders::create, refunds::list))
        .routes(routes!(library::show))
        .routes(routes!(library::put_device, library::devices))
        .routes(routes!(licenses::start_trial))
        .routes(routes!(licenses::pause))
        .routes(routes!(licenses::resume))
        .routes(routes!(licenses::end_quote, licenses::end))
        .routes(routes!(licenses::put_renewal, licenses::remove_renewal))
        .routes(routes!(licenses::transfer))
        .routes(routes!(seats::show))
        .routes(routes!(seats::release))
        .routes(routes!(notices::show))
        .routes(routes!(codes::create))
        .routes(routes!(usage::report))
        .routes(routes!(usage::usage))
        .routes(routes!(offline::create))
        .routes(routes!(statements::keys))
        .routes(routes!(statements::revocations))
        .routes(routes!(statements::prices))
        .routes(routes!(statements::recovery))
        .routes(routes!(artifacts::download))
        .routes(routes!(service::info))
        .routes(routes!(service::jwks))
        .routes(routes!(service::healthz))
        .routes(routes!(service::readyz))
        .routes(routes!(service::metrics))
        .routes(routes!(service::openapi))
}

impl Server {
    /// The whole API as one service.
    pub fn router(&self) -> Router {
        let (router, _) = described().split_for_parts();
        router
            .merge(crate::html::router())
            .merge(crate::account::router())
            .merge(crate::console::router(self))
            .fallback(async |request: Request| Error::NotFound {
                path: shown_path(&request),
            })
            .method_not_allowed_fallback(async |request: Request| Error::MethodNotAllowed {
                path: shown_path(&request),
                method: request.method().to_string(),
            })
            .layer(DefaultBodyLimit::disable())
            .layer(CatchPanicLayer::custom(answer_panic))
            .layer(from_fn_with_state(self.clone(), surround))
            .with_state(self.clone())
    }
}

/// The path, cut to what an error message should repeat.
fn shown_path(request: &Request) -> String {
    request.uri().path().chars().take(200).collect()
}

fn answer_panic(_: Box<dyn Any + Send>) -> Response {
    Error::Internal {
        operation: "answer a request",
    }
    .into_response()
}

/// Limits the time of a request, counts it, and traces it.
async fn surround(State(server): State<Server>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let seconds = server.0.config.settings.request_seconds_max;
    let answered = tokio::time::timeout(Duration::from_secs(seconds), next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| Error::Timeout { seconds }.into_response());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), started.elapsed());
    server.0.metrics.count_request(&method, route, status, took);
    tracing::debug!(%method, route, status, took_us = took.as_micros(), "answered");
    response
}
