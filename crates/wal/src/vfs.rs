//! The VFS that opens logs as ours and everything else as the system's.

use std::ffi::{CStr, c_int};
use std::ptr;
use std::sync::OnceLock;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_filename, sqlite3_vfs};

use crate::file;

/// What connections call it.
const NAME: &CStr = c"scrip-wal";

/// Makes the VFS known to SQLite, once for the process; answers its name.
pub(crate) fn register() -> rusqlite::Result<&'static CStr> {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    match *REGISTERED.get_or_init(add) {
        ffi::SQLITE_OK => Ok(NAME),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

fn add() -> c_int {
    // SAFETY: no name asks for the system's own VFS, which is never taken away.
    let system = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
    // SAFETY: it is null or points to that VFS.
    let Some(&theirs) = (unsafe { system.as_ref() }) else {
        return ffi::SQLITE_ERROR;
    };
    // All but the opening of files is the system's, whose functions know by themselves what they work on.
    let ours = Box::leak(Box::new(sqlite3_vfs {
        szOsFile: file::room(theirs.szOsFile),
        pNext: ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: system.cast(),
        xOpen: Some(open),
        ..theirs
    }));
    // SAFETY: it lives as long as the process.
    unsafe { ffi::sqlite3_vfs_register(ours, 0) }
}

/// # Safety
/// As SQLite calls `xOpen`: `vfs` is the one above, `file` has room for `szOsFile` bytes.
unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: `add` put the system's VFS there.
    let system: *mut sqlite3_vfs = unsafe { (*vfs).pAppData.cast() };
    // SAFETY: the system's VFS is never taken away.
    let Some(theirs) = (unsafe { (*system).xOpen }) else {
        return ffi::SQLITE_CANTOPEN;
    };
    if flags & ffi::SQLITE_OPEN_WAL == 0 {
        // SAFETY: passed on as it came, with more room than it needs.
        return unsafe { theirs(system, name, file, flags, out_flags) };
    }
    // SAFETY: the room is for the head of our file and theirs behind it.
    unsafe { file::open(file, |inner| theirs(system, name, inner, flags, out_flags)) }
}
