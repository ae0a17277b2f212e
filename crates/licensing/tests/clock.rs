//! The clock guard's state in its file, as several programs share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use scrip_domain::Timestamp;
use scrip_licensing::Error;
use scrip_licensing::clock::{Boot, Evidence, Floor, Guard, Reading, SystemTime, TimeSource};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const START: i64 = 1_774_699_200;

#[derive(Clone, Default)]
struct Hands {
    wall: Arc<AtomicI64>,
    uptime: Arc<AtomicI64>,
}

impl Hands {
    fn at(wall: i64) -> Self {
        let hands = Self::default();
        hands.wall.store(wall, Ordering::SeqCst);
        hands
    }

    fn pass(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
        self.uptime.fetch_add(seconds, Ordering::SeqCst);
    }

    fn set(&self, by: i64) {
        self.wall.fetch_add(by, Ordering::SeqCst);
    }
}

impl TimeSource for Hands {
    fn read(&self) -> Reading {
        Reading {
            wall: at(self.wall.load(Ordering::SeqCst)),
            boot: Some(Boot {
                id: "boot".to_owned(),
                micros: self.uptime.load(Ordering::SeqCst) * 1_000_000,
            }),
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

#[test]
fn what_one_program_saw_another_knows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clock.json");
    let hands = Hands::at(START);
    let guard = || Guard::new(&path, hands.clone());
    let (first, second) = (guard(), guard());
    first.look(&[]).unwrap();
    hands.pass(10 * DAY);
    first.look(&[]).unwrap();
    hands.set(-8 * DAY);
    let ruling = second.look(&[]).unwrap();
    assert_eq!(ruling.now, at(START + 10 * DAY));
    assert!(ruling.behind.is_some());
    hands.pass(HOUR);
    for guard in [&first, &second, &guard()] {
        assert_eq!(
            guard.look(&[]).unwrap().now,
            at(START + 10 * DAY + HOUR),
            "counted once"
        );
    }
    for _ in 0..72 {
        hands.pass(HOUR);
        if let Err(refusal) = second.look(&[]) {
            assert!(matches!(refusal, Error::ClockBehind(_)), "{refusal}");
        }
    }
    let refusal = guard().look(&[]).unwrap_err();
    assert!(
        matches!(refusal, Error::ClockBehind(behind) if behind.left_seconds == 0),
        "{refusal}"
    );
    // A fresh time of the vendor opens the way for all of them.
    let fresh = Floor::new(at(START + 13 * DAY), Evidence::Server);
    assert!(first.correct(fresh));
    for guard in [&first, &second, &guard()] {
        assert_eq!(guard.look(&[]).unwrap().now, at(START + 13 * DAY));
    }
}

#[test]
fn a_state_that_is_gone_or_damaged_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clock.json");
    let hands = Hands::at(START);
    let guard = Guard::new(&path, hands.clone());
    guard.look(&[]).unwrap();
    assert!(path.exists());
    for damage in ["", "{", "[]", "{\"last\":7}", "\u{0}"] {
        std::fs::write(&path, damage).unwrap();
        assert!(
            Guard::new(&path, hands.clone()).look(&[]).unwrap().behind.is_none(),
            "{damage}"
        );
    }
    std::fs::remove_file(&path).unwrap();
    // The program that runs still knows, and writes it down again.
    hands.set(-7 * DAY);
    assert!(guard.look(&[]).unwrap().behind.is_some());
    assert!(Guard::new(&path, hands.clone()).look(&[]).unwrap().behind.is_some());
    // A folder that cannot be written locks nobody out either.
    let nowhere = Guard::new(folder.path().join("none/clock.json"), Hands::at(START));
    assert_eq!(nowhere.look(&[]).unwrap().now, at(START));
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_state() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clock.json");
    Guard::new(&path, Hands::at(START)).look(&[]).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_systems_clocks_go_forward() {
    let source = SystemTime::new();
    let (before, after) = (source.read(), source.read());
    assert!(after.wall >= before.wall);
    #[cfg(target_os = "linux")]
    {
        let (before, after) = (before.boot.unwrap(), after.boot.unwrap());
        assert_eq!(before.id, after.id);
        assert!(after.micros >= before.micros && before.micros > 0);
    }
}
