//! Seats: which computers have a license, what they were promised of it, and how they give it back.

use std::collections::HashMap;

use scrip_domain::{
    ActivationId, DeviceId, License, LicenseId, Outstanding, RentalRules, Seat, SeatKind, Seating, Timestamp, Usage,
    UserId, allot, refuse_release, take_seat,
};
use uuid::Uuid;

use crate::activations::{self, ActivationRow, of_license, put};
use crate::db::{Tx, args};
use crate::events::{self, Actor};
use crate::ledger::retrying;
use crate::names::name_of;
use crate::{DeviceRow, Error, Store, licenses, revocations};

/// How long a floating seat is lent where the offer says nothing, in seconds.
pub const FLOATING_LEASE_SECONDS: i64 = 3600;
/// How long a seat that was given back is still shown, in seconds.
const SHOWN_SECONDS: i64 = 365 * 86_400;

/// What a computer gives back with its seat, as its journal proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurrenderedSeat {
    /// The seat.
    pub activation: ActivationId,
    /// The number of the code that is given back.
    pub code_seq: i64,
    /// What the computer took of the license in all.
    pub totals: Usage,
}

/// What a computer is given with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allotment {
    /// The license as it is.
    pub license: License,
    /// The seat with the number of the code and what the code allows in all.
    pub activation: ActivationRow,
    /// When the code has to be renewed although the license lasts longer.
    pub lease_ends_at: Option<Timestamp>,
}

/// The computers, by name, that hold a seat at `now`.
pub(crate) fn names_of_live(rows: &[ActivationRow], now: Timestamp) -> Vec<String> {
    let live = rows.iter().filter(|row| row.seat.is_live(now));
    live.map(|row| row.device_name.clone()).collect()
}

/// Adds a computer's totals to what its license counts, and answers what was taken beyond what was left.
pub(crate) fn report(license: &License, row: &mut ActivationRow, totals: Usage) -> (License, Usage) {
    let taken = Usage {
        uses: totals.uses.saturating_sub(row.reported.uses),
        processings: totals.processings.saturating_sub(row.reported.processings),
    };
    if taken == Usage::default() {
        return (license.clone(), taken);
    }
    row.reported.uses += taken.uses;
    row.reported.processings += taken.processings;
    license.report(taken)
}

/// Checks that a journal gives back the last code of a seat, and gives the seat back.
pub(crate) async fn surrender(
    tx: &mut Tx,
    license: &License,
    rows: &mut [ActivationRow],
    seat: &SurrenderedSeat,
    now: Timestamp,
) -> Result<License, Error> {
    let row = find(rows, seat.activation)?;
    if seat.code_seq < row.code_seq {
        return Err(scrip_domain::Error::SeatNotSurrendered {
            computer: row.device_name.clone(),
            seq: row.code_seq,
        }
        .into());
    }
    let (license, _) = report(license, row, seat.totals);
    row.give_back(false, now);
    put(tx, row).await?;
    Ok(license)
}

pub(crate) fn find(rows: &mut [ActivationRow], activation: ActivationId) -> Result<&mut ActivationRow, Error> {
    let known = rows.iter_mut().find(|row| row.id == activation);
    known.ok_or_else(|| Error::SeatNotFound {
        activation: activation.to_string(),
    })
}

impl Store {
    /// The seats of the user's license: those that are held, and those given back within a year, the newest first.
    pub async fn seats(&self, user: UserId, license: LicenseId) -> Result<Vec<ActivationRow>, Error> {
        let now = self.clock.now();
        let mut tx = self.database.read().await?;
        let mut rows = of_license(&mut tx, license).await?;
        rows.retain(|row| {
            let gone = row.seat.released_at.or(row.seat.lease_ends_at);
            row.owner == user && gone.is_none_or(|at| now.seconds_since(at) < SHOWN_SECONDS)
        });
        rows.reverse();
        Ok(rows)
    }

    /// The seats that the user's computers have now, by their licenses, the newest first: one statement, whatever the number
    /// of licenses.
    pub async fn seats_held(&self, user: UserId) -> Result<HashMap<LicenseId, Vec<ActivationRow>>, Error> {
        let now = self.clock.now();
        let mut tx = self.database.read().await?;
        let held = "d.user_id = $1 AND a.released_at IS NULL ORDER BY a.created_at DESC, a.id DESC";
        let rows = activations::find(&mut tx, held, &args![user.0]).await?;
        let mut seats: HashMap<LicenseId, Vec<ActivationRow>> = HashMap::new();
        for row in rows.into_iter().filter(|row| row.seat.is_live(now)) {
            seats.entry(row.license).or_default().push(row);
        }
        Ok(seats)
    }

    /// The seat with this id and its license; another user's is as absent as none.
    pub async fn activation(&self, user: UserId, activation: ActivationId) -> Result<(License, ActivationRow), Error> {
        let absent = || Error::SeatNotFound {
            activation: activation.to_string(),
        };
        let mut tx = self.database.read().await?;
        let values = args![activation.0, user.0];
        let rows = activations::find(&mut tx, "a.id = $1 AND d.user_id = $2", &values).await?;
        drop(tx);
        let row = rows.into_iter().next().ok_or_else(absent)?;
        match self.license(user, row.license).await {
            Err(Error::LicenseNotFound { .. }) => Err(absent()),
            found => Ok((found?, row)),
        }
    }

    /// Gives the user's computer a seat of their license (its own where it has one), the number of its next code, and its
    /// share of what is left. `allows` refuses a license that allows nothing.
    pub async fn take_seat(
        &self,
        user: UserId,
        license: LicenseId,
        device: DeviceId,
        kind: SeatKind,
        allows: impl Fn(&License, Timestamp) -> Result<(), scrip_domain::Error>,
    ) -> Result<Allotment, Error> {
        let device = self.device(user, device).await?;
        retrying!("take a seat", {
            let mut tx = self.database.write().await?;
            let license = licenses::lock(&mut tx, license, Some(user)).await?;
            let now = self.clock.now();
            allows(&license, now)?;
            let mut rows = of_license(&mut tx, license.id).await?;
            let at = if let Some(at) = seat_of(&license, &rows, device.id, kind, now)? {
                at
            } else {
                rows.push(self.new_seat(license.id, user, &device, kind));
                if let Some(before) = inherit(&mut rows) {
                    put(&mut tx, before).await?;
                }
                rows.len() - 1
            };
            let mut row = rows.swap_remove(at);
            if row.seat.kind == SeatKind::Fixed {
                // A computer that has a seat of its own needs no borrowed one.
                let borrowed =
                    |other: &&mut ActivationRow| other.seat.device == device.id && other.seat.released_at.is_none();
                for other in rows.iter_mut().filter(borrowed) {
                    other.give_back(false, now);
                    put(&mut tx, other).await?;
                }
            }
            share(&license, &mut row, &rows, now)?;
            let lease = lease_of(&license, row.seat.kind);
            let lease_ends_at = lease.map(|seconds| now.plus_seconds(seconds));
            row.seat.lease_ends_at = lease_ends_at.filter(|_| row.seat.kind == SeatKind::Floating);
            row.seen_at = now;
            row.code_seq += 1;
            put(&mut tx, &row).await?;
            inherit_head(&mut tx, &row).await?;
            tx.commit().await?;
            Ok(Allotment {
                license,
                activation: row,
                lease_ends_at,
            })
        })
    }

    /// Gives a seat back by the computer's own journal. What it reports counts, also where it was given back before.
    pub async fn release(&self, user: UserId, seat: &SurrenderedSeat) -> Result<License, Error> {
        let (license, _) = self.activation(user, seat.activation).await?;
        retrying!("give a seat back", {
            let mut tx = self.database.write().await?;
            let stored = licenses::lock(&mut tx, license.id, Some(user)).await?;
            let mut rows = of_license(&mut tx, stored.id).await?;
            let changed = surrender(&mut tx, &stored, &mut rows, seat, self.clock.now()).await?;
            if changed.revision != stored.revision {
                licenses::update(&mut tx, &[(stored.revision, &changed)]).await?;
            }
            tx.commit().await?;
            Ok(changed)
        })
    }

    /// Frees the seat of a computer that cannot give it back: three times in 90 days. Its codes are revoked, and what it
    /// was promised returns to the license. Freed again it stays as it is.
    pub async fn force_release(&self, user: UserId, activation: ActivationId, why: &str) -> Result<License, Error> {
        let (license, _) = self.activation(user, activation).await?;
        retrying!("free a seat", {
            let mut tx = self.database.write().await?;
            let license = licenses::lock(&mut tx, license.id, Some(user)).await?;
            let now = self.clock.now();
            let mut rows = of_license(&mut tx, license.id).await?;
            let releases = forced_releases(&rows);
            let row = find(&mut rows, activation)?;
            if !row.seat.is_live(now) && !row.is_promised() {
                return Ok(license);
            }
            refuse_release(&license.product, &releases, now)?;
            // A seat that another registration took over counts from now, as this is when its promise returns.
            row.seat.released_at = Some(now);
            row.give_back(true, now);
            put(&mut tx, row).await?;
            revocations::put(&mut tx, license.id, &row.thumbprint, row.code_seq, why, now).await?;
            let what = format!("freed the seat of {}", row.device_name);
            events::put(
                &mut tx,
                self.new_id(),
                license.id,
                Actor::Account(user),
                &what,
                why,
                now,
            )
            .await?;
            let name = name_of(&mut tx, &license.product).await?;
            let text = format!(
                "The seat of {} for {name} was freed; its codes no longer hold.",
                row.device_name
            );
            let notice = crate::notices::NewNotice {
                user,
                kind: "seat.released",
                product: Some(&license.product),
                subject: &format!("{activation} {}", row.code_seq),
                text: &text,
            };
            notice.put(&mut tx, self.new_id(), now).await?;
            tx.commit().await?;
            Ok(license)
        })
    }

    /// Counts what a computer took of a license in all, as its journal says; what was counted before counts once.
    /// Answers the license, and what was taken beyond what was left.
    pub async fn report_use(&self, activation: ActivationId, totals: Usage) -> Result<(License, Usage), Error> {
        retrying!("report use", {
            let mut tx = self.database.write().await?;
            let sql = "SELECT license_id, device_id FROM activations WHERE id = $1";
            let found = tx.row::<(Uuid, Uuid)>("find a seat", sql, &args![activation.0]).await?;
            let Some((license, device)) = found else {
                return Err(Error::SeatNotFound {
                    activation: activation.to_string(),
                });
            };
            let license = licenses::lock(&mut tx, LicenseId(license), None).await?;
            let mut rows = of_license(&mut tx, license.id).await?;
            // The computer's newest seat goes on counting from what it reported in earlier ones.
            let row = rows.iter_mut().rfind(|row| row.seat.device.0 == device);
            let row = row.ok_or_else(|| Error::SeatNotFound {
                activation: activation.to_string(),
            })?;
            let (changed, beyond) = report(&license, row, totals);
            row.seen_at = self.clock.now();
            put(&mut tx, row).await?;
            if changed.revision != license.revision {
                licenses::update(&mut tx, &[(license.revision, &changed)]).await?;
            }
            tx.commit().await?;
            Ok((changed, beyond))
        })
    }
}

impl Store {
    fn new_seat(&self, license: LicenseId, user: UserId, device: &DeviceRow, kind: SeatKind) -> ActivationRow {
        let now = self.clock.now();
        ActivationRow {
            id: ActivationId(self.new_id()),
            license,
            seat: Seat {
                device: device.id,
                kind,
                taken_at: now,
                released_at: None,
                lease_ends_at: None,
            },
            forced: false,
            seen_at: now,
            code_seq: 0,
            allotted: Usage::default(),
            reported: Usage::default(),
            owner: user,
            device_name: device.name.clone(),
            thumbprint: device.thumbprint.clone(),
            replaced: false,
        }
    }

    /// Hands the seats of a registration to the one that took its place. Each counts as freed from afar: its codes are
    /// revoked and its promise returns. One that may not be freed so often stays where it is.
    pub(crate) async fn hand_over(
        &self,
        tx: &mut Tx,
        user: UserId,
        old: &DeviceRow,
        new: &DeviceRow,
        why: &str,
    ) -> Result<(), Error> {
        let sql = "SELECT DISTINCT license_id FROM activations WHERE device_id = $1 AND released_at IS NULL ORDER BY license_id";
        let now = self.clock.now();
        for (license,) in tx.rows::<(Uuid,)>("find seats", sql, &args![old.id.0]).await? {
            let license = licenses::lock(tx, LicenseId(license), None).await?;
            let mut rows = of_license(tx, license.id).await?;
            let releases = forced_releases(&rows);
            if refuse_release(&license.product, &releases, now).is_err() {
                continue;
            }
            let held = |row: &ActivationRow| row.seat.device == old.id && row.seat.released_at.is_none();
            let Some(at) = rows.iter().position(held) else { continue };
            let (kind, live) = (rows[at].seat.kind, rows[at].seat.is_live(now));
            rows[at].give_back(true, now);
            put(tx, &rows[at]).await?;
            revocations::put(tx, license.id, &old.thumbprint, rows[at].code_seq, why, now).await?;
            let what = format!("handed the seat of {} over to {}", old.name, new.name);
            events::put(tx, self.new_id(), license.id, Actor::Account(user), &what, why, now).await?;
            if live && kind == SeatKind::Fixed {
                rows.push(self.new_seat(license.id, user, new, kind));
                inherit(&mut rows);
                if let Some(row) = rows.last() {
                    put(tx, row).await?;
                }
            }
        }
        Ok(())
    }
}

/// When seats of the license were freed from afar.
pub(crate) fn forced_releases(rows: &[ActivationRow]) -> Vec<Timestamp> {
    let forced = rows.iter().filter(|row| row.forced);
    forced.filter_map(|row| row.seat.released_at).collect()
}

/// The place of the seat that a computer goes on with; `None` where it takes a new one.
fn seat_of(
    license: &License,
    rows: &[ActivationRow],
    device: DeviceId,
    kind: SeatKind,
    now: Timestamp,
) -> Result<Option<usize>, Error> {
    let held = |wanted: SeatKind| {
        let mine = |row: &ActivationRow| row.seat.device == device && row.seat.released_at.is_none();
        rows.iter().position(|row| mine(row) && row.seat.kind == wanted)
    };
    if let Some(own) = held(SeatKind::Fixed) {
        return Ok(Some(own));
    }
    // A computer that registered anew is counted once.
    let counts = |row: &&ActivationRow| !row.replaced || row.seat.is_live(now);
    let seats: Vec<Seat> = rows.iter().filter(counts).map(|row| row.seat).collect();
    let seating = take_seat(&license.product, &license.terms.policy, &seats, device, kind, now)?;
    // A lease that ran out lies in a row of its own, which goes on.
    let own = held(kind);
    debug_assert!(own.is_some() || seating == Seating::Free);
    Ok(own)
}

/// A new seat, the last of `rows`, goes on counting where the computer and the license's codes left off. Answers the
/// computer's seat before, whose promise went over.
fn inherit(rows: &mut [ActivationRow]) -> Option<&ActivationRow> {
    let (new, old) = rows.split_last_mut()?;
    new.code_seq = old.iter().map(|row| row.code_seq).max().unwrap_or(0);
    let before = old.iter_mut().rfind(|row| row.seat.device == new.seat.device)?;
    new.reported = before.reported;
    new.allotted = before.allotted;
    before.forget_promise();
    Some(before)
}

/// What was acknowledged of the computer's journal under the seat that it had before counts under this one.
async fn inherit_head(tx: &mut Tx, row: &ActivationRow) -> Result<(), Error> {
    if row.seat.taken_at != row.seen_at {
        return Ok(());
    }
    let sql = "INSERT INTO journal_heads (activation_id, metering_key, certificate, seq, hash, uses, processings, revision, \
               reported_at) SELECT $1, h.metering_key, h.certificate, h.seq, h.hash, h.uses, h.processings, h.revision, \
               h.reported_at FROM journal_heads h JOIN activations a ON a.id = h.activation_id \
               WHERE a.license_id = $2 AND a.device_id = $3 AND a.id <> $1 ORDER BY a.created_at DESC, a.id DESC LIMIT 1 \
               ON CONFLICT DO NOTHING";
    let values = args![row.id.0, row.license.0, row.seat.device.0];
    tx.execute("go on with a journal", sql, &values).await.map(drop)
}

/// Sets what the computer may take: its share of what is left beside what other computers were promised.
fn share(license: &License, row: &mut ActivationRow, others: &[ActivationRow], now: Timestamp) -> Result<(), Error> {
    type Outstands = fn(&ActivationRow) -> Outstanding;
    let ceiling = |left: u64, of: Outstands| {
        // Who gave the seat up without reporting takes no part, and yet holds what it was promised.
        let (live, gone): (Vec<_>, Vec<_>) = others.iter().partition(|other| other.seat.is_live(now));
        let held = gone
            .iter()
            .fold(0_u64, |sum, other| sum.saturating_add(of(other).unreported()));
        let live: Vec<_> = live.into_iter().map(of).collect();
        allot(left.saturating_sub(held), of(row).reported, &live)
    };
    let uses = license
        .remaining
        .uses
        .map(|left| ceiling(left, ActivationRow::uses_outstanding));
    let processings = license
        .remaining
        .processings
        .map(|left| ceiling(left, ActivationRow::processings_outstanding));
    if uses.is_some_and(|uses| uses <= row.reported.uses)
        || processings.is_some_and(|processings| processings <= row.reported.processings)
    {
        let holding = others.iter().filter(|other| other.is_promised());
        return Err(scrip_domain::Error::AllowancePromised {
            product: license.product.clone(),
            computers: holding.map(|other| other.device_name.clone()).collect(),
        }
        .into());
    }
    row.allotted = Usage {
        uses: uses.unwrap_or(row.reported.uses),
        processings: processings.unwrap_or(row.reported.processings),
    };
    Ok(())
}

/// After how many seconds a code has to be renewed; `None` where it lasts as long as the license.
fn lease_of(license: &License, kind: SeatKind) -> Option<i64> {
    let rules = match license.kind {
        scrip_domain::LicenseKind::Rental => license.rules(),
        // What is owned needs nothing further; a lease of its rental days says nothing about it.
        scrip_domain::LicenseKind::Perpetual => RentalRules::default(),
    };
    match kind {
        SeatKind::Fixed => rules.lease_seconds,
        SeatKind::Floating => Some(rules.lease_seconds.unwrap_or(FLOATING_LEASE_SECONDS)),
    }
}
