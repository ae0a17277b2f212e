//! Rentals that extend themselves: paid from the wallet shortly before they end, and announced before.
//!
//! Each renewal is a checkout whose id comes from the license and its revision, so that several servers, or one that
//! was killed in the middle, pay it once.

use scrip_domain::{Coded, ErrorCode, Intent, Item, License, LicenseState, Renewal, Timestamp, Tokens};
use scrip_store::{Checkout, NewNotice, PaidOrder, ProductNames};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{Error, Server};

/// How long before its end a renewal is announced at the earliest, in seconds: three days.
const REMINDER_SECONDS: i64 = 3 * 86_400;
/// How long after its end a rental that could not be paid is still tried, in seconds: three days.
const PATIENCE_SECONDS: i64 = 3 * 86_400;

/// What one look at the renewals did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RenewalReport {
    /// Rentals that were announced.
    pub announced: usize,
    /// Rentals that were paid.
    pub paid: usize,
    /// Rentals that could not be paid.
    pub failed: usize,
}

/// One look, as a job: what it did, or nothing.
pub(crate) async fn run_job(server: &Server) -> Result<String, Error> {
    let report = renew_due(server).await?;
    if report == RenewalReport::default() {
        return Ok(String::new());
    }
    let RenewalReport {
        announced,
        paid,
        failed,
    } = report;
    Ok(format!(
        "{paid} paid, {announced} announced, {failed} could not be paid"
    ))
}

/// Pays every renewal that is due now and announces those that come soon.
pub async fn renew_due(server: &Server) -> Result<RenewalReport, Error> {
    let now = server.0.clock.now();
    let lead = i64::from(server.0.config.settings.renewal_lead_seconds);
    let from = now.plus_seconds(-PATIENCE_SECONDS);
    let until = now.plus_seconds(REMINDER_SECONDS.max(lead));
    let mut report = RenewalReport::default();
    let renewing = server.0.store.renewing(from, until).await?;
    let products = renewing.iter().map(|license| &license.product);
    let names = server.0.store.product_names(products).await?;
    for license in renewing {
        let lead = lead_of(&license, lead);
        match license.renewal_due(now, lead) {
            Some(renewal) => match renew(server, &license, &names, renewal, lead).await? {
                Some(true) => report.paid += 1,
                Some(false) => report.failed += 1,
                None => {}
            },
            None => report.announced += usize::from(announce(server, &license, &names, now).await?),
        }
    }
    Ok(report)
}

/// `most`, or a tenth of the period that a renewal adds where that is shorter; in seconds.
fn lead_of(license: &License, most: i64) -> i64 {
    let renewal = license.tenure.renewal.as_ref();
    let offer = renewal.and_then(|renewal| license.terms.rental(&license.product, &renewal.offer).ok());
    let period = offer.and_then(|offer| offer.allowance.limits().seconds);
    period.map_or(most, |period| most.min(period / 10))
}

/// Pays one renewal: whether it could be paid, or `None` where that was said before or is no longer due.
async fn renew(
    server: &Server,
    license: &License,
    names: &ProductNames,
    renewal: &Renewal,
    lead: i64,
) -> Result<Option<bool>, Error> {
    let (store, name) = (&server.0.store, names.of(&license.product));
    let subject = format!("{} {}", license.id, license.revision);
    let refused = match pay(server, license, renewal, lead).await {
        Ok(order) => {
            let text = format!(
                "{name} was renewed for {}; the wallet holds {}.",
                order.total, order.balance_after
            );
            return tell(server, license, "renewal.paid", &subject, &text)
                .await
                .map(|told| told.then_some(true));
        }
        Err(refused) => refused,
    };
    match refused.code() {
        // Somebody else changed the license meanwhile; the next look sees it as it is.
        ErrorCode::LicenseAlreadyActive | ErrorCode::PriceChanged | ErrorCode::StoreBusy => return Ok(None),
        ErrorCode::StoreUnavailable | ErrorCode::StoreCorrupt => return Err(refused),
        _ => {}
    }
    let text = format!("{name} was not renewed: {refused}.");
    let notice = NewNotice {
        user: license.user,
        kind: "renewal.failed",
        product: Some(&license.product),
        subject: &subject,
        text: &text,
    };
    Ok(store.put_notice(&notice).await?.then_some(false))
}

async fn pay(server: &Server, license: &License, renewal: &Renewal, lead: i64) -> Result<PaidOrder, Error> {
    let expected_total: Tokens = license.renewal_charge(renewal)?;
    let digest: [u8; 32] = Sha256::new()
        .chain_update(b"scrip-renewal-v1\0")
        .chain_update(license.id.0.as_bytes())
        .chain_update(license.revision.to_be_bytes())
        .finalize()
        .into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    let checkout = Checkout {
        user: license.user,
        // Version 8: an id of the application's own making (RFC 9562 section 5.8).
        command: uuid::Builder::from_custom_bytes(id).into_uuid(),
        digest,
        items: vec![Item {
            product: license.product.clone(),
            intent: Intent::Extend,
            offer: Some(renewal.offer.clone()),
        }],
        expected_total,
        clear_cart: false,
        renewal_lead_seconds: Some(lead),
        held: None,
    };
    Ok(server.0.store.check_out(checkout).await?)
}

/// Announces a renewal three days before the end, or a tenth of its period where that is shorter.
async fn announce(server: &Server, license: &License, names: &ProductNames, now: Timestamp) -> Result<bool, Error> {
    let (Some(renewal), Some(end)) = (&license.tenure.renewal, license.remaining.ends_at) else {
        return Ok(false);
    };
    let before = lead_of(license, REMINDER_SECONDS);
    if license.state(now) != LicenseState::Active || end.seconds_since(now) > before {
        return Ok(false);
    }
    let name = names.of(&license.product);
    let text = match license.renewal_charge(renewal) {
        Ok(charge) => format!("{name} will be renewed for {charge} at {end}."),
        Err(why) => format!("{name} will not be renewed at {end}: {why}."),
    };
    let subject = format!("{} {}", license.id, end.micros());
    tell(server, license, "renewal.soon", &subject, &text).await
}

async fn tell(server: &Server, license: &License, kind: &str, subject: &str, text: &str) -> Result<bool, Error> {
    let notice = NewNotice {
        user: license.user,
        kind,
        product: Some(&license.product),
        subject,
        text,
    };
    Ok(server.0.store.put_notice(&notice).await?)
}
