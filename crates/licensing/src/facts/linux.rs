//! Reads what a Linux computer is made of, from the files that every program may read.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{FactKind, MachineFacts};

/// The most bytes that are read of one file.
const MAX_BYTES: u64 = 64 * 1024;
/// The most entries that are looked at in one folder.
const MAX_ENTRIES: usize = 256;

/// What makers write where a number of their own should stand.
const SAYS_NOTHING: [&str; 12] = [
    "to be filled by o.e.m.",
    "default string",
    "none",
    "n/a",
    "not specified",
    "not applicable",
    "system serial number",
    "system product name",
    "system manufacturer",
    "base board serial number",
    "unknown",
    // One maker's example id, found on many boards.
    "03000200-0400-0500-0006-000700080009",
];

impl MachineFacts {
    /// The facts of the computer whose files lie under `root`, which is `/` but in tests. What cannot be read is
    /// left out: the board's own numbers are for the administrator on most computers.
    pub fn read(root: &Path) -> Self {
        let files = Files { root };
        let mut facts = Self::default();
        let mut add = |kind, value: Option<String>| {
            if let Some(value) = value.filter(|value| says_something(value)) {
                facts.add(kind, &value);
            }
        };
        let system = files.text("etc/machine-id");
        add(
            FactKind::System,
            system.or_else(|| files.text("var/lib/dbus/machine-id")),
        );
        for path in [
            "sys/class/dmi/id/product_uuid",
            "sys/class/dmi/id/board_serial",
            "proc/device-tree/serial-number",
        ] {
            add(FactKind::Board, files.text(path));
        }
        add(FactKind::Model, files.model());
        for address in files.network() {
            add(FactKind::Network, Some(address));
        }
        for serial in files.disks() {
            add(FactKind::Disk, Some(serial));
        }
        add(FactKind::Processor, files.processor());
        add(FactKind::Name, files.text("proc/sys/kernel/hostname"));
        facts
    }
}

/// Whether a value can belong to one computer only, or at least was meant to.
fn says_something(value: &str) -> bool {
    let value = value.trim().to_lowercase();
    let mut signs = value.chars().filter(char::is_ascii_alphanumeric);
    let first = signs.next();
    !SAYS_NOTHING.contains(&value.as_str()) && first.is_some() && signs.any(|sign| Some(sign) != first)
}

struct Files<'r> {
    root: &'r Path,
}

impl Files<'_> {
    fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        let mut bytes = Vec::new();
        let file = File::open(self.root.join(path)).ok()?;
        file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The entries of a folder, sorted by name.
    fn entries(&self, path: &str) -> Vec<PathBuf> {
        let Ok(folder) = fs::read_dir(self.root.join(path)) else {
            return Vec::new();
        };
        let mut entries: Vec<_> = folder
            .take(MAX_ENTRIES)
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        entries.sort();
        entries
    }

    fn model(&self) -> Option<String> {
        let part = |name| {
            self.text(format!("sys/class/dmi/id/{name}"))
                .filter(|value| says_something(value))
        };
        let parts: Vec<String> = ["board_vendor", "board_name", "product_name"]
            .into_iter()
            .filter_map(part)
            .collect();
        if parts.is_empty() {
            self.text("proc/device-tree/model")
        } else {
            Some(parts.join("/"))
        }
    }

    /// The addresses that the makers of the built-in network cards gave them.
    fn network(&self) -> Vec<String> {
        let is_permanent = |card: &Path| self.text(card.join("addr_assign_type")).as_deref() == Some("0");
        self.entries("sys/class/net")
            .into_iter()
            .filter(|card| is_built_in(card) && is_permanent(card))
            .filter_map(|card| self.text(card.join("address")))
            .collect()
    }

    /// The serial numbers of the built-in disks. A virtual disk's number is copied with the disk, so that it is
    /// left out.
    fn disks(&self) -> Vec<String> {
        let is_virtual = |disk: &Path| {
            let model = self.text(disk.join("device/model")).unwrap_or_default().to_lowercase();
            ["qemu", "vbox", "vmware", "virtual"]
                .iter()
                .any(|maker| model.contains(maker))
        };
        self.entries("sys/block")
            .into_iter()
            .filter(|disk| {
                let name = disk.file_name().unwrap_or_default().to_string_lossy();
                ["sd", "nvme", "mmcblk", "hd"]
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
            })
            .filter(|disk| is_built_in(disk) && self.text(disk.join("removable")).as_deref() != Some("1"))
            .filter(|disk| !is_virtual(disk))
            .filter_map(|disk| {
                ["device/serial", "device/cid", "device/wwid", "wwid"]
                    .into_iter()
                    .find_map(|file| self.text(disk.join(file)))
            })
            .collect()
    }

    /// The processor's name, and the memory rounded up to a power of two of GiB.
    fn processor(&self) -> Option<String> {
        let cpus = self.text("proc/cpuinfo").unwrap_or_default();
        let name = value_of(&cpus, "model name")
            .or_else(|| value_of(&cpus, "Model"))
            .or_else(|| value_of(&cpus, "CPU part"))?;
        let memory = self.text("proc/meminfo").unwrap_or_default();
        let kib: u64 = value_of(&memory, "MemTotal")
            .and_then(|value| value.strip_suffix("kB")?.trim().parse().ok())
            .unwrap_or(0);
        let gib = kib.div_ceil(1024 * 1024).next_power_of_two();
        Some(format!("{name}/{gib}"))
    }
}

/// Whether a device is a part of the computer: it has hardware behind it that is not plugged in by USB.
fn is_built_in(entry: &Path) -> bool {
    fs::canonicalize(entry.join("device"))
        .is_ok_and(|path| !path.iter().any(|part| part.to_string_lossy().starts_with("usb")))
}

/// The value after the first `name :`.
fn value_of<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim())
}
