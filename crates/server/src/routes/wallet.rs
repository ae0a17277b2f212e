//! The wallet: what it holds, what happened to it, and a signed statement of both.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use scrip_api::{
    ExpiringTokens, Page, TransferKind, Wallet, WalletAlert, WalletEntry, WalletHolding, WalletStatementFile,
};
use scrip_domain::{SendingPolicy, Timestamp, Tokens, TransferId};
use scrip_store::{HistoryEntry, HistoryFilter};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::caller::Caller;
use crate::openapi::File;
use crate::request::{Body, Query};
use crate::routes::paging::PageQuery;
use crate::{Error, Server, billing, wallets};

/// Which part of the history is asked for.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// The cursor of the page before.
    #[param(value_type = Option<String>, format = "uuid")]
    cursor: Option<Uuid>,
    /// Entries on the page, 1 to 200.
    limit: Option<i64>,
    /// From this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Of this kind alone, such as `order`.
    kind: Option<TransferKind>,
}

impl HistoryQuery {
    fn filter(&self) -> HistoryFilter {
        HistoryFilter {
            from: self.from,
            until: self.until,
            kind: self.kind.map(|kind| kind.as_str().to_owned()),
        }
    }
}

/// Which period a statement covers.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// From this instant on; from the beginning where it is absent.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this instant; until now where it is absent.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

fn view(entry: HistoryEntry) -> WalletEntry {
    WalletEntry {
        transfer: entry.transfer,
        at: entry.at,
        kind: TransferKind::parse(&entry.kind).unwrap_or(TransferKind::Grant),
        amount: entry.amount,
        balance_after: entry.balance_after,
        reason: entry.reason,
        order: entry.order,
    }
}

/// What the caller's wallet holds.
#[utoipa::path(get, path = "/v1/wallet", tag = "wallet", responses((status = 200, body = Wallet)))]
pub(crate) async fn balance(State(server): State<Server>, caller: Caller) -> Result<Json<Wallet>, Error> {
    Ok(Json(Wallet {
        balance: server.0.store.balance(caller.user).await?,
    }))
}

/// What the caller's wallet holds, told apart: what can be sent to others, and what runs out.
#[utoipa::path(get, path = "/v1/wallet/holding", tag = "wallet", responses((status = 200, body = WalletHolding)))]
pub(crate) async fn holding(State(server): State<Server>, caller: Caller) -> Result<Json<WalletHolding>, Error> {
    let policy: SendingPolicy = server.0.store.setting().await?;
    let holding = server.0.store.holding(caller.user).await?;
    let lots = holding.lots().into_iter().map(|lot| ExpiringTokens {
        transfer: lot.transfer,
        left: lot.left,
        expires_at: lot.expires_at,
    });
    Ok(Json(WalletHolding {
        balance: Tokens::new(holding.balance())?,
        sendable: holding.sendable(policy.given_can_be_sent),
        lots: lots.collect(),
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
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let before = query.cursor.map(TransferId);
    let store = &server.0.store;
    let found = store
        .history_of(caller.user.0, &query.filter(), before, page.rows())
        .await?;
    Ok(Json(page.page(found, |entry| entry.transfer.0, view)))
}

/// The same as a table (RFC 4180), 50,000 rows at most; cursor and limit mean nothing.
#[utoipa::path(get, path = "/v1/wallet/history.csv", tag = "wallet", params(HistoryQuery),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(crate) async fn history_csv(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, Error> {
    let text = wallets::history_csv(&server, caller.user, &query.filter()).await?;
    Ok(csv(text))
}

/// A table as a file to keep.
pub(crate) fn csv(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"wallet.csv\""),
    ];
    (headers, text).into_response()
}

/// A signed statement of a period as a file, which verifies without the server.
#[utoipa::path(get, path = "/v1/wallet/statement", tag = "wallet", params(PeriodQuery),
    responses((status = 200, body = WalletStatementFile)))]
pub(crate) async fn statement(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<PeriodQuery>,
) -> Result<Json<WalletStatementFile>, Error> {
    let file = wallets::statement_file(&server, caller.user, query.from, query.until).await?;
    Ok(Json(WalletStatementFile { file }))
}

/// The same as a document to print (PDF), which holds what was signed as a file and between the lines
/// `-----BEGIN SCRIP STATEMENT-----` and `-----END SCRIP STATEMENT-----`.
#[utoipa::path(get, path = "/v1/wallet/statement.pdf", tag = "wallet", params(PeriodQuery),
    responses((status = 200, body = File, content_type = "application/pdf")))]
pub(crate) async fn statement_pdf(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<PeriodQuery>,
) -> Result<Response, Error> {
    let bytes = wallets::statement_pdf(&server, caller.user, query.from, query.until).await?;
    Ok(billing::download(bytes.into(), "application/pdf", "statement.pdf"))
}

/// Below what balance the caller wants to be told.
#[utoipa::path(get, path = "/v1/wallet/alert", tag = "wallet", responses((status = 200, body = WalletAlert)))]
pub(crate) async fn alert(State(server): State<Server>, caller: Caller) -> Result<Json<WalletAlert>, Error> {
    let below = server.0.store.wallet_alert(caller.user).await?;
    Ok(Json(WalletAlert { below }))
}

/// Tells the caller from now on when the wallet holds less; with `null` no longer.
#[utoipa::path(put, path = "/v1/wallet/alert", tag = "wallet", request_body = WalletAlert,
    responses((status = 200, body = WalletAlert)))]
pub(crate) async fn put_alert(
    State(server): State<Server>,
    caller: Caller,
    body: Body<WalletAlert>,
) -> Result<Json<WalletAlert>, Error> {
    server.0.store.set_wallet_alert(caller.user, body.value.below).await?;
    alert(State(server), caller).await
}
