//! What the vendor tells the person.

use axum::Json;
use axum::extract::State;
use scrip_api::{Notice, Page};
use serde::Deserialize;
use uuid::Uuid;

use crate::caller::Caller;
use crate::request::Query;
use crate::{Error, Server};

const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;

#[derive(Deserialize)]
pub(crate) struct NoticesQuery {
    cursor: Option<Uuid>,
    limit: Option<i64>,
}

/// What the vendor tells the caller, the newest first.
#[utoipa::path(get, path = "/v1/notices", tag = "accounts",
    params(("cursor" = Option<String>, Query, format = "uuid"), ("limit" = Option<i64>, Query)),
    responses((status = 200, body = Page<Notice>)))]
pub(crate) async fn show(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<NoticesQuery>,
) -> Result<Json<Page<Notice>>, Error> {
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let mut found = server.0.store.notices(caller.user, query.cursor, limit + 1).await?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = more.then(|| found.last().map(|notice| notice.id.to_string())).flatten();
    let items = found
        .into_iter()
        .map(|notice| Notice {
            id: notice.id.to_string(),
            kind: notice.kind,
            product: notice.product,
            text: notice.text,
            created_at: notice.at,
        })
        .collect();
    Ok(Json(Page { items, next_cursor }))
}
