//! What a code says.

use scrip_domain::{LicenseId, ProductId, Remaining, Timestamp, Tokens};
use serde::{Deserialize, Serialize};

use crate::{MachineDigest, TermsDigest, Thumbprint};

/// The claims of a code (RFC 7519 section 4). Dates are whole seconds since the Unix epoch.
///
/// Unknown claims are ignored (RFC 7519 section 4), so that an older verifier reads a newer code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued the code: the vendor's address.
    pub iss: String,
    /// The license.
    pub sub: LicenseId,
    /// The product.
    pub aud: ProductId,
    /// The code's own id, 1 to 128 characters.
    pub jti: String,
    /// When the code was issued.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// When the code begins to hold.
    #[serde(with = "numeric_date")]
    pub nbf: Timestamp,
    /// When the code ends: always there for a rental by time, never for a perpetual license.
    #[serde(default, with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub exp: Option<Timestamp>,
    /// The device key that the code is tied to (RFC 7800).
    pub cnf: Confirmation,
    /// The computer that the code is tied to.
    pub machine: MachineDigest,
    /// Counts the codes of one activation: a later one supersedes those before.
    pub seq: u64,
    /// What the code allows.
    pub grant: Grant,
    /// What the vendor had counted on this device when the code was issued: a count of the grant comes on top.
    #[serde(default, skip_serializing_if = "Used::is_nothing")]
    pub used: Used,
    /// How long before `exp` the license itself ends, in seconds: between the two the program runs with a warning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub grace: u32,
    /// Whether `exp` is only the end of this code, which is renewed online while the license lasts: a floating
    /// seat, or an offer that asks for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lease: bool,
    /// How much of the program is owned.
    pub equity: Equity,
    /// The digest of the terms that were frozen into the license.
    pub terms: TermsDigest,
}

/// The key whose holder may use the code (RFC 7800 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The thumbprint of the device key.
    pub jkt: Thumbprint,
}

/// What a code allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "GrantParts", into = "GrantParts")]
pub enum Grant {
    /// The program, for ever.
    Perpetual,
    /// The program until the code's `exp`.
    Duration,
    /// A number of starts of the program.
    Uses {
        /// How many.
        count: u64,
    },
    /// A number of units of work that the program itself counts.
    Processings {
        /// How many.
        count: u64,
    },
    /// Several limits at once, of which the first that is reached ends the rental: at least two of starts, units
    /// of work and the code's `exp`.
    Combined {
        /// How many starts, where they are limited.
        uses: Option<u64>,
        /// How many units of work, where they are limited.
        processings: Option<u64>,
    },
}

/// Uses and processings, counted over a device's whole life with a license: these numbers only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Used {
    /// Starts of the program.
    #[serde(default, skip_serializing_if = "is_nil")]
    pub uses: u64,
    /// Units of work.
    #[serde(default, skip_serializing_if = "is_nil")]
    pub processings: u64,
}

impl Used {
    /// Whether nothing was counted.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_nil(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(seconds: &u32) -> bool {
    *seconds == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A grant as it is written: `kind`, `count` where the kind counts one thing, its limits where it is combined.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantParts {
    kind: GrantKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uses: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    processings: Option<u64>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GrantKind {
    Perpetual,
    Duration,
    Uses,
    Processings,
    Combined,
}

impl TryFrom<GrantParts> for Grant {
    type Error = &'static str;

    fn try_from(parts: GrantParts) -> Result<Self, &'static str> {
        let limits = parts.uses.is_some() || parts.processings.is_some();
        match (parts.kind, parts.count) {
            (GrantKind::Combined, None) if limits => Ok(Self::Combined {
                uses: parts.uses,
                processings: parts.processings,
            }),
            (GrantKind::Combined, _) => Err("a combined grant limits uses or processings, and has no other count"),
            _ if limits => Err("only a combined grant has several limits"),
            (GrantKind::Perpetual, None) => Ok(Self::Perpetual),
            (GrantKind::Duration, None) => Ok(Self::Duration),
            (GrantKind::Uses, Some(count)) => Ok(Self::Uses { count }),
            (GrantKind::Processings, Some(count)) => Ok(Self::Processings { count }),
            (GrantKind::Perpetual | GrantKind::Duration, Some(_)) => Err("a grant of this kind counts nothing"),
            (GrantKind::Uses | GrantKind::Processings, None) => Err("a grant of this kind has a count"),
        }
    }
}

impl From<Grant> for GrantParts {
    fn from(grant: Grant) -> Self {
        let (uses, processings) = grant.counts();
        let (kind, count) = match grant {
            Grant::Perpetual => (GrantKind::Perpetual, None),
            Grant::Duration => (GrantKind::Duration, None),
            Grant::Uses { count } => (GrantKind::Uses, Some(count)),
            Grant::Processings { count } => (GrantKind::Processings, Some(count)),
            Grant::Combined { .. } => {
                return Self {
                    kind: GrantKind::Combined,
                    count: None,
                    uses,
                    processings,
                };
            }
        };
        Self {
            kind,
            count,
            uses: None,
            processings: None,
        }
    }
}

impl Grant {
    /// How many uses and how many processings the grant gives; `None` where it does not limit them.
    pub const fn counts(self) -> (Option<u64>, Option<u64>) {
        match self {
            Self::Perpetual | Self::Duration => (None, None),
            Self::Uses { count } => (Some(count), None),
            Self::Processings { count } => (None, Some(count)),
            Self::Combined { uses, processings } => (uses, processings),
        }
    }

    /// Whether the grant limits uses or processings, so that a journal counts them.
    pub const fn is_counted(self) -> bool {
        !matches!(self.counts(), (None, None))
    }
}

/// How much of the program is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equity {
    /// What counts toward ownership so far, in tokens.
    pub credited: Tokens,
    /// The frozen purchase price, in tokens; absent where the program cannot be bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Tokens>,
}

impl Claims {
    /// The longest grace, in seconds: ten years of 365 days.
    pub const MAX_GRACE_SECONDS: u32 = 10 * 365 * 86_400;

    /// What was left of the rental when the code was issued; empty for a perpetual license. The end is that of the
    /// license, before any grace.
    pub fn remaining(&self) -> Remaining {
        let (uses, processings) = self.grant.counts();
        Remaining {
            ends_at: self.soft_end().filter(|_| self.is_ended_by_time()),
            uses,
            processings,
        }
    }

    /// When the license ends and the grace begins: `exp` less `grace`. `None` where time does not end the code.
    pub fn soft_end(&self) -> Option<Timestamp> {
        self.exp.map(|end| end.plus_seconds(-i64::from(self.grace)))
    }

    /// When the code ends for good: `exp`.
    pub fn hard_end(&self) -> Option<Timestamp> {
        self.exp
    }

    /// Whether the license has ended by `now` and only the grace lets the program run.
    pub fn is_in_grace(&self, now: Timestamp) -> bool {
        self.grace > 0 && self.soft_end().is_some_and(|end| end <= now) && self.exp.is_some_and(|end| now < end)
    }

    /// The totals of this device's journal at which uses and processings are used up: what was counted at issue
    /// plus what the grant gives; `None` where they are not limited.
    pub fn ceiling(&self) -> (Option<u64>, Option<u64>) {
        let (uses, processings) = self.grant.counts();
        (
            uses.map(|count| self.used.uses.saturating_add(count)),
            processings.map(|count| self.used.processings.saturating_add(count)),
        )
    }

    /// Whether `exp` is an end of the license, not only of a leased code.
    fn is_ended_by_time(&self) -> bool {
        match self.grant {
            Grant::Perpetual => false,
            Grant::Uses { .. } | Grant::Processings { .. } => !self.lease,
            Grant::Duration | Grant::Combined { .. } => true,
        }
    }

    /// The first way in which the claims contradict each other, if any.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        match (self.grant, self.exp) {
            (Grant::Perpetual, Some(_)) if !self.lease => return Some("a perpetual grant has no end"),
            (Grant::Duration, None) => return Some("a grant by time has an end"),
            (Grant::Combined { uses, processings }, end)
                if usize::from(uses.is_some()) + usize::from(processings.is_some()) + usize::from(end.is_some())
                    < 2 =>
            {
                return Some("a combined grant has two limits at least");
            }
            (_, None) if self.lease => return Some("a leased code has an end"),
            (_, None) if self.grace > 0 => return Some("there is no grace without an end"),
            _ => {}
        }
        if self.grant == Grant::Perpetual && self.grace > 0 {
            return Some("a perpetual grant needs no grace");
        }
        if self.grace > Self::MAX_GRACE_SECONDS {
            return Some("its grace is longer than ten years");
        }
        let (uses, processings) = self.grant.counts();
        if self.used.uses.checked_add(uses.unwrap_or(0)).is_none()
            || self.used.processings.checked_add(processings.unwrap_or(0)).is_none()
        {
            return Some("it allows more than can be counted");
        }
        if self.exp.is_some_and(|end| end < self.nbf) {
            return Some("it ends before it begins");
        }
        if self.jti.is_empty() || self.jti.len() > 128 {
            return Some("its id has 1 to 128 characters");
        }
        if self.iss.is_empty() || self.iss.len() > 512 {
            return Some("its issuer has 1 to 512 characters");
        }
        None
    }
}

/// `NumericDate` (RFC 7519 section 2) in whole seconds, from 1970 to the year 9999.
pub(crate) mod numeric_date {
    use scrip_domain::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    const SECONDS_MAX: i64 = 253_402_207_200;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(crate) fn serialize<S: Serializer>(date: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(date.seconds())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let seconds = i64::deserialize(deserializer)?;
        if (0..=SECONDS_MAX).contains(&seconds) {
            Ok(Timestamp::from_seconds(seconds))
        } else {
            Err(de::Error::custom("a date lies outside the years 1970 to 9999"))
        }
    }

    pub(crate) mod optional {
        use scrip_domain::Timestamp;
        use serde::{Deserializer, Serializer};

        #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
        pub(crate) fn serialize<S: Serializer>(date: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
            match date {
                Some(date) => super::serialize(date, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_written_with_a_kind_and_nothing_superfluous() {
        for (grant, json) in [
            (Grant::Perpetual, r#"{"kind":"perpetual"}"#),
            (Grant::Duration, r#"{"kind":"duration"}"#),
            (Grant::Uses { count: 3 }, r#"{"kind":"uses","count":3}"#),
            (Grant::Processings { count: 9 }, r#"{"kind":"processings","count":9}"#),
            (
                Grant::Combined {
                    uses: Some(3),
                    processings: Some(0),
                },
                r#"{"kind":"combined","uses":3,"processings":0}"#,
            ),
            (
                Grant::Combined {
                    uses: None,
                    processings: Some(9),
                },
                r#"{"kind":"combined","processings":9}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&grant).unwrap(), json);
            assert_eq!(serde_json::from_str::<Grant>(json).unwrap(), grant);
        }
        for bad in [
            r#"{"kind":"uses"}"#,
            r#"{"kind":"perpetual","count":1}"#,
            r#"{"kind":"uses","count":-1}"#,
            r#"{"kind":"uses","count":1,"count":2}"#,
            r#"{"kind":"uses","kind":"perpetual","count":1}"#,
            r#"{"kind":"for_ever"}"#,
            r#"{"kind":"combined"}"#,
            r#"{"kind":"combined","count":1}"#,
            r#"{"kind":"combined","uses":1,"count":1}"#,
            r#"{"kind":"combined","uses":1,"uses":2}"#,
            r#"{"kind":"uses","count":1,"processings":1}"#,
            r#"{"kind":"duration","uses":1}"#,
        ] {
            assert!(serde_json::from_str::<Grant>(bad).is_err(), "{bad}");
        }
    }
}
