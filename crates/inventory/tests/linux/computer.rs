//! A made-up computer in a private folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use scrip_inventory::{Inventory, Program, Roots, Source};
use tempfile::TempDir;

pub(crate) struct Computer {
    _dir: TempDir,
    pub(crate) roots: Roots,
}

impl Computer {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::inside(dir.path());
        Self { _dir: dir, roots }
    }

    /// The file `path` of the system, absolute as the system writes it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.roots.system.join(path.trim_start_matches('/'))
    }

    pub(crate) fn home(&self, path: &str) -> PathBuf {
        self.roots.home.as_ref().unwrap().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        write(&self.path(path), text);
    }

    pub(crate) fn write_program(&self, path: &str) {
        write_program(&self.path(path), b"#!/bin/sh\n");
    }

    /// dpkg's database with these packages, each `name version`.
    pub(crate) fn write_status(&self, packages: &[&str]) {
        let stanza = |package: &&str| {
            let (name, version) = package.split_once(' ').unwrap();
            format!(
                "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nDescription: x\n\n"
            )
        };
        self.write("/var/lib/dpkg/status", packages.iter().map(stanza).collect::<String>());
    }

    pub(crate) fn scan(&self) -> Inventory {
        Inventory::scan(&self.roots)
    }

    /// What one source tells, as `id version` or `id`.
    pub(crate) fn found(&self, source: Source) -> Vec<String> {
        ids(&self.scan(), source)
    }
}

pub(crate) fn ids(inventory: &Inventory, source: Source) -> Vec<String> {
    let describe = |program: &Program| match &program.version {
        Some(version) => format!("{} {version}", program.id),
        None => program.id.clone(),
    };
    inventory
        .programs()
        .filter(|program| program.source == source)
        .map(describe)
        .collect()
}

pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn write_program(path: &Path, bytes: &[u8]) {
    write(path, bytes);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// An AppImage's first bytes.
pub(crate) const APPIMAGE: &[u8] = b"\x7fELF\x02\x01\x01\x00AI\x02\x00\x00\x00\x00\x00\x02\x00\x3e\x00";

pub(crate) fn entry(name: &str, exec: &str) -> String {
    format!("[Desktop Entry]\nType=Application\nName={name}\nExec={exec}\n")
}
