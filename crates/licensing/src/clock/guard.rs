//! The guard's state in a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Floor, Ruling, State, TimeSource, look};
use crate::Error;

/// How often a clock that is right is written down, in seconds.
const SAVE_SECONDS: i64 = 60;
/// How many states this process wrote: each in a file of its own, before it takes the place of the last.
static WRITES: AtomicU64 = AtomicU64::new(0);
/// The largest state that is read, in bytes. One that is written has about 300.
const STATE_BYTES_MAX: u64 = 4096;

/// Keeps what is known of the time in a file, which several programs share.
///
/// A state that cannot be read counts as none, and one that cannot be written stays in memory: codes and journals
/// say again what they know, and nobody is locked out by a full disk.
pub struct Guard {
    path: PathBuf,
    source: Box<dyn TimeSource>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    state: State,
    /// What the file held when it was read or written here last.
    saved: State,
    /// Which file that was.
    stamp: Option<Stamp>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<std::time::SystemTime>,
}

impl Guard {
    /// A guard that remembers in `path` and asks `source`.
    pub fn new(path: impl Into<PathBuf>, source: impl TimeSource + 'static) -> Self {
        Self {
            path: path.into(),
            source: Box::new(source),
            memory: Mutex::default(),
        }
    }

    /// What time it is, given the floors that the caller knows of. Refuses with [`Error::ClockBehind`] once too much
    /// ran under a wrong clock.
    pub fn look(&self, floors: &[Floor]) -> Result<Ruling, Error> {
        self.with(|memory| {
            let (ruling, next) = look(&memory.state, floors, self.source.read());
            memory.state = next;
            match ruling.behind {
                Some(behind) if ruling.is_refused() => Err(Error::ClockBehind(behind)),
                _ => Ok(ruling),
            }
        })
    }

    /// Believes a fresh time of the vendor, as [`State::correct`] says. Whoever calls this marks the journals too,
    /// so that they do not speak of the wrong time again.
    pub fn correct(&self, fresh: Floor) -> bool {
        self.with(|memory| memory.state.correct(fresh, self.source.read()))
    }

    /// What is remembered now.
    pub fn state(&self) -> State {
        self.with(|memory| memory.state.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.path);
        if stamp != memory.stamp
            && let Some(file) = read(&self.path)
        {
            memory.merge(file);
        }
        memory.stamp = stamp;
        // A file that is gone is written again.
        if stamp.is_none() {
            memory.saved = State::default();
        }
        let done = work(&mut memory);
        if memory.is_worth_saving() && write(&self.path, &memory.state).is_ok() {
            memory.saved = memory.state.clone();
            memory.stamp = self::stamp(&self.path);
        }
        done
    }
}

impl Memory {
    /// Takes over what another program wrote, or what was there before this one ran.
    fn merge(&mut self, file: State) {
        let trusted = |state: &State| state.trusted.map(|floor| floor.time);
        let local = |state: &State| state.local.map(|floor| floor.time);
        if trusted(&file) > trusted(&self.state) || self.state.last.is_none() {
            // A fresher word of the vendor may have corrected what was believed here.
            self.state = file.clone();
        } else {
            let ran_seconds = self.state.ran_seconds.max(file.ran_seconds);
            if local(&file) > local(&self.state) {
                // What was believed and the look at which it was belong together.
                let trusted = self.state.trusted;
                self.state = State {
                    trusted,
                    ..file.clone()
                };
            }
            self.state.ran_seconds = ran_seconds;
        }
        self.saved = file;
    }

    fn is_worth_saving(&self) -> bool {
        let (now, then) = (&self.state, &self.saved);
        let seconds = |state: &State| state.local.map_or(i64::MIN / 2, |floor| floor.time.seconds());
        now.trusted != then.trusted
            || now.behind_since != then.behind_since
            || now.ran_seconds != then.ran_seconds
            || seconds(now).saturating_sub(seconds(then)).abs() >= SAVE_SECONDS
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Stamp {
        length: metadata.len(),
        modified: metadata.modified().ok(),
    })
}

fn read(path: &Path) -> Option<State> {
    let mut text = Vec::new();
    File::open(path)
        .ok()?
        .take(STATE_BYTES_MAX)
        .read_to_end(&mut text)
        .ok()?;
    serde_json::from_slice(&text).ok()
}

fn write(path: &Path, state: &State) -> io::Result<()> {
    let text = serde_json::to_vec(state).map_err(io::Error::other)?;
    // Several programs and threads may write at once, each its own file.
    let count = WRITES.fetch_add(1, Ordering::Relaxed);
    let fresh = path.with_extension(format!("json.{}-{count}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&fresh)?.write_all(&text)?;
    std::fs::rename(&fresh, path)
}
