//! When tokens that were spent are earned.
//!
//! A purchase is earned at once. A rental is earned as it runs: by its time, its uses or its processings, by whichever has
//! gone furthest. What a payment left over of the one before is earned with it; what is given back was never earned; a
//! pause stops the time; a rental that ends or is converted into ownership is earned to the end. All of that follows from
//! one number, what of the last payment is unused, so that earned is what was booked less what is unused.

use crate::{License, LicenseKind, LicenseState, Timestamp, Tokens};

impl License {
    /// What was paid for it and is not earned at `now`: zero for what is owned, over, or revoked.
    pub fn unearned(&self, now: Timestamp) -> Tokens {
        if self.kind == LicenseKind::Perpetual {
            return Tokens::ZERO;
        }
        let thawed = self.thawed(now);
        match thawed.state(now) {
            LicenseState::Active | LicenseState::Paused | LicenseState::Suspended => {
                thawed.tenure.prepaid.unused(&thawed.left(now)).0
            }
            _ => Tokens::ZERO,
        }
    }
}

/// What stands in the books at one moment, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revenue {
    /// Everything that was spent so far, less what was given back.
    pub booked: i64,
    /// What of it is not earned.
    pub unearned: i64,
}

impl Revenue {
    /// Everything that was earned so far, in tokens.
    pub const fn earned(self) -> i64 {
        self.booked.saturating_sub(self.unearned)
    }

    /// What was earned between an earlier moment and this one, in tokens.
    pub const fn earned_since(self, earlier: Self) -> i64 {
        self.earned().saturating_sub(earlier.earned())
    }
}
