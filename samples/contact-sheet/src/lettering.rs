//! Words on the sheet.

use image::{Rgb, RgbImage};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, RasterizedChar, get_raster, get_raster_width};

/// How words look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    weight: FontWeight,
    height: RasterHeight,
    ink: [u8; 3],
}

/// Above the photos.
pub(crate) const TITLE: Style = Style {
    weight: FontWeight::Bold,
    height: RasterHeight::Size32,
    ink: [30, 30, 34],
};
/// Below each photo, and below all of them.
pub(crate) const CAPTION: Style = Style {
    weight: FontWeight::Regular,
    height: RasterHeight::Size16,
    ink: [90, 90, 98],
};

impl Style {
    /// How wide `text` is, in pixels.
    pub(crate) fn width(self, text: &str) -> u32 {
        pixels(text.chars().count() * get_raster_width(self.weight, self.height))
    }

    /// `text`, or its beginning and its end where it is wider than `max` pixels. The end tells photos of one series apart.
    pub(crate) fn fit(self, text: &str, max: u32) -> String {
        let letters: Vec<char> = text.chars().collect();
        let room = max as usize / get_raster_width(self.weight, self.height);
        if letters.len() <= room || room < 3 {
            return letters.into_iter().take(room).collect();
        }
        let kept = room - 2;
        let (front, back) = (kept - kept / 2, kept / 2);
        let begin: String = letters[..front].iter().collect();
        let end: String = letters[letters.len() - back..].iter().collect();
        format!("{begin}..{end}")
    }

    /// Writes `text` with its upper left corner at `left` and `top`.
    pub(crate) fn write(self, sheet: &mut RgbImage, text: &str, left: u32, top: u32) {
        let step = pixels(get_raster_width(self.weight, self.height));
        for (letter, left) in text.chars().zip((left..).step_by(step as usize)) {
            let Some(shape) = self.shape(letter) else { continue };
            for (row, y) in shape.rows().zip(top..sheet.height()) {
                for (coverage, x) in row.iter().zip(left..sheet.width()) {
                    blend(sheet.get_pixel_mut(x, y), self.ink, *coverage);
                }
            }
        }
    }

    fn shape(self, letter: char) -> Option<RasterizedChar> {
        let shape = |letter| get_raster(letter, self.weight, self.height);
        shape(letter).or_else(|| shape('?'))
    }
}

fn pixels(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn blend(paper: &mut Rgb<u8>, ink: [u8; 3], coverage: u8) {
    let coverage = u16::from(coverage);
    for (below, above) in paper.0.iter_mut().zip(ink) {
        let mixed = (u16::from(*below) * (255 - coverage) + u16::from(above) * coverage) / 255;
        *below = u8::try_from(mixed).unwrap_or(u8::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_keep_both_ends() {
        let wide = CAPTION.width("IMG_202.._00123");
        assert_eq!(CAPTION.fit("IMG_20260301_holiday_00123", wide), "IMG_202.._00123");
        assert_eq!(CAPTION.fit("short", wide), "short");
        assert_eq!(CAPTION.fit("short", 0), "");
    }

    #[test]
    fn letters_leave_ink_and_stay_on_the_sheet() {
        let mut sheet = RgbImage::from_pixel(40, 20, Rgb([255; 3]));
        CAPTION.write(&mut sheet, "Äł日", 20, 10);
        assert!(sheet.pixels().any(|pixel| pixel.0 != [255; 3]));
        assert!(
            sheet
                .enumerate_pixels()
                .all(|(x, y, pixel)| (x >= 20 && y >= 10) || pixel.0 == [255; 3])
        );
    }
}
