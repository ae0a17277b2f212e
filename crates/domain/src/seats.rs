//! Which computers a license runs on.

use serde::{Deserialize, Serialize};

use crate::{DeviceId, Error, Policy, ProductId, Timestamp};

/// How a computer holds a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SeatKind {
    /// Until it is given back.
    Fixed,
    /// For a short while that the computer renews, as teams share.
    Floating,
}

/// A seat that a computer has or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The computer.
    pub device: DeviceId,
    /// How it is held.
    pub kind: SeatKind,
    /// Since when.
    pub taken_at: Timestamp,
    /// When it was given back.
    pub released_at: Option<Timestamp>,
    /// When a floating seat falls free by itself.
    pub lease_ends_at: Option<Timestamp>,
}

impl Seat {
    /// Whether the seat is held at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.released_at.is_none() && self.lease_ends_at.is_none_or(|end| end > now)
    }
}

/// What taking a seat comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seating {
    /// The computer has one already.
    Held,
    /// One is free for it.
    Free,
}

/// In how many seconds the changes of computers are counted: 30 days.
const CYCLE_SECONDS: i64 = 30 * 86_400;
/// How many seats may be freed for computers that cannot give them back themselves, in [`RELEASE_SECONDS`].
const RELEASES_MAX: usize = 3;
/// 90 days.
const RELEASE_SECONDS: i64 = 90 * 86_400;

/// Decides whether `device` may have a seat of `kind`, given all seats that the license has and had.
///
/// Beside the number of seats, the number of different computers in 30 days is limited to twice the seats (and two more than
/// the seats at least), so that one seat cannot serve many computers in turn. A computer that had a seat in that time counts once.
pub fn take_seat(
    product: &ProductId,
    policy: &Policy,
    seats: &[Seat],
    device: DeviceId,
    kind: SeatKind,
    now: Timestamp,
) -> Result<Seating, Error> {
    let live = |seat: &&Seat| seat.kind == kind && seat.is_live(now);
    if seats.iter().filter(live).any(|seat| seat.device == device) {
        return Ok(Seating::Held);
    }
    let total = match kind {
        SeatKind::Fixed => policy.seats,
        SeatKind::Floating => policy.floating_seats,
    };
    if seats.iter().filter(live).count() >= usize::from(total) {
        let frees_at = seats.iter().filter(live).filter_map(|seat| seat.lease_ends_at).min();
        return Err(Error::SeatNoneFree {
            product: product.clone(),
            seats: total,
            frees_at,
        });
    }
    if kind == SeatKind::Fixed {
        refuse_cycling(product, total, seats, device, now)?;
    }
    Ok(Seating::Free)
}

fn refuse_cycling(
    product: &ProductId,
    total: u16,
    seats: &[Seat],
    device: DeviceId,
    now: Timestamp,
) -> Result<(), Error> {
    let mut recent: Vec<(DeviceId, Timestamp)> = Vec::new();
    for seat in seats
        .iter()
        .filter(|seat| seat.kind == SeatKind::Fixed && now.seconds_since(seat.taken_at) < CYCLE_SECONDS)
    {
        match recent.iter_mut().find(|(known, _)| *known == seat.device) {
            Some((_, taken_at)) => *taken_at = seat.taken_at.max(*taken_at),
            None => recent.push((seat.device, seat.taken_at)),
        }
    }
    let most = usize::from(total) + usize::from(total).max(2);
    if recent.iter().any(|(known, _)| *known == device) || recent.len() < most {
        return Ok(());
    }
    let oldest = recent.iter().map(|(_, taken_at)| *taken_at).min().unwrap_or(now);
    Err(Error::SeatCycling {
        product: product.clone(),
        computers: most,
        free_at: oldest.plus_seconds(CYCLE_SECONDS),
    })
}

/// Refuses to free another seat of a computer that cannot give it back itself, after three in 90 days.
///
/// `releases` are the instants at which seats of the license were freed so.
pub fn refuse_release(product: &ProductId, releases: &[Timestamp], now: Timestamp) -> Result<(), Error> {
    let mut recent: Vec<_> = releases
        .iter()
        .filter(|at| now.seconds_since(**at) < RELEASE_SECONDS)
        .collect();
    recent.sort_unstable();
    match recent.first() {
        Some(oldest) if recent.len() >= RELEASES_MAX => Err(Error::SeatReleaseLimited {
            product: product.clone(),
            free_at: oldest.plus_seconds(RELEASE_SECONDS),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_seconds(1_750_000_000 + day * 86_400)
    }

    fn device(n: u128) -> DeviceId {
        DeviceId(Uuid::from_u128(n))
    }

    fn product() -> ProductId {
        "org.example.Paint".parse().unwrap()
    }

    fn seat(n: u128, taken: i64, released: Option<i64>) -> Seat {
        Seat {
            device: device(n),
            kind: SeatKind::Fixed,
            taken_at: at(taken),
            released_at: released.map(at),
            lease_ends_at: None,
        }
    }

    fn take(policy: &Policy, seats: &[Seat], n: u128, day: i64) -> Result<Seating, Error> {
        take_seat(&product(), policy, seats, device(n), SeatKind::Fixed, at(day))
    }

    #[test]
    fn a_license_runs_on_as_many_computers_as_it_has_seats() {
        let policy = Policy {
            seats: 2,
            ..Policy::default()
        };
        let seats = [seat(1, 0, None), seat(2, 0, None)];
        assert_eq!(take(&policy, &seats[..1], 2, 1).unwrap(), Seating::Free);
        assert_eq!(take(&policy, &seats, 1, 1).unwrap(), Seating::Held);
        assert!(matches!(
            take(&policy, &seats, 3, 1),
            Err(Error::SeatNoneFree { seats: 2, .. })
        ));
        let freed = [seat(1, 0, Some(1)), seat(2, 0, None)];
        assert_eq!(take(&policy, &freed, 3, 1).unwrap(), Seating::Free);
    }

    #[test]
    fn one_seat_cannot_serve_many_computers_in_turn() {
        let policy = Policy {
            seats: 1,
            ..Policy::default()
        };
        let seats = [seat(1, 0, Some(1)), seat(2, 1, Some(2)), seat(3, 2, Some(3))];
        let Err(Error::SeatCycling { free_at, computers, .. }) = take(&policy, &seats, 4, 3) else {
            panic!("a fourth computer in three days");
        };
        assert_eq!((free_at, computers), (at(30), 3));
        assert_eq!(
            take(&policy, &seats, 2, 3).unwrap(),
            Seating::Free,
            "one that was there is not another one"
        );
        assert_eq!(take(&policy, &seats, 4, 30).unwrap(), Seating::Free);
    }

    #[test]
    fn floating_seats_fall_free_by_themselves() {
        let policy = Policy {
            floating_seats: 1,
            ..Policy::default()
        };
        let lease = Seat {
            kind: SeatKind::Floating,
            lease_ends_at: Some(at(1)),
            ..seat(1, 0, None)
        };
        let ask = |n, day| take_seat(&product(), &policy, &[lease], device(n), SeatKind::Floating, at(day));
        assert_eq!(ask(1, 0).unwrap(), Seating::Held);
        let Err(Error::SeatNoneFree { frees_at, .. }) = ask(2, 0) else {
            panic!("taken")
        };
        assert_eq!(frees_at, Some(at(1)));
        assert_eq!(ask(2, 1).unwrap(), Seating::Free);
        assert_eq!(
            take(&policy, &[lease], 2, 0).unwrap(),
            Seating::Free,
            "the fixed seats are others"
        );
    }

    #[test]
    fn dead_computers_are_released_three_times_a_quarter() {
        assert!(refuse_release(&product(), &[at(0), at(1)], at(2)).is_ok());
        let three = [at(1), at(0), at(2)];
        assert!(matches!(
            refuse_release(&product(), &three, at(3)),
            Err(Error::SeatReleaseLimited { free_at, .. }) if free_at == at(90)
        ));
        assert!(refuse_release(&product(), &three, at(90)).is_ok());
    }
}
