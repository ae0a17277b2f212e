//! A folder with one journal, and an anchor that tests look into.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use scrip_domain::{LicenseId, Timestamp};
use scrip_licensing::journal::{Anchor, Entry, Head, Identity, Journal, MeteringKey, Standing};
use scrip_licensing::{Error, MachineDigest};

/// An anchor in memory.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<HashMap<Identity, Head>>>);

impl Anchor for Memory {
    fn read(&self, journal: &Identity) -> Option<Head> {
        self.0.lock().unwrap().get(journal).copied()
    }

    fn write(&self, journal: &Identity, head: Head) {
        self.0.lock().unwrap().insert(*journal, head);
    }
}

impl Memory {
    pub(super) fn forget(&self) {
        self.0.lock().unwrap().clear();
    }
}

pub(super) struct Home {
    folder: tempfile::TempDir,
    pub(super) key: Arc<MeteringKey>,
    pub(super) identity: Identity,
    pub(super) anchor: Memory,
}

impl Home {
    pub(super) fn new() -> Self {
        let key = Arc::new(MeteringKey::generate().unwrap());
        let machine = MachineDigest::of("0123456789abcdef0123456789abcdef").unwrap();
        let license = LicenseId(uuid::Uuid::new_v4());
        Self {
            folder: tempfile::tempdir().unwrap(),
            identity: Identity::new(license, key.thumbprint(), machine),
            key,
            anchor: Memory::default(),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("journal/license.journal")
    }

    /// As a program that starts now opens it.
    pub(super) fn journal(&self) -> Journal {
        Journal::new(
            self.path(),
            self.identity,
            self.key.clone(),
            Arc::new(self.anchor.clone()),
        )
    }
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_seconds(1_774_699_200)
}

/// Counts under the first code.
pub(super) fn count(journal: &Journal, entry: Entry) -> Result<Standing, Error> {
    journal.append(now(), 1, Standing::default(), |_| Ok::<_, Error>(entry))
}
