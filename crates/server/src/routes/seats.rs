//! Seats: which computers have a license, and how one is given back.

use axum::Json;
use axum::extract::State;
use scrip_api::{ActivationView, LicenseView, ReleaseRequest, Seats};
use scrip_domain::{ActivationId, LicenseId};
use scrip_store::ActivationRow;

use crate::caller::Caller;
use crate::request::{Body, Path};
use crate::surrender::verify_surrender;
use crate::{Error, Server};

/// The reason that is recorded and signed where a person frees the seat of a computer from afar.
const RELEASED: &str = "its seat was freed by the holder";

/// The computers that have a license, and those that gave it back within a year.
#[utoipa::path(get, path = "/v1/licenses/{license}/seats", tag = "licenses",
    params(("license" = String, Path, format = "uuid")), responses((status = 200, body = Seats)))]
pub(crate) async fn show(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
) -> Result<Json<Seats>, Error> {
    let license = server.0.store.license(caller.user, license).await?;
    let rows = server.0.store.seats(caller.user, license.id).await?;
    let now = server.0.clock.now();
    let view = |row: ActivationRow| ActivationView {
        id: row.id,
        device: row.seat.device,
        device_name: row.device_name,
        kind: row.seat.kind,
        live: row.seat.is_live(now),
        taken_at: row.seat.taken_at,
        released_at: row.seat.released_at,
        lease_ends_at: row.seat.lease_ends_at,
        seen_at: row.seen_at,
        uses: row.reported.uses,
        processings: row.reported.processings,
    };
    Ok(Json(Seats {
        seats: license.terms.policy.seats,
        floating_seats: license.terms.policy.floating_seats,
        activations: rows.into_iter().map(view).collect(),
    }))
}

/// Gives a seat back: by the computer itself with its journal, or from afar for a computer that is gone.
#[utoipa::path(post, path = "/v1/activations/{activation}/release", tag = "licenses", request_body = ReleaseRequest,
    params(("activation" = String, Path, format = "uuid")), responses((status = 200, body = LicenseView)))]
pub(crate) async fn release(
    State(server): State<Server>,
    caller: Caller,
    Path(activation): Path<ActivationId>,
    body: Body<ReleaseRequest>,
) -> Result<Json<LicenseView>, Error> {
    let store = &server.0.store;
    let license = match &body.value.journal {
        Some(journal) => {
            let seat = verify_surrender(&server, caller.user, activation, journal).await?;
            store.release(caller.user, &seat).await?
        }
        None => store.force_release(caller.user, activation, RELEASED).await?,
    };
    Ok(Json(LicenseView::of(&license, server.0.clock.now())))
}
