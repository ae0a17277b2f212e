//! The catalog: search, listings, changes, categories, icons.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use scrip_api::{Artifact, CatalogChanges, CatalogEntry, Category, Product, SearchPage};
use scrip_domain::{ProductId, Sha256, Version};
use scrip_store::ListedProduct;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::import::Detail;
use crate::openapi::File;
use crate::request::{Path, Query};
use crate::{Error, Server};

const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;
const CHANGES_DEFAULT: i64 = 500;
const CHANGES_MAX: i64 = 1000;

/// Which products are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Words; the beginnings of words match. Empty lists everything by name.
    #[serde(default)]
    q: String,
    /// Only this category.
    category: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// Products on the page, 1 to 200.
    limit: Option<i64>,
}

/// Which changes are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesQuery {
    /// The revision that the client has; 0 for none.
    #[serde(default)]
    since: i64,
    /// How many changes, 1 to 1000.
    limit: Option<i64>,
}

/// Products that match, the best first.
#[utoipa::path(get, path = "/v1/products", tag = "catalog", params(SearchQuery), security(()),
    responses((status = 200, body = SearchPage)))]
pub(crate) async fn search(
    State(server): State<Server>,
    headers: HeaderMap,
    Query(query): Query<SearchQuery>,
) -> Result<Response, Error> {
    let Some(etag) = fresh_etag(&server, &headers).await? else {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    };
    let offset = match query.cursor.as_deref() {
        Some(cursor) => cursor.parse().map_err(|_| Error::Malformed {
            why: "the cursor is not one of ours".to_owned(),
        })?,
        None => 0,
    };
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX).unsigned_abs();
    let page = server
        .0
        .store
        .products(&query.q, query.category.as_deref(), offset, limit)
        .await?;
    let items = page.items.into_iter().map(entry_of).collect::<Result<_, _>>()?;
    let next_cursor = page.next_offset.map(|offset| offset.to_string());
    Ok((
        [(header::ETAG, etag)],
        Json(SearchPage {
            items,
            total: page.total,
            next_cursor,
        }),
    )
        .into_response())
}

/// Everything about a product.
#[utoipa::path(get, path = "/v1/products/{product}", tag = "catalog", security(()),
    params(("product" = ProductId, Path)), responses((status = 200, body = Product)))]
pub(crate) async fn show(State(server): State<Server>, Path(product): Path<ProductId>) -> Result<Json<Product>, Error> {
    let listed = server.0.store.product(&product).await?;
    let detail: Detail = read_document(&listed.id, &listed.detail)?;
    let entry = entry_of(listed)?;
    Ok(Json(Product {
        entry,
        description: detail.description,
        license: detail.license,
        homepage: detail.homepage,
        screenshots: detail.screenshots,
        releases: detail.releases,
    }))
}

/// What changed since a revision, to keep a copy of the catalog. Where more waits, ask again with the answered
/// revision.
#[utoipa::path(get, path = "/v1/catalog/changes", tag = "catalog", params(ChangesQuery), security(()),
    responses((status = 200, body = CatalogChanges), (status = 304)))]
pub(crate) async fn changes(
    State(server): State<Server>,
    headers: HeaderMap,
    Query(query): Query<ChangesQuery>,
) -> Result<Response, Error> {
    let Some(etag) = fresh_etag(&server, &headers).await? else {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    };
    let limit = query
        .limit
        .unwrap_or(CHANGES_DEFAULT)
        .clamp(1, CHANGES_MAX)
        .unsigned_abs();
    let found = server.0.store.catalog_changes(query.since, limit).await?;
    let items = found.items.into_iter().map(entry_of).collect::<Result<_, _>>()?;
    let changes = CatalogChanges {
        items,
        removed: found.removed,
        revision: found.revision,
        more: found.more,
    };
    Ok(([(header::ETAG, etag)], Json(changes)).into_response())
}

/// Every category with the number of its products, the largest first.
#[utoipa::path(get, path = "/v1/categories", tag = "catalog", security(()),
    responses((status = 200, body = Vec<Category>)))]
pub(crate) async fn categories(State(server): State<Server>) -> Result<Json<Vec<Category>>, Error> {
    let found = server.0.store.categories().await?;
    Ok(Json(
        found
            .into_iter()
            .map(|(id, products)| Category { id, products })
            .collect(),
    ))
}

/// An icon, a PNG. It never changes, for its name is its digest.
#[utoipa::path(get, path = "/v1/icons/{sha256}", tag = "catalog", security(()),
    params(("sha256" = Sha256, Path)), responses((status = 200, body = File, content_type = "image/png")))]
pub(crate) async fn icon(State(server): State<Server>, Path(sha256): Path<Sha256>) -> Result<Response, Error> {
    let bytes = server.0.files.get_icon(&sha256).await?;
    let headers = [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, bytes).into_response())
}

/// The catalog's present ETag, or `None` where the client has it already (RFC 9110 section 13.1.2).
async fn fresh_etag(server: &Server, headers: &HeaderMap) -> Result<Option<String>, Error> {
    let etag = format!("W/\"{}\"", server.0.store.catalog_revision().await?);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag));
    Ok((!same).then_some(etag))
}

/// A listing as clients see it.
fn entry_of(listed: ListedProduct) -> Result<CatalogEntry, Error> {
    let mut entry: CatalogEntry = read_document(&listed.id, &listed.entry)?;
    entry.artifacts = listed
        .artifacts
        .into_iter()
        .map(|row| Artifact {
            sha256: row.sha256,
            size: row.size,
            file_name: row.file_name,
            kind: row.kind,
            platform: row.platform,
            version: row.version,
        })
        .collect();
    // What the vendor publishes is what can be had; a release that is only announced would ask for updates that nobody can make.
    let newest: Option<&Version> = entry.artifacts.iter().map(|artifact| &artifact.version).max();
    entry.latest_version = newest.cloned().or(entry.latest_version);
    entry.offers = listed.offers;
    entry.policy = listed.policy;
    entry.revision = listed.revision;
    Ok(entry)
}

fn read_document<T: serde::de::DeserializeOwned>(id: &ProductId, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|why| {
        let (table, id) = ("products", id.to_string());
        Error::Store(scrip_store::Error::Corrupt {
            table,
            id,
            why: why.to_string(),
        })
    })
}
