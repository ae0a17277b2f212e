//! Products that nobody wrote, the same at every run.

use scrip_api::CatalogEntry;
use scrip_domain::{Offers, ProductId};

use crate::numbers::Numbers;

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
