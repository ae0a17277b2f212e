//! A vendor, a computer, and a program on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use scrip_licensing::journal::{Anchor, Head, Identity};
use scrip_licensing::{Claims, Grant, MachineDigest};
use scrip_sdk::{Coded, LicenseId, Refusal, Scrip, Settings, Surroundings};

use crate::fixture::{Hands, NOW, PRODUCT, Pc, Vendor};

pub(super) const MACHINE: &str = "0123456789abcdef0123456789abcdef";

/// An anchor in memory.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<LicenseId, Head>>);

impl Memory {
    pub(super) fn forget(&self) {
        self.0.lock().unwrap().clear();
    }
}

impl Anchor for Memory {
    fn read(&self, journal: &Identity) -> Option<Head> {
        self.0.lock().unwrap().get(&journal.license).copied()
    }

    fn write(&self, journal: &Identity, head: Head) {
        self.0.lock().unwrap().insert(journal.license, head);
    }
}

pub(super) struct Desk {
    pub(super) vendor: Vendor,
    pub(super) pc: Pc,
    pub(super) hands: Hands,
    pub(super) anchor: Arc<Memory>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            vendor: Vendor::new(),
            pc: Pc::new(MachineDigest::of(MACHINE).unwrap()),
            hands: Hands::at(NOW + 60),
            anchor: Arc::default(),
        }
    }

    /// With one license by `grant`; answers what its code says.
    pub(super) fn with(grant: Grant) -> (Self, Claims) {
        let desk = Self::new();
        let claims = desk.vendor.claims(&desk.pc, grant);
        desk.pc.store(&desk.vendor, &[&claims]);
        (desk, claims)
    }

    /// A rental of thirty days.
    pub(super) fn rented() -> (Self, Claims) {
        let desk = Self::new();
        let mut claims = desk.vendor.claims(&desk.pc, Grant::Duration);
        claims.exp = Some(crate::fixture::at(NOW + 30 * crate::fixture::DAY));
        desk.pc.store(&desk.vendor, &[&claims]);
        (desk, claims)
    }

    /// The program, started now.
    pub(super) fn program(&self) -> Scrip {
        self.program_on(self.pc.machine)
    }

    pub(super) fn program_on(&self, machine: MachineDigest) -> Scrip {
        let settings = Settings::new(self.vendor.issuer(), PRODUCT).in_home(self.pc.home());
        let surroundings = Surroundings {
            machine,
            time: Arc::new(self.hands.clone()),
            anchor: self.anchor.clone(),
        };
        Scrip::open_in(settings, surroundings).unwrap()
    }
}

/// The code of a refusal.
pub(super) fn code<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> &'static str {
    let refusal = answer.unwrap_err();
    assert!(!refusal.to_string().is_empty());
    refusal.code().as_str()
}
