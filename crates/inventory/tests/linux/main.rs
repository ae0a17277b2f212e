//! The inventory of a whole computer: made-up ones in private folders, and the real one that runs the tests.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod computer;
mod detection;
mod launching;
mod real;
mod rescanning;
mod sources;
