//! The life of a computer's clock: what honest people live through, and what cheats try.

use super::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// 2026-03-28T12:00:00Z, the day before summer time begins in Europe.
const START: i64 = 1_774_699_200;

/// A computer: what time it truly is, what its clock shows, and how long it runs.
struct Computer {
    wall: i64,
    boots: u32,
    uptime: i64,
    state: State,
    floors: Vec<Floor>,
}

impl Computer {
    /// Its clock is right, and a code came the day before.
    fn new() -> Self {
        Self {
            wall: START,
            boots: 1,
            uptime: HOUR,
            state: State::default(),
            floors: vec![Floor::new(at(START - DAY), Evidence::Code)],
        }
    }

    /// Time passes while it runs or sleeps.
    fn runs(&mut self, seconds: i64) -> &mut Self {
        self.wall += seconds;
        self.uptime += seconds;
        self
    }

    /// It is switched off for some time, then on again.
    fn is_off(&mut self, seconds: i64) -> &mut Self {
        self.wall += seconds;
        self.boots += 1;
        self.uptime = 30;
        self
    }

    /// Its clock is set.
    fn is_set(&mut self, by: i64) -> &mut Self {
        self.wall += by;
        self
    }

    fn reading(&self) -> Reading {
        Reading {
            wall: at(self.wall),
            boot: Some(Boot {
                id: format!("boot-{}", self.boots),
                micros: self.uptime * 1_000_000,
            }),
        }
    }

    fn looks(&mut self) -> Ruling {
        let (ruling, next) = look(&self.state, &self.floors, self.reading());
        self.state = next;
        ruling
    }

    /// Looks, and finds nothing wrong; answers the time.
    fn is_fine(&mut self) -> i64 {
        let ruling = self.looks();
        assert_eq!(ruling.behind, None);
        ruling.now.seconds()
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

#[test]
fn daylight_saving_locks_nobody_out() {
    // The clock of a system that knows local time only jumps an hour, twice a year.
    let mut computer = Computer::new();
    assert_eq!(computer.is_fine(), START);
    assert_eq!(computer.runs(HOUR).is_set(HOUR).is_fine(), START + 2 * HOUR);
    assert_eq!(
        computer.runs(DAY).is_set(-HOUR).is_fine(),
        START + 2 * HOUR + DAY,
        "time goes on"
    );
    computer.is_off(7 * 30 * DAY);
    assert_eq!(computer.is_fine(), START + HOUR + DAY + 7 * 30 * DAY);
}

#[test]
fn time_zones_lock_nobody_out() {
    // From Kiritimati (+14) to Baker Island (-12), by somebody who sets the clock and not the zone.
    let mut computer = Computer::new();
    computer.is_fine();
    computer.runs(HOUR).is_set(-26 * HOUR + 60).is_fine();
    computer.runs(10 * DAY).is_set(26 * HOUR).is_fine();
    computer.is_off(DAY).is_set(-25 * HOUR).is_fine();
}

#[test]
fn suspend_counts_as_time() {
    let mut computer = Computer::new();
    computer.is_fine();
    // The clock of the boot runs on in sleep, so nothing seems to jump.
    assert_eq!(computer.runs(20 * DAY).is_fine(), START + 20 * DAY);
    // And a clock that stood still in sleep, but for what the boot knows.
    computer.runs(20 * HOUR).is_set(-20 * HOUR);
    assert_eq!(computer.is_fine(), START + 20 * DAY + 20 * HOUR);
}

#[test]
fn dual_boot_in_local_time_locks_nobody_out() {
    // The other system writes local time into the hardware clock: hours off after each start, until the network sets it.
    let mut computer = Computer::new();
    for _ in 0..200 {
        computer.is_off(5 * HOUR).is_set(11 * HOUR).is_fine();
        computer.runs(60).is_set(-11 * HOUR).is_fine();
        computer.runs(8 * HOUR).is_fine();
        computer.is_off(5 * HOUR).is_set(-11 * HOUR).is_fine();
        computer.runs(60).is_set(11 * HOUR).is_fine();
        computer.runs(6 * HOUR);
    }
    let ahead = computer.is_fine() - computer.wall;
    assert!((0..=12 * HOUR).contains(&ahead), "{ahead}");
}

#[test]
fn a_dead_battery_at_1970_is_warned_of_and_works() {
    let mut computer = Computer::new();
    computer.is_fine();
    computer.is_off(DAY).wall = 30;
    let ruling = computer.looks();
    let behind = ruling.behind.unwrap();
    assert!(!ruling.is_refused());
    assert!(ruling.now.seconds() >= START, "the time goes on from what is certain");
    assert_eq!(behind.shows, at(30));
    // A working day on such a computer, and the same the next days, each beginning in 1970.
    for _ in 0..8 {
        computer.runs(8 * HOUR);
        let ruling = computer.looks();
        assert!(!ruling.is_refused(), "{:?}", ruling.behind);
        computer.is_off(16 * HOUR).wall = 30;
    }
    // As soon as the network sets the clock, all is well.
    computer.wall = START + 9 * DAY;
    assert_eq!(computer.is_fine(), START + 9 * DAY);
}

#[test]
fn a_first_look_in_1970_takes_the_code_for_the_time() {
    let mut computer = Computer::new();
    computer.wall = 0;
    let ruling = computer.looks();
    assert_eq!(ruling.now, at(START - DAY));
    assert_eq!(ruling.behind.unwrap().evidence.evidence, Evidence::Code);
}

#[test]
fn a_leap_second_is_nothing() {
    let mut computer = Computer::new();
    computer.is_fine();
    assert_eq!(computer.runs(10).is_set(-1).is_fine(), START + 10);
    assert_eq!(computer.runs(10).is_fine(), START + 20);
}

#[test]
fn a_clock_that_was_ahead_is_corrected_by_a_fresh_time() {
    let mut computer = Computer::new();
    computer.is_set(365 * DAY).is_fine();
    computer.runs(HOUR).is_set(-365 * DAY);
    let behind = computer.looks().behind.unwrap();
    assert_eq!(behind.evidence.evidence, Evidence::Seen);
    let fresh = Floor::new(at(computer.wall - 20), Evidence::Server);
    let reading = computer.reading();
    assert!(computer.state.correct(fresh, reading));
    assert_eq!(computer.is_fine(), computer.wall);
}

#[test]
fn a_recovery_code_serves_once() {
    let mut computer = Computer::new();
    computer.is_set(365 * DAY).is_fine();
    computer.is_set(-365 * DAY);
    let recovery = Floor::new(at(START), Evidence::Recovery);
    let reading = computer.reading();
    assert!(computer.state.correct(recovery, reading.clone()));
    computer.runs(10 * DAY).is_fine();
    let before = computer.state.clone();
    assert!(!computer.state.correct(recovery, reading.clone()), "again");
    let older = Floor::new(at(START - 2 * DAY), Evidence::Server);
    assert!(
        !computer.state.correct(older, reading.clone()),
        "older than a signed time"
    );
    let own = Floor::new(at(START + 20 * DAY), Evidence::Journal);
    assert!(!computer.state.correct(own, reading), "not the vendor's word");
    assert_eq!(computer.state, before);
}

#[test]
fn a_clock_set_back_by_a_week_is_refused_after_the_allowance() {
    let mut computer = Computer::new();
    computer.is_fine();
    computer.runs(HOUR).is_set(-7 * DAY);
    let since = computer.looks().behind.unwrap().since;
    for hour in 1..72 {
        let ruling = computer.runs(HOUR).looks();
        assert!(!ruling.is_refused(), "{hour}");
        assert_eq!(
            ruling.now,
            at(START + (hour + 1) * HOUR),
            "the rental runs on meanwhile"
        );
    }
    let ruling = computer.runs(HOUR).looks();
    assert!(ruling.is_refused());
    let behind = ruling.behind.unwrap();
    assert_eq!((behind.since, since), (since, at(START + HOUR)));
    let words = behind.to_string();
    assert!(words.contains("wrong since 2026-03-28T13:00:00Z"), "{words}");
    assert_eq!(behind.ways_out().len(), 3);
    // Setting it right is enough.
    assert_eq!(computer.is_set(7 * DAY).is_fine(), computer.wall);
    // But the allowance does not begin anew.
    let behind = computer.is_set(-8 * DAY).looks().behind.unwrap();
    assert_eq!(behind.left_seconds, 0);
}

#[test]
fn many_small_set_backs_gain_nothing() {
    let mut computer = Computer::new();
    computer.is_fine();
    for day in 1..=30 {
        // Every day the clock is set back a day, which alone would pass.
        assert!(
            computer.runs(DAY).is_set(-DAY).looks().now >= at(START + day * DAY),
            "{day}"
        );
    }
    assert!(computer.looks().is_refused(), "and in sum it is far behind");
}

#[test]
fn set_backs_across_starts_gain_no_running_time() {
    let mut computer = Computer::new();
    computer.is_fine();
    let mut ran = 0;
    for _ in 0..20 {
        computer.is_off(0).is_set(-2 * HOUR).looks();
        ran += 2 * HOUR;
        let ruling = computer.runs(2 * HOUR).looks();
        assert!(ruling.now >= at(START + ran));
    }
}

#[test]
fn a_restored_state_is_older_than_codes_and_journals() {
    let mut computer = Computer::new();
    computer.is_fine();
    let copy = computer.state.clone();
    computer.runs(20 * DAY).is_fine();
    // The state is put back, and the clock with it; but a journal was written the day before.
    computer
        .floors
        .push(Floor::new(at(START + 19 * DAY), Evidence::Journal));
    computer.is_off(0).is_set(-20 * DAY).state = copy;
    let ruling = computer.looks();
    assert_eq!(ruling.now, at(START + 19 * DAY));
    assert_eq!(ruling.behind.unwrap().evidence.evidence, Evidence::Journal);
    // The time of another's entry does not move on twice.
    assert_eq!(computer.runs(60).looks().now, at(START + 19 * DAY + 60));
}

#[test]
fn without_a_boot_clock_the_wall_clock_tells_what_passed() {
    let look = |state: &State, wall| {
        look(
            state,
            &[],
            Reading {
                wall: at(wall),
                boot: None,
            },
        )
    };
    let (_, state) = look(&State::default(), START);
    let (ruling, state) = look(&state, START - 7 * DAY);
    assert!(ruling.behind.is_some());
    let (ruling, state) = look(&state, START - 7 * DAY + 60 * HOUR);
    assert_eq!((ruling.now, ruling.is_refused()), (at(START + 60 * HOUR), false));
    assert!(look(&state, START - 7 * DAY + 73 * HOUR).0.is_refused());
}

#[test]
fn states_are_read_as_they_were_written() {
    let mut computer = Computer::new();
    computer.is_fine();
    computer.is_set(-7 * DAY).looks();
    let json = serde_json::to_string(&computer.state).unwrap();
    assert_eq!(serde_json::from_str::<State>(&json).unwrap(), computer.state, "{json}");
    assert_eq!(serde_json::from_str::<State>("{}").unwrap(), State::default());
}
