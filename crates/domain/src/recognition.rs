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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        Allowance, LicenseId, Limits, Offer, Offers, PauseRule, Policy, RentalOffer, RentalRules, Sale, UserId,
    };

    const DAY: i64 = 86_400;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_seconds(1_750_000_000 + day * DAY)
    }

    fn tokens(amount: i64) -> Tokens {
        Tokens::new(amount).unwrap()
    }

    /// 100 to own; 20 for 30 days, for 100 uses, or for whichever ends first, half of which counts toward owning.
    fn sale() -> Sale {
        let rental = |id: &str, seconds, uses| {
            let limits = Limits {
                seconds,
                uses,
                ..Limits::default()
            };
            Offer::Rental(RentalOffer {
                id: id.parse().unwrap(),
                price: tokens(20),
                allowance: Allowance::of(limits).unwrap(),
                credit_permille: 500,
                rules: RentalRules {
                    pause: Some(PauseRule {
                        max_pauses: 2,
                        max_seconds: 10 * DAY,
                    }),
                    ..RentalRules::default()
                },
            })
        };
        let offers = vec![
            Offer::Purchase {
                id: "purchase".parse().unwrap(),
                price: tokens(100),
            },
            rental("month", Some(30 * DAY), None),
            rental("hundred", None, Some(100)),
            rental("both", Some(30 * DAY), Some(100)),
        ];
        Sale {
            offers: Offers::new(offers).unwrap(),
            policy: Policy::default(),
        }
    }

    fn rented(offer: &str) -> License {
        let product = "org.example.Paint".parse().unwrap();
        let begun = License::begin(LicenseId(Uuid::nil()), UserId(Uuid::nil()), product, &sale(), at(0));
        begun.pay_rent(&offer.parse().unwrap(), at(0)).unwrap().license
    }

    #[test]
    fn time_is_earned_as_it_runs_and_an_extension_carries_what_is_left() {
        let month = rented("month");
        let unearned = |license: &License, days: [i64; 4]| days.map(|day| license.unearned(at(day)).get());
        // 20 × 30/30, 18/30, 1/30 (rounded down), and nothing once it is over.
        assert_eq!(unearned(&month, [0, 12, 29, 30]), [20, 12, 0, 0]);
        // On day 12 the 12 that are left and 20 more are what 48 days cost: 32 × 36/48 on day 24.
        let longer = month.pay_rent(&"month".parse().unwrap(), at(12)).unwrap().license;
        assert_eq!(unearned(&longer, [12, 24, 36, 60]), [32, 24, 16, 0]);
    }

    #[test]
    fn uses_are_earned_as_they_are_taken_and_of_two_limits_the_one_nearest_its_end_counts() {
        let mut hundred = rented("hundred");
        hundred.remaining.uses = Some(75);
        assert_eq!(hundred.unearned(at(300)).get(), 15);
        let mut both = rented("both");
        both.remaining.uses = Some(80);
        assert_eq!(both.unearned(at(15)).get(), 10, "half of the time, a fifth of the uses");
        both.remaining.uses = Some(20);
        assert_eq!(
            both.unearned(at(15)).get(),
            4,
            "half of the time, four fifths of the uses"
        );
    }

    #[test]
    fn a_pause_earns_nothing_and_what_is_owned_is_earned() {
        let mut paused = rented("month");
        paused.tenure.paused_at = Some(at(10));
        // 20 days of 30 are left for as long as it is paused, which is 10 days at most.
        assert_eq!(paused.unearned(at(15)).get(), 13);
        assert_eq!(
            paused.unearned(at(25)).get(),
            10,
            "from day 20 on it runs, until day 40"
        );
        let owned = rented("month").own().unwrap();
        assert_eq!((owned.charge.get(), owned.license.unearned(at(1)).get()), (90, 0));
    }

    #[test]
    fn earned_is_what_was_booked_and_is_not_unused() {
        let before = Revenue {
            booked: 120,
            unearned: 20,
        };
        // 60 more were booked, 45 given back, and nothing is unused any more.
        let after = Revenue {
            booked: 120 + 60 - 45,
            unearned: 0,
        };
        assert_eq!((before.earned(), after.earned_since(before)), (100, 35));
    }
}
