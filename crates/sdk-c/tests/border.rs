//! The border to C, as a caller with bad manners meets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};

use scrip::{
    Handle, SCRIP_INVALID, SCRIP_OK, SCRIP_REFUSED, scrip_authorize, scrip_close, scrip_consume, scrip_error_code,
    scrip_error_hints, scrip_error_sentence, scrip_open, scrip_use_once, scrip_version, scrip_warnings,
};

const ISSUER: &CStr = c"urn:scrip:vendor:kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

fn text(pointer: *const c_char) -> &'static str {
    // SAFETY: the library's texts end with a zero byte, and are used before the next call.
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap()
}

fn open(issuer: *const c_char, product: *const c_char, home: *const c_char) -> (i32, *mut Handle) {
    let mut handle = null_mut();
    // SAFETY: the texts end with a zero byte or are null.
    let status = unsafe { scrip_open(issuer, product, home, &raw mut handle) };
    (status, handle)
}

#[test]
fn null_and_garbage_are_refused() {
    let garbage = c"\xff\xfe".as_ptr();
    let product = c"org.example.Render".as_ptr();
    for (issuer, product, home) in [
        (null(), product, null()),
        (ISSUER.as_ptr(), null(), null()),
        (garbage, product, null()),
        (ISSUER.as_ptr(), garbage, null()),
        (ISSUER.as_ptr(), product, garbage),
    ] {
        let (status, handle) = open(issuer, product, home);
        assert_eq!((status, handle.is_null()), (SCRIP_INVALID, true));
        assert!(text(scrip_error_sentence()).contains("NULL or not UTF-8"));
    }
    // SAFETY: null is what these functions are asked to refuse.
    unsafe {
        assert_eq!(scrip_open(ISSUER.as_ptr(), product, null(), null_mut()), SCRIP_INVALID);
        assert_eq!(scrip_authorize(null(), null_mut()), SCRIP_INVALID);
        assert_eq!(scrip_use_once(null(), null_mut()), SCRIP_INVALID);
        assert_eq!(scrip_consume(null(), 1, null_mut()), SCRIP_INVALID);
        scrip_close(null_mut());
    }
    assert_eq!(
        text(scrip_error_code()),
        "config.invalid",
        "closing keeps what was said"
    );
}

#[test]
fn a_refusal_has_a_code_a_sentence_and_hints_for_its_own_thread() {
    let home = tempfile::tempdir().unwrap();
    let home = CString::new(home.path().to_str().unwrap()).unwrap();
    let (status, handle) = open(ISSUER.as_ptr(), c"org.example.Render".as_ptr(), home.as_ptr());
    assert_eq!((status, text(scrip_error_code())), (SCRIP_OK, ""));
    // SAFETY: the handle is open.
    assert_eq!(unsafe { scrip_authorize(handle, null_mut()) }, SCRIP_REFUSED);
    assert_eq!(text(scrip_error_code()), "code.not_found");
    assert!(text(scrip_error_sentence()).starts_with("there is no authorization code for org.example.Render"));
    assert!(text(scrip_error_hints()).starts_with("Buy or rent"));
    assert_eq!(text(scrip_warnings()), "");
    std::thread::spawn(|| assert_eq!(text(scrip_error_code()), ""))
        .join()
        .unwrap();
    // SAFETY: the handle is open, and closed once.
    unsafe { scrip_close(handle) };
    let (status, handle) = open(c"https://store.example".as_ptr(), c"x".as_ptr(), null());
    assert_eq!((status, handle.is_null()), (SCRIP_REFUSED, true));
    assert_eq!(text(scrip_error_code()), "config.invalid");
    assert_eq!(text(scrip_version()), env!("CARGO_PKG_VERSION"));
}
