//! One life from its seed, and ten thousand of them.

use std::fmt::Write as _;

use scrip_domain::{Intent, LicenseKind, LicenseState};
use scrip_licensing::clock::{ALLOWANCE_SECONDS, TOLERANCE_SECONDS};
use scrip_licensing::{Grant, MachineDigest};

use super::computer::{Computer, word};
use super::shop::{OFFERS, PRICE, Shop, WALLET};
use crate::fixture::NOW;
use scrip_testkit::Chance;

const LIVES: u64 = 10_000;
const STEPS: u64 = 16;
const MACHINES: [&str; 2] = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];

/// Says what was expected, or goes on.
macro_rules! hold {
    ($condition:expr, $($why:tt)+) => {
        if !$condition {
            return Err(format!($($why)+));
        }
    };
}

struct Life {
    chance: Chance,
    shop: Shop,
    computers: [Computer; 2],
    /// Whether nobody sets clocks or puts old files back.
    honest: bool,
    /// Whether an old journal was put back and its anchor was forgotten.
    forked: [bool; 2],
    returned: i64,
    log: String,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        Self {
            honest: !chance.once_in(2),
            shop: Shop::new(&mut chance),
            computers: MACHINES.map(|machine| Computer::new(machine, NOW, &mut chance)),
            chance,
            forked: [false; 2],
            returned: 0,
            log: String::new(),
        }
    }

    fn live(&mut self) -> Result<(), String> {
        self.pay(Intent::Rent)?;
        self.go_online(0)?;
        for _ in 0..STEPS {
            let who = usize::try_from(self.chance.below(2)).unwrap();
            match self.chance.below(16) {
                0 => self.pay(Intent::Rent)?,
                1 | 2 => self.pay(Intent::Extend)?,
                3 if self.chance.once_in(3) => self.pay(Intent::Convert)?,
                5..=7 => self.use_some(who)?,
                8 => self.crash(who),
                9 | 10 => self.go_online(who)?,
                11 => self.stop(who)?,
                12 if !self.honest => self.set_clock(who),
                13 if !self.honest => self.put_back(who)?,
                14 => self.copy(who)?,
                _ => self.pass(),
            }
            self.check()?;
        }
        // In the end both report, and everything that was taken is known.
        for who in [0, 1] {
            self.go_online(who)?;
        }
        self.check()?;
        if self.forked == [false; 2] {
            let used = self
                .shop
                .license
                .as_ref()
                .map(|license| license.tenure.used)
                .unwrap_or_default();
            let sum = |of: fn(&Computer) -> u64| self.computers.iter().map(of).sum::<u64>();
            let taken = (sum(|pc| pc.taken.0 + pc.lost.0), sum(|pc| pc.taken.1 + pc.lost.1));
            hold!(
                (used.uses, used.processings) == taken,
                "the vendor knows of {used:?}, and {taken:?} were taken"
            );
        }
        Ok(())
    }

    fn note(&mut self, what: &str) {
        let day = (self.shop.now - NOW) / 86_400;
        writeln!(self.log, "  day {day:>3}: {what}").unwrap();
    }

    fn pay(&mut self, intent: Intent) -> Result<(), String> {
        let offer = self.chance.pick(&OFFERS);
        let before = self.shop.license.clone();
        let paid = self.shop.pay(intent, (intent != Intent::Convert).then_some(offer));
        self.note(&format!("{intent:?} {offer}: {paid:?}"));
        if let (Some(before), Some(paid)) = (before, paid) {
            let after = self.shop.license.as_ref().unwrap();
            hold!(paid <= PRICE, "{paid} is more than the price");
            hold!(after.revision > before.revision, "a payment is a change");
            hold!(after.equity >= before.equity, "a payment takes no equity");
        }
        Ok(())
    }

    fn pass(&mut self) {
        let seconds = self.chance.while_passing();
        let on = self.chance.below(3) > 0;
        self.shop.now += seconds;
        for computer in &mut self.computers {
            computer.pass(seconds, on);
        }
        self.note(&format!("{seconds} seconds pass, {}", if on { "on" } else { "off" }));
    }

    /// Whether the program may run on this computer, as far as an honest world can tell; `None` where it cannot.
    fn expected(&self, who: usize, uses: u64, processings: u64) -> Option<bool> {
        let computer = &self.computers[who];
        let Some(claims) = &computer.claims else {
            return Some(false);
        };
        if claims.grant == Grant::Perpetual {
            return Some(true);
        }
        if !self.honest {
            return None;
        }
        let seat = &self.shop.seats[who];
        let left = |counted: Option<u64>, allotted: u64, taken: u64, asked: u64| {
            counted.is_none_or(|_| allotted.saturating_sub(taken) >= asked)
        };
        let (by_use, by_work) = claims.grant.counts();
        let in_time = claims.exp.is_none_or(|end| end > self.shop.time());
        let counted = by_use.is_some() || by_work.is_some();
        Some(
            in_time
                && !(counted && computer.gave_back)
                && left(by_use, seat.allotted.0, computer.taken.0 + computer.lost.0, uses)
                && left(
                    by_work,
                    seat.allotted.1,
                    computer.taken.1 + computer.lost.1,
                    processings,
                ),
        )
    }

    fn use_some(&mut self, who: usize) -> Result<(), String> {
        if self.chance.once_in(3) {
            self.computers[who].restart();
        }
        for _ in 0..=self.chance.below(6) {
            let amount = 1 + self.chance.below(40);
            let work = self.chance.once_in(2);
            let expected = if work {
                self.expected(who, 0, amount)
            } else {
                self.expected(who, 1, 1)
            };
            let by_work = self.computers[who].counts().1;
            let expected = if work && !by_work {
                self.expected(who, 1, 1)
            } else {
                expected
            };
            let computer = &mut self.computers[who];
            let answer = if work {
                computer.consume(&self.shop, amount)
            } else {
                computer.use_once(&self.shop)
            };
            let said = word(&answer);
            let gave_back = self.computers[who].gave_back;
            self.note(&format!(
                "computer {who} {}: {said}",
                if work {
                    format!("works {amount}")
                } else {
                    "starts".into()
                }
            ));
            if let Some(expected) = expected.filter(|_| !gave_back) {
                hold!(
                    answer.is_ok() == expected,
                    "computer {who} was to be {expected}, and was told {said}: {answer:?}"
                );
            }
            if self.honest {
                hold!(said != "clock.behind", "an honest clock was refused");
                hold!(!said.starts_with("journal."), "an honest journal was refused: {said}");
            }
            self.check_time(who, answer.is_ok())?;
        }
        Ok(())
    }

    /// Setting the clock back makes a rental no longer than what the computer ran.
    fn check_time(&self, who: usize, allowed: bool) -> Result<(), String> {
        let computer = &self.computers[who];
        let Some(claims) = computer.claims.as_ref().filter(|_| allowed) else {
            return Ok(());
        };
        let Some(end) = claims.exp else { return Ok(()) };
        let paid_for = end.seconds_since(claims.iat);
        // What ran while no program looked at the clock, at each start of the computer, nobody can know.
        hold!(
            computer.ran <= paid_for + TOLERANCE_SECONDS + ALLOWANCE_SECONDS,
            "computer {who} ran for {} seconds of {paid_for}",
            computer.ran
        );
        Ok(())
    }

    fn crash(&mut self, who: usize) {
        let kept = usize::try_from(self.chance.below(200)).unwrap();
        let before = (self.computers[who].taken, self.computers[who].lost);
        self.computers[who].crash_taking(&self.shop, kept);
        let after = (self.computers[who].taken, self.computers[who].lost);
        self.note(&format!(
            "computer {who} loses its power with {kept} bytes written: {before:?} -> {after:?}"
        ));
    }

    fn go_online(&mut self, who: usize) -> Result<(), String> {
        let findings = self.computers[who].sync(who, &mut self.shop);
        self.note(&format!("computer {who} goes online: {findings:?}"));
        if !self.forked[who] {
            hold!(findings.is_empty(), "an unbroken journal is found wrong: {findings:?}");
        }
        Ok(())
    }

    /// Pauses, resumes or ends the rental, after both computers gave their codes back.
    fn stop(&mut self, who: usize) -> Result<(), String> {
        let Some(license) = self.shop.license.clone() else {
            return Ok(());
        };
        let now = self.shop.time();
        if license.state(now) == LicenseState::Paused {
            if let Ok(resumed) = license.resume(now) {
                hold!(
                    resumed.remaining.ends_at >= license.remaining.ends_at,
                    "a pause took time away"
                );
                self.shop.license = Some(resumed);
                self.note("resumed");
                return self.go_online(who);
            }
            return Ok(());
        }
        if license.kind == LicenseKind::Perpetual || self.forked != [false; 2] {
            return Ok(());
        }
        for at in [0, 1] {
            if self.computers[at].claims.is_none() || self.computers[at].gave_back {
                continue;
            }
            self.computers[at].surrender(&self.shop);
            let journal = self.computers[at].snapshot().unwrap_or_default();
            let license = self.computers[at].claims.as_ref().unwrap().sub;
            let pc = &self.computers[at].pc;
            let whose = scrip_licensing::journal::Identity::new(license, pc.metering.thumbprint(), pc.machine);
            let findings = self.shop.reconcile(at, &journal, &whose, &pc.metering);
            hold!(
                findings.is_empty(),
                "a journal that was given back is found wrong: {findings:?}"
            );
            hold!(!self.shop.seats[at].live, "computer {at} gave its seat back");
            let counted = self.computers[at].claims.as_ref().unwrap().grant.is_counted();
            let said = word(&self.computers[at].use_once(&self.shop));
            hold!(said != "allowed" || !counted, "a code that was given back still counts");
        }
        let license = self.shop.license.clone().unwrap();
        if self.chance.once_in(2) {
            if let Ok(paused) = license.pause(now) {
                self.shop.license = Some(paused);
                self.note("paused");
            }
        } else if let Ok(refund) = license.end(now) {
            self.note(&format!("ended early: {} back", refund.tokens));
            self.returned += refund.tokens.get();
            self.shop.balance += refund.tokens.get();
            self.shop.revenue -= refund.tokens.get();
            let left = refund.license.remaining;
            hold!(
                left.uses.unwrap_or(0) == 0 && left.processings.unwrap_or(0) == 0,
                "an ended rental leaves nothing"
            );
            for (granted, gone) in [
                (&mut self.shop.granted.0, license.remaining.uses),
                (&mut self.shop.granted.1, license.remaining.processings),
            ] {
                *granted -= gone.unwrap_or(0);
            }
            self.shop.license = Some(refund.license);
        }
        Ok(())
    }

    fn set_clock(&mut self, who: usize) {
        let by = self
            .chance
            .pick(&[-3_600, -90_000, -864_000, -40_000_000, 7_200, 864_000]);
        let wall = if self.chance.once_in(6) {
            0
        } else {
            self.computers[who].wall() + by
        };
        self.computers[who].set(wall);
        self.note(&format!("somebody sets the clock of computer {who} to {wall}"));
    }

    /// An old copy of the journal is put back, with or without what the keyring remembers.
    fn put_back(&mut self, who: usize) -> Result<(), String> {
        let Some(old) = self.computers[who].snapshot() else {
            return Ok(());
        };
        let taken = self.computers[who].taken;
        for _ in 0..3 {
            self.computers[who].use_once(&self.shop).ok();
            self.computers[who].consume(&self.shop, 2).ok();
        }
        let newest = self.computers[who].snapshot().unwrap();
        let grew = self.computers[who].taken != taken;
        self.computers[who].put_back(&old);
        if !grew {
            self.computers[who].put_back(&newest);
            return Ok(());
        }
        if self.chance.once_in(4) {
            self.note(&format!(
                "an old journal is put back on computer {who}, which forgot its anchor"
            ));
            self.computers[who].anchor.0.lock().unwrap().clear();
            self.forked[who] = true;
            return Ok(());
        }
        let said = word(&self.computers[who].use_once(&self.shop));
        self.note(&format!("an old journal is put back on computer {who}: {said}"));
        hold!(said != "allowed", "an old journal counts again");
        self.computers[who].put_back(&newest);
        Ok(())
    }

    /// The whole home folder is used on the other computer.
    fn copy(&mut self, who: usize) -> Result<(), String> {
        if self.computers[who].claims.is_none() {
            return Ok(());
        }
        let other = MachineDigest::of(MACHINES[1 - who]).unwrap();
        let answer = self.computers[who].program_on(&self.shop, other).authorize();
        hold!(answer.is_err(), "a copied folder authorizes another computer");
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        let shop = &self.shop;
        hold!(shop.balance + shop.revenue == WALLET, "tokens are not conserved");
        hold!(shop.revenue >= 0, "more came back than was paid");
        if let Some(license) = &shop.license {
            hold!(license.equity.get() <= PRICE, "equity is above the price");
            hold!(
                license.tenure.paid.get() == shop.revenue,
                "the license does not know what was paid for it"
            );
            if license.kind == LicenseKind::Perpetual {
                hold!(
                    shop.revenue == PRICE,
                    "{} were paid for what costs {PRICE}",
                    shop.revenue
                );
            }
        }
        if self.forked == [false; 2] {
            let uses: u64 = self.computers.iter().map(|pc| pc.taken.0 + pc.lost.0).sum();
            let processings: u64 = self.computers.iter().map(|pc| pc.taken.1 + pc.lost.1).sum();
            let granted = self.shop.granted;
            hold!(
                uses <= granted.0 && processings <= granted.1,
                "{uses} uses and {processings} processings were taken of {granted:?}"
            );
        }
        for who in [0, 1] {
            if self.computers[who]
                .claims
                .as_ref()
                .is_some_and(|claims| claims.grant == Grant::Perpetual)
            {
                let answer = self.computers[who].authorize(&self.shop);
                hold!(answer.is_ok(), "what is owned was refused: {answer:?}");
            }
        }
        Ok(())
    }
}

fn live(seed: u64) {
    let mut life = Life::new(seed);
    if let Err(why) = life.live() {
        panic!("the life of seed {seed} broke an invariant: {why}\n{}", life.log);
    }
}

#[test]
fn ten_thousand_lives_hold_every_invariant() {
    // `SCRIP_LIFE=SEED` lives one again.
    if let Ok(seed) = std::env::var("SCRIP_LIFE") {
        return live(seed.parse().unwrap());
    }
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                (thread..LIVES)
                    .step_by(usize::try_from(threads).unwrap())
                    .for_each(live);
            });
        }
    });
}
