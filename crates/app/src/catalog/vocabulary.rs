//! A sorted list of words, and finding in it what begins with a text, with no typo or with one.

use std::ops::Range;

/// Distinct words in byte order, in one text.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    text: String,
    /// Where each word ends; each begins where the one before ends.
    ends: Vec<u32>,
}

impl Vocabulary {
    /// The vocabulary of `words`, which are sorted and distinct.
    pub(crate) fn new<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut vocabulary = Self::default();
        for word in words {
            vocabulary.text.push_str(word);
            // A catalog's words take a few megabytes; past 4 GiB the word is left out rather than found wrongly.
            let Ok(end) = u32::try_from(vocabulary.text.len()) else {
                break;
            };
            vocabulary.ends.push(end);
        }
        vocabulary
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn word(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.text[start..self.ends[at] as usize]
    }

    /// Whether the word at `at` is exactly `text`.
    pub(crate) fn is(&self, at: usize, text: &str) -> bool {
        self.word(at) == text
    }

    /// The words that begin with `prefix`.
    pub(crate) fn with_prefix(&self, prefix: &str) -> Range<usize> {
        self.narrow(0..self.len(), 0, prefix)
    }

    /// Calls `hit` with ranges of the words that begin with a text one edit away from `text`: a letter too many, too
    /// few or wrong, or two neighbours exchanged. Ranges may overlap.
    pub(crate) fn with_typo(&self, text: &str, mut hit: impl FnMut(Range<usize>)) {
        let mut range = 0..self.len();
        let mut depth = 0;
        let mut swapped = String::with_capacity(text.len());
        while let Some(letter) = text[depth..].chars().next() {
            let (rest, after) = (&text[depth..], &text[depth + letter.len_utf8()..]);
            hit(self.narrow(range.clone(), depth, after));
            if let Some(next) = after.chars().next().filter(|next| *next != letter) {
                swapped.clear();
                swapped.extend([next, letter]);
                swapped.push_str(&after[next.len_utf8()..]);
                hit(self.narrow(range.clone(), depth, &swapped));
            }
            self.each_next(range.clone(), depth, |found, sub| {
                let deeper = depth + found.len_utf8();
                if found != letter {
                    hit(self.narrow(sub.clone(), deeper, after));
                }
                hit(self.narrow(sub, deeper, rest));
            });
            let mut buffer = [0; 4];
            range = self.narrow(range, depth, letter.encode_utf8(&mut buffer));
            if range.is_empty() {
                return;
            }
            depth += letter.len_utf8();
        }
    }

    /// Calls `visit` with each letter that stands at `depth` in the words of `range`, and the words that have it there.
    fn each_next(&self, range: Range<usize>, depth: usize, mut visit: impl FnMut(char, Range<usize>)) {
        let mut at = range.start;
        while at < range.end {
            let Some(letter) = self.word(at)[depth..].chars().next() else {
                at += 1;
                continue;
            };
            let mut buffer = [0; 4];
            let sub = self.narrow(at..range.end, depth, letter.encode_utf8(&mut buffer));
            at = sub.end.max(at + 1);
            visit(letter, sub);
        }
    }

    /// The words of `range`, which are alike in their first `depth` bytes, that go on with `text` there.
    fn narrow(&self, range: Range<usize>, depth: usize, text: &str) -> Range<usize> {
        let rest = |at: usize| &self.word(at).as_bytes()[depth..];
        let text = text.as_bytes();
        let start = partition(range.clone(), |at| rest(at) < text);
        let end = partition(start..range.end, |at| rest(at).starts_with(text));
        start..end
    }
}

/// The first of `range` for which `before` does not hold; it holds for a first part of the range.
fn partition(range: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The words of `text` in lower case, without accents: runs of letters and digits, and the parts of a word that a
/// capital in its middle divides (`LibreOffice` gives `libreoffice`, `libre`, `office`).
pub(crate) fn each_word(text: &str, mut visit: impl FnMut(&str)) {
    for run in text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        visit(&fold(run));
        let mut start = 0;
        let mut before = ' ';
        for (at, letter) in run.char_indices() {
            if letter.is_uppercase() && before.is_lowercase() {
                visit(&fold(&run[start..at]));
                start = at;
            }
            before = letter;
        }
        if start > 0 {
            visit(&fold(&run[start..]));
        }
    }
}

/// The words of what a person typed, at most `MAX_WORDS` of at most `MAX_LETTERS` letters.
pub(crate) fn typed_words(text: &str) -> Vec<String> {
    const MAX_WORDS: usize = 8;
    const MAX_LETTERS: usize = 40;
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.take(MAX_WORDS)
        .map(|run| fold(run).chars().take(MAX_LETTERS).collect())
        .collect()
}

/// `text` in lower case and without the accents of Latin letters.
pub(crate) fn fold(text: &str) -> String {
    let plain = |c: char| match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn edits(word: &[char]) -> BTreeSet<String> {
        let alphabet = ['a', 'b', 'é', 'z'];
        let mut all = BTreeSet::new();
        for at in 0..word.len() {
            let with = |middle: &[char], skip: usize| -> String {
                word[..at]
                    .iter()
                    .chain(middle)
                    .chain(word.iter().skip(at + skip))
                    .collect()
            };
            all.insert(with(&[], 1));
            for letter in alphabet {
                all.insert(with(&[letter], 1));
                all.insert(with(&[letter], 0));
            }
            if at + 1 < word.len() {
                all.insert(with(&[word[at + 1], word[at]], 2));
            }
        }
        all
    }

    proptest! {
        #[test]
        fn one_typo_is_found_as_comparing_every_word_finds_it(
            words in prop::collection::btree_set("[abéz]{1,6}", 0..40),
            typed in "[abéz]{3,6}",
        ) {
            let vocabulary = Vocabulary::new(words.iter().map(String::as_str));
            let mut found = BTreeSet::new();
            vocabulary.with_typo(&typed, |range| found.extend(range));
            let letters: Vec<char> = typed.chars().collect();
            let variants = edits(&letters);
            // What begins as it was typed has no typo; whether it is found as well does not matter.
            for (at, word) in words.iter().enumerate().filter(|(_, word)| !word.starts_with(typed.as_str())) {
                let near = variants.iter().any(|variant| !variant.is_empty() && word.starts_with(variant.as_str()));
                if near {
                    prop_assert!(found.contains(&at), "{typed} should find {word}");
                } else {
                    prop_assert!(!found.contains(&at), "{typed} should not find {word}");
                }
            }
        }

        #[test]
        fn any_text_is_folded_and_cut_without_a_panic(text in "\\PC{0,60}") {
            each_word(&text, |word| assert!(!word.is_empty()));
            prop_assert!(typed_words(&text).len() <= 8);
        }
    }

    #[test]
    fn prefixes_are_ranges() {
        let vocabulary = Vocabulary::new(["calc", "calculator", "cat", "dog"]);
        assert_eq!(vocabulary.with_prefix("calc"), 0..2);
        assert_eq!(vocabulary.with_prefix("ca"), 0..3);
        assert_eq!(vocabulary.with_prefix("x"), 4..4);
        assert!(vocabulary.is(2, "cat"));
    }

    #[test]
    fn capitals_divide_words() {
        let mut words = Vec::new();
        each_word("LibreOffice Écriture-2", |word| words.push(word.to_owned()));
        assert_eq!(words, ["libreoffice", "libre", "office", "ecriture", "2"]);
    }
}
