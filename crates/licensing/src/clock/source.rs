//! Where the guard reads the time from.

use scrip_domain::{Clock, SystemClock, Timestamp};
use serde::{Deserialize, Serialize};

/// Both clocks of a computer at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What the clock on the wall shows, which anybody may set.
    #[serde(with = "super::micros")]
    pub wall: Timestamp,
    /// How long the computer runs; `None` where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Boot>,
}

/// How long a computer runs since it was switched on, sleep included. Nobody can set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// Which start of the computer.
    pub id: String,
    /// Microseconds since then.
    pub micros: i64,
}

/// Something that tells the time. Passed in, so that tests decide it.
pub trait TimeSource: Send + Sync {
    /// What the clocks show now.
    fn read(&self) -> Reading;
}

impl<T: TimeSource + ?Sized> TimeSource for std::sync::Arc<T> {
    fn read(&self) -> Reading {
        (**self).read()
    }
}

/// The operating system's clocks: on Linux `CLOCK_REALTIME`, `CLOCK_BOOTTIME` (`clock_gettime(2)`) and the kernel's
/// id of the boot (`random(4)`); elsewhere the wall clock alone.
#[derive(Clone, Debug)]
pub struct SystemTime {
    boot_id: Option<String>,
}

impl SystemTime {
    /// Reads the id of the boot, which does not change while a program runs.
    pub fn new() -> Self {
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        Self {
            boot_id: boot_id.map(|id| id.trim().chars().take(64).collect()),
        }
    }
}

impl Default for SystemTime {
    fn default() -> Self {
        Self::new()
    }
}

impl TimeSource for SystemTime {
    fn read(&self) -> Reading {
        Reading {
            wall: SystemClock.now(),
            boot: self
                .boot_id
                .clone()
                .zip(boot_micros())
                .map(|(id, micros)| Boot { id, micros }),
        }
    }
}

#[cfg(target_os = "linux")]
fn boot_micros() -> Option<i64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec.checked_mul(1_000_000)?.checked_add(time.tv_nsec / 1000)
}

#[cfg(not(target_os = "linux"))]
fn boot_micros() -> Option<i64> {
    None
}
