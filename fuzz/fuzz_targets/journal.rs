#![no_main]
//! A metering journal, as bytes that come from outside and as records that the metering key signed.

use libfuzzer_sys::fuzz_target;
use scrip_fuzz::{journal_identity, metering};
use scrip_licensing::journal::{Acknowledged, Ceiling, Head, Kind, RECORD_BYTES, Reconciled, Record, Records};
use sha2::{Digest, Sha256};

const CEILING: Ceiling = Ceiling {
    uses: Some(1000),
    processings: Some(1_000_000),
};

fuzz_target!(|data: &[u8]| {
    let whole = &data[..data.len() / RECORD_BYTES * RECORD_BYTES];
    drop(reconcile(whole, None));
    let rows = signed(whole);
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
    records.reconcile(&journal_identity(), metering().verifying_key(), known, CEILING)
}

/// Rows that can be read, signed: each continues the one before it in as much as its first free bits say.
fn signed(bytes: &[u8]) -> Vec<[u8; RECORD_BYTES]> {
    let mut rows: Vec<[u8; RECORD_BYTES]> = Vec::new();
    let mut last: Option<(Record, [u8; 32])> = None;
    for row in bytes.as_chunks::<RECORD_BYTES>().0.iter().take(40) {
        let mut draft = *row;
        draft[..3].copy_from_slice(b"SJ\x01");
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
        let signed = record.sign(metering());
        last = Some((record, Sha256::digest(signed).into()));
        rows.push(signed);
    }
    rows
}
