//! Which programs are installed on this computer, and how we know.
//!
//! [`Inventory::scan`] reads the files of every [`Source`] that this system has (package databases, Flatpak and snap
//! deployments, desktop entries, AppImage files, the person's own prefix) and starts no process. [`Inventory::rescan`] looks at
//! fingerprints and reads again only what changed. [`detect`] answers for one product of a catalog, [`detect_all`] for
//! thousands, by the [`scrip_domain::DetectionRule`]s of their listings, with evidence that a person understands.
//! [`launch_command`] says how a program that was found is started.
//!
//! Where the files lie is told by [`Roots`], so that tests and callers may point the scan at any folder.
//!
//! # What a fingerprint is, and what it misses
//!
//! While a source is scanned, every path that it looks at is recorded with what the file system said of it: device,
//! inode, size, modification and change time in nanoseconds, or that nothing was there. A rescan asks again, and reads the
//! source anew when any answer differs. A file changed in place, replaced, removed or added to a folder that was listed is
//! therefore seen, and so is a desktop entry whose program went away. What changed within 20 ms before it was read
//! counts as changed once more, because file systems stamp with the coarse clock of the kernel. Missed are: a change that
//! leaves size and both times as they were, which only writing to the disk below the file system can do; and changes on a network
//! file system whose server's clock is behind ours by more than those 20 ms, within one tick of that server's clock.

mod currency;
mod detect;
mod error;
mod evidence;
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only a system's sources use all of it")
)]
mod inventory;
mod launch;
#[cfg(target_os = "linux")]
mod linux;
mod program;
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only a system's sources use all of it")
)]
mod roots;
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only a system's sources use all of it")
)]
mod watch;

/// The sources of this operating system. A module for another system slots in here.
#[cfg(target_os = "linux")]
use linux as platform;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as platform;

pub use currency::is_current;
pub use detect::{Detection, DetectionStatus, detect, detect_all};
pub use error::{Error, Warning};
pub use inventory::Inventory;
pub use launch::{LaunchCommand, launch_command, locate};
pub use program::{Launch, Program, Source};
pub use roots::Roots;
