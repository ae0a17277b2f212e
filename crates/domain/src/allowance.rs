//! What one payment adds to a rental: time, uses, processings, or several of them at once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one rental payment adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Allowance {
    /// Time.
    Duration {
        /// Seconds, 60 (a minute) to ten years.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        seconds: i64,
    },
    /// Starts of the program.
    Uses {
        /// How many.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        count: u64,
    },
    /// Units of work that the program itself counts.
    Processings {
        /// How many.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        count: u64,
    },
    /// Two or three of these at once: the first that runs out ends the rental.
    Combined(Limits),
}

/// A limit of each kind; one that is absent does not limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub seconds: Option<i64>,
    /// Starts of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub uses: Option<u64>,
    /// Units of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub processings: Option<u64>,
}

impl Limits {
    /// How many kinds are limited.
    pub fn count(&self) -> usize {
        usize::from(self.seconds.is_some()) + usize::from(self.uses.is_some()) + usize::from(self.processings.is_some())
    }

    /// Whether both limit the same kinds.
    pub fn same_kinds(&self, other: &Self) -> bool {
        (self.seconds.is_some(), self.uses.is_some(), self.processings.is_some())
            == (
                other.seconds.is_some(),
                other.uses.is_some(),
                other.processings.is_some(),
            )
    }

    /// The one kind that is limited, or [`AllowanceKind::Combined`] for several; `None` where nothing is.
    pub fn kind(&self) -> Option<AllowanceKind> {
        match (self.seconds, self.uses, self.processings) {
            (None, None, None) => None,
            (Some(_), None, None) => Some(AllowanceKind::Duration),
            (None, Some(_), None) => Some(AllowanceKind::Uses),
            (None, None, Some(_)) => Some(AllowanceKind::Processings),
            _ => Some(AllowanceKind::Combined),
        }
    }
}

/// The unit in which a rental runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AllowanceKind {
    /// By time.
    Duration,
    /// By starts of the program.
    Uses,
    /// By units of work.
    Processings,
    /// By several of these at once.
    Combined,
}

impl fmt::Display for AllowanceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duration => "time",
            Self::Uses => "uses",
            Self::Processings => "processings",
            Self::Combined => "several limits",
        })
    }
}

impl Allowance {
    /// Ten years of 365 days: the longest duration that one payment can add.
    pub const MAX_SECONDS: i64 = 10 * 365 * 86_400;
    /// The most uses or processings that one payment can add.
    pub const MAX_COUNT: u64 = 1_000_000_000;

    /// The allowance of these limits: of one kind, or of several at once. `None` where nothing is limited.
    pub fn of(limits: Limits) -> Option<Self> {
        Some(match limits {
            Limits {
                seconds: None,
                uses: None,
                processings: None,
            } => return None,
            Limits {
                seconds: Some(seconds),
                uses: None,
                processings: None,
            } => Self::Duration { seconds },
            Limits {
                seconds: None,
                uses: Some(count),
                processings: None,
            } => Self::Uses { count },
            Limits {
                seconds: None,
                uses: None,
                processings: Some(count),
            } => Self::Processings { count },
            several => Self::Combined(several),
        })
    }

    /// What it limits, kind by kind.
    pub fn limits(self) -> Limits {
        let none = Limits::default();
        match self {
            Self::Duration { seconds } => Limits {
                seconds: Some(seconds),
                ..none
            },
            Self::Uses { count } => Limits {
                uses: Some(count),
                ..none
            },
            Self::Processings { count } => Limits {
                processings: Some(count),
                ..none
            },
            Self::Combined(limits) => limits,
        }
    }

    /// The unit of the allowance.
    pub const fn kind(self) -> AllowanceKind {
        match self {
            Self::Duration { .. } => AllowanceKind::Duration,
            Self::Uses { .. } => AllowanceKind::Uses,
            Self::Processings { .. } => AllowanceKind::Processings,
            Self::Combined(_) => AllowanceKind::Combined,
        }
    }

    pub(crate) fn is_valid(self) -> bool {
        let limits = self.limits();
        (!matches!(self, Self::Combined(_)) || limits.count() >= 2)
            && limits
                .seconds
                .is_none_or(|seconds| (60..=Self::MAX_SECONDS).contains(&seconds))
            && limits.uses.is_none_or(|count| (1..=Self::MAX_COUNT).contains(&count))
            && limits
                .processings
                .is_none_or(|count| (1..=Self::MAX_COUNT).contains(&count))
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limits {
            seconds,
            uses,
            processings,
        } = self.limits();
        let words = [
            seconds.map(scale),
            uses.map(|count| (count, "use")),
            processings.map(|count| (count, "processing")),
        ];
        for (at, (count, unit)) in words.into_iter().flatten().enumerate() {
            let or = if at > 0 { " or " } else { "" };
            write!(f, "{or}{count} {unit}{}", if count == 1 { "" } else { "s" })?;
        }
        Ok(())
    }
}

/// Seconds in the largest unit that divides them.
fn scale(seconds: i64) -> (u64, &'static str) {
    let scales = [(31_536_000, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute")];
    let (size, unit) = scales
        .into_iter()
        .find(|(size, _)| seconds % size == 0)
        .unwrap_or((1, "second"));
    (u64::try_from(seconds / size).unwrap_or(0), unit)
}

/// Reads a duration of one unit: `30m`, `12h`, `7d`, `2w`, `1y` (365 days). Answers seconds.
pub fn parse_duration(text: &str) -> Option<i64> {
    let unit = text.trim().strip_suffix(|c: char| c.is_ascii_alphabetic())?;
    let scale = match text.trim().as_bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        b'w' => 7 * 86_400,
        b'y' => 365 * 86_400,
        _ => return None,
    };
    unit.parse::<u32>().ok().map(|count| i64::from(count) * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_in_one_unit() {
        assert_eq!(parse_duration("7d"), Some(604_800));
        assert_eq!(parse_duration("90m"), Some(5_400));
        assert_eq!(parse_duration("1y"), Some(31_536_000));
        for bad in ["", "d", "7", "-1d", "1.5h", "7 d d", "99999999999d", "7é"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn allowances_read_as_people_say_them() {
        assert_eq!(Allowance::Duration { seconds: 604_800 }.to_string(), "7 days");
        assert_eq!(Allowance::Duration { seconds: 5_400 }.to_string(), "90 minutes");
        assert_eq!(Allowance::Uses { count: 1 }.to_string(), "1 use");
        let both = Allowance::of(Limits {
            seconds: Some(30 * 86_400),
            uses: Some(100),
            processings: None,
        })
        .unwrap();
        assert_eq!(both.to_string(), "30 days or 100 uses");
        assert_eq!(
            serde_json::to_string(&both).unwrap(),
            r#"{"kind":"combined","seconds":2592000,"uses":100}"#
        );
        assert_eq!(
            serde_json::from_str::<Allowance>(r#"{"kind":"uses","count":3}"#).unwrap(),
            Allowance::Uses { count: 3 }
        );
    }
}
