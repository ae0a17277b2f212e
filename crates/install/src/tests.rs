//! Tests of whole operations, and what they share.

mod archives;
mod crashes;
mod disk_full;
mod fetching;
mod fixtures;
mod kills;
mod packages;
mod programs;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Where a simulated crash happens: the steps are counted, and the chosen one never returns.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrashAt(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    seen: Vec<&'static str>,
    crash_after: Option<usize>,
    hang: Option<PathBuf>,
}

impl CrashAt {
    /// Crashes behind the step number `count`, counted from 0.
    pub(crate) fn after(count: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            crash_after: Some(count),
            ..State::default()
        })))
    }

    /// Writes the file `mark` behind the step number `count` and waits to be killed.
    pub(crate) fn hang_after(count: usize, mark: PathBuf) -> Self {
        Self(Arc::new(Mutex::new(State {
            crash_after: Some(count),
            hang: Some(mark),
            ..State::default()
        })))
    }

    /// The steps that were reached.
    pub(crate) fn seen(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().seen.clone()
    }

    pub(crate) fn reached(&self, step: &'static str) {
        let (crash, hang) = {
            let mut state = self.0.lock().unwrap();
            state.seen.push(step);
            (state.crash_after == Some(state.seen.len() - 1), state.hang.clone())
        };
        if !crash {
            return;
        }
        if let Some(mark) = hang {
            std::fs::write(mark, step).unwrap();
            loop {
                std::thread::park();
            }
        }
        // Not a panic with a message: nothing is printed and nothing more runs, as if the process were gone.
        std::panic::resume_unwind(Box::new(step));
    }
}
