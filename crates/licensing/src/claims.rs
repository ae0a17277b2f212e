//! What a code says.

use std::fmt;

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
}

/// A grant as it is written: `kind`, and `count` where the kind counts.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantParts {
    kind: GrantKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GrantKind {
    Perpetual,
    Duration,
    Uses,
    Processings,
}

impl TryFrom<GrantParts> for Grant {
    type Error = &'static str;

    fn try_from(parts: GrantParts) -> Result<Self, &'static str> {
        match (parts.kind, parts.count) {
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
        let (kind, count) = match grant {
            Grant::Perpetual => (GrantKind::Perpetual, None),
            Grant::Duration => (GrantKind::Duration, None),
            Grant::Uses { count } => (GrantKind::Uses, Some(count)),
            Grant::Processings { count } => (GrantKind::Processings, Some(count)),
        };
        Self { kind, count }
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
    /// What was left of the rental when the code was issued; empty for a perpetual license.
    pub fn remaining(&self) -> Remaining {
        let none = Remaining::default();
        match self.grant {
            Grant::Perpetual => none,
            Grant::Duration => Remaining {
                ends_at: self.exp,
                ..none
            },
            Grant::Uses { count } => Remaining {
                uses: Some(count),
                ..none
            },
            Grant::Processings { count } => Remaining {
                processings: Some(count),
                ..none
            },
        }
    }

    /// The code in plain words, a line each, as they stand at `now`.
    pub fn explain(&self, now: Timestamp) -> Vec<String> {
        let mut lines = vec![
            format!("Authorizes {} under the license {}.", self.aud, self.sub),
            format!(
                "Issued by {} on {} (code {}, number {}).",
                self.iss, self.iat, self.jti, self.seq
            ),
            self.explain_grant(now),
        ];
        if self.nbf > now {
            lines.push(format!("Holds only from {}.", self.nbf));
        }
        if let (false, Some(price)) = (self.grant == Grant::Perpetual, self.equity.price) {
            lines.push(format!(
                "Of the price of {price}, {} are paid; the rest makes it yours.",
                self.equity.credited
            ));
        }
        lines.push(format!(
            "Works only with the device key {} on the computer {}.",
            self.cnf.jkt, self.machine
        ));
        lines
    }

    fn explain_grant(&self, now: Timestamp) -> String {
        match (self.grant, self.exp) {
            (Grant::Perpetual, _) => "Owned: it holds for ever.".to_owned(),
            (Grant::Duration, Some(end)) if end <= now => format!("Rented until {end}: that time is over."),
            (Grant::Duration, Some(end)) => {
                format!(
                    "Rented until {end}: {} left.",
                    Span {
                        seconds: end.seconds_since(now)
                    }
                )
            }
            (Grant::Duration, None) => "Rented.".to_owned(),
            (Grant::Uses { count }, _) => format!("Rented for {count} {}.", if count == 1 { "use" } else { "uses" }),
            (Grant::Processings { count }, _) => {
                format!(
                    "Rented for {count} {}.",
                    if count == 1 { "processing" } else { "processings" }
                )
            }
        }
    }

    /// The first way in which the claims contradict each other, if any.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        match (self.grant, self.exp) {
            (Grant::Perpetual, Some(_)) => return Some("a perpetual grant has no end"),
            (Grant::Duration, None) => return Some("a grant by time has an end"),
            _ => {}
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

/// A length of time in its two largest units.
struct Span {
    seconds: i64,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.seconds / 86_400, "day"),
            (self.seconds / 3_600 % 24, "hour"),
            (self.seconds / 60 % 60, "minute"),
            (self.seconds % 60, "second"),
        ];
        let first = parts
            .iter()
            .position(|(count, _)| *count > 0)
            .unwrap_or(parts.len() - 1);
        for (at, (count, unit)) in parts
            .iter()
            .skip(first)
            .take(2)
            .filter(|(count, _)| *count > 0)
            .enumerate()
        {
            let (gap, plural) = (if at > 0 { " " } else { "" }, if *count == 1 { "" } else { "s" });
            write!(f, "{gap}{count} {unit}{plural}")?;
        }
        Ok(())
    }
}

/// `NumericDate` (RFC 7519 section 2) in whole seconds, from 1970 to the year 9999.
mod numeric_date {
    use scrip_domain::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    const SECONDS_MAX: i64 = 253_402_207_200;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(super) fn serialize<S: Serializer>(date: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(date.seconds())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let seconds = i64::deserialize(deserializer)?;
        if (0..=SECONDS_MAX).contains(&seconds) {
            Ok(Timestamp::from_seconds(seconds))
        } else {
            Err(de::Error::custom("a date lies outside the years 1970 to 9999"))
        }
    }

    pub(super) mod optional {
        use scrip_domain::Timestamp;
        use serde::{Deserializer, Serializer};

        #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
        pub(in super::super) fn serialize<S: Serializer>(
            date: &Option<Timestamp>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match date {
                Some(date) => super::serialize(date, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Timestamp>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_in_two_units() {
        for (seconds, words) in [
            (0, ""),
            (59, "59 seconds"),
            (61, "1 minute 1 second"),
            (86_400, "1 day"),
            (90_061, "1 day 1 hour"),
            (86_460, "1 day"),
        ] {
            assert_eq!(Span { seconds }.to_string(), words);
        }
    }

    #[test]
    fn grants_are_written_with_a_kind_and_nothing_superfluous() {
        for (grant, json) in [
            (Grant::Perpetual, r#"{"kind":"perpetual"}"#),
            (Grant::Duration, r#"{"kind":"duration"}"#),
            (Grant::Uses { count: 3 }, r#"{"kind":"uses","count":3}"#),
            (Grant::Processings { count: 9 }, r#"{"kind":"processings","count":9}"#),
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
        ] {
            assert!(serde_json::from_str::<Grant>(bad).is_err(), "{bad}");
        }
    }
}
