//! Rentals by time, and clocks that are wrong or made wrong.

use std::fs;

use scrip_licensing::Grant;
use scrip_sdk::{Coded, Warning};

use super::desk::{Desk, code};
use crate::fixture::{DAY, NOW, at};

const HOUR: i64 = 3600;

#[test]
fn a_rental_ends_when_it_ends() {
    let (desk, claims) = Desk::rented();
    let program = desk.program();
    let answer = program.use_once().unwrap();
    assert_eq!((answer.remaining.ends_at, answer.runs_until), (claims.exp, claims.exp));
    desk.hands.pass(30 * DAY - 61);
    program.authorize().unwrap();
    desk.hands.pass(2);
    assert_eq!(code(program.authorize()), "code.expired");
}

#[test]
fn grace_warns_before_it_ends() {
    let (desk, mut claims) = Desk::rented();
    claims.seq = 2;
    claims.grace = u32::try_from(3 * DAY).unwrap();
    claims.exp = Some(at(NOW + 33 * DAY));
    desk.pc.store(&desk.vendor, &[&claims]);
    let program = desk.program();
    assert_eq!(program.authorize().unwrap().remaining.ends_at, Some(at(NOW + 30 * DAY)));
    desk.hands.pass(31 * DAY);
    let answer = program.authorize().unwrap();
    let (ended_at, until) = (at(NOW + 30 * DAY), at(NOW + 33 * DAY));
    assert_eq!(answer.warnings, [Warning::Grace { ended_at, until }]);
    assert_eq!(answer.runs_until, Some(until));
    desk.hands.pass(2 * DAY);
    assert_eq!(code(program.authorize()), "code.expired");
}

#[test]
fn a_clock_set_back_gains_nothing() {
    let (desk, _) = Desk::rented();
    desk.program().authorize().unwrap();
    desk.hands.pass(29 * DAY);
    desk.program().authorize().unwrap();
    desk.hands.set(NOW + DAY);
    let answer = desk.program().authorize().unwrap();
    assert!(matches!(&answer.warnings[..], [Warning::Clock(behind)] if behind.left_seconds == 72 * HOUR));
    assert!(answer.warnings[0].to_string().contains("wrong since"));
    // The last day runs out although the clock shows the second one.
    desk.hands.pass(25 * HOUR);
    assert_eq!(code(desk.program().authorize()), "code.expired");
}

#[test]
fn a_clock_set_back_is_refused_after_three_days() {
    let (desk, _) = Desk::rented();
    desk.program().authorize().unwrap();
    desk.hands.pass(10 * DAY);
    desk.program().authorize().unwrap();
    desk.hands.set(NOW + DAY);
    let program = desk.program();
    for _ in 0..72 {
        program.authorize().unwrap();
        desk.hands.pass(HOUR);
    }
    for program in [program, desk.program()] {
        let refusal = program.authorize().unwrap_err();
        assert_eq!(refusal.code().as_str(), "clock.behind");
        assert_eq!(refusal.hints().len(), 3);
    }
    desk.hands.set(NOW + 14 * DAY);
    desk.program().authorize().unwrap();
}

#[test]
fn a_state_that_was_put_back_meets_the_codes_and_the_journal() {
    let desk = Desk::new();
    let grant = Grant::Combined {
        uses: Some(50),
        processings: None,
    };
    let mut claims = desk.vendor.claims(&desk.pc, grant);
    claims.exp = Some(at(NOW + 30 * DAY));
    desk.pc.store(&desk.vendor, &[&claims]);
    desk.program().use_once().unwrap();
    let state = fs::read(desk.pc.file("clock.json")).unwrap();
    desk.hands.pass(29 * DAY);
    desk.program().use_once().unwrap();
    // The state of the first day, and its clock; but the journal was written on the last.
    fs::write(desk.pc.file("clock.json"), state).unwrap();
    desk.hands.set(NOW + DAY);
    let answer = desk.program().authorize().unwrap();
    assert!(
        matches!(answer.warnings[..], [Warning::Clock(_)]),
        "{:?}",
        answer.warnings
    );
    // No state at all is no better.
    fs::remove_file(desk.pc.file("clock.json")).unwrap();
    let answer = desk.program().authorize().unwrap();
    assert!(matches!(answer.warnings[..], [Warning::Clock(_)]));
    // And a clock before the code itself is behind the code.
    let (desk, _) = Desk::rented();
    desk.hands.set(0);
    let answer = desk.program().authorize().unwrap();
    assert!(matches!(answer.warnings[..], [Warning::Clock(_)]));
}

#[test]
fn uses_without_an_end_never_ask_the_clock() {
    let (desk, _) = Desk::with(Grant::Uses { count: 5 });
    for year in [4_102_444_800, 0, NOW] {
        desk.hands.set(year);
        assert!(desk.program().use_once().unwrap().warnings.is_empty());
    }
    assert!(!desk.pc.file("clock.json").exists());
}
