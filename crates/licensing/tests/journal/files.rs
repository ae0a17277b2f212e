//! The file: crashes, copies, edits, and several that count at once.

use std::sync::Arc;

use scrip_domain::{Coded, ErrorCode};
use scrip_licensing::Error;
use scrip_licensing::journal::{Entry, Fault, MeteringKey, RECORD_BYTES, Standing};

use super::home::{Home, count, now};

#[test]
fn what_was_counted_is_there_for_the_next_program() {
    let home = Home::new();
    assert_eq!(home.journal().standing().unwrap(), None);
    assert!(!home.path().exists(), "looking makes no file");
    let journal = home.journal();
    for _ in 0..600 {
        count(&journal, Entry::Use(1)).unwrap();
    }
    let standing = count(&journal, Entry::Processings(41)).unwrap();
    assert_eq!((standing.uses, standing.processings, standing.code_seq), (600, 41, 1));
    assert_eq!(home.journal().standing().unwrap(), Some(standing));
    assert_eq!(home.journal().records().unwrap().len(), 602 * RECORD_BYTES);
}

#[test]
fn appending_changes_no_length() {
    let home = Home::new();
    let journal = home.journal();
    count(&journal, Entry::Use(1)).unwrap();
    let length = || std::fs::metadata(home.path()).unwrap().len();
    let before = length();
    for _ in 0..200 {
        count(&journal, Entry::Use(1)).unwrap();
    }
    assert_eq!(length(), before);
}

#[test]
fn a_journal_begins_where_the_server_stood() {
    let home = Home::new();
    let start = Standing {
        uses: 70,
        processings: 3,
        ..Standing::default()
    };
    let journal = home.journal();
    let standing = journal
        .append(now(), 4, start, |_| Ok::<_, Error>(Entry::Use(1)))
        .unwrap();
    assert_eq!((standing.uses, standing.processings, standing.code_seq), (71, 3, 4));
}

#[test]
fn a_refusal_writes_nothing() {
    let home = Home::new();
    let journal = home.journal();
    count(&journal, Entry::Use(1)).unwrap();
    let refused = journal.append(now(), 1, Standing::default(), |standing| {
        assert_eq!(standing.uses, 1);
        Err(Error::MachineIdInvalid)
    });
    assert_eq!(refused, Err(Error::MachineIdInvalid));
    assert_eq!(home.journal().standing().unwrap().unwrap().uses, 1);
}

#[test]
fn superseded_and_surrendered_codes_count_no_more() {
    let home = Home::new();
    let journal = home.journal();
    let append = |seq, entry| journal.append(now(), seq, Standing::default(), |_| Ok::<_, Error>(entry));
    append(2, Entry::Use(1)).unwrap();
    append(5, Entry::Mark).unwrap();
    assert_eq!(
        append(2, Entry::Use(1)),
        Err(Fault::Superseded { seq: 2, highest: 5 }.into())
    );
    assert_eq!(append(5, Entry::Surrender).unwrap().surrendered, 5);
    assert_eq!(append(5, Entry::Use(1)), Err(Fault::Surrendered { seq: 5 }.into()));
    // Noting the time, or cutting the file, gives nothing back.
    assert_eq!(append(5, Entry::Mark).unwrap().surrendered, 5);
    let (_, head) = journal.last().unwrap().unwrap();
    assert!(journal.compact(now(), head).unwrap());
    assert_eq!(append(5, Entry::Use(1)), Err(Fault::Surrendered { seq: 5 }.into()));
    assert_eq!(append(6, Entry::Use(1)).unwrap().surrendered, 0);
}

#[test]
fn a_record_that_a_crash_cut_short_is_written_over() {
    let home = Home::new();
    count(&home.journal(), Entry::Use(1)).unwrap();
    let whole = std::fs::read(home.path()).unwrap();
    let end = 2 * RECORD_BYTES;
    count(&home.journal(), Entry::Use(1)).unwrap();
    let next = std::fs::read(home.path()).unwrap();
    home.anchor.forget();
    for cut in [1, 3, 12, 96, 128, 150] {
        for (from, to) in [(0, cut), (cut, RECORD_BYTES)] {
            let mut torn = whole.clone();
            torn[end + from..end + to].copy_from_slice(&next[end + from..end + to]);
            std::fs::write(home.path(), &torn).unwrap();
            let journal = home.journal();
            assert_eq!(journal.standing().unwrap().unwrap().uses, 1, "{from}..{to}");
            assert_eq!(count(&journal, Entry::Use(3)).unwrap().uses, 4);
            assert_eq!(home.journal().standing().unwrap().unwrap().uses, 4);
            home.anchor.forget();
        }
    }
    // The first one too, in a file that was being made.
    for cut in [0, 100, RECORD_BYTES] {
        std::fs::write(home.path(), &whole[..cut]).unwrap();
        home.anchor.forget();
        assert_eq!(count(&home.journal(), Entry::Use(1)).unwrap().uses, 1);
    }
}

#[test]
fn an_old_copy_is_refused_where_the_anchor_knows() {
    let home = Home::new();
    let journal = home.journal();
    count(&journal, Entry::Use(1)).unwrap();
    let copy = std::fs::read(home.path()).unwrap();
    count(&journal, Entry::Use(1)).unwrap();
    std::fs::write(home.path(), &copy).unwrap();
    let refusal = home.journal().standing().unwrap_err();
    assert_eq!(refusal.code(), ErrorCode::JournalRolledBack, "{refusal}");
    home.anchor.forget();
    let refusal = count(&journal, Entry::Use(1)).unwrap_err();
    assert_eq!(
        refusal.code(),
        ErrorCode::JournalRolledBack,
        "a program that runs knows by itself"
    );
    // And a second history on top of the copy.
    count(&home.journal(), Entry::Use(7)).unwrap();
    let refusal = count(&journal, Entry::Use(1)).unwrap_err();
    assert_eq!(refusal.code(), ErrorCode::JournalRolledBack);
    // Removing it altogether is no better.
    std::fs::remove_file(home.path()).unwrap();
    let refusal = count(&home.journal(), Entry::Use(1)).unwrap_err();
    assert_eq!(refusal.code(), ErrorCode::JournalRolledBack);
    assert_eq!(
        home.journal().standing().unwrap_err().code(),
        ErrorCode::JournalRolledBack
    );
}

#[test]
fn another_computers_or_another_keys_journal_is_refused() {
    let mut home = Home::new();
    count(&home.journal(), Entry::Use(1)).unwrap();
    let mine = home.identity;
    home.identity.machine = [7; 12];
    let refusal = home.journal().standing().unwrap_err();
    assert!(
        matches!(refusal, Error::Journal(Fault::Copied { what: "computer", .. })),
        "{refusal}"
    );
    home.identity = mine;
    home.identity.key = [7; 16];
    assert_eq!(home.journal().standing().unwrap_err().code(), ErrorCode::JournalCopied);
    home.identity = mine;
    home.key = Arc::new(MeteringKey::generate().unwrap());
    count(&home.journal(), Entry::Use(1)).unwrap_err();
}

#[test]
fn an_edit_of_the_end_is_refused() {
    let home = Home::new();
    let journal = home.journal();
    for _ in 0..3 {
        count(&journal, Entry::Use(1)).unwrap();
    }
    let whole = std::fs::read(home.path()).unwrap();
    for at in [1, 3, 4, 20, 28, 52, 96, 130] {
        let mut edited = whole.clone();
        for record in 2..4 {
            edited[record * RECORD_BYTES + at] ^= 1;
        }
        std::fs::write(home.path(), &edited).unwrap();
        home.anchor.forget();
        let refusal = home.journal().standing().unwrap_err();
        assert_eq!(refusal.code(), ErrorCode::JournalEdited, "byte {at}");
    }
    std::fs::write(home.path(), vec![b'x'; 10_000]).unwrap();
    assert_eq!(home.journal().standing().unwrap_err().code(), ErrorCode::JournalEdited);
}

#[test]
fn cutting_waits_for_what_was_counted_since() {
    let home = Home::new();
    let (journal, other) = (home.journal(), home.journal());
    for _ in 0..300 {
        count(&journal, Entry::Use(1)).unwrap();
    }
    let (_, reported) = journal.last().unwrap().unwrap();
    count(&other, Entry::Use(1)).unwrap();
    assert!(!journal.compact(now(), reported).unwrap());
    let (_, reported) = journal.last().unwrap().unwrap();
    assert!(journal.compact(now(), reported).unwrap());
    assert_eq!(journal.records().unwrap().len(), RECORD_BYTES);
    // The other handle finds the new file by itself.
    assert_eq!(count(&other, Entry::Use(1)).unwrap().uses, 302);
    assert_eq!(count(&journal, Entry::Processings(1)).unwrap().uses, 302);
    assert_eq!(home.journal().standing().unwrap().unwrap().processings, 1);
}

#[test]
fn sixty_four_threads_take_exactly_what_there_is() {
    const LIMIT: u64 = 500;
    let home = Home::new();
    // Half of them by one handle, half by another, as two programs would.
    let handles = [home.journal(), home.journal()];
    let taken: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|at| {
                let journal = &handles[at % 2];
                scope.spawn(move || {
                    let mut taken = 0;
                    loop {
                        let took = journal.append(now(), 1, Standing::default(), |standing| {
                            if standing.uses < LIMIT {
                                Ok(Entry::Use(1))
                            } else {
                                Err(Error::MachineIdInvalid)
                            }
                        });
                        match took {
                            Ok(_) => taken += 1,
                            Err(Error::MachineIdInvalid) => return taken,
                            Err(error) => panic!("{error}"),
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(taken, LIMIT);
    assert_eq!(home.journal().standing().unwrap().unwrap().uses, LIMIT);
}
