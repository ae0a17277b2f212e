//! Rounds, and what they add up to.

use std::time::{Duration, Instant};

/// How long and how often is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Rounds of what takes seconds.
    pub(crate) slow_rounds: usize,
    /// Rounds of what takes milliseconds.
    pub(crate) fast_rounds: usize,
    /// How long one round of checkouts lasts.
    pub(crate) round: Duration,
}

impl Effort {
    pub(crate) const FULL: Self = Self {
        slow_rounds: 5,
        fast_rounds: 41,
        round: Duration::from_secs(4),
    };
    pub(crate) const QUICK: Self = Self {
        slow_rounds: 3,
        fast_rounds: 11,
        round: Duration::from_secs(2),
    };
}

/// The middle of some values and their range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// # Panics
    /// Without values: nothing was measured.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let (low, high) = (values[0], values[values.len() - 1]);
        Self {
            median: percentile(&values, 500),
            low,
            high,
        }
    }

    /// The spread of the ratios of pairs that were measured in turns.
    pub(crate) fn of_ratios(ours: &[f64], peers: &[f64]) -> Self {
        Self::of(ours.iter().zip(peers).map(|(ours, peer)| ours / peer).collect())
    }
}

/// The value below which `per_mille` of the sorted values lie; between two, the mean of both.
pub(crate) fn percentile(sorted: &[f64], per_mille: usize) -> f64 {
    let last = sorted.len() - 1;
    let (at, rest) = (last * per_mille / 1000, last * per_mille % 1000);
    if rest == 0 {
        sorted[at]
    } else {
        f64::midpoint(sorted[at], sorted[at + 1])
    }
}

/// A number of things, to calculate with.
pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// What `work` made, and the seconds that it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let made = work();
    (made, started.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_tail_are_found() {
        let values: Vec<f64> = (0..=1000).map(f64::from).collect();
        assert!((percentile(&values, 500) - 500.0).abs() < f64::EPSILON);
        assert!((percentile(&values, 990) - 990.0).abs() < f64::EPSILON);
        assert!((percentile(&[1.0, 2.0], 500) - 1.5).abs() < f64::EPSILON);
        let spread = Spread::of_ratios(&[2.0, 9.0, 4.0], &[1.0, 3.0, 1.0]);
        assert!((spread.median - 3.0).abs() < f64::EPSILON && spread.high > 3.9 && spread.low < 2.1);
    }
}
