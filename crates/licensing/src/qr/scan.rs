//! Reading pictures.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::imageops::{FilterType, resize};
use image::{GrayImage, ImageFormat, ImageReader, Limits};

use super::MAX_PICTURE_BYTES;
use crate::Error;

/// The largest picture file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;
/// The widest and highest picture, in pixels.
const MAX_SIDE: u32 = 8192;
/// The largest picture, in pixels: a camera's 24 million and some.
const MAX_PIXELS: u64 = 32 * 1024 * 1024;
/// The most memory that unpacking a picture may take, in bytes.
const MAX_MEMORY_BYTES: u64 = 256 * 1024 * 1024;
/// Above this a picture that shows no QR code is looked at again at half its size.
const SMALL_SIDE: u32 = 600;
/// The most QR codes of one picture.
const MAX_CODES: usize = 64;

/// The texts of all QR codes in a picture file, which is PNG or JPEG; at least one.
pub fn scan(file: &[u8]) -> Result<Vec<String>, Error> {
    if file.len() > MAX_FILE_BYTES {
        return Err(unreadable("the file is larger than 16 MiB"));
    }
    let mut picture = open(file)?;
    loop {
        let texts = read(&picture)?;
        if !texts.is_empty() {
            return Ok(texts);
        }
        // A photograph can show more than helps: its squares drown in noise.
        let (width, height) = picture.dimensions();
        if width.min(height) < SMALL_SIDE {
            return Err(unreadable("there is no QR code in it that can be read"));
        }
        picture = resize(&picture, width / 2, height / 2, FilterType::Triangle);
    }
}

fn open(file: &[u8]) -> Result<GrayImage, Error> {
    let damaged = |error: &dyn std::error::Error| unreadable(format!("the picture file: {error}"));
    let reader = || {
        let mut reader = ImageReader::new(Cursor::new(file))
            .with_guessed_format()
            .map_err(|error| damaged(&error))?;
        if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
            return Err(unreadable("it is neither PNG nor JPEG"));
        }
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_MEMORY_BYTES);
        reader.limits(limits);
        Ok(reader)
    };
    let (width, height) = reader()?.into_dimensions().map_err(|error| damaged(&error))?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(unreadable("the picture has more than 32 million pixels"));
    }
    Ok(reader()?.decode().map_err(|error| damaged(&error))?.into_luma8())
}

/// The texts of the QR codes in `picture`.
fn read(picture: &GrayImage) -> Result<Vec<String>, Error> {
    let (width, height) = picture.dimensions();
    let side = |pixels: u32| usize::try_from(pixels).unwrap_or(0);
    let (width, height, pixels) = (side(width), side(height), picture.as_raw());
    let find = || {
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            pixels.get(y * width + x).copied().unwrap_or(u8::MAX)
        });
        let grids = prepared.detect_grids();
        let texts = grids.iter().take(MAX_CODES).filter_map(|grid| {
            let mut bytes = Vec::new();
            grid.decode_to(&mut bytes).ok()?;
            String::from_utf8(bytes).ok()
        });
        texts
            .filter(|text| !text.is_empty() && text.len() <= MAX_PICTURE_BYTES)
            .collect::<Vec<_>>()
    };
    // Looking for squares in arbitrary pictures is somebody else's geometry: its mistakes end here.
    catch_unwind(AssertUnwindSafe(find)).map_err(|_| unreadable("the picture confuses the reader of QR codes"))
}

fn unreadable(why: impl Into<String>) -> Error {
    Error::QrUnreadable { why: why.into() }
}
