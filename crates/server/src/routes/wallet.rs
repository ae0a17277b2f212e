//! The wallet and its history.

use axum::Json;
use axum::extract::State;
use scrip_api::{Page, TransferKind, Wallet, WalletEntry};
use scrip_domain::TransferId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::request::Query;
use crate::{Error, Server};

/// Entries on one page of a wallet's history.
const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 200;

/// Which part of the history is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// The cursor of the page before.
    cursor: Option<String>,
    /// Entries on the page, 1 to 200.
    limit: Option<i64>,
}

/// What the caller's wallet holds.
#[utoipa::path(get, path = "/v1/wallet", tag = "wallet", responses((status = 200, body = Wallet)))]
pub(crate) async fn balance(State(server): State<Server>, caller: Caller) -> Result<Json<Wallet>, Error> {
    Ok(Json(Wallet {
        balance: server.0.store.balance(caller.user).await?,
    }))
}

/// Every token that came into or went out of the caller's wallet, the newest first.
#[utoipa::path(get, path = "/v1/wallet/history", tag = "wallet", params(HistoryQuery),
    responses((status = 200, body = Page<WalletEntry>)))]
pub(crate) async fn history(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Page<WalletEntry>>, Error> {
    let before: Option<TransferId> = query.cursor.map(|cursor| cursor.parse()).transpose()?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let mut found = server.0.store.history(caller.user, before, limit + 1).await?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = more
        .then(|| found.last().map(|entry| entry.transfer.to_string()))
        .flatten();
    let items = found
        .into_iter()
        .map(|entry| WalletEntry {
            transfer: entry.transfer,
            at: entry.at,
            kind: TransferKind::parse(&entry.kind).unwrap_or(TransferKind::Grant),
            amount: entry.amount,
            balance_after: entry.balance_after,
            reason: entry.reason,
            order: entry.order,
        })
        .collect();
    Ok(Json(Page { items, next_cursor }))
}
