//! The sheet: a title, photos in rows, a caption below each.

use std::fs;
use std::path::Path;

use image::{ImageFormat, Rgb, RgbImage, imageops};

use crate::failure::Failure;
use crate::lettering::{CAPTION, TITLE};

/// The room that each photo has, in pixels.
pub(crate) const PHOTO_WIDTH: u32 = 280;
/// The same, upright.
pub(crate) const PHOTO_HEIGHT: u32 = 210;
const GAP: u32 = 24;
const CAPTION_HEIGHT: u32 = 24;
const HEADER_HEIGHT: u32 = 40;
const CELL_WIDTH: u32 = PHOTO_WIDTH + GAP;
const CELL_HEIGHT: u32 = PHOTO_HEIGHT + CAPTION_HEIGHT + GAP;
const PAPER: Rgb<u8> = Rgb([252, 252, 250]);
const MAT: Rgb<u8> = Rgb([236, 236, 232]);

/// A sheet that photos are placed on.
#[derive(Debug)]
pub(crate) struct Sheet {
    picture: RgbImage,
    columns: u32,
    placed: u32,
}

impl Sheet {
    /// An empty sheet for `count` photos, `columns` beside each other.
    pub(crate) fn new(count: u32, columns: u32, title: &str) -> Self {
        let columns = columns.clamp(1, count.max(1));
        let (width, height) = size(count, columns);
        let mut picture = RgbImage::from_pixel(width, height, PAPER);
        let title = TITLE.fit(title, width - 2 * GAP);
        TITLE.write(&mut picture, &title, GAP, GAP);
        Self {
            picture,
            columns,
            placed: 0,
        }
    }

    /// Draws the next photo, of at most [`PHOTO_WIDTH`] × [`PHOTO_HEIGHT`] pixels.
    pub(crate) fn place(&mut self, photo: &RgbImage, caption: &str) {
        let (column, row) = (self.placed % self.columns, self.placed / self.columns);
        let (left, top) = (GAP + column * CELL_WIDTH, 2 * GAP + HEADER_HEIGHT + row * CELL_HEIGHT);
        let mat = RgbImage::from_pixel(PHOTO_WIDTH, PHOTO_HEIGHT, MAT);
        imageops::replace(&mut self.picture, &mat, left.into(), top.into());
        let centre = |begin: u32, room: u32, taken: u32| begin + room.saturating_sub(taken) / 2;
        let x = centre(left, PHOTO_WIDTH, photo.width());
        let y = centre(top, PHOTO_HEIGHT, photo.height());
        imageops::replace(&mut self.picture, photo, x.into(), y.into());
        let caption = CAPTION.fit(caption, PHOTO_WIDTH);
        let x = centre(left, PHOTO_WIDTH, CAPTION.width(&caption));
        CAPTION.write(&mut self.picture, &caption, x, top + PHOTO_HEIGHT + 6);
        self.placed += 1;
    }

    /// How many photos stand on it.
    pub(crate) fn placed(&self) -> u32 {
        self.placed
    }

    /// Writes the sheet, whole or not at all; rows without a photo are left out.
    pub(crate) fn write(mut self, path: &Path, format: ImageFormat) -> Result<(), Failure> {
        let (_, height) = size(self.placed, self.columns);
        let picture = imageops::crop(&mut self.picture, 0, 0, u32::MAX, height).to_image();
        let failed = |why: String| Failure::Write {
            path: path.to_owned(),
            why,
        };
        let fresh = path.with_extension(format!("part-{}", std::process::id()));
        let written = picture.save_with_format(&fresh, format).map_err(|why| why.to_string());
        let renamed = written.and_then(|()| fs::rename(&fresh, path).map_err(|why| why.to_string()));
        renamed.map_err(|why| match fs::remove_file(&fresh) {
            Err(left) if fresh.exists() => failed(format!("{why}; {} stays behind: {left}", fresh.display())),
            _ => failed(why),
        })
    }
}

/// Width and height of a sheet, in pixels.
fn size(count: u32, columns: u32) -> (u32, u32) {
    let rows = count.div_ceil(columns);
    (GAP + columns * CELL_WIDTH, 2 * GAP + HEADER_HEIGHT + rows * CELL_HEIGHT)
}
