//! Programs that may not run, each for its own reason.

use std::fs;

use scrip_licensing::journal::{Entry, Fault, Identity, Journal, MeteringKey, NoAnchor, Standing};
use scrip_licensing::{Error, Grant, MachineDigest, Used};
use scrip_sdk::{Coded, Refusal};

use super::desk::{Desk, code};
use crate::fixture::{NOW, PRODUCT, Vendor, at};

#[test]
fn without_a_code_there_is_nothing() {
    let desk = Desk::new();
    let refusal = desk.program().authorize().unwrap_err();
    assert_eq!(refusal.code().as_str(), "code.not_found");
    assert!(refusal.hints()[0].contains(PRODUCT));
}

#[test]
fn a_copied_home_is_refused_on_another_computer() {
    for grant in [Grant::Perpetual, Grant::Uses { count: 5 }] {
        let (desk, _) = Desk::with(grant);
        desk.program().use_once().unwrap();
        let other = MachineDigest::of("fedcba9876543210fedcba9876543210").unwrap();
        assert_eq!(code(desk.program_on(other).authorize()), "code.other_device");
    }
}

#[test]
fn an_edited_code_is_refused() {
    let (desk, _) = Desk::with(Grant::Uses { count: 5 });
    let path = desk.pc.file(&format!("codes/{PRODUCT}.scrip"));
    let whole = fs::read_to_string(&path).unwrap();
    for at in (36..whole.len() - 40).step_by(37) {
        let mut edited = whole.clone().into_bytes();
        edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
        fs::write(&path, edited).unwrap();
        let code = code(desk.program().authorize());
        assert!(code.starts_with("code."), "byte {at}: {code}");
    }
    fs::write(&path, "").unwrap();
    assert_eq!(code(desk.program().authorize()), "code.malformed");
    fs::write(&path, vec![b'x'; 2 * 1024 * 1024]).unwrap();
    assert_eq!(code(desk.program().authorize()), "state.io");
    fs::write(&path, whole).unwrap();
    desk.program().authorize().unwrap();
}

#[test]
fn keys_of_another_root_are_refused() {
    let (desk, claims) = Desk::with(Grant::Perpetual);
    // Somebody makes keys, a code and a key set, all in good order; but the program knows its vendor.
    let other = Vendor::new();
    desk.pc.store(&other, &[&claims]);
    assert_eq!(code(desk.program().authorize()), "statement.issuer");
    let mut forged = claims.clone();
    forged.iss = other.issuer();
    desk.pc.store(&other, &[&forged]);
    assert_eq!(code(desk.program().authorize()), "statement.issuer");
    // The vendor's keys, with the forger's code.
    desk.pc.store(&other, &[&claims]);
    desk.pc.write("keys.jws", &desk.vendor.keys());
    assert_eq!(code(desk.program().authorize()), "code.key_unknown");
    fs::remove_file(desk.pc.file("keys.jws")).unwrap();
    assert_eq!(code(desk.program().authorize()), "code.keys_invalid");
}

#[test]
fn edited_keys_are_refused() {
    let (desk, _) = Desk::with(Grant::Perpetual);
    let whole = desk.vendor.keys();
    for at in (0..whole.len()).step_by(29) {
        let mut edited = whole.clone().into_bytes();
        edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
        desk.pc.write("keys.jws", &String::from_utf8(edited).unwrap());
        desk.program().authorize().unwrap_err();
    }
}

#[test]
fn a_revoked_code_is_refused_also_by_a_program_that_runs() {
    let (desk, claims) = Desk::with(Grant::Perpetual);
    let program = desk.program();
    program.authorize().unwrap();
    desk.pc.write("revocations.jws", &desk.vendor.revocations(claims.sub));
    assert_eq!(code(program.authorize()), "code.revoked");
}

#[test]
fn an_older_code_is_refused_once_a_newer_one_was_used() {
    let (desk, old) = Desk::with(Grant::Uses { count: 50 });
    let program = desk.program();
    program.use_once().unwrap();
    let mut new = old.clone();
    (new.seq, new.grant) = (2, Grant::Uses { count: 1 });
    new.used = Used {
        uses: 1,
        processings: 0,
    };
    desk.pc.store(&desk.vendor, &[&old, &new]);
    assert_eq!(
        program.authorize().unwrap().remaining.uses,
        Some(1),
        "the highest number counts"
    );
    desk.pc.store(&desk.vendor, &[&old]);
    for program in [program, desk.program()] {
        assert_eq!(code(program.authorize()), "code.superseded");
        assert_eq!(code(program.use_once()), "code.superseded");
    }
}

#[test]
fn a_code_that_was_given_back_is_refused() {
    for grant in [Grant::Perpetual, Grant::Uses { count: 5 }] {
        let (desk, mut claims) = Desk::with(grant);
        let program = desk.program();
        program.authorize().unwrap();
        let key = MeteringKey::from_hex(&desk.pc.metering.to_hex()).unwrap();
        let identity = Identity::new(claims.sub, key.thumbprint(), desk.pc.machine);
        let journal = Journal::new(desk.pc.journal(&claims), identity, key.into(), desk.anchor.clone());
        journal
            .append(at(NOW), claims.seq, Standing::default(), |_| {
                Ok::<_, Error>(Entry::Surrender)
            })
            .unwrap();
        // The code was kept, or put back from a copy.
        for program in [program, desk.program()] {
            assert_eq!(code(program.authorize()), "code.surrendered");
            assert_eq!(code(program.use_once()), "code.surrendered");
        }
        // Activated again, it has a new number.
        claims.seq = 2;
        desk.pc.store(&desk.vendor, &[&claims]);
        desk.program().use_once().unwrap();
    }
}

#[test]
fn an_old_copy_of_the_journal_is_refused() {
    let (desk, mut claims) = Desk::with(Grant::Uses { count: 9 });
    let program = desk.program();
    program.use_once().unwrap();
    let copy = fs::read(desk.pc.journal(&claims)).unwrap();
    program.use_once().unwrap();
    fs::write(desk.pc.journal(&claims), &copy).unwrap();
    assert_eq!(
        code(desk.program().use_once()),
        "journal.rolled_back",
        "the anchor knows"
    );
    desk.anchor.forget();
    assert_eq!(
        code(program.use_once()),
        "journal.rolled_back",
        "the running program knows"
    );
    // Once the vendor heard of the second use, a new code knows too.
    desk.anchor.forget();
    claims.seq = 2;
    claims.used = Used {
        uses: 2,
        processings: 0,
    };
    desk.pc.store(&desk.vendor, &[&claims]);
    let refusal = desk.program().use_once().unwrap_err();
    assert!(
        matches!(
            refusal,
            Refusal::Licensing(Error::Journal(Fault::Fewer {
                counted: 1,
                known: 2,
                ..
            }))
        ),
        "{refusal}"
    );
    // Without the file it is the same.
    let (desk, claims) = Desk::with(Grant::Uses { count: 9 });
    desk.program().use_once().unwrap();
    fs::remove_file(desk.pc.journal(&claims)).unwrap();
    assert_eq!(code(desk.program().use_once()), "journal.rolled_back");
}

#[test]
fn an_edited_journal_is_refused() {
    let (desk, claims) = Desk::with(Grant::Uses { count: 9 });
    let program = desk.program();
    for _ in 0..3 {
        program.use_once().unwrap();
    }
    let path = desk.pc.journal(&claims);
    let mut bytes = fs::read(&path).unwrap();
    for record in 2..4 {
        bytes[record * 192 + 28] = 0;
    }
    fs::write(&path, &bytes).unwrap();
    desk.anchor.forget();
    assert_eq!(code(desk.program().use_once()), "journal.edited");
    // An owned program does not depend on any of it.
    let mut owned = claims;
    owned.grant = Grant::Perpetual;
    desk.pc.store(&desk.vendor, &[&owned]);
    desk.program().authorize().unwrap();
}

#[test]
fn another_computers_journal_and_keys_are_refused() {
    let (desk, claims) = Desk::with(Grant::Uses { count: 9 });
    // A journal that somebody wrote with a key of their own.
    let key = MeteringKey::generate().unwrap();
    let identity = Identity::new(claims.sub, key.thumbprint(), desk.pc.machine);
    let other = Journal::new(
        desk.pc.journal(&claims),
        identity,
        key.into(),
        std::sync::Arc::new(NoAnchor),
    );
    other
        .append(at(NOW), 1, Standing::default(), |_| Ok::<_, Error>(Entry::Use(1)))
        .unwrap();
    assert_eq!(code(desk.program().use_once()), "journal.copied");
    // The key too, without the device's word for it.
    desk.pc
        .write("metering.key", &MeteringKey::generate().unwrap().to_hex());
    assert_eq!(code(desk.program().use_once()), "statement.other_device");
    desk.pc.write("metering.key", "secret");
    assert_eq!(code(desk.program().use_once()), "journal.key_invalid");
    fs::remove_file(desk.pc.file("metering.key")).unwrap();
    assert_eq!(code(desk.program().use_once()), "journal.key_invalid");
}
