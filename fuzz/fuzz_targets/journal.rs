#![no_main]
//! A metering journal, as bytes that come from outside and as records that were tagged and sealed; and its seal.

use libfuzzer_sys::fuzz_target;
use scrip_fuzz::{METERING, journal_identity, metering, now, seal};
use scrip_licensing::StatementKind;
use scrip_licensing::journal::{
    Acknowledged, Ceiling, Head, JournalSeal, Kind, RECORD_BYTES, Reconciled, Record, RecordKey, Records,
};
use sha2::{Digest, Sha256};

const CEILING: Ceiling = Ceiling {
    uses: Some(1000),
    processings: Some(1_000_000),
};

fuzz_target!(|data: &[u8]| {
    let key = metering().verifying_key();
    if let Ok(text) = std::str::from_utf8(data) {
        JournalSeal::open(text, key).ok();
    }
    JournalSeal::open(&seal(StatementKind::Journal, &METERING, data), key).ok();
    let whole = &data[..data.len() / RECORD_BYTES * RECORD_BYTES];
    drop(reconcile(whole, None));
    let rows = tagged(whole);
    let bytes = rows.concat();
    let found = reconcile(&bytes, None);
    // With what an honest server would have acknowledged on the way, nobody's count goes down.
    for row in &rows {
        let Some(record) = Record::parse(row) else { continue };
        let known = Acknowledged {
            head: Head {
                seq: record.seq,
                hash: Sha256::digest(row).into(),
            },
            uses: record.total_uses,
            processings: record.total_processings,
        };
        let again = reconcile(&bytes, Some(&known));
        assert!(again.uses >= known.uses && again.processings >= known.processings);
    }
    let Some(head) = found.head.filter(|_| found.findings.is_empty()) else {
        return;
    };
    // An honest journal stays one when it is handed in again, and when nothing of it is new.
    let known = Acknowledged {
        head,
        uses: found.uses,
        processings: found.processings,
    };
    assert_eq!(reconcile(&bytes, Some(&known)), found);
    assert_eq!(reconcile(&bytes[bytes.len() - RECORD_BYTES..], Some(&known)), found);
});

fn reconcile(bytes: &[u8], known: Option<&Acknowledged>) -> Reconciled {
    let records = Records::read(bytes).expect("whole records, and not too many");
    let whose = journal_identity();
    let seal = JournalSeal::on(&records, whose.license, metering(), now());
    // Without a seal, what earlier builds wrote is read, and everything else is refused: never more than with one.
    let bare = records.reconcile(&whose, metering().verifying_key(), None, known, CEILING);
    let sealed = records.reconcile(&whose, metering().verifying_key(), Some(&seal), known, CEILING);
    assert!(bare.uses <= sealed.uses && bare.processings <= sealed.processings);
    sealed
}

/// Rows that can be read, tagged: each continues the one before it in as much as its first free bits say.
fn tagged(bytes: &[u8]) -> Vec<[u8; RECORD_BYTES]> {
    let mut rows: Vec<[u8; RECORD_BYTES]> = Vec::new();
    let mut last: Option<(Record, [u8; 32])> = None;
    for row in bytes.as_chunks::<RECORD_BYTES>().0.iter().take(40) {
        let mut draft = *row;
        draft[..3].copy_from_slice(b"SJ\x02");
        draft[3] = 1 + draft[3] % 6;
        let mut record = Record::parse(&draft).expect("it has a kind");
        let bits = row[RECORD_BYTES - 1];
        record.identity = if bits & 1 == 0 {
            journal_identity()
        } else {
            record.identity
        };
        if let Some((before, hash)) = last.filter(|_| bits & 2 == 0) {
            let amount = record.amount % 1000;
            record = before
                .next(hash, record.kind, amount, record.code_seq, record.time)
                .unwrap_or(record);
        } else if bits & 4 == 0 {
            (record.kind, record.seq, record.amount, record.previous) = (Kind::Open, 1, 0, [0; 32]);
        }
        let tagged = record.write(record_key());
        last = Some((record, Sha256::digest(tagged).into()));
        rows.push(tagged);
    }
    rows
}

/// The key of the journal's records, worked out once.
fn record_key() -> &'static RecordKey {
    static KEY: std::sync::LazyLock<RecordKey> =
        std::sync::LazyLock::new(|| metering().record_key(journal_identity().license));
    &KEY
}
