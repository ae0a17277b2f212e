//! The photos of a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageReader, Limits, RgbImage, Rgba};

use crate::failure::Failure;

/// More do not fit one sheet.
const PHOTOS_MAX: usize = 1000;
/// What one photo may take while it is read: about 120 megapixels.
const PHOTO_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// A photo with a longer side is refused before it is read.
const SIDE_MAX: u32 = 30_000;
/// What shows through transparent pictures.
const PAPER: Rgba<u8> = Rgba([255, 255, 255, 255]);

/// The photos of a folder.
#[derive(Debug)]
pub(crate) struct Found {
    /// Those that can be read, by name.
    pub(crate) photos: Vec<PathBuf>,
    /// The others, with the reason.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
}

/// Looks for photos in `folder`, not in the folders below it; `sheet` is none of them.
pub(crate) fn find(folder: &Path, sheet: &Path) -> Result<Found, Failure> {
    let failed = |why: io::Error| Failure::Folder {
        path: folder.to_owned(),
        why,
    };
    let mut photos = Vec::new();
    let sheet = fs::canonicalize(sheet).ok();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_sheet = sheet.is_some() && fs::canonicalize(&path).ok() == sheet;
        if is_photo(&path) && !is_sheet && path.is_file() {
            photos.push(path);
        }
    }
    photos.sort();
    if photos.len() > PHOTOS_MAX {
        return Err(Failure::TooManyPhotos {
            path: folder.to_owned(),
            count: photos.len(),
            max: PHOTOS_MAX,
        });
    }
    let mut unreadable = Vec::new();
    photos.retain(|path| match open(path).and_then(ImageReader::into_dimensions) {
        Ok(_) => true,
        Err(why) => {
            unreadable.push((path.clone(), why.to_string()));
            false
        }
    });
    if photos.is_empty() && unreadable.is_empty() {
        return Err(Failure::NoPhotos(folder.to_owned()));
    }
    Ok(Found { photos, unreadable })
}

/// Reads a photo as it was held, scaled so that it fits `width` × `height` pixels.
pub(crate) fn read(path: &Path, width: u32, height: u32) -> Result<RgbImage, ImageError> {
    let mut decoder = open(path)?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut photo = DynamicImage::from_decoder(decoder)?;
    photo.apply_orientation(orientation);
    let small = if photo.width() <= width && photo.height() <= height {
        photo
    } else {
        photo.thumbnail(width, height)
    };
    Ok(if small.color().has_alpha() {
        let mut paper = image::RgbaImage::from_pixel(small.width(), small.height(), PAPER);
        image::imageops::overlay(&mut paper, &small.to_rgba8(), 0, 0);
        DynamicImage::ImageRgba8(paper).into_rgb8()
    } else {
        small.into_rgb8()
    })
}

fn open(path: &Path) -> Result<ImageReader<io::BufReader<fs::File>>, ImageError> {
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(PHOTO_BYTES_MAX);
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    reader.limits(limits);
    Ok(reader)
}

fn is_photo(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    !name.starts_with('.') && matches!(ending.as_str(), "png" | "jpg" | "jpeg")
}
