//! Programs that may run, and what they are told.

use scrip_licensing::{Grant, Used};
use scrip_sdk::{Kind, Scrip, Settings, Warning};

use super::desk::{Desk, code};
use crate::fixture::{DAY, NOW, PRODUCT, at};

#[test]
fn an_owned_program_runs_and_counts_nothing() {
    let (desk, claims) = Desk::with(Grant::Perpetual);
    let program = desk.program();
    for answer in [program.authorize(), program.use_once(), program.consume(1_000_000)] {
        let answer = answer.unwrap();
        assert_eq!((answer.kind, answer.license), (Kind::Perpetual, claims.sub));
        assert_eq!((answer.remaining, answer.runs_until), (claims.remaining(), None));
        assert!(answer.warnings.is_empty());
    }
    assert!(!desk.pc.journal(&claims).exists());
}

#[test]
fn an_owned_program_runs_for_ever_when_everything_else_is_gone() {
    let (desk, _) = Desk::with(Grant::Perpetual);
    // The vendor, its server, the app and its keys are gone; the year is 2100, or what a dead clock makes of it.
    for name in ["metering.key", "metering.jws"] {
        std::fs::remove_file(desk.pc.file(name)).unwrap();
    }
    for year in [4_102_444_800, 0, NOW - 10 * DAY] {
        desk.hands.set(year);
        let answer = desk.program().authorize().unwrap();
        assert_eq!((answer.kind, answer.warnings), (Kind::Perpetual, vec![]));
    }
    assert!(!desk.pc.file("clock.json").exists(), "the clock was never asked");
    // Nor does a list of revocations that cannot be read any more stand in the way.
    desk.pc.write("revocations.jws", "eyJ");
    let answer = desk.program().authorize().unwrap();
    assert!(matches!(answer.warnings[..], [Warning::Revocations { .. }]));
}

#[test]
fn uses_are_left_to_the_unit() {
    let (desk, _) = Desk::with(Grant::Uses { count: 3 });
    let program = desk.program();
    assert_eq!(program.authorize().unwrap().remaining.uses, Some(3));
    for left in [2, 1, 0] {
        let answer = program.use_once().unwrap();
        assert_eq!((answer.kind, answer.remaining.uses), (Kind::Rental, Some(left)));
        assert_eq!(answer.equity.credited.get(), 450);
    }
    assert_eq!(code(program.use_once()), "license.exhausted");
    assert_eq!(code(desk.program().authorize()), "license.exhausted");
}

#[test]
fn processings_are_taken_all_or_none() {
    let (desk, _) = Desk::with(Grant::Processings { count: 10 });
    let program = desk.program();
    assert_eq!(program.consume(7).unwrap().remaining.processings, Some(3));
    assert_eq!(code(program.consume(4)), "license.exhausted");
    assert_eq!(
        program.use_once().unwrap().remaining.processings,
        Some(3),
        "starts are not counted"
    );
    assert_eq!(program.consume(0).unwrap().remaining.processings, Some(3));
    assert_eq!(program.consume(3).unwrap().remaining.processings, Some(0));
    assert_eq!(code(program.consume(u64::MAX)), "license.exhausted");
}

#[test]
fn of_several_limits_the_first_ends_it() {
    let desk = Desk::new();
    let grant = Grant::Combined {
        uses: Some(2),
        processings: Some(5),
    };
    let mut claims = desk.vendor.claims(&desk.pc, grant);
    claims.exp = Some(at(NOW + 30 * DAY));
    desk.pc.store(&desk.vendor, &[&claims]);
    let program = desk.program();
    program.use_once().unwrap();
    let answer = program.use_once().unwrap();
    assert_eq!(
        (answer.remaining.uses, answer.remaining.processings),
        (Some(0), Some(5))
    );
    assert_eq!(answer.remaining.ends_at, claims.exp);
    // The last start may do its work.
    assert_eq!(program.consume(5).unwrap().remaining.processings, Some(0));
    assert_eq!(code(program.use_once()), "license.exhausted");
    let (desk, _) = Desk::rented();
    desk.hands.set(NOW + 31 * DAY);
    assert_eq!(code(desk.program().consume(1)), "code.expired");
}

#[test]
fn a_new_code_adds_to_what_was_counted() {
    let (desk, mut claims) = Desk::with(Grant::Uses { count: 3 });
    let program = desk.program();
    program.use_once().unwrap();
    // The server heard of that use and added two: the device has 1 + 4 in all.
    claims.seq = 2;
    claims.used = Used {
        uses: 1,
        processings: 0,
    };
    claims.grant = Grant::Uses { count: 4 };
    desk.pc.store(&desk.vendor, &[&claims]);
    assert_eq!(
        program.authorize().unwrap().remaining.uses,
        Some(4),
        "the running program notices"
    );
    assert_eq!(program.use_once().unwrap().remaining.uses, Some(3));
}

#[test]
fn a_new_activation_begins_where_the_server_stood() {
    let desk = Desk::new();
    let mut claims = desk.vendor.claims(&desk.pc, Grant::Uses { count: 4 });
    claims.used = Used {
        uses: 96,
        processings: 0,
    };
    desk.pc.store(&desk.vendor, &[&claims]);
    assert_eq!(desk.program().use_once().unwrap().remaining.uses, Some(3));
}

#[test]
fn of_several_licenses_the_owned_one_counts_and_then_one_with_something_left() {
    let desk = Desk::new();
    let one = desk.vendor.claims(&desk.pc, Grant::Uses { count: 1 });
    let mut other = desk.vendor.claims(&desk.pc, Grant::Uses { count: 2 });
    other.iat = at(NOW - DAY);
    desk.pc.store(&desk.vendor, &[&other, &one]);
    let program = desk.program();
    let taken: Vec<_> = (0..3).map(|_| program.use_once().unwrap().license).collect();
    assert_eq!(taken, [one.sub, other.sub, other.sub]);
    let owned = desk.vendor.claims(&desk.pc, Grant::Perpetual);
    desk.pc.store(&desk.vendor, &[&other, &one, &owned]);
    assert_eq!(program.use_once().unwrap().license, owned.sub);
}

#[test]
fn settings_are_checked() {
    for (issuer, product) in [
        ("https://store.example", PRODUCT),
        ("urn:scrip:vendor:abc", PRODUCT),
        ("", ""),
    ] {
        assert_eq!(code(Scrip::open(Settings::new(issuer, product))), "config.invalid");
    }
    let issuer = Desk::new().vendor.issuer();
    assert_eq!(code(Scrip::open(Settings::new(issuer, "no/product"))), "config.invalid");
}
