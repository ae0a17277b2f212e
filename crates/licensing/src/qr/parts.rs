//! Texts that are too long for one picture.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::MAX_PICTURE_BYTES;
use crate::Error;

/// The most pictures of one text.
pub const MAX_PARTS: usize = 64;

/// What a part begins with: `SCRIP/1/3/0123abcd/…` is the first of three parts of the text whose SHA-256 begins so.
const PREFIX: &str = "SCRIP/";
/// The longest text before a part's own share: `SCRIP/64/64/0123abcd/`.
const MAX_PREFIX_BYTES: usize = 21;

/// The texts of the pictures that together hold `text`, which is ASCII: itself where it fits one picture, else parts
/// of nearly equal length, 64 at most.
pub fn split(text: &str) -> Result<Vec<String>, Error> {
    if text.len() <= MAX_PICTURE_BYTES && !text.starts_with(PREFIX) {
        return Ok(vec![text.to_owned()]);
    }
    let count = text.len().div_ceil(MAX_PICTURE_BYTES - MAX_PREFIX_BYTES);
    if count > MAX_PARTS || !text.is_ascii() {
        return Err(Error::QrTooLarge { length: text.len() });
    }
    let digest = digest_of(text);
    let length = text.len().div_ceil(count);
    let chunks = text.as_bytes().chunks(length);
    Ok(chunks
        .enumerate()
        .map(|(at, chunk)| {
            let number = at + 1;
            format!("{PREFIX}{number}/{count}/{digest}/{}", String::from_utf8_lossy(chunk))
        })
        .collect())
}

/// One part of a text.
struct Part<'t> {
    number: usize,
    count: usize,
    digest: &'t str,
    chunk: &'t str,
}

/// The text that `texts`, read from pictures, make up: in any order, each once or more often.
pub fn join<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<String, Error> {
    let mut chunks: BTreeMap<usize, &str> = BTreeMap::new();
    let mut whole: Option<&str> = None;
    let mut first: Option<Part<'_>> = None;
    for text in texts {
        let Some(part) = parse(text)? else {
            if whole.is_some_and(|other| other != text) || first.is_some() {
                return Err(refuse("the pictures hold different texts"));
            }
            whole = Some(text);
            continue;
        };
        let of = first.get_or_insert(Part { ..part });
        if whole.is_some() || part.digest != of.digest || part.count != of.count {
            return Err(refuse(format!(
                "part {} of {} belongs to another text",
                part.number, part.count
            )));
        }
        if chunks
            .insert(part.number, part.chunk)
            .is_some_and(|other| other != part.chunk)
        {
            return Err(refuse(format!("part {} was read in two ways", part.number)));
        }
    }
    let Some(of) = first else {
        return whole.map(str::to_owned).ok_or_else(|| refuse("there is no picture"));
    };
    let missing: Vec<String> = (1..=of.count)
        .filter(|number| !chunks.contains_key(number))
        .map(|number| number.to_string())
        .collect();
    if !missing.is_empty() {
        return Err(refuse(format!(
            "of {} parts these are missing: {}",
            of.count,
            missing.join(", ")
        )));
    }
    let text: String = chunks.into_values().collect();
    if digest_of(&text) == of.digest {
        Ok(text)
    } else {
        Err(refuse("a part was changed: together they are not what was split"))
    }
}

/// Takes a part apart; `None` for a text that is whole.
fn parse(text: &str) -> Result<Option<Part<'_>>, Error> {
    if text.len() > MAX_PICTURE_BYTES {
        return Err(refuse("a picture holds more than is ever put into one"));
    }
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return Ok(None);
    };
    let damaged = || refuse("a part does not say which one it is");
    let mut fields = rest.splitn(4, '/');
    let mut next = || fields.next().ok_or_else(damaged);
    let (number, count, digest, chunk) = (number(next()?), number(next()?), next()?, next()?);
    let (Some(number), Some(count)) = (number, count) else {
        return Err(damaged());
    };
    let is_digest = digest.len() == 8 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if number > count || !is_digest || chunk.is_empty() {
        return Err(damaged());
    }
    Ok(Some(Part {
        number,
        count,
        digest,
        chunk,
    }))
}

/// A number from 1 to [`MAX_PARTS`], as it is written.
fn number(text: &str) -> Option<usize> {
    let number = text.parse().ok()?;
    ((1..=MAX_PARTS).contains(&number) && number.to_string() == text).then_some(number)
}

fn digest_of(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let [a, b, c, d, ..] = digest;
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}

fn refuse(why: impl Into<String>) -> Error {
    Error::QrParts { why: why.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn why(texts: &[&str]) -> String {
        match join(texts.iter().copied()) {
            Err(Error::QrParts { why }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn wrong_missing_and_foreign_parts_are_named() {
        let long = "x".repeat(6000);
        let parts = split(&long).unwrap();
        let [a, b, c] = [parts[0].as_str(), &parts[1], &parts[2]];
        assert!(parts.iter().all(|part| part.len() <= MAX_PICTURE_BYTES));
        assert_eq!(join([c, a, b, a]).unwrap(), long);
        assert_eq!(why(&[b]), "of 3 parts these are missing: 1, 3");
        assert_eq!(why(&[]), "there is no picture");
        let other = split(&"y".repeat(6000)).unwrap();
        assert_eq!(why(&[a, &other[1], c]), "part 2 of 3 belongs to another text");
        assert_eq!(why(&[a, "whole"]), "the pictures hold different texts");
        assert_eq!(why(&["whole", a]), "part 1 of 3 belongs to another text");
        assert_eq!(why(&["whole", "other"]), "the pictures hold different texts");
        let changed = b.replace("xxxx", "xxyx");
        assert_eq!(why(&[a, &changed, b]), "part 2 was read in two ways");
        assert!(why(&[a, &changed, c]).starts_with("a part was changed"));
        for bad in [
            "SCRIP/",
            "SCRIP/1/1/0123abcd/",
            "SCRIP/0/1/0123abcd/x",
            "SCRIP/2/1/0123abcd/x",
            "SCRIP/1/65/0123abcd/x",
            "SCRIP/01/1/0123abcd/x",
            "SCRIP/+1/1/0123abcd/x",
            "SCRIP/1/1/0123ABCD/x",
            "SCRIP/1/1/0123abc/x",
            "SCRIP/1/1/０123abcd/x",
        ] {
            assert_eq!(why(&[bad]), "a part does not say which one it is", "{bad}");
        }
        assert!(split(&"x".repeat(MAX_PARTS * MAX_PICTURE_BYTES)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_comes_back_whole(length in 0usize..40_000, shift in 0usize..64) {
            let text: String = (0..length).map(|at| char::from(b'0' + u8::try_from((at * 7) % 64).unwrap())).collect();
            let mut parts = split(&text).unwrap();
            let shift = shift % parts.len();
            parts.rotate_left(shift);
            prop_assert!(parts.iter().all(|part| part.len() <= MAX_PICTURE_BYTES));
            prop_assert_eq!(join(parts.iter().map(String::as_str)).unwrap(), text);
        }

        #[test]
        fn any_texts_are_answered(texts in prop::collection::vec("(SCRIP/)?[0-9]?/?[0-9]?/?[0-9a-f]{0,8}/?.{0,8}", 0..4)) {
            if let Ok(text) = join(texts.iter().map(String::as_str)) {
                prop_assert!(text.len() <= MAX_PICTURE_BYTES * MAX_PARTS);
            }
        }
    }
}
