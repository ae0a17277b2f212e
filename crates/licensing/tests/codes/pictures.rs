//! Codes and bundles as pictures: what is drawn is what is read.

use image::{DynamicImage, GrayImage, ImageFormat, Luma, imageops};
use proptest::prelude::*;
use scrip_domain::{Coded, ErrorCode};
use scrip_licensing::StatementKind;
use scrip_licensing::qr::{MAX_PICTURE_BYTES, Picture, join, scan, split};

use super::statements::{bundle, code, open};
use super::vendor;

fn jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality);
    picture.write_with_encoder(encoder).unwrap();
    file
}

fn gray(png: &[u8]) -> GrayImage {
    image::load_from_memory(png).unwrap().into_luma8()
}

/// `length` characters as a code has them.
fn text(length: usize) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    let mut state = 1_u64;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(alphabet[usize::try_from(state >> 40).unwrap() % alphabet.len()])
        })
        .collect()
}

#[test]
fn a_code_comes_back_from_a_png_and_from_a_photograph() {
    let code = code();
    let picture = Picture::new(&code).unwrap();
    for scale in [2, 4, 7] {
        assert_eq!(
            scan(&picture.png(scale).unwrap()).unwrap(),
            std::slice::from_ref(&code),
            "{scale}"
        );
    }
    // Laid on a grey desk, a little out of focus, turned on its side and compressed.
    let sheet = gray(&picture.png(6).unwrap());
    let mut desk = GrayImage::from_pixel(sheet.width() + 300, sheet.height() + 200, Luma([150]));
    imageops::overlay(&mut desk, &sheet, 120, 70);
    let photo = imageops::blur(&imageops::rotate90(&desk), 1.2);
    assert_eq!(scan(&jpeg(&photo, 60)).unwrap(), [code]);
}

#[test]
fn every_size_up_to_the_largest_is_readable() {
    for length in [1, 20, 300, 900, 1200, 1201, 1700, 2000, MAX_PICTURE_BYTES] {
        let text = text(length);
        let picture = Picture::new(&text).unwrap();
        let png = picture.png(4).unwrap();
        assert_eq!(scan(&png).unwrap(), std::slice::from_ref(&text), "{length}");
        assert_eq!(scan(&jpeg(&gray(&png), 80)).unwrap(), [text], "{length} as JPEG");
    }
    let error = Picture::new(&text(MAX_PICTURE_BYTES + 1)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::QrTooLarge);
}

#[test]
fn a_bundle_of_several_pictures_is_read_in_any_order() {
    let mut large = bundle();
    large.codes = vec![code(); 2];
    let text = vendor().sign_bundle(&large).unwrap();
    let parts = split(&text).unwrap();
    assert_eq!(parts.len(), 3, "{}", text.len());
    let mut scanned: Vec<String> = parts
        .iter()
        .flat_map(|part| scan(&Picture::new(part).unwrap().png(3).unwrap()).unwrap())
        .collect();
    scanned.reverse();
    let joined = join(scanned.iter().map(String::as_str)).unwrap();
    open(StatementKind::Bundle, &joined).unwrap();
    let error = join([scanned[2].as_str()]).unwrap_err();
    assert!(error.to_string().contains("missing: 2, 3"), "{error}");

    // All three side by side in one picture.
    let pictures: Vec<GrayImage> = parts
        .iter()
        .map(|part| gray(&Picture::new(part).unwrap().png(3).unwrap()))
        .collect();
    let width: u32 = pictures.iter().map(GrayImage::width).sum();
    let mut strip = GrayImage::from_pixel(width, pictures[0].height(), Luma([255]));
    let mut x = 0;
    for picture in &pictures {
        imageops::overlay(&mut strip, picture, x, 0);
        x += i64::from(picture.width());
    }
    let mut file = std::io::Cursor::new(Vec::new());
    DynamicImage::from(strip).write_to(&mut file, ImageFormat::Png).unwrap();
    let texts = scan(&file.into_inner()).unwrap();
    assert_eq!(join(texts.iter().map(String::as_str)).unwrap(), text);
}

#[test]
fn the_terminal_and_the_svg_show_the_same_squares() {
    let picture = Picture::new(&code()).unwrap();
    let terminal = picture.text(true);
    let lines: Vec<&str> = terminal.lines().collect();
    assert_eq!(lines.len(), picture.width().div_ceil(2));
    for (at, line) in lines.iter().enumerate() {
        let squares = line
            .strip_prefix("\x1b[30;107m")
            .unwrap()
            .strip_suffix("\x1b[0m")
            .unwrap();
        assert_eq!(squares.chars().count(), picture.width());
        for (column, square) in squares.chars().enumerate() {
            assert_eq!(matches!(square, '█' | '▀'), picture.is_dark(2 * at, column));
            assert_eq!(matches!(square, '█' | '▄'), picture.is_dark(2 * at + 1, column));
        }
    }
    let plain = terminal.replace("\x1b[30;107m", "").replace("\x1b[0m", "");
    assert_eq!(picture.text(false), plain, "in a file without colours");
    let svg = picture.svg().unwrap();
    let dark: usize = svg
        .split("v1h-")
        .filter_map(|before| before.rsplit_once('h')?.1.parse::<usize>().ok())
        .sum();
    let count = (0..picture.width())
        .flat_map(|row| (0..picture.width()).map(move |column| (row, column)))
        .filter(|(row, column)| picture.is_dark(*row, *column))
        .count();
    assert_eq!(dark, count);
}

#[test]
fn pictures_that_are_none_or_too_large_are_refused() {
    let blank = |width, height| {
        let mut file = std::io::Cursor::new(Vec::new());
        GrayImage::from_pixel(width, height, Luma([255]))
            .write_to(&mut file, ImageFormat::Png)
            .unwrap();
        file.into_inner()
    };
    let good = Picture::new("hello").unwrap().png(4).unwrap();
    // The header of a PNG that claims 65,535 by 65,535 pixels.
    let mut bomb = good.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 255, 255, 0, 0, 255, 255]);
    for bad in [
        Vec::new(),
        b"GIF89a".to_vec(),
        b"<svg/>".to_vec(),
        good[..good.len() / 2].to_vec(),
        bomb,
        blank(40, 40),
        blank(1300, 900),
        blank(8193, 1),
        vec![0; 16 * 1024 * 1024 + 1],
    ] {
        let error = scan(&bad).unwrap_err();
        assert_eq!(error.code(), ErrorCode::QrUnreadable, "{error}");
        assert!(!error.hints().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_is_drawn_is_what_is_read(length in 1usize..=MAX_PICTURE_BYTES, scale in 2u32..6) {
        let text = text(length);
        prop_assert_eq!(scan(&Picture::new(&text).unwrap().png(scale).unwrap()).unwrap(), [text]);
    }

    #[test]
    fn noise_is_answered(width in 1u32..80, height in 1u32..80, seed in any::<u64>()) {
        let mut state = seed;
        let noise = GrayImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            Luma([u8::try_from(state >> 56).unwrap()])
        });
        let mut file = std::io::Cursor::new(Vec::new());
        noise.write_to(&mut file, ImageFormat::Png).unwrap();
        prop_assert!(scan(&file.into_inner()).is_err());
    }
}
