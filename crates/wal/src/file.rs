//! The log as a file of SQLite: writes that follow each other wait in memory.
//!
//! # Safety
//! Each function here gets a `file` as SQLite passes it to `xOpen` or to the methods: ours, with the system's behind it.

use std::ffi::{c_int, c_void};
use std::{ptr, slice};

use rusqlite::ffi::{SQLITE_IOERR, SQLITE_OK, sqlite3_file, sqlite3_int64, sqlite3_io_methods};

/// This many bytes wait at most: 254 pages of 4 KiB.
const WAITING_MAX: usize = 1 << 20;
/// This many are handed to the system's file at once: as long as SQLite's largest page, which is all that its files must be able
/// to write.
const WRITTEN_MAX: usize = 1 << 16;

/// What SQLite takes for its file. The system's own stands [`HEAD_BYTES`] behind its beginning.
#[repr(C, align(8))]
struct Log {
    /// What SQLite knows of a file.
    base: sqlite3_file,
    /// What was written and is not in the system's file yet.
    waiting: Vec<u8>,
    /// Where in the file that begins.
    start: sqlite3_int64,
}

impl Log {
    /// Whether so many bytes that are written there follow what waits, and may wait with it.
    fn takes(&self, length: usize, at: sqlite3_int64) -> bool {
        let waiting = i64::try_from(self.waiting.len()).ok();
        waiting.and_then(|waiting| self.start.checked_add(waiting)) == Some(at)
            && self.waiting.len() + length <= WAITING_MAX
    }
}

const HEAD_BYTES: usize = size_of::<Log>();

/// The room that a file takes, where the system's own takes `theirs`.
pub(crate) fn room(theirs: c_int) -> c_int {
    c_int::try_from(HEAD_BYTES).map_or(c_int::MAX, |head| head.saturating_add(theirs))
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Version 1 is all that a log needs: shared memory and mapping are of the database's file.
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// Calls a method of the system's file.
macro_rules! theirs {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: SQLite made room for it there.
        let inner: *mut sqlite3_file = unsafe { $file.byte_add(HEAD_BYTES) };
        // SAFETY: `open` or the system filled that in.
        let methods = unsafe { (*inner).pMethods.as_ref() };
        match methods.and_then(|methods| methods.$method) {
            // SAFETY: it is theirs, with what SQLite passed or what waited.
            Some(method) => unsafe { method(inner $(, $argument)*) },
            None => SQLITE_IOERR,
        }
    }};
}

/// Opens the system's file with `open_theirs`, and ours in front of it.
pub(crate) unsafe fn open(file: *mut sqlite3_file, open_theirs: impl FnOnce(*mut sqlite3_file) -> c_int) -> c_int {
    let log: *mut Log = file.cast();
    let head = Log {
        base: sqlite3_file { pMethods: ptr::null() },
        waiting: Vec::new(),
        start: 0,
    };
    // SAFETY: there is room for both.
    let inner = unsafe {
        log.write(head);
        file.byte_add(HEAD_BYTES)
    };
    // SAFETY: as above. A file that cannot be opened may be left without methods.
    unsafe { (*inner).pMethods = ptr::null() };
    let opened = open_theirs(inner);
    if opened == SQLITE_OK {
        // SAFETY: as above.
        unsafe { (*log).base.pMethods = &raw const METHODS };
    } else {
        // Ours has no methods, so that SQLite leaves it; theirs wants to be closed where it has some. The first error counts.
        theirs!(file, xClose);
    }
    opened
}

/// Writes what waits. What cannot be written is let go: the commit that it belongs to fails, and the next one is written over it.
unsafe fn flush(file: *mut sqlite3_file) -> c_int {
    // SAFETY: it is ours, and used by one thread at a time.
    let log = unsafe { &mut *file.cast::<Log>() };
    let mut written = SQLITE_OK;
    for part in log.waiting.chunks(WRITTEN_MAX) {
        // No longer than `WRITTEN_MAX`.
        let length = c_int::try_from(part.len()).unwrap_or(c_int::MAX);
        written = theirs!(file, xWrite, part.as_ptr().cast(), length, log.start);
        if written != SQLITE_OK {
            break;
        }
        log.start += i64::from(length);
    }
    log.waiting.clear();
    written
}

/// Does something with the system's file, once nothing waits.
macro_rules! flushed {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: as this function's own.
        match unsafe { flush($file) } {
            SQLITE_OK => theirs!($file, $method $(, $argument)*),
            failed => failed,
        }
    }};
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, count: c_int, at: sqlite3_int64) -> c_int {
    let length = usize::try_from(count).unwrap_or(0);
    // SAFETY: it is ours, and used by one thread at a time.
    let fits = unsafe { &*file.cast::<Log>() }.takes(length, at);
    if !fits {
        // SAFETY: as this function's own.
        let flushed = unsafe { flush(file) };
        if flushed != SQLITE_OK {
            return flushed;
        }
    }
    // SAFETY: as above; SQLite passes so many bytes.
    let (log, bytes) = unsafe { (&mut *file.cast::<Log>(), slice::from_raw_parts(from.cast(), length)) };
    if !fits {
        log.start = at;
    }
    log.waiting.extend_from_slice(bytes);
    SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    flushed!(file, xSync, flags)
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, count: c_int, at: sqlite3_int64) -> c_int {
    flushed!(file, xRead, into, count, at)
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    flushed!(file, xTruncate, size)
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    flushed!(file, xFileSize, size)
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: as this function's own.
    let flushed = unsafe { flush(file) };
    let closed = theirs!(file, xClose);
    // SAFETY: nothing uses it after it was closed.
    unsafe { file.cast::<Log>().drop_in_place() };
    if flushed == SQLITE_OK { closed } else { flushed }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    theirs!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    theirs!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, reserved: *mut c_int) -> c_int {
    theirs!(file, xCheckReservedLock, reserved)
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    theirs!(file, xFileControl, operation, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    theirs!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    theirs!(file, xDeviceCharacteristics)
}
