//! About the server itself: who it is, its keys, whether it is well.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use scrip_api::ServerInfo;

use crate::{Error, Server};

/// Who the vendor is.
#[utoipa::path(get, path = "/v1/server", tag = "service", security(()), responses((status = 200, body = ServerInfo)))]
pub(crate) async fn info(State(server): State<Server>) -> Json<ServerInfo> {
    Json(ServerInfo {
        name: server.0.config.settings.name.clone(),
        issuer: server.0.issuer.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        time: server.0.clock.now(),
    })
}

/// The keys that verify authorization codes: a JWK set (RFC 7517).
#[utoipa::path(get, path = "/v1/jwks.json", tag = "service", security(()),
    responses((status = 200, content_type = "application/jwk-set+json")))]
pub(crate) async fn jwks(State(server): State<Server>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, server.0.jwks.clone()).into_response()
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "service", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// Whether the server can do its work: the database answers.
#[utoipa::path(get, path = "/readyz", tag = "service", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn readyz(State(server): State<Server>) -> Result<&'static str, Error> {
    server.0.store.ping().await?;
    Ok("ready")
}

/// What the server counts, in the OpenMetrics text format.
#[utoipa::path(get, path = "/metrics", tag = "service", security(()),
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(crate) async fn metrics(State(server): State<Server>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    // What this server counted is told also while the database is away.
    if let Err(error) = look(&server).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the database tells no figures"
        );
    }
    ([(header::CONTENT_TYPE, kind)], server.0.metrics.render()).into_response()
}

async fn look(server: &Server) -> Result<(), Error> {
    let jobs = crate::jobs::list_jobs(server).await?;
    let webhooks = server.0.store.delivery_counts().await?;
    server.0.metrics.look(&jobs, webhooks, server.now());
    Ok(())
}

/// This description of the API.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "service", security(()),
    responses((status = 200, content_type = "application/vnd.oai.openapi+json")))]
pub(crate) async fn openapi() -> Response {
    (
        [(header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")],
        crate::openapi::document(),
    )
        .into_response()
}
