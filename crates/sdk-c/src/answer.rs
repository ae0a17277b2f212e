//! The answer as numbers.

use scrip_sdk::{Kind, Timestamp, Tokens, Warning};

/// scrip_authorization.kind: the program, for ever.
pub const SCRIP_PERPETUAL: i32 = 1;
/// scrip_authorization.kind: the program until the first of its limits.
pub const SCRIP_RENTAL: i32 = 2;

/// scrip_authorization.warnings: the rental has ended, and the program runs on until runs_until.
pub const SCRIP_WARNING_GRACE: u32 = 1;
/// scrip_authorization.warnings: this computer's clock is wrong.
pub const SCRIP_WARNING_CLOCK: u32 = 2;
/// scrip_authorization.warnings: the vendor's list of revocations cannot be read.
pub const SCRIP_WARNING_REVOCATIONS: u32 = 4;

/// What a program may do, after what was just taken. A number that does not apply is -1. Times are whole seconds
/// since the Unix epoch; money is in tokens.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// SCRIP_PERPETUAL or SCRIP_RENTAL; 0 where the program may not run.
    pub kind: i32,
    /// The SCRIP_WARNING_ values that apply; scrip_warnings() has the sentences.
    pub warnings: u32,
    /// Starts of the program that are left.
    pub uses_left: i64,
    /// Units of work that are left.
    pub processings_left: i64,
    /// When the rental ends.
    pub ends_at: i64,
    /// When the program stops running here unless a new code comes: later than ends_at where there is a grace.
    pub runs_until: i64,
    /// How much of the purchase price is paid.
    pub credited: i64,
    /// The purchase price that was frozen when the rental began.
    pub price: i64,
    /// Nothing yet; 0.
    pub reserved: [i64; 4],
}

impl Authorization {
    pub(crate) fn none() -> Self {
        Self {
            kind: 0,
            warnings: 0,
            uses_left: -1,
            processings_left: -1,
            ends_at: -1,
            runs_until: -1,
            credited: -1,
            price: -1,
            reserved: [0; 4],
        }
    }

    pub(crate) fn new(answer: &scrip_sdk::Authorization) -> Self {
        let count = |left: Option<u64>| left.map_or(-1, |left| i64::try_from(left).unwrap_or(i64::MAX));
        let time = |at: Option<Timestamp>| at.map_or(-1, Timestamp::seconds);
        Self {
            kind: match answer.kind {
                Kind::Perpetual => SCRIP_PERPETUAL,
                Kind::Rental => SCRIP_RENTAL,
            },
            warnings: answer.warnings.iter().map(bit).fold(0, |all, one| all | one),
            uses_left: count(answer.remaining.uses),
            processings_left: count(answer.remaining.processings),
            ends_at: time(answer.remaining.ends_at),
            runs_until: time(answer.runs_until),
            credited: answer.equity.credited.get(),
            price: answer.equity.price.map_or(-1, Tokens::get),
            reserved: [0; 4],
        }
    }
}

fn bit(warning: &Warning) -> u32 {
    match warning {
        Warning::Grace { .. } => SCRIP_WARNING_GRACE,
        Warning::Clock(_) => SCRIP_WARNING_CLOCK,
        Warning::Revocations { .. } => SCRIP_WARNING_REVOCATIONS,
        _ => 0,
    }
}
