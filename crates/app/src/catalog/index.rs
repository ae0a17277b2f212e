//! Search as you type over the local catalog, in memory.
//!
//! A general full-text engine ranks by how often words occur; a person who types the first letters of a program wants
//! the program of that name first. So the index is its own: a sorted vocabulary, in which a prefix is one range and a
//! typo a few, a list of occurrences for each word, and a rank that depends only on where a word stands. Built from a
//! few thousand products in a few milliseconds, it is made anew at each start and needs no file of its own.

use std::collections::HashMap;

use scrip_api::{CatalogEntry, Category};
use scrip_domain::{DetectionRule, ProductId};

use super::vocabulary::{Vocabulary, each_word, fold, typed_words};

/// Words of fewer letters are taken as typed.
const TYPO_LETTERS: usize = 4;
/// Typos are looked for where fewer products than this have the word as it was typed.
const TYPO_BELOW: usize = 5;

/// Where a word stands. The numbers are the low two bits of a posting.
#[derive(Clone, Copy)]
enum Field {
    Name = 0,
    Keyword = 1,
    Summary = 2,
}

/// How well a word in a field fits: `[whole word, beginning of a word, with a typo]`, by field.
const WEIGHTS: [[u8; 3]; 3] = [[100, 80, 12], [60, 40, 6], [30, 20, 3]];
/// The whole name was typed.
const EXACT_NAME: u16 = 20_000;
/// The name begins with what was typed.
const NAME_PREFIX: u16 = 10_000;

/// The products of a catalog, by name, and where their words stand.
#[derive(Debug, Default)]
pub struct Index {
    /// By folded name, then id.
    entries: Vec<CatalogEntry>,
    names: Vec<Box<str>>,
    by_id: HashMap<ProductId, u32>,
    vocabulary: Vocabulary,
    /// Where the postings of each word begin; one more than there are words.
    starts: Vec<u32>,
    /// Entry (30 bits) and field (2 bits).
    postings: Vec<u32>,
    categories: Vec<String>,
    /// Where the categories of each entry begin in `category_numbers`; one more than there are entries.
    category_starts: Vec<u32>,
    /// Indices into `categories`.
    category_numbers: Vec<u16>,
}

/// A part of the results of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hits<'i> {
    /// The asked part, the best first.
    pub items: Vec<&'i CatalogEntry>,
    /// How many products match in all.
    pub total: usize,
    /// Matching products by category, whatever category was asked for, by name of the category.
    pub categories: Vec<Category>,
}

/// Which part of the results, and of what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'s> {
    /// Only this category.
    pub category: Option<&'s str>,
    /// How many results to leave out at the start.
    pub offset: usize,
    /// How many results to give.
    pub limit: usize,
}

impl Index {
    /// The most products of a catalog.
    pub const MAX_ENTRIES: usize = 1 << 22;

    /// Builds the index of `entries`. Of several with one id the last counts.
    pub fn build(entries: Vec<CatalogEntry>) -> Self {
        let mut unique: HashMap<ProductId, CatalogEntry> = HashMap::with_capacity(entries.len());
        unique.extend(
            entries
                .into_iter()
                .take(Self::MAX_ENTRIES)
                .map(|entry| (entry.id.clone(), entry)),
        );
        let mut keyed: Vec<(Box<str>, CatalogEntry)> = unique
            .into_values()
            .map(|entry| (normal(&entry.name).into_boxed_str(), entry))
            .collect();
        keyed.sort_unstable_by(|(name, entry), (other, next)| name.cmp(other).then_with(|| entry.id.cmp(&next.id)));
        let (names, entries): (Vec<_>, Vec<_>) = keyed.into_iter().unzip();
        let mut index = Self {
            entries,
            names,
            ..Self::default()
        };
        index.by_id = (0_u32..)
            .zip(&index.entries)
            .map(|(at, entry)| (entry.id.clone(), at))
            .collect();
        index.collect_categories();
        index.collect_words();
        index
    }

    fn collect_categories(&mut self) {
        let mut numbers: HashMap<&str, u16> = HashMap::new();
        for entry in &self.entries {
            let start = self.category_numbers.len();
            self.category_starts.push(u32::try_from(start).unwrap_or(u32::MAX));
            for category in &entry.categories {
                let next = u16::try_from(numbers.len()).unwrap_or(u16::MAX);
                let number = *numbers.entry(category).or_insert_with(|| {
                    self.categories.push(category.clone());
                    next
                });
                if !self.category_numbers[start..].contains(&number) {
                    self.category_numbers.push(number);
                }
            }
        }
        self.category_starts
            .push(u32::try_from(self.category_numbers.len()).unwrap_or(u32::MAX));
    }

    fn collect_words(&mut self) {
        let mut words: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (at, entry) in (0_u32..).zip(&self.entries) {
            each_field(entry, |field, text| {
                each_word(text, |word| {
                    let posting = at << 2 | field as u32;
                    let postings = match words.get_mut(word) {
                        Some(postings) => postings,
                        None => words.entry(word.into()).or_default(),
                    };
                    if postings.last() != Some(&posting) {
                        postings.push(posting);
                    }
                });
            });
        }
        let mut sorted: Vec<(Box<str>, Vec<u32>)> = words.into_iter().collect();
        sorted.sort_unstable_by(|(word, _), (other, _)| word.cmp(other));
        self.vocabulary = Vocabulary::new(sorted.iter().map(|(word, _)| &**word));
        self.starts.reserve(sorted.len() + 1);
        for (_, mut postings) in sorted {
            postings.sort_unstable();
            postings.dedup();
            self.starts.push(u32::try_from(self.postings.len()).unwrap_or(u32::MAX));
            self.postings.extend(postings);
        }
        self.starts.push(u32::try_from(self.postings.len()).unwrap_or(u32::MAX));
    }

    /// How many products there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no product.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All products, by name.
    pub fn entries(&self) -> &[CatalogEntry] {
        &self.entries
    }

    /// The product with this id.
    pub fn get(&self, product: &ProductId) -> Option<&CatalogEntry> {
        self.by_id.get(product).map(|&at| &self.entries[at as usize])
    }

    /// The `limit` best products for what was typed; all of them by name where nothing was.
    pub fn search(&self, words: &str, limit: usize) -> Hits<'_> {
        self.search_where(
            words,
            Selection {
                limit,
                ..Selection::default()
            },
            |_| true,
        )
    }

    /// [`Index::search`] among the products that `keep` keeps.
    pub fn search_where(
        &self,
        words: &str,
        selection: Selection<'_>,
        keep: impl Fn(&CatalogEntry) -> bool,
    ) -> Hits<'_> {
        let mut found = self.rank(words);
        found.retain(|&key| keep(&self.entries[entry_of(key)]));
        let categories = self.count_categories(&found);
        if let Some(category) = selection.category {
            match self
                .categories
                .iter()
                .position(|name| name == category)
                .and_then(|at| u16::try_from(at).ok())
            {
                Some(number) => found.retain(|&key| self.categories_of(entry_of(key)).contains(&number)),
                None => found.clear(),
            }
        }
        let total = found.len();
        let end = selection.offset.saturating_add(selection.limit).min(total);
        if end < total {
            found.select_nth_unstable(end);
            found.truncate(end);
        }
        found.sort_unstable();
        let items = found
            .into_iter()
            .skip(selection.offset)
            .map(|key| &self.entries[entry_of(key)])
            .collect();
        Hits {
            items,
            total,
            categories,
        }
    }

    fn categories_of(&self, entry: usize) -> &[u16] {
        &self.category_numbers[self.category_starts[entry] as usize..self.category_starts[entry + 1] as usize]
    }

    fn count_categories(&self, found: &[u64]) -> Vec<Category> {
        let mut counts = vec![0_u64; self.categories.len()];
        for &key in found {
            for &category in self.categories_of(entry_of(key)) {
                counts[usize::from(category)] += 1;
            }
        }
        let counted = self.categories.iter().zip(counts).filter(|(_, products)| *products > 0);
        let mut categories: Vec<_> = counted
            .map(|(id, products)| Category {
                id: id.clone(),
                products,
            })
            .collect();
        categories.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        categories
    }

    /// Every product that has all the words, as sortable keys: the rank first, then the name.
    fn rank(&self, typed: &str) -> Vec<u64> {
        let words = typed_words(typed);
        if words.is_empty() {
            // What was typed holds no letter: nothing is found, unless nothing was typed at all.
            let all = if typed.trim().is_empty() { self.entries.len() } else { 0 };
            return (0..all as u64).collect();
        }
        let mut scores = vec![0_u16; self.entries.len()];
        let mut best = vec![0_u8; self.entries.len()];
        let mut alive: Vec<u32> = Vec::new();
        for (number, word) in words.iter().enumerate() {
            let mut touched = Vec::new();
            self.weigh(word, &mut best, &mut touched);
            if number == 0 {
                alive.clone_from(&touched);
            } else {
                alive.retain(|&at| best[at as usize] > 0);
            }
            for at in touched {
                scores[at as usize] += u16::from(std::mem::take(&mut best[at as usize]));
            }
        }
        self.favour_names(typed, &mut scores);
        alive
            .into_iter()
            .map(|at| u64::from(u16::MAX - scores[at as usize]) << 32 | u64::from(at))
            .collect()
    }

    /// Notes in `best` how well `word` fits each product, and in `touched` which products it fits at all.
    fn weigh(&self, word: &str, best: &mut [u8], touched: &mut Vec<u32>) {
        for term in self.vocabulary.with_prefix(word) {
            let kind = usize::from(!self.vocabulary.is(term, word));
            self.note(term, kind, best, touched);
        }
        if touched.len() < TYPO_BELOW && word.chars().count() >= TYPO_LETTERS {
            self.vocabulary.with_typo(word, |range| {
                for term in range {
                    self.note(term, 2, best, touched);
                }
            });
        }
    }

    fn note(&self, term: usize, kind: usize, best: &mut [u8], touched: &mut Vec<u32>) {
        for &posting in &self.postings[self.starts[term] as usize..self.starts[term + 1] as usize] {
            let (at, weight) = (posting >> 2, WEIGHTS[(posting & 3) as usize][kind]);
            let slot = &mut best[at as usize];
            if *slot == 0 {
                touched.push(at);
            }
            *slot = weight.max(*slot);
        }
    }

    /// Lifts the products whose name is, or begins with, what was typed: one range, because entries stand by name.
    fn favour_names(&self, typed: &str, scores: &mut [u16]) {
        let typed = normal(typed);
        let start = self.names.partition_point(|name| **name < *typed);
        for (name, score) in self.names[start..].iter().zip(&mut scores[start..]) {
            if !name.starts_with(&typed) {
                break;
            }
            if *score > 0 {
                *score += if **name == *typed { EXACT_NAME } else { NAME_PREFIX };
            }
        }
    }
}

/// Calls `visit` with every text of an entry that is searched.
fn each_field(entry: &CatalogEntry, mut visit: impl FnMut(Field, &str)) {
    visit(Field::Name, &entry.name);
    for keyword in &entry.keywords {
        visit(Field::Keyword, keyword);
    }
    // Of `org.gnome.Calculator.desktop` only the last part tells the programs of one publisher apart.
    let id = entry.id.as_str();
    visit(
        Field::Keyword,
        id.strip_suffix(".desktop")
            .unwrap_or(id)
            .rsplit('.')
            .next()
            .unwrap_or(id),
    );
    for rule in &entry.detection {
        if let DetectionRule::Package { name } | DetectionRule::Executable { name } | DetectionRule::Snap { name } =
            rule
        {
            visit(Field::Keyword, name);
        }
    }
    visit(Field::Summary, &entry.summary);
    visit(Field::Summary, &entry.developer);
    for category in &entry.categories {
        visit(Field::Summary, category);
    }
}

/// A name as it is compared: folded, its words one space apart.
fn normal(name: &str) -> String {
    fold(&name.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The entry of a key: its low half.
fn entry_of(key: u64) -> usize {
    usize::try_from(key & u64::from(u32::MAX)).unwrap_or(usize::MAX)
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
