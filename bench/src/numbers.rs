//! Numbers and words that nobody chose, the same at every run.

use std::fmt::Write as _;

/// Different words in all: about what a large catalog has.
const WORDS: u64 = 40_000;
const SYLLABLES: [&str; 40] = [
    "ka", "lo", "mi", "ter", "gra", "pho", "son", "vec", "tor", "pix", "el", "ra", "din", "mar", "cal", "cu", "la",
    "net", "work", "ed", "it", "pla", "yer", "mu", "sic", "ga", "me", "chess", "tex", "ti", "co", "de", "lab", "sim",
    "stu", "dio", "vi", "de", "as", "tro",
];

/// A small generator of numbers (splitmix64, Steele, Lea and Flood 2014).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// The place of one of `count` things.
    ///
    /// # Panics
    /// Where there is nothing to choose from.
    pub(crate) fn one_of(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }

    /// Words one space apart. Squaring makes some words common and most rare.
    pub(crate) fn words(&mut self, count: u64) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let rank = self.below(WORDS) * self.below(WORDS) / WORDS;
            let separator = if text.is_empty() { "" } else { " " };
            let written = write!(text, "{separator}{}", word(rank));
            debug_assert!(written.is_ok());
        }
        text
    }
}

/// The word of a rank: two to four syllables.
fn word(rank: u64) -> String {
    let mut numbers = Numbers(rank);
    let syllables = 2 + numbers.below(3);
    (0..syllables)
        .map(|_| SYLLABLES[usize::try_from(numbers.below(40)).unwrap_or(0)])
        .collect()
}
