//! The sessions of an account: seen and ended.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use scrip_api::SessionView;
use uuid::Uuid;

use crate::caller::Caller;
use crate::request::Path;
use crate::{Error, Server};

/// The sessions of the caller's account, the newest first; 100 at most.
#[utoipa::path(get, path = "/v1/sessions", tag = "accounts", responses((status = 200, body = Vec<SessionView>)))]
pub(crate) async fn show(State(server): State<Server>, caller: Caller) -> Result<Json<Vec<SessionView>>, Error> {
    let rows = server.0.store.sessions(caller.user).await?;
    let view = |row: scrip_store::SessionRow| SessionView {
        id: row.id.to_string(),
        current: row.token == caller.token,
        label: row.label,
        created_at: row.created_at,
        seen_at: row.seen_at,
        expires_at: row.expires_at,
    };
    Ok(Json(rows.into_iter().map(view).collect()))
}

/// Ends one session of the caller's account.
#[utoipa::path(delete, path = "/v1/sessions/{id}", tag = "accounts", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn end(
    State(server): State<Server>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    server.0.store.end_session(caller.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every session of the caller's account but the one that asks.
#[utoipa::path(delete, path = "/v1/sessions", tag = "accounts", responses((status = 204)))]
pub(crate) async fn end_others(State(server): State<Server>, caller: Caller) -> Result<StatusCode, Error> {
    server.0.store.end_sessions(caller.user, Some(caller.token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
