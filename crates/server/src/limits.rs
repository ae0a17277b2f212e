//! How often a password may be tried.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::Error;
use crate::caller::network_of;

/// Tries at one thing in a minute, from wherever they come.
const TRIES_PER_ACCOUNT: NonZeroU32 = NonZeroU32::new(20).expect("20 is not zero");
/// Forget idle keys once this many are known, so that a flood of addresses cannot fill the memory.
const KEYS_MAX: usize = 100_000;

/// Counts tries by network and by what is tried at. Each process counts for itself: several servers allow as many times more.
/// Tries to sign in to an account are counted in the database.
pub(crate) struct Limits {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    by_account: DefaultKeyedRateLimiter<String>,
}

impl Limits {
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        Self {
            by_address: RateLimiter::keyed(Quota::per_minute(per_minute)),
            by_account: RateLimiter::keyed(Quota::per_minute(TRIES_PER_ACCOUNT)),
        }
    }

    /// Counts a registration or sign-in from `address`.
    pub(crate) fn count_address(&self, address: IpAddr) -> Result<(), Error> {
        count(&self.by_address, &network_of(address))
    }

    /// Counts a try at what `account` names.
    pub(crate) fn count_account(&self, account: &str) -> Result<(), Error> {
        count(&self.by_account, &account.to_owned())
    }
}

fn count<K: Clone + Eq + std::hash::Hash>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Error> {
    if limiter.len() > KEYS_MAX {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        Error::RateLimited {
            seconds: wait.as_secs() + 1,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_past_the_limit_say_when_to_come_back() {
        let limits = Limits::new(NonZeroU32::new(2).unwrap());
        let here = IpAddr::from([127, 0, 0, 1]);
        assert!(limits.count_address(here).is_ok() && limits.count_address(here).is_ok());
        let refused = limits.count_address(here).unwrap_err();
        assert!(matches!(refused, Error::RateLimited { seconds: 1..=31 }), "{refused}");
        assert!(limits.count_address(IpAddr::from([127, 0, 0, 2])).is_ok());
    }
}
