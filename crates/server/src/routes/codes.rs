//! Authorization codes.

use axum::Json;
use axum::extract::State;
use scrip_api::{Code, CodeRequest};
use scrip_domain::{DeviceId, License, LicenseId, LicenseKind, LicenseState, Timestamp, UserId};
use scrip_licensing::{Claims, Confirmation, Equity, Grant, Used, terms_digest};
use scrip_store::DeviceRow;

use crate::caller::Caller;
use crate::request::{Body, Path};
use crate::{Error, Server};

/// The code that authorises a device for what a license allows now.
#[utoipa::path(post, path = "/v1/licenses/{license}/codes", tag = "library", request_body = CodeRequest,
    params(("license" = String, Path)), responses((status = 200, body = Code)))]
pub(crate) async fn create(
    State(server): State<Server>,
    caller: Caller,
    Path(license): Path<LicenseId>,
    body: Body<CodeRequest>,
) -> Result<Json<Code>, Error> {
    issue_for(&server, caller.user, license, body.value.device)
        .await
        .map(Json)
}

/// The code of a license on a device of the same account.
pub(crate) async fn issue_for(
    server: &Server,
    user: UserId,
    license: LicenseId,
    device: DeviceId,
) -> Result<Code, Error> {
    let license = server.0.store.license(user, license).await?;
    let device = server.0.store.device(user, device).await?;
    let now = server.0.clock.now();
    check_allows(&license, now)?;
    let activation = server.0.store.activate(license.id, device.id).await?;
    let claims = claims_of(server, &license, &device, now)?;
    let seq = license.revision;
    let code = server.0.signer.issue(&claims)?;
    server.0.metrics.codes.inc();
    Ok(Code {
        license: license.id,
        product: license.product,
        activation,
        seq,
        code,
    })
}

/// Refuses a license that allows nothing at `now`.
pub(crate) fn check_allows(license: &License, now: Timestamp) -> Result<(), Error> {
    match license.state(now) {
        LicenseState::Owned | LicenseState::Active | LicenseState::Grace => Ok(()),
        LicenseState::Suspended | LicenseState::Revoked => Err(Error::Store(
            scrip_domain::Error::LicenseHeld {
                product: license.product.clone(),
                revoked: license.state(now) == LicenseState::Revoked,
            }
            .into(),
        )),
        state => {
            let exhausted = state == LicenseState::Exhausted;
            Err(Error::LicenseOver {
                product: license.product.clone(),
                exhausted,
            })
        }
    }
}

/// What the code says: the license as it is, tied to the device. Its `seq` is the license's revision, so that
/// a code of a later change supersedes this one and a repetition does not.
fn claims_of(server: &Server, license: &License, device: &DeviceRow, now: Timestamp) -> Result<Claims, Error> {
    let corrupt = |why: scrip_domain::Error| {
        let (table, id) = ("devices", device.id.to_string());
        Error::Store(scrip_store::Error::Corrupt {
            table,
            id,
            why: why.to_string(),
        })
    };
    let grant = match (license.kind, license.remaining) {
        (LicenseKind::Perpetual, _) => Grant::Perpetual,
        (_, left) if left.ends_at.is_some() => Grant::Duration,
        (_, left) => match (left.uses, left.processings) {
            (Some(count), _) => Grant::Uses { count },
            (_, Some(count)) => Grant::Processings { count },
            (None, None) => {
                return Err(Error::Internal {
                    operation: "read what is left of a rental",
                });
            }
        },
    };
    Ok(Claims {
        iss: server.0.issuer.clone(),
        sub: license.id,
        aud: license.product.clone(),
        jti: server.0.ids.new_id(&*server.0.clock).to_string(),
        iat: now,
        nbf: now,
        exp: license
            .remaining
            .ends_at
            .filter(|_| license.kind == LicenseKind::Rental),
        cnf: Confirmation {
            jkt: device.thumbprint.parse().map_err(corrupt)?,
        },
        machine: device.machine.parse().map_err(corrupt)?,
        seq: license.revision.unsigned_abs(),
        grant,
        used: Used::default(),
        grace: 0,
        lease: false,
        equity: Equity {
            credited: license.equity,
            price: license.terms.offers.purchase_price(),
        },
        terms: terms_digest(&license.terms)?,
    })
}
