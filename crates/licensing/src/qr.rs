//! Codes and statements as QR pictures (ISO/IEC 18004): drawn for a terminal, as PNG or SVG, and scanned from a
//! picture file.
//!
//! A text that fits one picture is put there as it is. A longer one is split into [parts](split), a picture each.

mod parts;
mod picture;
mod scan;

pub use parts::{MAX_PARTS, join, split};
pub use picture::Picture;
pub use scan::{MAX_FILE_BYTES, scan};

/// The most bytes of one picture: what a screen shows and a camera reads.
pub const MAX_PICTURE_BYTES: usize = 2300;
