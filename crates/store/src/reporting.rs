//! Which computer a journal is from, and the license counting what it proves.

use scrip_domain::{ActivationId, DeviceId, License, LicenseId, Timestamp, Usage, UserId};
use uuid::Uuid;

use crate::db::args;
use crate::ledger::retrying;
use crate::{Error, Store, licenses};

/// The tie of a license to a computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportingSeat {
    /// Its id.
    pub id: ActivationId,
    /// The computer.
    pub device: DeviceId,
    /// The RFC 7638 thumbprint of its key.
    pub thumbprint: String,
    /// Since when.
    pub taken_at: Timestamp,
}

impl Store {
    /// A tie of one of the user's licenses to a computer; another user's is as absent as none.
    pub async fn reporting_seat(
        &self,
        user: UserId,
        activation: ActivationId,
    ) -> Result<(License, ReportingSeat), Error> {
        type Found = (Uuid, i64, Uuid, String);
        let sql = "SELECT a.license_id, a.created_at, d.id, d.thumbprint \
                   FROM activations a JOIN licenses l ON l.id = a.license_id JOIN devices d ON d.id = a.device_id \
                   WHERE a.id = $1 AND l.user_id = $2";
        let rows = self
            .database
            .rows::<Found>("find an activation", sql, &args![activation.0, user.0])
            .await?;
        let absent = || Error::SeatNotFound {
            activation: activation.to_string(),
        };
        let (license, since, device, thumbprint) = rows.into_iter().next().ok_or_else(absent)?;
        let seat = ReportingSeat {
            id: activation,
            device: DeviceId(device),
            thumbprint,
            taken_at: Timestamp::from_micros(since),
        };
        Ok((self.license(user, LicenseId(license)).await?, seat))
    }

    /// Counts what a computer took of a license in all; what was acknowledged of its journal before counts once.
    pub async fn count_use(
        &self,
        user: UserId,
        seat: &ReportingSeat,
        license: LicenseId,
        totals: Usage,
    ) -> Result<License, Error> {
        retrying!("count use", {
            let known = self
                .journal_head(seat.id)
                .await?
                .map(|head| head.used)
                .unwrap_or_default();
            let taken = Usage {
                uses: totals.uses.saturating_sub(known.uses),
                processings: totals.processings.saturating_sub(known.processings),
            };
            let mut tx = self.database.write().await?;
            let before = licenses::read(&mut tx, user, license).await?;
            if taken == Usage::default() {
                return Ok(before);
            }
            let (after, _) = before.report(taken);
            licenses::update(&mut tx, &[(before.revision, &after)]).await?;
            tx.commit().await?;
            Ok(after)
        })
    }
}
