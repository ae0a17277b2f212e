//! Tests of whole operations.

use std::sync::{Arc, Mutex};

/// Where a simulated crash happens: the steps are counted, and the chosen one never returns.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrashAt(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    seen: Vec<&'static str>,
    crash_after: Option<usize>,
}

impl CrashAt {
    /// Crashes behind the step number `count`, counted from 0.
    pub(crate) fn after(count: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            seen: Vec::new(),
            crash_after: Some(count),
        })))
    }

    /// The steps that were reached.
    pub(crate) fn seen(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().seen.clone()
    }

    pub(crate) fn reached(&self, step: &'static str) {
        let crash = {
            let mut state = self.0.lock().unwrap();
            state.seen.push(step);
            state.crash_after == Some(state.seen.len() - 1)
        };
        if crash {
            // Not a panic with a message: nothing is printed, nothing is caught inside, as if the process were gone.
            std::panic::resume_unwind(Box::new(step));
        }
    }
}
