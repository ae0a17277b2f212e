//! Journals that earlier builds wrote: every record signed by the metering key, none sealed.

use std::sync::Arc;

use scrip_domain::{Coded, ErrorCode, LicenseId};
use scrip_licensing::MachineDigest;
use scrip_licensing::journal::{
    Acknowledged, Ceiling, Entry, Finding, Identity, JournalSeal, MeteringKey, RECORD_BYTES, Reconciled, Records,
};

use super::home::{Home, count, now};

/// The records of such a journal as it was written: one start, 41 units of work, two starts.
const SIGNED: &[u8; 4 * RECORD_BYTES] = include_bytes!("signed.journal");

/// A home with that journal, as it lay on the disk.
fn old_home() -> Home {
    let mut home = Home::new();
    home.key = Arc::new(MeteringKey::from_secret_bytes(&[7; 32]));
    let license = LicenseId(uuid::Uuid::from_bytes([0x11; 16]));
    let machine = MachineDigest::of("0123456789abcdef0123456789abcdef").unwrap();
    home.identity = Identity::new(license, home.key.thumbprint(), machine);
    lay(&home, SIGNED);
    home
}

fn lay(home: &Home, records: &[u8]) {
    let mut file = records.to_vec();
    file.resize(256 * RECORD_BYTES, 0);
    std::fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    std::fs::write(home.path(), file).unwrap();
}

fn reconcile(home: &Home, bytes: &[u8], sealed: bool, known: Option<&Acknowledged>) -> Reconciled {
    let records = Records::read(bytes).unwrap();
    let seal = sealed.then(|| JournalSeal::on(&records, home.identity.license, &home.key, now()));
    records.require_seal(seal.as_ref()).unwrap();
    let key = home.key.verifying_key();
    records.reconcile(&home.identity, key, seal.as_ref(), known, Ceiling::default())
}

#[test]
fn what_was_counted_before_is_there_and_is_gone_on_with() {
    let home = old_home();
    let standing = home.journal().standing().unwrap().unwrap();
    assert_eq!((standing.uses, standing.processings), (3, 41));
    let standing = count(&home.journal(), Entry::Use(1)).unwrap();
    assert_eq!((standing.uses, standing.processings), (4, 41));
    let bytes = home.journal().records().unwrap();
    assert_eq!(bytes.len(), 5 * RECORD_BYTES);
    assert_eq!(bytes[..SIGNED.len()], SIGNED[..], "what was written stays as it is");
    let found = reconcile(&home, &bytes, true, None);
    assert_eq!((found.uses, found.processings, found.findings), (4, 41, vec![]));
    // Cut down, it is like any other.
    let (_, head) = home.journal().last().unwrap().unwrap();
    assert!(home.journal().compact(now(), head).unwrap());
    assert_eq!(count(&home.journal(), Entry::Use(1)).unwrap().uses, 5);
}

#[test]
fn a_report_of_an_earlier_build_counts_without_a_seal() {
    let home = old_home();
    let found = reconcile(&home, SIGNED, false, None);
    assert_eq!((found.uses, found.processings, &found.findings), (3, 41, &vec![]));
    let known = Acknowledged {
        head: found.head.unwrap(),
        uses: found.uses,
        processings: found.processings,
    };
    // And what the next build counts behind it.
    count(&home.journal(), Entry::Use(1)).unwrap();
    let bytes = home.journal().records().unwrap();
    for bytes in [&bytes[..], &bytes[SIGNED.len()..]] {
        let found = reconcile(&home, bytes, true, Some(&known));
        assert_eq!((found.uses, found.findings), (4, vec![]));
    }
}

#[test]
fn an_edit_of_a_signed_record_is_found() {
    let home = old_home();
    count(&home.journal(), Entry::Use(1)).unwrap();
    let bytes = home.journal().records().unwrap();
    for at in [0, 2, 12, 20, 28, 96, 128, 191] {
        let mut edited = bytes.clone();
        edited[3 * RECORD_BYTES + at] ^= 0x20;
        let found = reconcile(&home, &edited, true, None);
        assert_eq!(found.findings, [Finding::Edited { seq: 4 }], "byte {at}");
        assert!(found.uses < 3, "byte {at}");
        // At the end of a file it is refused here already.
        let mut edited = SIGNED.to_vec();
        for record in 2..4 {
            edited[record * RECORD_BYTES + at] ^= 0x20;
        }
        lay(&home, &edited);
        home.anchor.forget();
        let refusal = home.journal().standing().unwrap_err();
        assert_eq!(refusal.code(), ErrorCode::JournalEdited, "byte {at}");
    }
    // Tagging does not stand in for a signature.
    let mut renamed = SIGNED.to_vec();
    renamed[3 * RECORD_BYTES + 2] = 2;
    assert_eq!(
        reconcile(&home, &renamed, true, None).findings,
        [Finding::Edited { seq: 4 }]
    );
}
