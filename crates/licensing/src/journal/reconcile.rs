//! The vendor's side: what a journal that was handed in proves, and what is wrong with it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::anchor::Head;
use super::file::foreign;
use super::record::{self, Identity, Kind, RECORD_BYTES, Record, Vouchers};
use super::{Fault, JournalSeal};
use crate::{Error, VerifyingKey};

/// What the server acknowledged last of this journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The last record.
    pub head: Head,
    /// Starts counted up to there.
    pub uses: u64,
    /// Units of work counted up to there.
    pub processings: u64,
}

/// How much the device was allowed in all, over all its codes; `None` where nothing bounds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ceiling {
    /// Starts.
    pub uses: Option<u64>,
    /// Units of work.
    pub processings: Option<u64>,
}

/// Something that is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// Records are missing between two others.
    Gap {
        /// The place of the last record before; 0 where the beginning is missing.
        after: u64,
        /// The place of the next record that is there.
        next: u64,
    },
    /// Two histories go on from one place: a copy was put back and counted on.
    Fork {
        /// The first place that is known to differ.
        seq: u64,
    },
    /// The journal ends before what was acknowledged.
    Rollback {
        /// The place of its last record; 0 where it is empty.
        head: u64,
        /// The place that was acknowledged.
        acknowledged: u64,
    },
    /// Records were written for something else.
    Copied {
        /// The first such place.
        seq: u64,
        /// For another what: `license`, `computer` or `metering key`.
        what: String,
    },
    /// More was taken than was allowed.
    Overdrawn {
        /// Of what: `uses` or `processings`.
        what: String,
        /// How many were taken.
        taken: u64,
        /// How many were allowed.
        allowed: u64,
    },
    /// A record is not as it was written, is the last and not the one that was sealed, or contradicts the one before.
    Edited {
        /// The first such place.
        seq: u64,
    },
}

impl Finding {
    /// The finding in one word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "gap",
            Self::Fork { .. } => "fork",
            Self::Rollback { .. } => "rollback",
            Self::Copied { .. } => "copied",
            Self::Overdrawn { .. } => "overdrawn",
            Self::Edited { .. } => "edited",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { after, next } => write!(f, "entries are missing between {after} and {next}"),
            Self::Fork { seq } => write!(
                f,
                "two histories differ from entry {seq} on: an old copy was counted on"
            ),
            Self::Rollback { head, acknowledged } => write!(
                f,
                "it ends at entry {head}, although entry {acknowledged} was reported: an old copy was put back"
            ),
            Self::Copied { seq, what } => write!(f, "entry {seq} was written for another {what}"),
            Self::Overdrawn { what, taken, allowed } => {
                write!(f, "{taken} {what} were taken where {allowed} were allowed")
            }
            Self::Edited { seq } => write!(f, "entry {seq} was changed after it was written"),
        }
    }
}

/// What a journal proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Starts taken, never fewer than were acknowledged.
    pub uses: u64,
    /// Units of work taken, never fewer than were acknowledged.
    pub processings: u64,
    /// The last record that holds; `None` in a journal without one. To be acknowledged where nothing was found.
    pub head: Option<Head>,
    /// The highest number of a code that the device saw.
    pub code_seq: u64,
    /// The number of the code that was given back and not replaced since; 0 where there is none.
    pub surrendered: u64,
    /// What is wrong; empty for an honest journal.
    pub findings: Vec<Finding>,
}

/// The records of a journal as somebody handed them in.
#[derive(Clone, Copy, Debug)]
pub struct Records<'b>(&'b [[u8; RECORD_BYTES]]);

impl<'b> Records<'b> {
    /// The most records of one journal that are read at once.
    pub const MAX: usize = 100_000;

    /// Looks at untrusted bytes: whole records, [`Records::MAX`] at most; zeros behind them are left away.
    pub fn read(bytes: &'b [u8]) -> Result<Self, Error> {
        let refuse = |why| Err(Fault::Malformed { why }.into());
        if bytes.len() > Self::MAX * RECORD_BYTES {
            return refuse("there are more than 100,000");
        }
        let (rows, rest) = bytes.as_chunks::<RECORD_BYTES>();
        if !rest.is_empty() {
            return refuse("each has 192 bytes");
        }
        let count = rows
            .iter()
            .rposition(|row| !record::is_blank(row))
            .map_or(0, |at| at + 1);
        Ok(Self(&rows[..count]))
    }

    pub(super) const fn of(rows: &'b [[u8; RECORD_BYTES]]) -> Self {
        Self(rows)
    }

    /// The first and the last, as bytes.
    pub(super) fn ends(&self) -> Option<(&'b [u8; RECORD_BYTES], &'b [u8; RECORD_BYTES])> {
        self.0.first().zip(self.0.last())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The records that can be read as such, not verified.
    pub fn iter(&self) -> impl Iterator<Item = Record> + '_ {
        self.0.iter().filter_map(Record::parse)
    }

    /// Refuses records that no seal came with, where the last one has no signature of its own.
    pub fn require_seal(&self, seal: Option<&JournalSeal>) -> Result<(), Error> {
        let unsealed = seal.is_none() && self.0.last().is_some_and(record::needs_seal);
        let why = "their end carries no seal";
        if unsealed {
            Err(Fault::Malformed { why }.into())
        } else {
            Ok(())
        }
    }

    /// Verifies everything: the chain, the seal on its end, the sums, whose journal it is, what the server acknowledged
    /// before and what was allowed. Reading stops at the first record that does not hold. Records of earlier builds,
    /// which the metering key `key` signed each, need no seal.
    pub fn reconcile(
        &self,
        expect: &Identity,
        key: &VerifyingKey,
        seal: Option<&JournalSeal>,
        acknowledged: Option<&Acknowledged>,
        ceiling: Ceiling,
    ) -> Reconciled {
        let mut walk = Walk {
            expect,
            seal,
            vouchers: Vouchers {
                metering: key,
                records: seal.map(|seal| &seal.key),
            },
            acknowledged,
            last: None,
            findings: Vec::new(),
        };
        walk.run(self.0);
        walk.finish(ceiling)
    }
}

struct Walk<'w> {
    expect: &'w Identity,
    seal: Option<&'w JournalSeal>,
    vouchers: Vouchers<'w>,
    acknowledged: Option<&'w Acknowledged>,
    last: Option<(Record, &'w [u8; RECORD_BYTES], [u8; 32])>,
    findings: Vec<Finding>,
}

impl<'w> Walk<'w> {
    fn run(&mut self, rows: &'w [[u8; RECORD_BYTES]]) {
        // What vouches for a record vouches for all before it, so that the last of an unbroken chain is enough.
        let mut whole = None;
        let mut broken = false;
        for row in rows {
            let seq = self.last.map_or(1, |(last, ..)| last.seq.saturating_add(1));
            let Some(next) = Record::parse(row) else {
                self.findings.push(Finding::Edited { seq });
                broken = true;
                break;
            };
            if let Some(what) = foreign(&next.identity, self.expect) {
                self.findings.push(Finding::Copied {
                    seq: next.seq,
                    what: what.to_owned(),
                });
                broken = true;
                break;
            }
            let finding = match self.last {
                None => self.begins(&next),
                Some((last, bytes, hash)) => self.continues(&last, bytes, hash, &next, row),
            };
            if let Some(finding) = finding {
                // Behind a gap, and in a row that begins elsewhere, the records still hold by themselves.
                let goes_on = match finding {
                    Finding::Gap { .. } => true,
                    Finding::Fork { .. } => self.last.is_none(),
                    _ => false,
                };
                self.findings.push(finding);
                if !goes_on {
                    broken = true;
                    break;
                }
                whole = self.last.filter(|(_, bytes, _)| self.vouchers.hold(bytes)).or(whole);
            }
            let hash = record::hash(row);
            if let Some(known) = self.acknowledged.filter(|known| known.head.seq == next.seq)
                && known.head.hash != hash
            {
                self.findings.push(Finding::Fork { seq: next.seq });
            }
            self.last = Some((next, row, hash));
        }
        if let Some((last, bytes, hash)) = self.last
            && !(self.vouchers.hold(bytes) && (broken || self.is_sealed(&last, bytes, hash)))
        {
            let finding = Finding::Edited { seq: last.seq };
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
            self.last = whole;
        }
    }

    /// Whether the metering key signed the last record, or a seal on it.
    fn is_sealed(&self, last: &Record, bytes: &[u8; RECORD_BYTES], hash: [u8; 32]) -> bool {
        !record::needs_seal(bytes) || self.seal.is_some_and(|seal| seal.is_on(last, hash))
    }

    /// What is wrong with the first record.
    fn begins(&self, first: &Record) -> Option<Finding> {
        let known = self.acknowledged.map(|known| known.head);
        let contradicts = match first.kind {
            Kind::Open => first.seq != 1 || first.previous != [0; 32] || first.amount != 0,
            Kind::Checkpoint => first.seq < 2,
            // What was cut off by hand begins with anything.
            _ => false,
        };
        let before = first.seq.wrapping_sub(1);
        match known {
            _ if contradicts => Some(Finding::Edited { seq: first.seq }),
            Some(known) if before == known.seq && first.previous != known.hash => {
                Some(Finding::Fork { seq: first.seq })
            }
            Some(known) if before > known.seq => Some(Finding::Gap {
                after: known.seq,
                next: first.seq,
            }),
            None if first.seq != 1 => Some(Finding::Gap {
                after: 0,
                next: first.seq,
            }),
            _ => None,
        }
    }

    /// What is wrong between two records.
    fn continues(
        &self,
        last: &Record,
        last_bytes: &[u8; RECORD_BYTES],
        hash: [u8; 32],
        next: &Record,
        next_bytes: &[u8; RECORD_BYTES],
    ) -> Option<Finding> {
        if next.seq > last.seq.saturating_add(1) {
            return Some(Finding::Gap {
                after: last.seq,
                next: next.seq,
            });
        }
        let genuine = || self.vouchers.hold(last_bytes) && self.vouchers.hold(next_bytes);
        if next.seq <= last.seq || next.previous != hash {
            // Both genuine, and still no row: two histories were joined.
            return Some(if genuine() {
                Finding::Fork { seq: next.seq }
            } else {
                Finding::Edited {
                    seq: if self.vouchers.hold(last_bytes) {
                        next.seq
                    } else {
                        last.seq
                    },
                }
            });
        }
        let expected = last.next(hash, next.kind, next.amount, next.code_seq, next.time);
        let counts = next.amount > 0 || !matches!(next.kind, Kind::Use | Kind::Processings);
        let again = next.kind == Kind::Open;
        // After a code was given back nothing counts before a later one came.
        let void = last.standing().surrendered;
        let open = void == 0 || next.code_seq > void || next.standing().surrendered >= void;
        (expected != Some(*next) || !counts || again || !open).then_some(Finding::Edited { seq: next.seq })
    }

    fn finish(mut self, ceiling: Ceiling) -> Reconciled {
        let last = self.last.map(|(last, ..)| last);
        let head = self.last.map(|(last, _, hash)| Head { seq: last.seq, hash });
        let seq = head.map_or(0, |head| head.seq);
        if let Some(known) = self.acknowledged.filter(|known| known.head.seq > seq) {
            self.findings.push(Finding::Rollback {
                head: seq,
                acknowledged: known.head.seq,
            });
        }
        let at_least = |counted: Option<u64>, known: Option<u64>| counted.unwrap_or(0).max(known.unwrap_or(0));
        let uses = at_least(
            last.map(|last| last.total_uses),
            self.acknowledged.map(|known| known.uses),
        );
        let processings = at_least(
            last.map(|last| last.total_processings),
            self.acknowledged.map(|known| known.processings),
        );
        for (what, taken, allowed) in [
            ("uses", uses, ceiling.uses),
            ("processings", processings, ceiling.processings),
        ] {
            if let Some(allowed) = allowed.filter(|allowed| taken > *allowed) {
                self.findings.push(Finding::Overdrawn {
                    what: what.to_owned(),
                    taken,
                    allowed,
                });
            }
        }
        let standing = last.map(|last| last.standing()).unwrap_or_default();
        Reconciled {
            uses,
            processings,
            head,
            code_seq: standing.code_seq,
            surrendered: standing.surrendered,
            findings: self.findings,
        }
    }
}
