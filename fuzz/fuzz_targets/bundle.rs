#![no_main]
//! The vendor's answer, as text and as signed content.

use libfuzzer_sys::fuzz_target;
use scrip_fuzz::{VENDOR, expectation, seal, vendor};
use scrip_licensing::{Bundle, StatementKind};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        drop(Bundle::open(text, &expectation()));
    }
    let sealed = seal(StatementKind::Bundle, &VENDOR, data);
    if let Ok(open) = Bundle::open(&sealed, &expectation()) {
        let again = vendor().sign_bundle(&open.bundle).expect("what was accepted can be signed");
        let read = Bundle::open(&again, &expectation()).expect("what was signed is accepted");
        assert_eq!(read.bundle, open.bundle);
    }
});
