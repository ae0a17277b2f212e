//! The SDK for C: `scrip.h`, `libscrip.so` and `libscrip.a`.
//!
//! A border and nothing else: it turns pointers into values, calls [`scrip_sdk`], and turns the answer into numbers.
//! No panic crosses it. What went wrong is kept for each thread until its next call.

mod answer;
mod last;

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use scrip_sdk::{Refusal, Scrip, Settings};

pub use answer::{
    Authorization, SCRIP_PERPETUAL, SCRIP_RENTAL, SCRIP_WARNING_CLOCK, SCRIP_WARNING_GRACE, SCRIP_WARNING_REVOCATIONS,
};

/// The program may run; or, for scrip_open, the settings are good.
pub const SCRIP_OK: i32 = 0;
/// The program may not run; scrip_error_code() says why.
pub const SCRIP_REFUSED: i32 = 1;
/// The caller passed a null pointer, or text that is not UTF-8.
pub const SCRIP_INVALID: i32 = 2;
/// The library failed in itself.
pub const SCRIP_INTERNAL: i32 = 3;

/// A program's access to its license.
pub struct Handle(Scrip);

/// Checks the settings and makes a handle in *handle; reads no license yet. Close it with scrip_close.
///
/// issuer: the vendor's address, "urn:scrip:vendor:…"; it pins the vendor's root key.
/// product: the product's id, such as "org.example.Render".
/// home: the folder that stands for the person's own, as SCRIP_HOME does; NULL for the usual one.
///
/// # Safety
/// The texts end with a zero byte; home may be NULL. handle points to a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn scrip_open(
    issuer: *const c_char,
    product: *const c_char,
    home: *const c_char,
    handle: *mut *mut Handle,
) -> i32 {
    guarded(|| {
        if handle.is_null() {
            return invalid("handle");
        }
        // SAFETY: the caller promised that it points to a place for a pointer.
        unsafe { handle.write(std::ptr::null_mut()) };
        // SAFETY: the caller promised that the texts end with a zero byte.
        let (issuer, product, home) = unsafe { (text(issuer), text(product), text(home)) };
        let (Given::Text(issuer), Given::Text(product)) = (issuer, product) else {
            return invalid("issuer or product");
        };
        let settings = Settings::new(issuer, product);
        let settings = match home {
            Given::Nothing => settings,
            Given::Text(home) => settings.in_home(home),
            Given::Garbage => return invalid("home"),
        };
        match Scrip::open(settings) {
            Err(refusal) => refused(&refusal),
            Ok(scrip) => {
                // SAFETY: as above.
                unsafe { handle.write(Box::into_raw(Box::new(Handle(scrip)))) };
                SCRIP_OK
            }
        }
    })
}

/// May the program run, and how much is left? Takes nothing. authorization may be NULL.
///
/// # Safety
/// handle comes from scrip_open and is not closed; authorization is NULL or points to a scrip_authorization.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn scrip_authorize(handle: *const Handle, authorization: *mut Authorization) -> i32 {
    // SAFETY: the caller promised the same.
    unsafe { ask(handle, authorization, Scrip::authorize) }
}

/// Takes one start of the program, exactly once and durably; to be called once for each start. Where the license
/// does not count starts, it is scrip_authorize. authorization may be NULL.
///
/// # Safety
/// handle comes from scrip_open and is not closed; authorization is NULL or points to a scrip_authorization.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn scrip_use_once(handle: *const Handle, authorization: *mut Authorization) -> i32 {
    // SAFETY: the caller promised the same.
    unsafe { ask(handle, authorization, Scrip::use_once) }
}

/// Takes amount units of work, all or none, exactly once and durably. Where the license does not count units of
/// work, it is scrip_authorize. authorization may be NULL.
///
/// # Safety
/// handle comes from scrip_open and is not closed; authorization is NULL or points to a scrip_authorization.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn scrip_consume(handle: *const Handle, amount: u64, authorization: *mut Authorization) -> i32 {
    // SAFETY: the caller promised the same.
    unsafe { ask(handle, authorization, |scrip| scrip.consume(amount)) }
}

/// Closes a handle; NULL is nothing to close. What the last call said stays.
///
/// # Safety
/// handle comes from scrip_open, is not closed yet, and no thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn scrip_close(handle: *mut Handle) {
    // Dropping a handle closes files and frees memory: nothing that could panic, but for a bug.
    let closed = catch_unwind(AssertUnwindSafe(|| {
        if !handle.is_null() {
            // SAFETY: the caller promised that it comes from scrip_open, which boxed it, and is closed once.
            drop(unsafe { Box::from_raw(handle) });
        }
    }));
    if closed.is_err() {
        last::fail("internal.error", "the library failed in itself", "");
    }
}

/// The stable code of what went wrong in this thread's last call, such as "license.exhausted"; "" after a good one.
/// Valid until the thread's next call.
#[unsafe(no_mangle)]
pub extern "C" fn scrip_error_code() -> *const c_char {
    last::pointer(|last| &last.code)
}

/// What went wrong in this thread's last call, as a sentence for a person; "" after a good one.
#[unsafe(no_mangle)]
pub extern "C" fn scrip_error_sentence() -> *const c_char {
    last::pointer(|last| &last.sentence)
}

/// What to do about it, a sentence a line, the likeliest first; "" where nothing is known.
#[unsafe(no_mangle)]
pub extern "C" fn scrip_error_hints() -> *const c_char {
    last::pointer(|last| &last.hints)
}

/// What a person should know although the program runs, a sentence a line: grace, a wrong clock. For this thread's
/// last call; "" where all is well.
#[unsafe(no_mangle)]
pub extern "C" fn scrip_warnings() -> *const c_char {
    last::pointer(|last| &last.warnings)
}

/// The library's version, such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn scrip_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// # Safety
/// handle comes from `scrip_open` and is not closed; authorization is null or points to an `Authorization`.
unsafe fn ask(
    handle: *const Handle,
    authorization: *mut Authorization,
    question: impl FnOnce(&Scrip) -> Result<scrip_sdk::Authorization, Refusal>,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller promised that it is null or comes from scrip_open.
        let Some(Handle(scrip)) = (unsafe { handle.as_ref() }) else {
            return invalid("handle");
        };
        match question(scrip) {
            Err(refusal) => {
                if !authorization.is_null() {
                    // SAFETY: the caller promised that it points to an authorization.
                    unsafe { authorization.write(Authorization::none()) };
                }
                refused(&refusal)
            }
            Ok(answer) => {
                last::warn(&answer.warnings);
                if !authorization.is_null() {
                    // SAFETY: as above.
                    unsafe { authorization.write(Authorization::new(&answer)) };
                }
                SCRIP_OK
            }
        }
    })
}

/// A text that the caller passed.
enum Given<'t> {
    Nothing,
    Text(&'t str),
    Garbage,
}

/// # Safety
/// The text is null or ends with a zero byte.
unsafe fn text<'t>(text: *const c_char) -> Given<'t> {
    if text.is_null() {
        return Given::Nothing;
    }
    // SAFETY: the caller promised that it ends with a zero byte.
    unsafe { CStr::from_ptr(text) }
        .to_str()
        .map_or(Given::Garbage, Given::Text)
}

/// Runs `call`, so that no panic leaves the library.
fn guarded(call: impl FnOnce() -> i32) -> i32 {
    last::clear();
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        last::fail("internal.error", "the library failed in itself", "");
        SCRIP_INTERNAL
    })
}

fn refused(refusal: &Refusal) -> i32 {
    use scrip_sdk::Coded;

    last::fail(
        refusal.code().as_str(),
        &refusal.to_string(),
        &refusal.hints().join("\n"),
    );
    SCRIP_REFUSED
}

fn invalid(what: &str) -> i32 {
    last::fail("config.invalid", &format!("{what} is NULL or not UTF-8"), "");
    SCRIP_INVALID
}
