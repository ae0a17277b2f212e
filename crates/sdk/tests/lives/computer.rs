//! A computer with a program on it, and everything that can happen to its files and clocks.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use scrip_domain::{Coded, LicenseId};
use scrip_licensing::clock::{Boot, Evidence, Floor, Guard, Reading, TimeSource};
use scrip_licensing::journal::{Anchor, Entry, Finding, Head, Identity, Journal, MeteringKey};
use scrip_licensing::{Claims, DeviceKey, MachineDigest};
use scrip_sdk::{Authorization, Refusal, Scrip, Settings, Surroundings};

use super::shop::Shop;
use crate::fixture::{PRODUCT, Pc, at};
use scrip_testkit::Chance;

/// An anchor in memory.
#[derive(Default)]
pub(super) struct Memory(pub(super) Mutex<BTreeMap<LicenseId, Head>>);

impl Anchor for Memory {
    fn read(&self, journal: &Identity) -> Option<Head> {
        self.0.lock().unwrap().get(&journal.license).copied()
    }

    fn write(&self, journal: &Identity, head: Head) {
        self.0.lock().unwrap().insert(journal.license, head);
    }
}

/// The clocks of a computer.
#[derive(Clone, Copy)]
pub(super) struct Clocks {
    pub(super) wall: i64,
    boots: u32,
    uptime: i64,
}

#[derive(Clone)]
struct Hands(Arc<Mutex<Clocks>>);

impl TimeSource for Hands {
    fn read(&self) -> Reading {
        let clocks = *self.0.lock().unwrap();
        Reading {
            wall: at(clocks.wall),
            boot: Some(Boot {
                id: clocks.boots.to_string(),
                micros: clocks.uptime * 1_000_000,
            }),
        }
    }
}

pub(super) struct Computer {
    pub(super) pc: Pc,
    hands: Hands,
    pub(super) anchor: Arc<Memory>,
    program: Option<Scrip>,
    pub(super) claims: Option<Claims>,
    /// Seconds that it ran since its code came.
    pub(super) ran: i64,
    /// Units that the program was told it has: uses and processings.
    pub(super) taken: (u64, u64),
    /// Units that were written although the power failed before the program was told.
    pub(super) lost: (u64, u64),
    pub(super) gave_back: bool,
}

impl Computer {
    pub(super) fn new(machine: &str, now: i64, chance: &mut Chance) -> Self {
        let clocks = Clocks {
            wall: now,
            boots: 1,
            uptime: 0,
        };
        // In memory where there is such a folder: these lives lose their power by other means than a slow disk.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let mut pc = Pc::in_folder(MachineDigest::of(machine).unwrap(), folder.unwrap());
        pc.device = DeviceKey::from_secret_bytes(&chance.secret());
        pc.metering = MeteringKey::from_secret_bytes(&chance.secret());
        Self {
            pc,
            hands: Hands(Arc::new(Mutex::new(clocks))),
            anchor: Arc::default(),
            program: None,
            claims: None,
            ran: 0,
            taken: (0, 0),
            lost: (0, 0),
            gave_back: false,
        }
    }

    /// Time passes while it is on, or off.
    pub(super) fn pass(&mut self, seconds: i64, on: bool) {
        let mut clocks = self.hands.0.lock().unwrap();
        clocks.wall += seconds;
        if on {
            clocks.uptime += seconds;
            self.ran += seconds;
        } else {
            clocks.boots += 1;
            clocks.uptime = 30;
            self.program = None;
        }
    }

    /// Somebody sets the clock.
    pub(super) fn set(&self, wall: i64) {
        self.hands.0.lock().unwrap().wall = wall;
    }

    pub(super) fn wall(&self) -> i64 {
        self.hands.0.lock().unwrap().wall
    }

    /// The program is started anew.
    pub(super) fn restart(&mut self) {
        self.program = None;
    }

    pub(super) fn program_on(&self, shop: &Shop, machine: MachineDigest) -> Scrip {
        let settings = Settings::new(shop.vendor.issuer(), PRODUCT).in_home(self.pc.home());
        let time = Arc::new(self.hands.clone());
        Scrip::open_in(
            settings,
            Surroundings {
                machine,
                time,
                anchor: self.anchor.clone(),
            },
        )
        .unwrap()
    }

    fn program(&mut self, shop: &Shop) -> &Scrip {
        if self.program.is_none() {
            self.program = Some(self.program_on(shop, self.pc.machine));
        }
        self.program.as_ref().unwrap()
    }

    pub(super) fn authorize(&mut self, shop: &Shop) -> Result<Authorization, Refusal> {
        self.program(shop).authorize()
    }

    pub(super) fn use_once(&mut self, shop: &Shop) -> Result<Authorization, Refusal> {
        let answer = self.program(shop).use_once();
        self.taken.0 += u64::from(answer.is_ok() && self.counts().0);
        answer
    }

    pub(super) fn consume(&mut self, shop: &Shop, amount: u64) -> Result<Authorization, Refusal> {
        let answer = self.program(shop).consume(amount);
        if answer.is_ok() && self.counts().1 {
            self.taken.1 += amount;
        }
        answer
    }

    /// Whether its code counts uses, and processings.
    pub(super) fn counts(&self) -> (bool, bool) {
        let (uses, processings) = self
            .claims
            .as_ref()
            .map_or((None, None), |claims| claims.grant.counts());
        (uses.is_some(), processings.is_some())
    }

    fn journal_file(&self) -> Option<PathBuf> {
        self.claims.as_ref().map(|claims| self.pc.journal(claims))
    }

    fn identity(&self, license: LicenseId) -> Identity {
        Identity::new(license, self.pc.metering.thumbprint(), self.pc.machine)
    }

    pub(super) fn journal(&self) -> Option<Journal> {
        let license = self.claims.as_ref()?.sub;
        let key = Arc::new(MeteringKey::from_hex(&self.pc.metering.to_hex()).unwrap());
        Some(Journal::new(
            self.journal_file()?,
            self.identity(license),
            key,
            self.anchor.clone(),
        ))
    }

    /// The files of the computer and what its keyring remembers.
    pub(super) fn snapshot(&self) -> Option<Vec<u8>> {
        fs::read(self.journal_file()?).ok()
    }

    /// An old copy of the journal is put back.
    pub(super) fn put_back(&mut self, journal: &[u8]) {
        self.restart();
        let path = self.journal_file().unwrap();
        let fresh = path.with_extension("back");
        fs::write(&fresh, journal).unwrap();
        fs::rename(fresh, path).unwrap();
    }

    /// The power fails while a unit is taken: `kept` bytes of what was written last reach the disk.
    pub(super) fn crash_taking(&mut self, shop: &Shop, kept: usize) {
        let before = self.snapshot();
        let anchored = self.anchor.0.lock().unwrap().clone();
        let (counts, taken, lost) = (self.counts(), self.taken, self.lost);
        let answer = if counts.0 {
            self.use_once(shop)
        } else {
            self.consume(shop, 3)
        };
        let (Ok(_), Some(before), Some(mut after)) = (answer, before, self.snapshot()) else {
            return;
        };
        if before.len() != after.len() {
            return;
        }
        let changed = before.iter().zip(&after).position(|(old, new)| old != new).unwrap_or(0);
        let record = changed / 192 * 192;
        let written = after.clone();
        if kept < 192 {
            after[record + kept..record + 192].copy_from_slice(&before[record + kept..record + 192]);
        }
        // The bytes that are missing may be those that were there before.
        let whole = after == written;
        self.put_back(&after);
        *self.anchor.0.lock().unwrap() = anchored;
        if whole {
            let units = (self.taken.0 - taken.0, self.taken.1 - taken.1);
            self.lost = (lost.0 + units.0, lost.1 + units.1);
        }
        self.taken = taken;
    }

    /// Goes online: reports, takes a fresh code where there is one, and the vendor's time.
    pub(super) fn sync(&mut self, who: usize, shop: &mut Shop) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let (Some(journal), Some(claims)) = (self.journal(), &self.claims) {
            let whose = self.identity(claims.sub);
            // The server looks even where this computer's own anchor refuses.
            let records = match journal.records() {
                Ok(records) => records,
                Err(_) => self.snapshot().unwrap_or_default(),
            };
            findings = shop.reconcile(who, &records, &whose, &self.pc.metering);
        }
        let guard = Guard::new(self.pc.file("clock.json"), self.hands.clone());
        if !findings.is_empty() {
            return findings;
        }
        guard.correct(Floor::new(shop.time(), Evidence::Server));
        if let Some(claims) = shop.code(who, &self.pc) {
            self.restart();
            self.pc.store(&shop.vendor, &[&claims]);
            self.claims = Some(claims);
            self.gave_back = false;
            self.ran = 0;
            // The app looks at once, as everything that shows the library does.
            self.authorize(shop).ok();
        }
        if let (Some(journal), Some(claims)) = (self.journal(), &self.claims)
            && let Ok(Some(standing)) = journal.standing()
        {
            journal
                .append(shop.time(), claims.seq, standing, |_| Ok::<_, Refusal>(Entry::Mark))
                .unwrap();
        }
        findings
    }

    /// Gives the code back: what it counts afterwards is nothing, whichever copy of the code is used.
    pub(super) fn surrender(&mut self, shop: &Shop) {
        let (Some(journal), Some(claims)) = (self.journal(), self.claims.clone()) else {
            return;
        };
        let start = scrip_licensing::journal::Standing {
            uses: claims.used.uses,
            processings: claims.used.processings,
            ..Default::default()
        };
        let now = shop.time();
        journal
            .append(now, claims.seq, start, |_| Ok::<_, Refusal>(Entry::Surrender))
            .unwrap();
        self.gave_back = true;
        self.restart();
    }
}

/// The stable code of an answer; `allowed` for one that allows.
pub(super) fn word(answer: &Result<Authorization, Refusal>) -> &'static str {
    answer
        .as_ref()
        .map_or_else(|refusal| refusal.code().as_str(), |_| "allowed")
}
