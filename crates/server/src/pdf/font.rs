//! The font of documents, and how wide its text is.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};

use crate::Error;

/// `DejaVu` Sans: Latin, Greek, Cyrillic and more, free to embed (`fonts/LICENSE`).
const REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold.ttf");
/// What stands for a character that the font does not have.
const MISSING: char = '\u{fffd}';

/// How heavy letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

pub(super) struct Fonts {
    regular: Face,
    bold: Face,
}

struct Face {
    file: FontRef<'static>,
    font: Font,
}

impl Face {
    fn open(bytes: &'static [u8]) -> Result<Self, Error> {
        let broken = || Error::Internal {
            operation: "read the font of documents",
        };
        Ok(Self {
            file: FontRef::new(bytes).map_err(|_| broken())?,
            font: Font::new(bytes.into(), 0).ok_or_else(broken)?,
        })
    }

    fn metrics(&self) -> GlyphMetrics<'static> {
        self.file.glyph_metrics(Size::new(1.0), LocationRef::default())
    }
}

impl Fonts {
    pub(super) fn open() -> Result<Self, Error> {
        Ok(Self {
            regular: Face::open(REGULAR)?,
            bold: Face::open(BOLD)?,
        })
    }

    fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    pub(super) fn font(&self, weight: Weight) -> Font {
        self.face(weight).font.clone()
    }

    /// The text with what the font can show of it, and its glyphs, a letter each.
    pub(super) fn glyphs(&self, text: &str, weight: Weight) -> (String, Vec<KrillaGlyph>) {
        let face = self.face(weight);
        let (map, metrics) = (face.file.charmap(), face.metrics());
        let shown: String = text
            .chars()
            .filter(|letter| !letter.is_control())
            .map(|letter| if map.map(letter).is_some() { letter } else { MISSING })
            .collect();
        let glyphs = shown.char_indices().map(|(at, letter)| {
            let glyph = map.map(letter).unwrap_or_default();
            let advance = metrics.advance_width(glyph).unwrap_or(0.0);
            let range = at..at + letter.len_utf8();
            KrillaGlyph::new(GlyphId::new(glyph.to_u32()), advance, 0.0, 0.0, 0.0, range, None)
        });
        let glyphs = glyphs.collect();
        (shown, glyphs)
    }

    /// How wide a text is.
    pub(super) fn width(&self, text: &str, size: f32, weight: Weight) -> f32 {
        let face = self.face(weight);
        let (map, metrics) = (face.file.charmap(), face.metrics());
        let advance = |letter: char| {
            metrics
                .advance_width(map.map(letter).unwrap_or_default())
                .unwrap_or(0.0)
        };
        text.chars().map(advance).sum::<f32>() * size
    }

    /// The text in lines not wider than `width`; a word that is wider is broken.
    pub(super) fn wrap(&self, text: &str, size: f32, weight: Weight, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let line = lines.last().map_or("", String::as_str);
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.width(&longer, size, weight) <= width {
                lines.pop();
                lines.push(longer);
                continue;
            }
            if line.is_empty() {
                lines.pop();
            }
            let mut rest = word;
            while !rest.is_empty() {
                let fits = self
                    .fitting(rest, size, weight, width)
                    .max(rest.chars().next().map_or(1, char::len_utf8));
                lines.push(rest[..fits].to_owned());
                rest = &rest[fits..];
            }
        }
        lines
    }

    /// The text, cut with an ellipsis where it is wider than `width`.
    pub(super) fn cut(&self, text: &str, size: f32, weight: Weight, width: f32) -> String {
        if self.width(text, size, weight) <= width {
            return text.to_owned();
        }
        let fits = self.fitting(text, size, weight, width - size);
        format!("{}…", &text[..fits])
    }

    /// How many bytes of the text fit.
    fn fitting(&self, text: &str, size: f32, weight: Weight, width: f32) -> usize {
        let face = self.face(weight);
        let (map, metrics) = (face.file.charmap(), face.metrics());
        let mut taken = 0.0;
        for (at, letter) in text.char_indices() {
            taken += metrics
                .advance_width(map.map(letter).unwrap_or_default())
                .unwrap_or(0.0)
                * size;
            if taken > width {
                return at;
            }
        }
        text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_wider_than_asked_and_lose_nothing() {
        let fonts = Fonts::open().unwrap();
        let text = "Five quacking zephyrs jolt Donaudampfschifffahrtsgesellschaftskapitänsmütze and Ελλάδα, Россия";
        for width in [14.0, 40.0, 90.0, 300.0] {
            let lines = fonts.wrap(text, 10.0, Weight::Regular, width);
            assert!(
                lines
                    .iter()
                    .all(|line| fonts.width(line, 10.0, Weight::Regular) <= width),
                "{width}: {lines:?}"
            );
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
        assert!(fonts.cut(text, 10.0, Weight::Bold, 60.0).ends_with('…'));
        assert_eq!(fonts.wrap("", 10.0, Weight::Bold, 60.0), [""]);
    }

    #[test]
    fn a_letter_that_the_font_lacks_is_shown_as_missing() {
        let (shown, glyphs) = Fonts::open().unwrap().glyphs("a你b\n", Weight::Regular);
        assert_eq!((shown.as_str(), glyphs.len()), ("a\u{fffd}b", 3));
    }
}
