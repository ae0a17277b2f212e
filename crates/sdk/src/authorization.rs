//! The answer to a program that may run.

use std::fmt;

use scrip_domain::{LicenseId, ProductId, Remaining, Timestamp};
use scrip_licensing::Equity;
use scrip_licensing::clock::Behind;

/// The program may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The product.
    pub product: ProductId,
    /// The license.
    pub license: LicenseId,
    /// Owned or rented.
    pub kind: Kind,
    /// What is left of a rental, to the unit and after what was just taken; empty for an owned program.
    pub remaining: Remaining,
    /// When the program stops running here unless a new code comes: the end with its grace, or that of a leased
    /// code. `None` where time ends nothing.
    pub runs_until: Option<Timestamp>,
    /// How much of the program is paid for.
    pub equity: Equity,
    /// What the person should know although the program runs.
    pub warnings: Vec<Warning>,
}

/// Owned or rented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program, for ever.
    Perpetual,
    /// The program until the first of the limits in [`Authorization::remaining`].
    Rental,
}

/// Something a person should know although the program runs; `Display` is a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The rental has ended, and the program runs on for a while.
    Grace {
        /// When the rental ended.
        ended_at: Timestamp,
        /// When the program stops.
        until: Timestamp,
    },
    /// This computer's clock is wrong.
    Clock(Behind),
    /// The vendor's list of revocations cannot be read.
    Revocations {
        /// Why.
        why: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grace { ended_at, until } => {
                write!(f, "the rental ended at {ended_at}; the program runs on until {until}")
            }
            Self::Clock(behind) => write!(
                f,
                "{behind}; the program runs on for {} hours",
                behind.left_seconds / 3600
            ),
            Self::Revocations { why } => write!(f, "the vendor's list of revocations is not used: {why}"),
        }
    }
}
