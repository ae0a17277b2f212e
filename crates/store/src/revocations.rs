//! Codes that no longer hold although their dates do.

use scrip_domain::{LicenseId, Timestamp};
use uuid::Uuid;

use crate::db::{Tx, args};
use crate::{Error, Store};

/// Codes of one license that no longer hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationRow {
    /// The license.
    pub license: LicenseId,
    /// The RFC 7638 thumbprint of the one computer that is meant; `None` where all are.
    pub thumbprint: Option<String>,
    /// The highest number of the codes that are revoked.
    pub seq: u64,
    /// When that was decided.
    pub at: Timestamp,
    /// Why, in words; 200 characters at most.
    pub reason: String,
}

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 200;

/// Revokes the codes of a license up to `seq`: those of one computer, or with an empty `thumbprint` all.
pub(crate) async fn put(
    tx: &mut Tx,
    license: LicenseId,
    thumbprint: &str,
    seq: i64,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    let sql = "INSERT INTO revocations (license_id, thumbprint, seq, created_at, reason) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (license_id, thumbprint) DO UPDATE SET seq = excluded.seq, created_at = excluded.created_at, \
               reason = excluded.reason WHERE excluded.seq > revocations.seq";
    tx.execute("revoke codes", sql, &args![license.0, thumbprint, seq, now, reason])
        .await
        .map(drop)
}

impl Store {
    /// The newest `limit` revocations, the newest first.
    pub async fn revocations(&self, limit: i64) -> Result<Vec<RevocationRow>, Error> {
        let sql = "SELECT license_id, thumbprint, seq, created_at, reason FROM revocations \
                   ORDER BY created_at DESC, license_id, thumbprint LIMIT $1";
        let rows = self
            .database
            .rows::<(Uuid, String, i64, i64, String)>("read revocations", sql, &args![limit])
            .await?;
        let read = |(license, thumbprint, seq, at, reason): (Uuid, String, i64, i64, String)| RevocationRow {
            license: LicenseId(license),
            thumbprint: Some(thumbprint).filter(|thumbprint| !thumbprint.is_empty()),
            seq: seq.unsigned_abs(),
            at: Timestamp::from_micros(at),
            reason,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
