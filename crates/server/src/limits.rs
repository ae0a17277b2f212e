//! How often a password may be tried.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use scrip_domain::{Clock, Timestamp};

use crate::Error;
use crate::caller::network_of;

/// Tries at one thing in a minute, from wherever they come.
const TRIES_PER_ACCOUNT: NonZeroU32 = NonZeroU32::new(20).expect("20 is not zero");
/// Forget idle keys once this many are known, so that a flood of addresses cannot fill the memory.
const KEYS_MAX: usize = 100_000;

/// What counts by keys of one kind.
type Counter<K> = RateLimiter<K, DashMapStateStore<K>, Pace, NoOpMiddleware<Duration>>;

/// Time that only goes on: where the clock is set back, it goes on from where it was, so that nobody waits for the clock to catch
/// up.
#[derive(Clone)]
struct Pace {
    clock: Arc<dyn Clock>,
    seen: Arc<Mutex<Seen>>,
}

/// What the clock showed last, and how much time had gone by then.
struct Seen {
    at: Timestamp,
    gone: Duration,
}

impl Pace {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = Seen {
            at: clock.now(),
            gone: Duration::ZERO,
        };
        Self {
            clock,
            seen: Arc::new(Mutex::new(seen)),
        }
    }
}

impl governor::clock::Clock for Pace {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let micros = now.micros().saturating_sub(seen.at.micros());
        seen.gone += Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        seen.at = now;
        seen.gone
    }
}

/// Counts tries by network and by what is tried at. Each process counts for itself: several servers allow as many times more.
/// Tries to sign in to an account are counted in the database.
pub(crate) struct Limits {
    by_address: Counter<IpAddr>,
    by_account: Counter<String>,
    pace: Pace,
}

impl Limits {
    pub(crate) fn new(per_minute: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let pace = Pace::new(clock);
        Self {
            by_address: Counter::dashmap_with_clock(Quota::per_minute(per_minute), pace.clone()),
            by_account: Counter::dashmap_with_clock(Quota::per_minute(TRIES_PER_ACCOUNT), pace.clone()),
            pace,
        }
    }

    /// Counts a registration or sign-in from `address`.
    pub(crate) fn count_address(&self, address: IpAddr) -> Result<(), Error> {
        self.count(&self.by_address, &network_of(address))
    }

    /// Counts a try at what `account` names.
    pub(crate) fn count_account(&self, account: &str) -> Result<(), Error> {
        self.count(&self.by_account, &account.to_owned())
    }

    fn count<K: Clone + Eq + Hash>(&self, counter: &Counter<K>, key: &K) -> Result<(), Error> {
        if counter.len() > KEYS_MAX {
            counter.retain_recent();
        }
        counter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(governor::clock::Clock::now(&self.pace));
            Error::RateLimited {
                seconds: wait.as_secs() + 1,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use scrip_domain::FixedClock;

    use super::*;

    fn limits(per_minute: u32) -> (Arc<FixedClock>, Limits) {
        let clock = Arc::new(FixedClock::new(Timestamp::from_micros(1_800_000_000_000_000)));
        let limits = Limits::new(NonZeroU32::new(per_minute).unwrap(), clock.clone());
        (clock, limits)
    }

    #[test]
    fn tries_past_the_limit_say_when_to_come_back() {
        let (clock, limits) = limits(2);
        let here = IpAddr::from([127, 0, 0, 1]);
        assert!(limits.count_address(here).is_ok() && limits.count_address(here).is_ok());
        let refused = limits.count_address(here).unwrap_err();
        assert!(matches!(refused, Error::RateLimited { seconds: 31 }), "{refused}");
        assert!(limits.count_address(IpAddr::from([127, 0, 0, 2])).is_ok());
        clock.advance_seconds(29);
        assert!(limits.count_address(here).is_err());
        clock.advance_seconds(1);
        assert!(limits.count_address(here).is_ok() && limits.count_address(here).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let (clock, limits) = limits(1);
        let here = IpAddr::from([127, 0, 0, 1]);
        assert!(limits.count_address(here).is_ok());
        clock.advance_seconds(-86_400);
        let refused = limits.count_address(here).unwrap_err();
        assert!(matches!(refused, Error::RateLimited { seconds: 61 }), "{refused}");
        clock.advance_seconds(60);
        assert!(limits.count_address(here).is_ok());
    }
}
