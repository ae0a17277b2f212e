//! Turns a verified artifact into an installed program: fetch, verify, stage, commit, receipt.
//!
//! [`Installer`] does all of it. Bytes come from an [`ArtifactSource`]; nothing here speaks HTTP. Every operation is
//! written into a journal before it changes anything, takes effect by renames, and succeeds when its [`Receipt`] is
//! durable; killed at any step, [`Installer::recover`] completes it or takes it back. An upgrade keeps the old version
//! whole until the new one is committed.

mod archive;
mod artifact;
mod batch;
mod commands;
mod commit;
mod deb;
mod desktop;
mod digest;
mod disk;
mod error;
mod fetch;
mod installer;
mod journal;
mod launch;
mod lock;
mod package;
mod paths;
mod pipeline;
mod progress;
mod receipt;
mod recovery;
mod removal;
mod source;
mod stage;
mod system;
mod unpack;

#[cfg(test)]
mod tests;

pub use artifact::{Artifact, Icon, Program, Request};
pub use commands::{Commands, Invocation, OUTPUT_BYTES_MAX, Outcome as CommandOutcome, SystemCommands};
pub use error::Error;
pub use installer::{Installer, Outcome, Plan, Recovered};
pub use paths::Paths;
pub use progress::{Phase, Progress, Watch};
pub use receipt::{Condition, Installed, Launch, Package, Receipt, ReceiptSummary};
pub use source::{ArtifactSource, Body, ByteStream, Retry, SourceError};
