#![no_main]
//! A request of a computer without a network, as text and as signed content.

use libfuzzer_sys::fuzz_target;
use scrip_fuzz::{DEVICE, device, issuer, now, seal};
use scrip_licensing::{OfflineRequest, StatementKind};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        drop(OfflineRequest::open(text, issuer(), now()));
    }
    let sealed = seal(StatementKind::Request, &DEVICE, data);
    if let Ok(request) = OfflineRequest::open(&sealed, issuer(), now()) {
        let again = device().sign_request(&request).expect("what was accepted can be signed");
        let read = OfflineRequest::open(&again, issuer(), now()).expect("what was signed is accepted");
        assert_eq!(read, request);
    }
});
