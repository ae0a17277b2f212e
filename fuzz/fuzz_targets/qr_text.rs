#![no_main]
//! The texts of QR pictures, a line each; and a text that is split and joined again.

use libfuzzer_sys::fuzz_target;
use scrip_licensing::qr::{MAX_PARTS, MAX_PICTURE_BYTES, join, split};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(joined) = join(text.lines()) {
        assert!(joined.len() <= MAX_PARTS * MAX_PICTURE_BYTES);
    }
    if let Ok(parts) = split(text) {
        assert!(parts.iter().all(|part| part.len() <= MAX_PICTURE_BYTES));
        let joined = join(parts.iter().rev().map(String::as_str)).expect("all parts are there");
        assert_eq!(joined, text);
    }
});
