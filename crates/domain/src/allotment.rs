//! How the uses and processings of one license are divided among the computers that have a seat.

/// What one computer may take of an allowance, counted from the beginning of its seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outstanding {
    /// The ceiling that its last code gave it.
    pub allotted: u64,
    /// What it reported as taken so far.
    pub reported: u64,
}

impl Outstanding {
    /// What it may still take without asking.
    pub fn unreported(self) -> u64 {
        self.allotted.saturating_sub(self.reported)
    }
}

/// The ceiling of a computer that has reported `reported` of its own and asks again.
///
/// `remaining` is what is left of the license after everything that was reported. A computer alone gets all of it;
/// among several each gets an even share of what is left, as far as the others have not been promised it already.
/// So the promises never exceed what was paid for, whatever stays offline, and even out as computers report.
pub fn allot(remaining: u64, reported: u64, others: &[Outstanding]) -> u64 {
    let promised = others
        .iter()
        .fold(0_u64, |sum, other| sum.saturating_add(other.unreported()));
    let free = remaining.saturating_sub(promised);
    let seats = u64::try_from(others.len()).unwrap_or(u64::MAX).saturating_add(1);
    reported.saturating_add(free.min(remaining.div_ceil(seats)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn alone_a_computer_gets_everything_and_two_even_out_as_they_report() {
        assert_eq!(allot(100, 0, &[]), 100);
        let (alone, none) = (
            Outstanding {
                allotted: 100,
                reported: 0,
            },
            Outstanding {
                allotted: 0,
                reported: 0,
            },
        );
        assert_eq!(allot(100, 0, &[alone]), 0, "everything is promised to the other");
        // The first reports 10 and asks again: half of what is left.
        assert_eq!(allot(90, 10, &[none]), 55);
        assert_eq!(
            allot(
                90,
                0,
                &[Outstanding {
                    allotted: 55,
                    reported: 10
                }]
            ),
            45
        );
    }

    proptest! {
        #[test]
        fn promises_never_exceed_what_is_left(
            granted in 1_u64..1000,
            steps in prop::collection::vec((0_usize..4, 0_u64..50), 1..60),
        ) {
            let mut seats = [Outstanding { allotted: 0, reported: 0 }; 4];
            let mut remaining = granted;
            for (who, wants) in steps {
                let taken = wants.min(seats[who].unreported());
                seats[who].reported += taken;
                remaining -= taken;
                let others: Vec<_> = seats.iter().enumerate().filter(|(at, _)| *at != who).map(|(_, seat)| *seat).collect();
                seats[who].allotted = allot(remaining, seats[who].reported, &others);
                let promised: u64 = seats.iter().map(|seat| seat.unreported()).sum();
                prop_assert!(promised <= remaining);
            }
        }
    }
}
