//! Amounts of a vendor's electronic tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A number of tokens: never negative, at most [`Tokens::MAX`], never a fraction.
///
/// The bound keeps every sum of up to a thousand amounts inside a signed 64-bit column and every amount
/// exact in a JSON number (2⁵³, RFC 8259 section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991_i64))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(try_from = "i64", into = "i64")]
pub struct Tokens(#[cfg_attr(feature = "ts", ts(type = "number"))] i64);

impl Tokens {
    /// No tokens at all.
    pub const ZERO: Self = Self(0);
    /// The largest amount one value can hold: 2⁵³ − 1.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// `amount` tokens; refuses a negative amount and one above [`Tokens::MAX`].
    pub fn new(amount: i64) -> Result<Self, Error> {
        if (0..=Self::MAX.0).contains(&amount) {
            Ok(Self(amount))
        } else {
            Err(Error::TokensOutOfRange { amount })
        }
    }

    /// The amount as a plain number, 0 to 2⁵³ − 1.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or an error above [`Tokens::MAX`].
    pub fn checked_add(self, other: Self) -> Result<Self, Error> {
        Self::new(self.0 + other.0)
    }

    /// The difference, or `None` where it would be negative.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        (self.0 >= other.0).then(|| Self(self.0 - other.0))
    }

    /// The difference, or zero where it would be negative.
    pub fn saturating_sub(self, other: Self) -> Self {
        self.checked_sub(other).unwrap_or(Self::ZERO)
    }

    /// `floor(self × permille / 1000)`; `permille` is at most 1000, so the result never exceeds `self`.
    pub fn permille(self, permille: u16) -> Self {
        debug_assert!(permille <= 1000);
        let share = i128::from(self.0) * i128::from(permille) / 1000;
        Self(i64::try_from(share).unwrap_or(self.0))
    }
}

impl TryFrom<i64> for Tokens {
    type Error = Error;

    fn try_from(amount: i64) -> Result<Self, Error> {
        Self::new(amount)
    }
}

impl From<Tokens> for i64 {
    fn from(tokens: Tokens) -> Self {
        tokens.0
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "token" } else { "tokens" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_share_never_exceeds_the_whole(amount in 0..=Tokens::MAX.0, permille in 0u16..=1000) {
            let whole = Tokens::new(amount).unwrap();
            let share = whole.permille(permille);
            prop_assert!(share <= whole);
            prop_assert_eq!(whole.permille(1000), whole);
        }

        #[test]
        fn addition_and_subtraction_undo_each_other(a in 0i64..1 << 52, b in 0i64..1 << 52) {
            let (a, b) = (Tokens::new(a).unwrap(), Tokens::new(b).unwrap());
            prop_assert_eq!(a.checked_add(b).unwrap().checked_sub(b), Some(a));
        }
    }

    #[test]
    fn amounts_outside_the_range_are_refused() {
        assert!(Tokens::new(-1).is_err());
        assert!(Tokens::new(Tokens::MAX.0 + 1).is_err());
        assert!(Tokens::MAX.checked_add(Tokens(1)).is_err());
        assert_eq!(Tokens(1).checked_sub(Tokens(2)), None);
        assert!(serde_json::from_str::<Tokens>("-1").is_err());
        assert!(serde_json::from_str::<Tokens>("1.5").is_err());
    }
}
