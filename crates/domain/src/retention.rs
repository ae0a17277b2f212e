//! How long the law of books keeps names after a person was erased.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How long bills, and the orders and payments that belong to them, keep the names on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionPolicy {
    /// Years after the end of the calendar year (UTC) of the bill.
    pub bill_years: u32,
}

impl RetentionPolicy {
    /// The most years that can be set.
    pub const YEARS_MAX: u32 = 100;

    /// When the names on a bill of this instant are taken away.
    pub fn bill_until(&self, issued: Timestamp) -> Timestamp {
        let text = issued.to_string();
        let year: u32 = text.get(..4).and_then(|year| year.parse().ok()).unwrap_or(9999);
        let end = year
            .saturating_add(1)
            .saturating_add(self.bill_years.min(Self::YEARS_MAX));
        let first = format!("{:04}-01-01T00:00:00Z", end.min(9999)).parse();
        first.unwrap_or(Timestamp::from_micros(i64::MAX))
    }
}

impl Default for RetentionPolicy {
    /// Ten years: what the strictest of the laws of books in Europe ask for.
    fn default() -> Self {
        Self { bill_years: 10 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bills_are_kept_to_the_end_of_a_calendar_year() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let policy = RetentionPolicy::default();
        assert_eq!(
            policy.bill_until(at("2026-01-01T00:00:00Z")),
            at("2037-01-01T00:00:00Z")
        );
        assert_eq!(
            policy.bill_until(at("2026-12-31T23:59:59Z")),
            at("2037-01-01T00:00:00Z")
        );
        let none = RetentionPolicy { bill_years: 0 };
        assert_eq!(none.bill_until(at("2026-06-01T00:00:00Z")), at("2027-01-01T00:00:00Z"));
        let long = RetentionPolicy { bill_years: u32::MAX };
        assert_eq!(long.bill_until(at("2026-06-01T00:00:00Z")), at("2127-01-01T00:00:00Z"));
    }
}
