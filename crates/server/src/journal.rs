//! Reconciliation: a journal that was handed in is verified, compared with what was acknowledged, and counted.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_api::{Code, Finding as FindingView, JournalReceipt, JournalUpload, LicenseView};
use scrip_domain::{ActivationId, Coded as _, ErrorCode, License, SeatKind, Timestamp, Usage, UserId};
use scrip_licensing::journal::{
    Acknowledged, Ceiling, Finding, Head, Identity, JournalSeal, Kind, RECORD_BYTES, Reconciled, Records,
};
use scrip_licensing::{MeteringCertificate, Thumbprint};
use scrip_store::{ActivationRow, JournalHead, JournalReport};

use crate::routes::codes;
use crate::{Error, Server};

/// The largest journal that is looked at, in bytes.
pub(crate) const JOURNAL_BYTES_MAX: usize = 1024 * 1024;
/// How often a journal is compared again because another report of it came in between.
const ATTEMPTS_MAX: usize = 8;
const DAY_MICROS: i64 = 86_400_000_000;

/// What became of a journal.
pub(crate) struct Reported {
    pub(crate) activation: ActivationRow,
    pub(crate) license: License,
    /// What counts as reported.
    pub(crate) head: JournalHead,
    /// The number of the code that the computer gave back and that was not replaced since; 0 where there is none.
    pub(crate) surrendered: u64,
    pub(crate) findings: Vec<Finding>,
}

/// A journal as it came, by whichever way.
pub(crate) struct Handed<'h> {
    /// The device's word on the key that sealed it.
    pub(crate) certificate: &'h str,
    /// The seal; absent where an earlier build signed each record.
    pub(crate) seal: Option<&'h str>,
    pub(crate) records: &'h [u8],
}

/// The bytes of an uploaded journal.
pub(crate) fn records_of(upload: &JournalUpload) -> Result<Vec<u8>, Error> {
    let malformed = |why: &str| Error::Malformed { why: why.to_owned() };
    if upload.records.len() > JOURNAL_BYTES_MAX.div_ceil(3) * 4 {
        return Err(malformed("the journal has more than 1 MiB"));
    }
    Base64UrlUnpadded::decode_vec(&upload.records)
        .map_err(|_| malformed("the journal's records are not in unpadded base64url"))
}

/// An uploaded journal whose records are `records`.
pub(crate) fn handed<'h>(upload: &'h JournalUpload, records: &'h [u8]) -> Handed<'h> {
    Handed {
        certificate: &upload.certificate,
        seal: upload.seal.as_deref(),
        records,
    }
}

/// Verifies the journal of one of the user's activations and counts what is new. What was reported before counts once.
pub(crate) async fn reconcile_journal(
    server: &Server,
    user: UserId,
    activation: ActivationId,
    handed: &Handed<'_>,
) -> Result<Reported, Error> {
    if handed.records.len() > JOURNAL_BYTES_MAX {
        return Err(Error::TooLarge {
            limit_bytes: JOURNAL_BYTES_MAX,
        });
    }
    let (license, activation) = server.0.store.activation(user, activation).await?;
    let device: Thumbprint = activation.thumbprint.parse()?;
    let opened = MeteringCertificate::open(handed.certificate, device)?;
    let key = opened.key()?;
    let identity = Identity::new(license.id, key.thumbprint(), opened.machine);
    let records = Records::read(handed.records)?;
    let seal = handed.seal.map(|text| JournalSeal::open(text, &key)).transpose()?;
    records.require_seal(seal.as_ref())?;
    for _ in 0..ATTEMPTS_MAX {
        let known = server.0.store.journal_head(activation.id).await?;
        let same_key = known
            .as_ref()
            .filter(|head| head.metering_key == key.thumbprint().to_string() && head.seq > 0);
        let acknowledged = same_key.map(|head| Acknowledged {
            head: Head {
                seq: head.seq,
                hash: head.hash,
            },
            uses: head.used.uses,
            processings: head.used.processings,
        });
        let ceiling = Ceiling {
            uses: license.remaining.uses.map(|_| activation.allotted.uses),
            processings: license.remaining.processings.map(|_| activation.allotted.processings),
        };
        let mut proved = records.reconcile(&identity, &key, seal.as_ref(), acknowledged.as_ref(), ceiling);
        let before = known.as_ref().map(|head| head.used).unwrap_or_default();
        if same_key.is_none() {
            check_new_key(&mut proved, before);
        }
        let head = next_head(&proved, known.as_ref(), same_key, key.thumbprint());
        let taken = Usage {
            uses: head.used.uses.saturating_sub(before.uses),
            processings: head.used.processings.saturating_sub(before.processings),
        };
        let today = day_of(server.0.clock.now());
        let first = day_of(activation.seat.taken_at).min(today);
        let after = acknowledged.map_or(0, |known| known.head.seq);
        let until = proved.head.map_or(0, |head| head.seq);
        let report = JournalReport {
            activation: activation.id,
            certificate: handed.certificate.to_owned(),
            days: days_of(&records, after..=until, taken, first..=today),
            device: activation.seat.device,
            findings: proved
                .findings
                .iter()
                .map(|found| (code_of(found).to_owned(), found.to_string()))
                .collect(),
            head: head.clone(),
        };
        // Totals only grow, so that counting them before they are acknowledged counts nothing twice.
        let (license, _) = server.0.store.report_use(activation.id, head.used).await?;
        if let Some(new) = server.0.store.put_journal(&license, &report).await? {
            if new > 0 {
                tracing::warn!(activation = %activation.id, findings = new, "a journal is not as it should be");
            }
            return Ok(Reported {
                activation,
                license,
                head,
                surrendered: proved.surrendered,
                findings: proved.findings,
            });
        }
    }
    Err(Error::Store(scrip_store::Error::Busy {
        operation: "report a journal",
    }))
}

/// A journal of a new metering key begins with what was reported before; one that begins lower forgot it.
fn check_new_key(proved: &mut Reconciled, before: Usage) {
    if proved.uses < before.uses || proved.processings < before.processings {
        proved.findings.push(Finding::Rollback {
            head: proved.head.map_or(0, |head| head.seq),
            acknowledged: proved.head.map_or(0, |head| head.seq) + 1,
        });
    }
    proved.uses = proved.uses.max(before.uses);
    proved.processings = proved.processings.max(before.processings);
}

/// What is acknowledged from now on. A journal that goes on is followed, also from a fork or over a gap: what is wrong was
/// noted. One that went back or was edited leaves what was known.
fn next_head(
    proved: &Reconciled,
    known: Option<&JournalHead>,
    same_key: Option<&JournalHead>,
    key: Thumbprint,
) -> JournalHead {
    let broken = proved
        .findings
        .iter()
        .any(|found| matches!(found, Finding::Edited { .. } | Finding::Copied { .. }));
    let floor = same_key.map_or(0, |head| head.seq);
    let follow = proved.head.filter(|head| head.seq >= floor && !broken);
    let used = Usage {
        uses: proved.uses,
        processings: proved.processings,
    };
    let revision = known.map_or(0, |head| head.revision);
    match (follow, same_key) {
        (Some(head), _) => JournalHead {
            metering_key: key.to_string(),
            seq: head.seq,
            hash: head.hash,
            used,
            revision,
        },
        (None, Some(same)) => JournalHead { used, ..same.clone() },
        (None, None) => JournalHead {
            metering_key: key.to_string(),
            seq: 0,
            hash: [0; 32],
            used,
            revision,
        },
    }
}

/// What was taken, by the days on which the computer says that it was; what no record explains, today.
fn days_of(
    records: &Records<'_>,
    seqs: std::ops::RangeInclusive<u64>,
    taken: Usage,
    days: std::ops::RangeInclusive<i64>,
) -> Vec<(i64, Usage)> {
    let mut by_day: BTreeMap<i64, Usage> = BTreeMap::new();
    let mut left = taken;
    for record in records
        .iter()
        .filter(|record| record.seq > *seqs.start() && record.seq <= *seqs.end())
    {
        // The computer's clock may be anything; no day outside the activation's life is believed.
        let day = day_of(record.time).clamp(*days.start(), *days.end());
        let used = by_day.entry(day).or_default();
        let (sum, rest) = match record.kind {
            Kind::Use => (&mut used.uses, &mut left.uses),
            Kind::Processings => (&mut used.processings, &mut left.processings),
            _ => continue,
        };
        let counted = record.amount.min(*rest);
        *sum += counted;
        *rest -= counted;
    }
    let today = by_day.entry(*days.end()).or_default();
    today.uses += left.uses;
    today.processings += left.processings;
    by_day.retain(|_, used| *used != Usage::default());
    by_day.into_iter().collect()
}

/// Days since 1970-01-01 (UTC).
pub(crate) fn day_of(instant: Timestamp) -> i64 {
    instant.micros().div_euclid(DAY_MICROS)
}

/// The day as `2025-06-15`.
pub(crate) fn day_text(day: i64) -> String {
    let text = Timestamp::from_micros(day.saturating_mul(DAY_MICROS)).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// The finding as the API names it.
fn code_of(finding: &Finding) -> &'static str {
    match finding {
        Finding::Gap { .. } => "journal.gap",
        Finding::Fork { .. } => "journal.fork",
        Finding::Rollback { .. } => "journal.rolled_back",
        Finding::Copied { .. } => "journal.copied",
        Finding::Overdrawn { .. } => "journal.overdrawn",
        _ => "journal.edited",
    }
}

impl Reported {
    /// What the computer is told, with a fresh code where the license still allows something.
    pub(crate) async fn receipt(self, server: &Server, user: UserId) -> Result<JournalReceipt, Error> {
        let now = server.0.clock.now();
        let code = self.fresh_code(server, user).await?;
        let hash: Vec<String> = self.head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(JournalReceipt {
            acknowledged_seq: self.head.seq,
            acknowledged_hash: hash.concat(),
            findings: self.findings.iter().map(finding_view).collect(),
            license: LicenseView::of(&self.license, now),
            code,
        })
    }

    async fn fresh_code(&self, server: &Server, user: UserId) -> Result<Option<Code>, Error> {
        // A code that was given back is not replaced by itself: the computer asks for a seat again.
        let now = server.0.clock.now();
        let seat = &self.activation.seat;
        if self.surrendered > 0 || !self.license.allows(now) || !seat.is_live(now) {
            return Ok(None);
        }
        let floating = seat.kind == SeatKind::Floating;
        match codes::issue_for(server, user, self.license.id, seat.device, floating).await {
            // All that is left is promised to other computers, or the seat went to one of them.
            Err(refused) if matches!(refused.code(), ErrorCode::LicenseInUse | ErrorCode::SeatNoneFree) => Ok(None),
            code => code.map(Some),
        }
    }
}

pub(crate) fn finding_view(finding: &Finding) -> FindingView {
    FindingView {
        kind: code_of(finding).to_owned(),
        explanation: finding.to_string(),
    }
}

const _: () = assert!(JOURNAL_BYTES_MAX / RECORD_BYTES < Records::MAX);
