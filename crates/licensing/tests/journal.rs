//! The metering journal: what is counted stays counted, and what was done to it shows.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod journal {
    mod files;
    mod home;
    mod kernel;
    mod old;
    mod reports;
}
