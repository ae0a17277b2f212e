//! Drawing.

use std::fmt::Write;
use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

use super::MAX_PICTURE_BYTES;
use crate::Error;

/// The light border that a reader needs, in modules (ISO/IEC 18004 section 5.3.8).
const BORDER: usize = 4;
/// The longest text that is drawn with more redundancy: its modules are large enough to stay readable.
const MAX_REDUNDANT_BYTES: usize = 1200;

/// A QR code as its dark and light squares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Squares on each side, the border included.
    width: usize,
    /// Row by row; whether the square is dark.
    dark: Vec<bool>,
}

impl Picture {
    /// Draws `text`, at most [`MAX_PICTURE_BYTES`] long.
    pub fn new(text: &str) -> Result<Self, Error> {
        let too_large = Error::QrTooLarge { length: text.len() };
        if text.len() > MAX_PICTURE_BYTES {
            return Err(too_large);
        }
        let level = if text.len() <= MAX_REDUNDANT_BYTES {
            EcLevel::M
        } else {
            EcLevel::L
        };
        let code = QrCode::with_error_correction_level(text, level).map_err(|_| too_large)?;
        let inner = code.width();
        let width = inner + 2 * BORDER;
        let mut dark = vec![false; width * width];
        for (at, color) in code.into_colors().into_iter().enumerate() {
            let (row, column) = (at / inner + BORDER, at % inner + BORDER);
            dark[row * width + column] = color == Color::Dark;
        }
        Ok(Self { width, dark })
    }

    /// Squares on each side, with the light border.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the square is dark; outside of the picture all is light.
    pub fn is_dark(&self, row: usize, column: usize) -> bool {
        row < self.width && column < self.width && self.dark[row * self.width + column]
    }

    /// The picture as text: two rows of squares to a line, in half blocks. For a terminal with `colours`, black on white
    /// whatever the terminal's own are (ECMA-48 section 8.3.117); without them for paper or a file.
    pub fn text(&self, colours: bool) -> String {
        let (begin, end) = if colours { ("\x1b[30;107m", "\x1b[0m") } else { ("", "") };
        let mut text = String::new();
        for row in (0..self.width).step_by(2) {
            text.push_str(begin);
            for column in 0..self.width {
                text.push(match (self.is_dark(row, column), self.is_dark(row + 1, column)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push_str(end);
            text.push('\n');
        }
        text
    }

    /// The picture as SVG, one unit a square; it scales to any size.
    pub fn svg(&self) -> Result<String, Error> {
        let mut path = String::new();
        for row in 0..self.width {
            let mut column = 0;
            while column < self.width {
                let run = (column..self.width).take_while(|at| self.is_dark(row, *at)).count();
                if run > 0 {
                    write!(path, "M{column} {row}h{run}v1h-{run}z").map_err(|error| unwritten(&error))?;
                }
                column += run + 1;
            }
        }
        let width = self.width;
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {width}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{width}v{width}h-{width}z\"/><path d=\"{path}\"/></svg>\n"
        ))
    }

    /// The picture as PNG, `scale` pixels a square, between 1 and 16.
    pub fn png(&self, scale: u32) -> Result<Vec<u8>, Error> {
        let scale = scale.clamp(1, 16);
        let side = u32::try_from(self.width).map_err(|error| unwritten(&error))? * scale;
        let square = |at: u32| usize::try_from(at / scale).unwrap_or(usize::MAX);
        let image = GrayImage::from_fn(side, side, |x, y| {
            Luma([if self.is_dark(square(y), square(x)) { 0 } else { 255 }])
        });
        let mut file = Cursor::new(Vec::new());
        image
            .write_to(&mut file, ImageFormat::Png)
            .map_err(|error| unwritten(&error))?;
        Ok(file.into_inner())
    }
}

fn unwritten(error: &dyn std::error::Error) -> Error {
    Error::Encode {
        what: "the QR picture",
        why: error.to_string(),
    }
}
