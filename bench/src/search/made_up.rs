//! Products that nobody wrote, the same at every run.

use std::fmt::Write as _;

use scrip_api::CatalogEntry;
use scrip_domain::{Offers, ProductId};

/// Different words in all: about what a catalog of this size has.
const WORDS: u64 = 40_000;
const SYLLABLES: [&str; 40] = [
    "ka", "lo", "mi", "ter", "gra", "pho", "son", "vec", "tor", "pix", "el", "ra", "din", "mar", "cal", "cu", "la",
    "net", "work", "ed", "it", "pla", "yer", "mu", "sic", "ga", "me", "chess", "tex", "ti", "co", "de", "lab", "sim",
    "stu", "dio", "vi", "de", "as", "tro",
];
const CATEGORIES: [&str; 10] = [
    "AudioVideo",
    "Development",
    "Education",
    "Game",
    "Graphics",
    "Network",
    "Office",
    "Science",
    "System",
    "Utility",
];

/// So many entries with names, summaries, keywords and developers, whose words are as unevenly common as real ones.
pub(crate) fn entries(count: usize) -> Vec<CatalogEntry> {
    let mut numbers = Numbers(0x5c21_9b3d);
    (0..count).filter_map(|number| entry(number, &mut numbers)).collect()
}

fn entry(number: usize, numbers: &mut Numbers) -> Option<CatalogEntry> {
    let name_words = 1 + numbers.below(2);
    let summary_words = 4 + numbers.below(6);
    let id: ProductId = format!("org.example.product{number}").parse().ok()?;
    Some(CatalogEntry {
        policy: scrip_domain::Policy::default(),
        id,
        name: numbers.words(name_words),
        summary: numbers.words(summary_words),
        developer: numbers.words(2),
        categories: vec![CATEGORIES[usize::try_from(numbers.below(10)).ok()?].to_owned()],
        keywords: (0..numbers.below(5)).map(|_| numbers.words(1)).collect(),
        icon: None,
        offers: Offers::default(),
        latest_version: None,
        detection: Vec::new(),
        artifacts: Vec::new(),
        revision: 1,
    })
}

/// A small generator of numbers (splitmix64, Steele, Lea and Flood 2014): the same at every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// Words one space apart. Squaring makes some words common and most rare.
    fn words(&mut self, count: u64) -> String {
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
