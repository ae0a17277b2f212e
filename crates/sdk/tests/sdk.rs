//! A program, its license, and everything that can happen to the files between them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod sdk {
    mod answers;
    mod crowd;
    mod desk;
    mod refusals;
    mod times;
}
