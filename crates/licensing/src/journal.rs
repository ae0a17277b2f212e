//! The metering journal: what was used, in a file that shows every later change.
//!
//! One file counts one license on one device. It is a row of records of [`RECORD_BYTES`] bytes; each carries the
//! totals so far, the hash of the one before and a tag under the journal's [`RecordKey`], which only the holder of the
//! [`MeteringKey`] can work out, so that the last record vouches for all. A unit counts as taken once its record is on
//! the disk, and never twice: processes and threads take turns by a lock on the file. Behind the last record the file
//! is filled with zeros, so that the next one changes no length and costs one write and one `fdatasync`.
//!
//! Handed in, a journal carries a [`JournalSeal`]: the metering key signs its end once, and so all before it. The
//! records that earlier builds wrote are signed each and are read as they are; new ones follow them in the same file.
//!
//! What a file cannot show by itself, that it was put back as it was before, an [`Anchor`] shows, and the vendor's
//! server by the head that it acknowledged last: [`Records::reconcile`] names what is wrong.

mod anchor;
mod fault;
mod file;
#[cfg(target_os = "linux")]
mod kernel;
mod key;
mod reconcile;
mod record;
mod seal;
mod writer;

pub use anchor::{Anchor, Head, NoAnchor, system_anchor};
pub use fault::Fault;
pub use key::{MeteringKey, RecordKey};
pub use reconcile::{Acknowledged, Ceiling, Finding, Reconciled, Records};
pub use record::{Identity, Kind, RECORD_BYTES, Record, Standing};
pub use seal::{JournalSeal, Part, RecordHash};
pub use writer::{Entry, Journal};
