//! The sources of Linux, one module each.

mod appimage;
mod appimage_name;
mod deploy;
mod desktop;
mod desktop_entry;
mod dpkg;
mod dpkg_status;
mod exec;
mod files;
mod flatpak;
mod launch;
mod prefix;
mod rpm;
mod rpm_header;
mod snap;

use crate::Source;
use crate::inventory::Scanner;

pub(crate) use files::{executable_names, find_executable};
pub(crate) use launch::{launch_command, locate};

/// Every source, in the order in which their programs are listed.
pub(crate) const SCANNERS: &[Scanner] = &[
    Scanner {
        source: Source::Dpkg,
        scan: dpkg::scan,
    },
    Scanner {
        source: Source::Rpm,
        scan: rpm::scan,
    },
    Scanner {
        source: Source::Flatpak,
        scan: flatpak::scan,
    },
    Scanner {
        source: Source::Snap,
        scan: snap::scan,
    },
    Scanner {
        source: Source::DesktopEntry,
        scan: desktop::scan,
    },
    Scanner {
        source: Source::Appimage,
        scan: appimage::scan,
    },
    Scanner {
        source: Source::Prefix,
        scan: prefix::scan,
    },
];
