//! Many that take at once, and some that die doing it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use scrip_licensing::Grant;
use scrip_sdk::{Coded, Scrip, Settings};

use super::desk::Desk;
use crate::fixture::{PRODUCT, Pc, Vendor};

/// What the environment of a program that a test starts says: the home folder and the vendor.
const CHILD: &str = "SCRIP_SDK_TEST_CHILD";

/// Takes one after another until nothing is left; answers how many.
fn take_all(program: &Scrip, mut taken: impl FnMut()) -> u64 {
    let mut count = 0;
    loop {
        match program.use_once() {
            Ok(_) => {
                count += 1;
                taken();
            }
            Err(refusal) => {
                assert_eq!(refusal.code().as_str(), "license.exhausted", "{refusal}");
                return count;
            }
        }
    }
}

#[test]
fn sixty_four_threads_take_exactly_what_there_is() {
    const COUNT: u64 = 400;
    let (desk, _) = Desk::with(Grant::Uses { count: COUNT });
    let program = desk.program();
    let taken: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(|| take_all(&program, || ()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(taken, COUNT);
}

/// Not a test of its own: what the tests below start as another program. It prints a line for each unit.
#[test]
fn child() {
    let Some(said) = std::env::var_os(CHILD) else { return };
    let said = said.into_string().unwrap();
    let (issuer, home) = said.split_once('|').unwrap();
    let program = Scrip::open(Settings::new(issuer, PRODUCT).in_home(home)).unwrap();
    take_all(&program, || println!("took"));
}

fn start(vendor: &Vendor, pc: &Pc) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sdk::crowd::child", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{}|{}", vendor.issuer(), pc.home().display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How many units a program said it took.
fn takes(child: &mut Child) -> impl Iterator<Item = ()> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines
        .map_while(Result::ok)
        .filter(|line| line.ends_with("took"))
        .map(|_| ())
}

/// A computer that is this one, where it has an id, with `count` uses.
fn this_pc(count: u64) -> Option<(Vendor, Pc)> {
    let machine = scrip_sdk::machine_digest().ok()?;
    let (vendor, pc) = (Vendor::new(), Pc::new(machine));
    let claims = vendor.claims(&pc, Grant::Uses { count });
    pc.store(&vendor, &[&claims]);
    Some((vendor, pc))
}

fn left(vendor: &Vendor, pc: &Pc) -> u64 {
    let program = Scrip::open(Settings::new(vendor.issuer(), PRODUCT).in_home(pc.home())).unwrap();
    program.authorize().map_or(0, |answer| answer.remaining.uses.unwrap())
}

#[test]
fn eight_programs_take_exactly_what_there_is() {
    const COUNT: u64 = 300;
    let Some((vendor, pc)) = this_pc(COUNT) else { return };
    let mut children: Vec<_> = (0..8).map(|_| start(&vendor, &pc)).collect();
    let taken: usize = children.iter_mut().map(|child| takes(child).count()).sum();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(taken as u64, COUNT);
    assert_eq!(left(&vendor, &pc), 0);
}

#[test]
fn a_program_that_is_killed_loses_at_most_the_unit_in_flight() {
    const COUNT: u64 = 100_000;
    let Some((vendor, pc)) = this_pc(COUNT) else { return };
    let mut before = COUNT;
    for round in 0..25 {
        let mut child = start(&vendor, &pc);
        // Killed in the middle of a later unit than the time before.
        let mut units = takes(&mut child);
        let mut said = 0;
        while said <= round % 7 && units.next().is_some() {
            said += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let said = said + units.count() as u64;
        let now = left(&vendor, &pc);
        let counted = before - now;
        assert!(
            counted == said || counted == said + 1,
            "round {round}: {said} said, {counted} counted"
        );
        before = now;
    }
}

#[test]
fn programs_that_are_killed_among_others_disturb_nobody() {
    const COUNT: u64 = 300;
    const KILLED: usize = 4;
    let Some((vendor, pc)) = this_pc(COUNT) else { return };
    let mut children: Vec<_> = (0..2 * KILLED).map(|_| start(&vendor, &pc)).collect();
    let mut said = 0;
    let mut outputs: Vec<_> = children.iter_mut().map(takes).collect();
    for (at, (child, units)) in children.iter_mut().zip(&mut outputs).take(KILLED).enumerate() {
        said += units.by_ref().take(at + 1).count();
        child.kill().unwrap();
    }
    said += outputs.into_iter().map(Iterator::count).sum::<usize>();
    for mut child in children {
        child.wait().unwrap();
    }
    assert_eq!(left(&vendor, &pc), 0);
    let lost = usize::try_from(COUNT).unwrap() - said;
    assert!(
        lost <= KILLED,
        "{said} said: at most the unit in flight is lost with each"
    );
}
