//! The clock guard: what time it is at least, on a computer whose clock anybody may set.
//!
//! Time that the vendor signed and time that was seen here before are floors: the time never falls below them. A
//! clock that lies up to [`TOLERANCE_SECONDS`] behind its floor is what time zones and a second operating system
//! make of it, and passes in silence; the time goes on from the floor by what the computer measures itself as having
//! passed, so that setting the clock back gains nothing. Behind by more, the same holds with a warning, for
//! [`ALLOWANCE_SECONDS`] of such running in all; then the guard refuses, and says since when and by what it knows.
//!
//! [`look`] decides, as a pure function; [`Guard`] keeps the state in a file and asks the system.

mod guard;
mod source;

use std::fmt;

use scrip_domain::Timestamp;
use serde::{Deserialize, Serialize};

pub use guard::Guard;
pub use source::{Boot, Reading, SystemTime, TimeSource};

/// How far a clock may lie behind its floor without a word: every time zone (26 hours apart at most), daylight
/// saving, and a second system that keeps the hardware clock in local time.
pub const TOLERANCE_SECONDS: i64 = 26 * 3600;
/// How long a program may run in all while the clock lies further behind.
pub const ALLOWANCE_SECONDS: i64 = 72 * 3600;

/// By what a time is known to have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence {
    /// The vendor's signed key set.
    KeySet,
    /// The vendor's signed list of revocations.
    Revocations,
    /// An authorization code.
    Code,
    /// The answer to an offline request.
    Bundle,
    /// A recovery code.
    Recovery,
    /// An answer of the vendor's server.
    Server,
    /// An entry of a metering journal on this computer.
    Journal,
    /// This computer's own clock, looked at earlier.
    Seen,
}

impl Evidence {
    /// Whether the vendor signed it; what this computer wrote itself may have been written under a wrong clock.
    const fn is_trusted(self) -> bool {
        !matches!(self, Self::Journal | Self::Seen)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeySet => "the vendor's key set",
            Self::Revocations => "the vendor's list of revocations",
            Self::Code => "an authorization code",
            Self::Bundle => "the vendor's answer to an offline request",
            Self::Recovery => "a recovery code",
            Self::Server => "the vendor's server",
            Self::Journal => "the metering journal",
            Self::Seen => "this computer's own clock",
        })
    }
}

/// A time that has certainly come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// The time, in microseconds since the Unix epoch.
    #[serde(with = "micros")]
    pub time: Timestamp,
    /// By what it is known.
    pub evidence: Evidence,
}

impl Floor {
    /// `time`, known by `evidence`.
    pub const fn new(time: Timestamp, evidence: Evidence) -> Self {
        Self { time, evidence }
    }

    fn raise(floor: &mut Option<Self>, other: Self) {
        if floor.is_none_or(|floor| floor.time < other.time) {
            *floor = Some(other);
        }
    }
}

/// What the guard remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The latest time that the vendor signed.
    #[serde(default)]
    pub trusted: Option<Floor>,
    /// The time that was believed here at the last look.
    #[serde(default)]
    pub local: Option<Floor>,
    /// The last look at the clocks.
    #[serde(default)]
    pub last: Option<Reading>,
    /// Since when the clock lies behind by more than is tolerated, as time was believed to be.
    #[serde(default, with = "micros::optional", skip_serializing_if = "Option::is_none")]
    pub behind_since: Option<Timestamp>,
    /// How many seconds ran so in all, since a fresh time came from the vendor.
    #[serde(default)]
    pub ran_seconds: i64,
    /// The time of the last recovery code, none of which serves twice.
    #[serde(default, with = "micros::optional", skip_serializing_if = "Option::is_none")]
    pub recovered: Option<Timestamp>,
}

/// A clock that lies behind what is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// What the clock shows.
    pub shows: Timestamp,
    /// What it must be at least, and by what that is known.
    pub evidence: Floor,
    /// Since when the clock is wrong, as time was believed to be.
    pub since: Timestamp,
    /// How many seconds may still run so; 0 once nothing runs any more.
    pub left_seconds: i64,
}

impl Behind {
    /// What to do, the likeliest first.
    pub fn ways_out(&self) -> Vec<String> {
        vec![
            "Set this computer's date and time right.".to_owned(),
            "Or go online once: the vendor's time corrects what is known here.".to_owned(),
            "Or fetch a recovery code from your account page on any device, and import it here.".to_owned(),
        ]
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this computer's clock shows {}, but it is {} at least, as {} shows; the clock is wrong since {}",
            self.shows, self.evidence.time, self.evidence.evidence, self.since
        )
    }
}

/// What the guard says of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The time to decide by.
    pub now: Timestamp,
    /// What is wrong with the clock, where something is.
    pub behind: Option<Behind>,
}

impl Ruling {
    /// Whether so much ran under a wrong clock that nothing by time runs any more.
    pub fn is_refused(&self) -> bool {
        self.behind.is_some_and(|behind| behind.left_seconds <= 0)
    }
}

impl State {
    /// Believes a fresh time of the vendor, which came while the clocks showed `reading`: what was believed here
    /// alone and lies beyond is forgotten, and the allowance begins anew. Answers `false`, and changes nothing, for a
    /// time before one that the vendor signed, and for a recovery code that was used already.
    pub fn correct(&mut self, fresh: Floor, reading: Reading) -> bool {
        let recovers = fresh.evidence == Evidence::Recovery;
        let is_old = self.trusted.is_some_and(|trusted| trusted.time > fresh.time);
        let is_used = self.recovered.is_some_and(|recovered| recovered >= fresh.time);
        if is_old || !fresh.evidence.is_trusted() || (recovers && is_used) {
            return false;
        }
        *self = Self {
            trusted: Some(fresh),
            local: Some(fresh),
            last: Some(reading),
            behind_since: None,
            ran_seconds: 0,
            recovered: if recovers { Some(fresh.time) } else { self.recovered },
        };
        true
    }

    /// How much time passed since the last look, as far as the computer can tell without its clock, in microseconds.
    fn elapsed(&self, reading: &Reading) -> i64 {
        let Some(last) = &self.last else { return 0 };
        match (&last.boot, &reading.boot) {
            (Some(before), Some(now)) if before.id == now.id => now.micros.saturating_sub(before.micros).max(0),
            // Started anew since: all that ran since the start came after the last look.
            (Some(_), Some(now)) => now.micros.max(0),
            _ => reading.wall.micros().saturating_sub(last.wall.micros()).max(0),
        }
    }
}

/// Decides what time it is, and what to remember. `floors` is what codes, key sets and journals say.
pub fn look(state: &State, floors: &[Floor], reading: Reading) -> (Ruling, State) {
    let elapsed = state.elapsed(&reading);
    let mut trusted = state.trusted;
    for floor in floors.iter().filter(|floor| floor.evidence.is_trusted()) {
        Floor::raise(&mut trusted, *floor);
    }
    // Only what was believed at the last look moved on since; the others just say what they say.
    let moved = state.local.map(|local| Floor {
        time: Timestamp::from_micros(local.time.micros().saturating_add(elapsed)),
        ..local
    });
    let mut known = trusted;
    for floor in moved.iter().chain(floors) {
        Floor::raise(&mut known, *floor);
    }
    let now = known.map_or(reading.wall, |known| known.time.max(reading.wall));
    let mut next = State {
        trusted,
        local: Some(Floor::new(now, evidence_at(known, now))),
        behind_since: None,
        ..state.clone()
    };
    let behind = known
        .filter(|known| reading.wall.plus_seconds(TOLERANCE_SECONDS) < known.time)
        .map(|evidence| {
            let ran = state.behind_since.map_or(0, |_| elapsed / 1_000_000);
            let since = state.behind_since.unwrap_or(now);
            next.behind_since = Some(since);
            next.ran_seconds = state.ran_seconds.saturating_add(ran);
            Behind {
                shows: reading.wall,
                evidence,
                since,
                left_seconds: (ALLOWANCE_SECONDS - next.ran_seconds).max(0),
            }
        });
    next.last = Some(reading);
    (Ruling { now, behind }, next)
}

/// By what it is known that it is `now`: what raised the time goes on to be named while time runs on from it.
fn evidence_at(known: Option<Floor>, now: Timestamp) -> Evidence {
    known
        .filter(|known| known.time == now)
        .map_or(Evidence::Seen, |known| known.evidence)
}

#[cfg(test)]
mod tests;

/// Instants as a number of microseconds.
mod micros {
    use scrip_domain::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(time.micros())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_micros)
    }

    pub(super) mod optional {
        use scrip_domain::Timestamp;
        use serde::{Deserialize, Deserializer, Serializer};

        #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
        pub(in super::super) fn serialize<S: Serializer>(time: &Option<Timestamp>, s: S) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => s.serialize_i64(time.micros()),
                None => s.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
            Option::<i64>::deserialize(d).map(|micros| micros.map(Timestamp::from_micros))
        }
    }
}
