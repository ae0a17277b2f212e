//! Instants, and the only door to the system clock.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;

/// An instant in whole microseconds since 1970-01-01T00:00:00Z; written in JSON as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Timestamp(#[cfg_attr(feature = "ts", ts(type = "string"))] i64);

/// RFC 3339 can write the years 0 to 9999; these are their bounds in microseconds.
const YEAR_0000_MICROS: i64 = -62_167_219_200_000_000;
const YEAR_9999_END_MICROS: i64 = 253_402_207_200_000_000;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The instant `micros` microseconds after the Unix epoch, held inside the years that RFC 3339 can write.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(YEAR_0000_MICROS, YEAR_9999_END_MICROS))
    }

    /// The instant `seconds` seconds after the Unix epoch.
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down (the unit of JWT dates, RFC 7519 section 2).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The instant `seconds` later, held inside the representable years.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// The first instant of this instant's month (UTC).
    pub const fn month_start(self) -> Self {
        let days = self.seconds().div_euclid(86_400);
        let (_, _, day) = date(days);
        Self((days - (day - 1)) * 86_400_000_000)
    }

    /// Whole seconds from `earlier` to this instant; negative when `earlier` is the later one.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).div_euclid(1_000_000)
    }
}

/// RFC 3339 in UTC. Written out here, so that what publishers link carries no calendar.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, mut micros) = (self.seconds(), self.0.rem_euclid(1_000_000));
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if micros > 0 {
            let mut digits = 6;
            while micros % 10 == 0 {
                (micros, digits) = (micros / 10, digits - 1);
            }
            write!(f, ".{micros:0digits$}")?;
        }
        f.write_str("Z")
    }
}

/// Year, month and day of the day `days` after 1970-01-01, in the Gregorian calendar. Years are counted from March,
/// so that the leap day is their last, in cycles of 400 years, all of which have 146,097 days.
const fn date(days: i64) -> (i64, i64, i64) {
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let days = days + 719_468;
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + next, month, day)
}

impl FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| Error::TimestampMalformed {
            text: text.chars().take(40).collect(),
        })?;
        Ok(Self::from_micros(instant.as_microsecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// What time it is. Passed to everything that asks, so that tests decide.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn now(&self) -> Timestamp {
        let micros = |time: std::time::Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => micros(after),
            Err(before) => -micros(before.duration()),
        })
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves the clock, forwards or (negative) backwards.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn instants_are_written_as_the_calendar_library_writes_them(
            micros in YEAR_0000_MICROS..=YEAR_9999_END_MICROS,
            unit in prop::sample::select(vec![1, 1000, 1_000_000, 86_400_000_000]),
        ) {
            let micros = micros / unit * unit;
            let expected = jiff::Timestamp::from_microsecond(micros).unwrap().to_string();
            prop_assert_eq!(Timestamp::from_micros(micros).to_string(), expected);
        }
    }

    #[test]
    fn instants_read_and_write_as_rfc_3339() {
        let instant: Timestamp = "2026-03-01T12:00:00.25Z".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-03-01T12:00:00.25Z");
        assert_eq!(instant.seconds(), 1_772_366_400);
        assert!("yesterday".parse::<Timestamp>().is_err());
        assert!(Timestamp::from_micros(i64::MAX).to_string().starts_with("9999-"));
    }

    #[test]
    fn a_month_begins_at_its_first_day() {
        for (text, begins) in [
            ("2024-02-29T23:59:59.5Z", "2024-02-01T00:00:00Z"),
            ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            ("1969-12-31T12:00:00Z", "1969-12-01T00:00:00Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().month_start().to_string(), begins);
        }
    }
}
