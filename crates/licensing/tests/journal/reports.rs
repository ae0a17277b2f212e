//! The vendor's side: journals that were handed in.

use proptest::prelude::*;
use scrip_domain::{Coded, ErrorCode};
use scrip_licensing::Error;
use scrip_licensing::journal::{
    Acknowledged, Ceiling, Entry, Finding, Head, JournalSeal, RECORD_BYTES, Reconciled, Records, Standing,
};

use super::home::{Home, count, now};

const NONE: Ceiling = Ceiling {
    uses: None,
    processings: None,
};

/// As the server looks at it; sealed as it is, so that no finding is owed to the seal.
fn reconcile(home: &Home, bytes: &[u8], acknowledged: Option<&Acknowledged>, ceiling: Ceiling) -> Reconciled {
    let records = Records::read(bytes).unwrap();
    let seal = JournalSeal::on(&records, home.identity.license, &home.key, now());
    let key = home.key.verifying_key();
    records.reconcile(&home.identity, key, Some(&seal), acknowledged, ceiling)
}

fn names(reconciled: &Reconciled) -> Vec<&'static str> {
    reconciled.findings.iter().map(Finding::name).collect()
}

/// A journal of `uses` single starts, and its bytes.
fn used(home: &Home, uses: u64) -> Vec<u8> {
    let journal = home.journal();
    for _ in 0..uses {
        count(&journal, Entry::Use(1)).unwrap();
    }
    journal.records().unwrap()
}

fn acknowledge(reconciled: &Reconciled) -> Acknowledged {
    Acknowledged {
        head: reconciled.head.unwrap(),
        uses: reconciled.uses,
        processings: reconciled.processings,
    }
}

#[test]
fn an_honest_journal_proves_what_was_taken() {
    let home = Home::new();
    let first = reconcile(&home, &used(&home, 5), None, NONE);
    assert_eq!((first.uses, first.processings, first.findings.len()), (5, 0, 0));
    let known = acknowledge(&first);
    count(&home.journal(), Entry::Processings(12)).unwrap();
    let bytes = used(&home, 2);
    let ceiling = Ceiling {
        uses: Some(7),
        processings: Some(12),
    };
    let second = reconcile(&home, &bytes, Some(&known), ceiling);
    assert_eq!((second.uses, second.processings, second.findings.len()), (7, 12, 0));
    // The file as it lies on the disk, zeros behind, and the new part alone say the same.
    assert_eq!(
        reconcile(&home, &std::fs::read(home.path()).unwrap(), Some(&known), ceiling),
        second
    );
    assert_eq!(
        reconcile(&home, &bytes[6 * RECORD_BYTES..], Some(&known), ceiling),
        second
    );
    // Cut down after the acknowledgement, it goes on.
    assert!(home.journal().compact(now(), second.head.unwrap()).unwrap());
    let bytes = used(&home, 1);
    assert_eq!(bytes.len(), 2 * RECORD_BYTES);
    let third = reconcile(&home, &bytes, Some(&acknowledge(&second)), NONE);
    assert_eq!((third.uses, third.findings.len()), (8, 0));
}

#[test]
fn a_gap_is_named() {
    let home = Home::new();
    let bytes = used(&home, 6);
    let missing = [&bytes[..3 * RECORD_BYTES], &bytes[4 * RECORD_BYTES..]].concat();
    let found = reconcile(&home, &missing, None, NONE);
    assert_eq!(found.findings, [Finding::Gap { after: 3, next: 5 }]);
    assert_eq!(found.uses, 6, "the last entry still tells the total");
    let headless = reconcile(&home, &bytes[2 * RECORD_BYTES..], None, NONE);
    assert_eq!(headless.findings, [Finding::Gap { after: 0, next: 3 }]);
}

#[test]
fn a_rollback_is_named() {
    let home = Home::new();
    let bytes = used(&home, 6);
    let known = acknowledge(&reconcile(&home, &bytes, None, NONE));
    let found = reconcile(&home, &bytes[..4 * RECORD_BYTES], Some(&known), NONE);
    let rollback = |head| [Finding::Rollback { head, acknowledged: 7 }];
    assert_eq!((found.uses, found.findings), (6, rollback(4).to_vec()));
    assert_eq!(reconcile(&home, &[], Some(&known), NONE).findings, rollback(0));
}

#[test]
fn a_fork_is_named() {
    let home = Home::new();
    used(&home, 3);
    let copy = std::fs::read(home.path()).unwrap();
    let bytes = used(&home, 3);
    let known = acknowledge(&reconcile(&home, &bytes, None, NONE));
    std::fs::write(home.path(), copy).unwrap();
    home.anchor.forget();
    count(&home.journal(), Entry::Mark).unwrap();
    let forked = used(&home, 5);
    let found = reconcile(&home, &forked, Some(&known), NONE);
    assert_eq!(found.findings, [Finding::Fork { seq: 7 }]);
    assert_eq!(found.uses, 8);
    // Two histories glued together.
    let glued = [&bytes[..5 * RECORD_BYTES], &forked[5 * RECORD_BYTES..]].concat();
    assert_eq!(
        reconcile(&home, &glued, None, NONE).findings,
        [Finding::Fork { seq: 6 }]
    );
    // A file that was cut, behind a history that was never acknowledged.
    let (_, head) = home.journal().last().unwrap().unwrap();
    assert!(home.journal().compact(now(), head).unwrap());
    let other = Acknowledged {
        head: Head { hash: [1; 32], ..head },
        ..known
    };
    let cut = home.journal().records().unwrap();
    assert_eq!(names(&reconcile(&home, &cut, Some(&other), NONE)), ["fork"]);
}

#[test]
fn a_copy_from_another_computer_is_named() {
    let home = Home::new();
    let bytes = used(&home, 2);
    let other = Home::new();
    for (change, what) in [(0, "license"), (1, "computer"), (2, "metering key")] {
        let mut expect = home.identity;
        match change {
            0 => expect.license = other.identity.license,
            1 => expect.machine = [1; 12],
            _ => expect.key = other.identity.key,
        }
        let records = Records::read(&bytes).unwrap();
        let seal = JournalSeal::on(&records, home.identity.license, &home.key, now());
        let found = records.reconcile(&expect, home.key.verifying_key(), Some(&seal), None, NONE);
        let what = what.to_owned();
        assert_eq!(
            (found.uses, found.findings),
            (0, vec![Finding::Copied { seq: 1, what }])
        );
    }
}

#[test]
fn more_than_allowed_is_named() {
    let home = Home::new();
    let bytes = used(&home, 4);
    let ceiling = Ceiling {
        uses: Some(3),
        processings: Some(0),
    };
    let (what, taken, allowed) = ("uses".to_owned(), 4, 3);
    assert_eq!(
        reconcile(&home, &bytes, None, ceiling).findings,
        [Finding::Overdrawn { what, taken, allowed }]
    );
}

#[test]
fn a_code_that_was_given_back_takes_nothing_more() {
    let home = Home::new();
    let journal = home.journal();
    count(&journal, Entry::Use(1)).unwrap();
    count(&journal, Entry::Surrender).unwrap();
    let found = reconcile(&home, &journal.records().unwrap(), None, NONE);
    assert_eq!((found.surrendered, found.code_seq, found.findings.len()), (1, 1, 0));
    let next = journal.append(now(), 2, Standing::default(), |_| Ok::<_, Error>(Entry::Use(1)));
    assert_eq!(next.unwrap().uses, 2);
    let found = reconcile(&home, &journal.records().unwrap(), None, NONE);
    assert_eq!((found.surrendered, found.code_seq, found.findings.len()), (0, 2, 0));
}

#[test]
fn every_changed_byte_is_an_edit() {
    let home = Home::new();
    let bytes = used(&home, 3);
    for at in 0..bytes.len() {
        let mut edited = bytes.clone();
        edited[at] ^= 0x20;
        let found = reconcile(&home, &edited, None, NONE);
        assert!(!found.findings.is_empty(), "byte {at}");
        assert!(found.uses <= 3);
        if !(52..96).contains(&(at % RECORD_BYTES)) && !(4..12).contains(&(at % RECORD_BYTES)) {
            assert_eq!(names(&found), ["edited"], "byte {at}");
        }
    }
}

#[test]
fn the_seal_is_on_one_end_of_one_journal() {
    let home = Home::new();
    let old = home.journal();
    for _ in 0..5 {
        count(&old, Entry::Use(1)).unwrap();
    }
    let part = |home: &Home| home.journal().parts(now(), Records::MAX).unwrap().pop().unwrap();
    let before = part(&home);
    count(&home.journal(), Entry::Use(1)).unwrap();
    let after = part(&home);
    let key = home.key.verifying_key();
    let look = |records: &[u8], seal: Option<&str>| {
        let seal = seal.map(|text| JournalSeal::open(text, key).unwrap());
        let records = Records::read(records).unwrap();
        records.reconcile(&home.identity, key, seal.as_ref(), None, NONE)
    };
    assert_eq!(look(&after.records, Some(&after.seal)).findings, []);
    let opened = JournalSeal::open(&after.seal, key).unwrap();
    assert_eq!(
        (opened.first, opened.last, opened.uses, opened.iss),
        (1, 7, 6, key.thumbprint())
    );
    assert_eq!(opened.sub, home.identity.license);
    // The seal of then, records that are missing at the end, and none at all.
    let edited = |seq| vec![Finding::Edited { seq }];
    assert_eq!(look(&after.records, Some(&before.seal)).findings, edited(7));
    let found = look(&before.records, Some(&after.seal));
    assert_eq!((found.findings, found.head, found.uses), (edited(6), None, 0));
    assert_eq!(look(&after.records, None).findings, edited(7));
    let refused = Records::read(&after.records).unwrap().require_seal(None).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::JournalEdited);
    // Another key's seal is not even read, and one with other totals is none.
    let other = Home::new();
    count(&other.journal(), Entry::Use(1)).unwrap();
    let refused = JournalSeal::open(&part(&other).seal, key).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::CodeKeyUnknown);
    let more = JournalSeal {
        uses: 5,
        ..opened.clone()
    };
    assert_eq!(
        look(&after.records, Some(&home.key.sign_seal(&more).unwrap())).findings,
        edited(7)
    );
    assert!(other.key.sign_seal(&opened).is_err());
}

#[test]
fn a_long_journal_is_handed_in_in_parts() {
    let home = Home::new();
    let journal = home.journal();
    assert_eq!(journal.parts(now(), 3).unwrap(), []);
    for _ in 0..7 {
        count(&journal, Entry::Use(1)).unwrap();
    }
    let parts = journal.parts(now(), 3).unwrap();
    let lengths: Vec<_> = parts.iter().map(|part| part.records.len() / RECORD_BYTES).collect();
    assert_eq!(lengths, [2, 3, 3]);
    let mut known = None;
    for part in &parts {
        let seal = JournalSeal::open(&part.seal, home.key.verifying_key()).unwrap();
        let records = Records::read(&part.records).unwrap();
        let found = records.reconcile(
            &home.identity,
            home.key.verifying_key(),
            Some(&seal),
            known.as_ref(),
            NONE,
        );
        assert_eq!(found.findings, []);
        known = Some(acknowledge(&found));
    }
    assert_eq!(known.unwrap().uses, 7);
}

#[test]
fn what_is_no_row_of_records_is_refused() {
    assert!(Records::read(&[1; 100]).is_err());
    assert!(Records::read(&vec![0; (Records::MAX + 1) * RECORD_BYTES]).is_err());
    assert!(Records::read(&[0; 4 * RECORD_BYTES]).unwrap().is_empty());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000), marks in any::<[bool; 8]>()) {
        let home = Home::new();
        let mut bytes = bytes;
        bytes.truncate(bytes.len() / RECORD_BYTES * RECORD_BYTES);
        for (row, mark) in bytes.chunks_exact_mut(RECORD_BYTES).zip(marks) {
            if mark {
                let kind = row[3] % 8;
                let version = 1 + row[4] % 2;
                row[..4].copy_from_slice(&[b'S', b'J', version, kind]);
            }
        }
        let found = reconcile(&home, &bytes, None, NONE);
        prop_assert!(found.uses == 0);
    }
}
