//! Rows of seats.

use scrip_domain::{ActivationId, DeviceId, LicenseId, Outstanding, Seat, SeatKind, Timestamp, Usage, UserId};
use uuid::Uuid;

use crate::Error;
use crate::db::{Tx, Value, args, row_struct};

/// A computer's seat, held or given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationRow {
    /// The tie of the license to the computer.
    pub id: ActivationId,
    /// The license.
    pub license: LicenseId,
    /// The seat.
    pub seat: Seat,
    /// Whether it was freed from afar.
    pub forced: bool,
    /// When the computer was last heard of.
    pub seen_at: Timestamp,
    /// The number of the last code.
    pub code_seq: i64,
    /// What the computer may take of the license in all.
    pub allotted: Usage,
    /// What the computer reported as taken of the license in all, also before it had this seat.
    pub reported: Usage,
    /// Whose computer it is.
    pub owner: UserId,
    /// What the person calls the computer.
    pub device_name: String,
    /// The RFC 7638 thumbprint of the computer's key.
    pub thumbprint: String,
    /// Whether the computer registered anew and has its seat under that registration.
    pub replaced: bool,
}

impl ActivationRow {
    /// The uses that the computer may still take without asking.
    pub fn uses_outstanding(&self) -> Outstanding {
        Outstanding {
            allotted: self.allotted.uses,
            reported: self.reported.uses,
        }
    }

    /// The same of processings.
    pub fn processings_outstanding(&self) -> Outstanding {
        Outstanding {
            allotted: self.allotted.processings,
            reported: self.reported.processings,
        }
    }

    /// Whether the computer holds a promise of units that it has not reported.
    pub fn is_promised(&self) -> bool {
        self.uses_outstanding().unreported() > 0 || self.processings_outstanding().unreported() > 0
    }

    /// Takes back what the computer was promised and has not reported.
    pub(crate) fn forget_promise(&mut self) {
        // More reported than promised is kept, as it explains promises to others that are no longer covered.
        self.allotted = Usage {
            uses: self.allotted.uses.min(self.reported.uses),
            processings: self.allotted.processings.min(self.reported.processings),
        };
    }

    pub(crate) fn give_back(&mut self, forced: bool, now: Timestamp) {
        self.seat.released_at = self.seat.released_at.or(Some(now));
        self.forced |= forced;
        self.forget_promise();
    }
}

row_struct! {
    /// A seat as its row has it, with its computer.
    pub(crate) struct Found {
        id: Uuid,
        license_id: Uuid,
        device_id: Uuid,
        kind: String,
        created_at: i64,
        released_at: Option<i64>,
        forced: bool,
        lease_ends_at: Option<i64>,
        seen_at: i64,
        code_seq: i64,
        allotted_uses: i64,
        allotted_processings: i64,
        reported_uses: i64,
        reported_processings: i64,
        user_id: Uuid,
        name: String,
        thumbprint: String,
        replaced: bool,
    }
}

const FLOATING: &str = "floating";
const FIXED: &str = "fixed";
const SELECT: &str = "SELECT a.id, a.license_id, a.device_id, a.kind, a.created_at, a.released_at, a.forced, \
    a.lease_ends_at, a.seen_at, a.code_seq, a.allotted_uses, a.allotted_processings, a.reported_uses, \
    a.reported_processings, d.user_id, d.name, d.thumbprint, \
    d.replaced_by IS NOT NULL AS replaced FROM activations a JOIN devices d ON d.id = a.device_id";

impl Found {
    fn read(self) -> ActivationRow {
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        ActivationRow {
            id: ActivationId(self.id),
            license: LicenseId(self.license_id),
            seat: Seat {
                device: DeviceId(self.device_id),
                kind: if self.kind == FLOATING {
                    SeatKind::Floating
                } else {
                    SeatKind::Fixed
                },
                taken_at: Timestamp::from_micros(self.created_at),
                released_at: self.released_at.map(Timestamp::from_micros),
                lease_ends_at: self.lease_ends_at.map(Timestamp::from_micros),
            },
            forced: self.forced,
            seen_at: Timestamp::from_micros(self.seen_at),
            code_seq: self.code_seq,
            allotted: Usage {
                uses: count(self.allotted_uses),
                processings: count(self.allotted_processings),
            },
            reported: Usage {
                uses: count(self.reported_uses),
                processings: count(self.reported_processings),
            },
            owner: UserId(self.user_id),
            device_name: self.name,
            thumbprint: self.thumbprint,
            replaced: self.replaced,
        }
    }
}

/// The seats that a condition finds.
pub(crate) async fn find(tx: &mut Tx, condition: &str, values: &[Value]) -> Result<Vec<ActivationRow>, Error> {
    let rows = tx
        .rows::<Found>("read seats", &format!("{SELECT} WHERE {condition}"), values)
        .await?;
    Ok(rows.into_iter().map(Found::read).collect())
}

/// Every seat that a license has and had, the oldest first.
pub(crate) async fn of_license(tx: &mut Tx, license: LicenseId) -> Result<Vec<ActivationRow>, Error> {
    find(tx, "a.license_id = $1 ORDER BY a.created_at, a.id", &args![license.0]).await
}

/// Writes a seat, whether it is new or changed. The license's row is locked, so that nobody else writes it.
pub(crate) async fn put(tx: &mut Tx, row: &ActivationRow) -> Result<(), Error> {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let sql = "INSERT INTO activations (id, license_id, device_id, kind, created_at, released_at, forced, lease_ends_at, \
               seen_at, code_seq, allotted_uses, allotted_processings, reported_uses, reported_processings) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
               ON CONFLICT (id) DO UPDATE SET released_at = excluded.released_at, forced = excluded.forced, \
               lease_ends_at = excluded.lease_ends_at, seen_at = excluded.seen_at, code_seq = excluded.code_seq, \
               allotted_uses = excluded.allotted_uses, allotted_processings = excluded.allotted_processings, \
               reported_uses = excluded.reported_uses, reported_processings = excluded.reported_processings";
    let values = args![
        row.id.0,
        row.license.0,
        row.seat.device.0,
        if row.seat.kind == SeatKind::Floating {
            FLOATING
        } else {
            FIXED
        },
        row.seat.taken_at,
        row.seat.released_at.map(Timestamp::micros),
        row.forced,
        row.seat.lease_ends_at.map(Timestamp::micros),
        row.seen_at,
        row.code_seq,
        count(row.allotted.uses),
        count(row.allotted.processings),
        count(row.reported.uses),
        count(row.reported.processings),
    ];
    tx.execute("write a seat", sql, &values).await.map(drop)
}
