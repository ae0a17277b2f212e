//! What the calling thread's last call said.

use std::cell::RefCell;
use std::ffi::{CString, c_char};

use scrip_sdk::Warning;

#[derive(Default)]
pub(crate) struct Last {
    pub(crate) code: CString,
    pub(crate) sentence: CString,
    pub(crate) hints: CString,
    pub(crate) warnings: CString,
}

thread_local! {
    static LAST: RefCell<Last> = RefCell::default();
}

pub(crate) fn clear() {
    set(Last::default());
}

pub(crate) fn fail(code: &str, sentence: &str, hints: &str) {
    set(Last {
        code: c_text(code),
        sentence: c_text(sentence),
        hints: c_text(hints),
        warnings: CString::default(),
    });
}

pub(crate) fn warn(warnings: &[Warning]) {
    let lines: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    set(Last {
        warnings: c_text(&lines.join("\n")),
        ..Last::default()
    });
}

/// One of the texts, valid until the thread's next call.
pub(crate) fn pointer(which: impl FnOnce(&Last) -> &CString) -> *const c_char {
    LAST.try_with(|last| which(&last.borrow()).as_ptr())
        .unwrap_or(c"".as_ptr())
}

fn set(last: Last) {
    // A thread that is ending keeps nothing.
    LAST.try_with(|place| place.replace(last)).ok();
}

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}
