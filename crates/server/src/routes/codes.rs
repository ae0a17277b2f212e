//! Authorization codes.

use axum::Json;
use axum::extract::State;
use scrip_api::{Code, CodeRequest};
use scrip_domain::{
    DeviceId, License, LicenseId, LicenseKind, LicenseState, Remaining, SeatKind, Timestamp, Usage, UserId,
};
use scrip_licensing::{Claims, Confirmation, Equity, Grant, Used, terms_digest};
use scrip_store::{Allotment, DeviceRow};

use crate::caller::Caller;
use crate::request::{Body, Path};
use crate::{Error, Server};

/// The code that authorises a device for what a license allows now. The device takes a seat, or keeps the one it has.
#[utoipa::path(post, path = "/v1/licenses/{license}/codes", tag = "library", request_body = CodeRequest,
    params(("license" = String, Path, format = "uuid")), responses((status = 200, body = Code)))]
pub(crate) async fn create(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
    body: Body<CodeRequest>,
) -> Result<Json<Code>, Error> {
    let CodeRequest { device, floating } = body.value;
    issue_for(&server, caller.user, license, device, floating)
        .await
        .map(Json)
}

/// Gives a device of the same account a seat of a license and a code for it.
pub(crate) async fn issue_for(
    server: &Server,
    user: UserId,
    license: LicenseId,
    device: DeviceId,
    floating: bool,
) -> Result<Code, Error> {
    let kind = if floating { SeatKind::Floating } else { SeatKind::Fixed };
    let store = &server.0.store;
    let device = store.device(user, device).await?;
    let allotment = store.take_seat(user, license, device.id, kind, check_allows).await?;
    let claims = claims_of(server, &allotment, &device, server.0.clock.now())?;
    let code = server.0.signer.issue(&claims)?;
    server.0.metrics.codes.inc();
    Ok(Code {
        license: allotment.license.id,
        product: allotment.license.product,
        activation: allotment.activation.id,
        seq: allotment.activation.code_seq,
        code,
    })
}

/// Refuses a license that allows nothing at `now`.
pub(crate) fn check_allows(license: &License, now: Timestamp) -> Result<(), scrip_domain::Error> {
    let product = license.product.clone();
    match license.state(now) {
        LicenseState::Owned | LicenseState::Active | LicenseState::Grace => Ok(()),
        LicenseState::Suspended => Err(scrip_domain::Error::LicenseHeld {
            product,
            revoked: false,
        }),
        LicenseState::Revoked => Err(scrip_domain::Error::LicenseHeld { product, revoked: true }),
        LicenseState::Paused => Err(scrip_domain::Error::LicensePaused { product }),
        LicenseState::Exhausted => Err(scrip_domain::Error::LicenseUsedUp { product }),
        LicenseState::Expired => Err(scrip_domain::Error::LicenseOver { product }),
    }
}

/// What the code says: the license as it is, this computer's share of it, tied to the computer.
fn claims_of(server: &Server, allotment: &Allotment, device: &DeviceRow, now: Timestamp) -> Result<Claims, Error> {
    let Allotment {
        license, activation, ..
    } = allotment;
    let corrupt = |why: scrip_domain::Error| {
        let (table, id) = ("devices", device.id.to_string());
        Error::Store(scrip_store::Error::Corrupt {
            table,
            id,
            why: why.to_string(),
        })
    };
    let (exp, grace, lease) = end_of(allotment, now);
    Ok(Claims {
        iss: server.0.issuer.clone(),
        sub: license.id,
        aud: license.product.clone(),
        jti: server.0.ids.new_id(&*server.0.clock).to_string(),
        iat: now,
        nbf: now,
        exp,
        cnf: Confirmation {
            jkt: device.thumbprint.parse().map_err(corrupt)?,
        },
        machine: device.machine.parse().map_err(corrupt)?,
        seq: activation.code_seq.unsigned_abs(),
        grant: grant_of(license, activation.allotted, activation.reported)?,
        used: Used {
            uses: activation.reported.uses,
            processings: activation.reported.processings,
        },
        grace,
        lease,
        equity: Equity {
            credited: license.equity,
            price: license.terms.offers.purchase_price(),
        },
        terms: terms_digest(&license.terms)?,
    })
}

/// What the computer may take beyond what it reported.
fn grant_of(license: &License, allotted: Usage, reported: Usage) -> Result<Grant, Error> {
    if license.kind == LicenseKind::Perpetual {
        return Ok(Grant::Perpetual);
    }
    let Remaining {
        ends_at,
        uses,
        processings,
    } = license.remaining;
    let uses = uses.map(|_| allotted.uses.saturating_sub(reported.uses));
    let processings = processings.map(|_| allotted.processings.saturating_sub(reported.processings));
    match (ends_at, uses, processings) {
        (Some(_), None, None) => Ok(Grant::Duration),
        (None, Some(count), None) => Ok(Grant::Uses { count }),
        (None, None, Some(count)) => Ok(Grant::Processings { count }),
        (None, None, None) => Err(Error::Internal {
            operation: "read what is left of a rental",
        }),
        _ => Ok(Grant::Combined { uses, processings }),
    }
}

/// When the code ends, how much of that is grace in seconds, and whether the license lasts longer than the code.
fn end_of(allotment: &Allotment, now: Timestamp) -> (Option<Timestamp>, u32, bool) {
    let Allotment {
        license, lease_ends_at, ..
    } = allotment;
    let rental = license.kind == LicenseKind::Rental;
    let soft = license.remaining.ends_at.filter(|_| rental);
    let grace = if license.tenure.ended {
        0
    } else {
        license.rules().grace_seconds
    };
    let hard = soft.map(|end| end.plus_seconds(grace));
    let lease_end = lease_ends_at.filter(|lease| hard.is_none_or(|hard| *lease < hard));
    let end = lease_end.or(hard).map(|end| end.max(now));
    // Dates in codes are whole seconds.
    let in_grace = match (end, soft) {
        (Some(end), Some(soft)) => u32::try_from(end.seconds() - soft.seconds()).unwrap_or(0),
        _ => 0,
    };
    (end, in_grace, lease_end.is_some())
}
