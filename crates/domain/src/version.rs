//! Versions of programs, and which of two is newer.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A program's version as its publisher wrote it, ordered as Debian orders versions.
///
/// The order is that of Debian Policy section 5.6.12 (epoch, upstream version, revision; `~` before
/// everything), which also sorts dotted numbers, dates and most other schemes as people expect.
/// Two texts that order the same (`1.0` and `1.00`) are equal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Version(#[cfg_attr(feature = "ts", ts(type = "string"))] String);

impl Version {
    /// The version written as `text`; surrounding space is dropped and anything past 128 bytes is cut.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let mut end = text.len().min(128);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(text[..end].to_owned())
    }

    /// The version as its publisher wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part that the program's author gave: without the epoch and the packager's revision.
    pub fn upstream(&self) -> Self {
        let (_, upstream, _) = split(&self.0);
        Self(upstream.to_owned())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let (epoch_a, upstream_a, revision_a) = split(&self.0);
        let (epoch_b, upstream_b, revision_b) = split(&other.0);
        compare_part(epoch_a, epoch_b)
            .then_with(|| compare_part(upstream_a, upstream_b))
            .then_with(|| compare_part(revision_a, revision_b))
    }
}

/// Epoch (`0` where none is written), upstream version, revision (empty where none is written).
fn split(text: &str) -> (&str, &str, &str) {
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit()) => (epoch, rest),
        _ => ("0", text),
    };
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

/// Compares alternating runs of other characters and of digits, from the left.
fn compare_part(mut a: &str, mut b: &str) -> Ordering {
    loop {
        let (text_a, rest_a) = split_run(a, |c| !c.is_ascii_digit());
        let (text_b, rest_b) = split_run(b, |c| !c.is_ascii_digit());
        let (digits_a, rest_a) = split_run(rest_a, |c| c.is_ascii_digit());
        let (digits_b, rest_b) = split_run(rest_b, |c| c.is_ascii_digit());
        let order = compare_text(text_a, text_b).then_with(|| compare_digits(digits_a, digits_b));
        if order != Ordering::Equal || (rest_a.is_empty() && rest_b.is_empty()) {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

fn split_run(text: &str, belongs: fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn compare_digits(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// `~` sorts before the end, the end before letters, letters before anything else.
fn compare_text(a: &str, b: &str) -> Ordering {
    let weight = |c: Option<char>| match c {
        Some('~') => -1,
        None => 0,
        Some(c) if c.is_ascii_alphabetic() => i64::from(u32::from(c)),
        Some(c) => i64::from(u32::from(c)) + 0x11_0000,
    };
    let (mut a, mut b) = (a.chars(), b.chars());
    loop {
        let (next_a, next_b) = (a.next(), b.next());
        let order = weight(next_a).cmp(&weight(next_b));
        if order != Ordering::Equal || (next_a.is_none() && next_b.is_none()) {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_sort_as_debian_policy_says() {
        let ascending = [
            "1.0~~",
            "1.0~beta1",
            "1.0",
            "1.0-1",
            "1.0-2",
            "1.0a",
            "1.0+b1",
            "1.2",
            "1.10",
            "2:0.1",
        ];
        for pair in ascending.windows(2) {
            assert!(Version::new(pair[0]) < Version::new(pair[1]), "{pair:?}");
        }
        assert_eq!(Version::new("1.0"), Version::new("1.00"));
        assert_eq!(Version::new("0:1.0"), Version::new("1.0"));
        assert_eq!(Version::new("1:2.3-4").upstream().as_str(), "2.3");
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[0-9a-z.:~+-]{0,12}", b in "[0-9a-z.:~+-]{0,12}", c in "[0-9a-z.:~+-]{0,12}") {
            let (a, b, c) = (Version::new(&a), Version::new(&b), Version::new(&c));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }
}
