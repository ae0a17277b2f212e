#![no_main]
//! An armored file, under each label.

use libfuzzer_sys::fuzz_target;
use scrip_licensing::armor::{self, Label};

fuzz_target!(|data: &[u8]| {
    let Ok(file) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(codes) = armor::read(file) {
        let again = armor::write(codes.iter().map(String::as_str));
        assert_eq!(armor::read(&again).expect("what was written is read"), codes);
    }
    for label in Label::ALL {
        if let Ok(text) = armor::read_one(label, file) {
            assert_eq!(Label::of(file), Some(label));
            let again = armor::write_one(label, &text);
            assert_eq!(armor::read_one(label, &again).expect("what was written is read"), text);
        }
    }
});
