//! What was used, as computers report it.

use axum::Json;
use axum::extract::State;
use scrip_api::{JournalReceipt, JournalUpload, UsageReport, UsageRow};
use scrip_domain::ActivationId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::journal::{day_of, day_text, handed, reconcile_journal, records_of};
use crate::request::{LargeBody, Path, Query};
use crate::{Error, Server};

const DAYS_DEFAULT: i64 = 30;
/// The longest time that a report covers, in days.
pub(crate) const DAYS_MAX: i64 = 366;

/// How far back a report goes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// The days, today among them: 1 to 366; 30 where nothing is said.
    days: Option<i64>,
}

/// Reports what a computer counted. What was reported before counts once.
#[utoipa::path(post, path = "/v1/activations/{activation}/journal", tag = "library", request_body = JournalUpload,
    params(("activation" = String, Path, format = "uuid")), responses((status = 200, body = JournalReceipt)))]
pub(crate) async fn report(
    State(server): State<Server>,
    caller: Caller,
    Path(activation): Path<ActivationId>,
    body: LargeBody<JournalUpload>,
) -> Result<Json<JournalReceipt>, Error> {
    let records = records_of(&body.value)?;
    let handed = handed(&body.value, &records);
    let reported = reconcile_journal(&server, caller.user, activation, &handed).await?;
    reported.receipt(&server, caller.user).await.map(Json)
}

/// What was used on the caller's computers, day by day.
#[utoipa::path(get, path = "/v1/usage", tag = "library", params(UsageQuery),
    responses((status = 200, body = UsageReport)))]
pub(crate) async fn usage(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageReport>, Error> {
    let days = query.days.unwrap_or(DAYS_DEFAULT).clamp(1, DAYS_MAX);
    let since = day_of(server.0.clock.now()) - (days - 1);
    let mut report = UsageReport {
        rows: Vec::new(),
        totals: std::collections::BTreeMap::default(),
    };
    for row in server.0.store.usage(caller.user, since).await? {
        let total = report.totals.entry(row.product.to_string()).or_default();
        total.uses += row.used.uses;
        total.processings += row.used.processings;
        report.rows.push(UsageRow {
            day: day_text(row.day),
            product: row.product,
            device_name: row.device_name,
            uses: row.used.uses,
            processings: row.used.processings,
        });
    }
    Ok(Json(report))
}
