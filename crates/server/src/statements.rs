//! What the vendor states under its signature, freshly each time: revocations, prices, the time.

use std::sync::Mutex;

use scrip_licensing::{Confirmation, PriceDigest, PriceSheet, Recovery, Revocation, RevocationList, price_digest};
use scrip_store::DeviceRow;

use crate::{Error, Server};

/// The digest of the catalog's prices, reckoned once for each revision of the catalog.
#[derive(Default)]
pub(crate) struct Prices(Mutex<Option<(i64, PriceDigest)>>);

impl Prices {
    fn known(&self, revision: i64) -> Option<PriceDigest> {
        let known = *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.filter(|(of, _)| *of == revision).map(|(_, digest)| digest)
    }

    fn keep(&self, revision: i64, digest: PriceDigest) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((revision, digest));
    }
}

/// The catalog's revision and the digest of its prices.
pub(crate) async fn prices_now(server: &Server) -> Result<(i64, PriceDigest), Error> {
    let revision = server.0.store.catalog_revision().await?;
    if let Some(digest) = server.0.prices.known(revision) {
        return Ok((revision, digest));
    }
    let (revision, prices) = server.0.store.prices().await?;
    let digest = price_digest(prices.iter().map(|(product, offers)| (product, offers.as_str())));
    server.0.prices.keep(revision, digest);
    Ok((revision, digest))
}

/// The price sheet of this moment (`scrip-prices+jwt`).
pub(crate) async fn price_sheet(server: &Server) -> Result<String, Error> {
    let (revision, digest) = prices_now(server).await?;
    Ok(server.0.signer.sign_prices(&PriceSheet {
        iss: server.0.issuer.clone(),
        iat: server.0.clock.now(),
        revision: revision.unsigned_abs(),
        digest,
    })?)
}

/// The codes that no longer hold (`scrip-revocations+jwt`), with the time of the answer. Its number is the instant of the
/// newest revocation, so that it grows with every one.
pub(crate) async fn revocation_list(server: &Server) -> Result<String, Error> {
    let most = i64::try_from(RevocationList::MAX_ENTRIES).unwrap_or(i64::MAX);
    let rows = server.0.store.revocations(most).await?;
    let newest = rows.iter().map(|row| row.at.micros()).max().unwrap_or(0);
    let revoked = rows.into_iter().map(|row| {
        Ok(Revocation {
            sub: row.license,
            seq: row.seq,
            at: row.at,
            reason: row.reason,
            jkt: row.thumbprint.map(|thumbprint| thumbprint.parse()).transpose()?,
        })
    });
    Ok(server.0.signer.sign_revocations(&RevocationList {
        iss: server.0.issuer.clone(),
        iat: server.0.clock.now(),
        seq: newest.unsigned_abs(),
        revoked: revoked.collect::<Result<_, Error>>()?,
    })?)
}

/// A code that sets a computer's idea of time right (`scrip-clock+jwt`).
pub(crate) fn recovery_code(server: &Server, device: &DeviceRow) -> Result<String, Error> {
    Ok(server.0.signer.sign_recovery(&Recovery {
        iss: server.0.issuer.clone(),
        iat: server.0.clock.now(),
        jti: server.0.ids.new_id(&*server.0.clock).to_string(),
        cnf: Confirmation {
            jkt: device.thumbprint.parse()?,
        },
    })?)
}
