//! What a computer gives back: its usage journal, read as the proof that its last code is void there.

use scrip_api::{JournalUpload, Surrender};
use scrip_domain::{ActivationId, LicenseId, UserId};
use scrip_store::SurrenderedSeat;

use crate::journal::{handed, reconcile_journal, records_of};
use crate::{Error, Server};

/// The seat that the caller's computer gives back with a command; `None` where it has none to give.
pub(crate) async fn surrendered_seat(
    server: &Server,
    user: UserId,
    license: LicenseId,
    surrender: Option<&Surrender>,
) -> Result<Option<SurrenderedSeat>, Error> {
    let Some(surrender) = surrender else { return Ok(None) };
    let rows = server.0.store.seats(user, license).await?;
    // The newest seat of the computer; one that is given back already may be given back again.
    let Some(row) = rows.iter().find(|row| row.seat.device == surrender.device) else {
        return Ok(None);
    };
    verify_surrender(server, user, row.id, &surrender.journal)
        .await
        .map(Some)
}

/// Counts a journal, and answers which code it gives back. That this covers the last code is decided where the seat is
/// given back.
pub(crate) async fn verify_surrender(
    server: &Server,
    user: UserId,
    activation: ActivationId,
    upload: &JournalUpload,
) -> Result<SurrenderedSeat, Error> {
    let records = records_of(upload)?;
    let handed = handed(upload, &records);
    let reported = reconcile_journal(server, user, activation, &handed).await?;
    Ok(SurrenderedSeat {
        activation,
        code_seq: i64::try_from(reported.surrendered).unwrap_or(i64::MAX),
        totals: reported.head.used,
    })
}
