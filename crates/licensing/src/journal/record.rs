//! One entry of a journal: 192 bytes.

use ed25519_dalek::Signature;
use scrip_domain::{LicenseId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::RecordKey;
use crate::{MachineDigest, Thumbprint, VerifyingKey};

/// The size of a record, in bytes.
pub const RECORD_BYTES: usize = 192;

/// How many of a record's bytes are vouched for by those behind them.
const BODY_BYTES: usize = 128;
/// Where the tag of a record ends; zeros follow.
const TAG_END: usize = BODY_BYTES + 32;
const MAGIC: &[u8; 2] = b"SJ";
/// A record that earlier builds wrote: its body is followed by the metering key's signature.
const SIGNED: u8 = 1;
/// A record whose body is followed by a tag under the journal's [`RecordKey`].
const KEYED: u8 = 2;
/// What every signature over a record begins with. The zero byte tells it from any JWS (RFC 7515 section 5.1).
const SIGNED_CONTEXT: &[u8; 17] = b"scrip-journal-v1\0";

/// What a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The journal begins; its totals are what the server had counted before.
    Open = 1,
    /// Starts of the program were taken; `amount` says how many.
    Use = 2,
    /// Units of work were taken; `amount` says how many.
    Processings = 3,
    /// A code with a higher number was seen, or the time is noted. `amount` is the number of the code that was
    /// given back and not replaced since, or 0.
    Mark = 4,
    /// The code with the number `amount` was given back: it and those before it are void here.
    Surrender = 5,
    /// The server acknowledged everything before; first in a file that was cut. `amount` as in a mark.
    Checkpoint = 6,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [
            Self::Open,
            Self::Use,
            Self::Processings,
            Self::Mark,
            Self::Surrender,
            Self::Checkpoint,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}

/// Whose journal it is: every record names all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The license that is counted.
    pub license: LicenseId,
    /// The first 16 bytes of the metering key's thumbprint.
    pub key: [u8; 16],
    /// The first 12 bytes of the machine's digest.
    pub machine: [u8; 12],
}

impl Identity {
    /// The journal of `license`, counted under the metering key `key`, on `machine`.
    pub fn new(license: LicenseId, key: Thumbprint, machine: MachineDigest) -> Self {
        Self {
            license,
            key: first(&key.0),
            machine: first(&machine.0),
        }
    }
}

/// What was counted since a license came to this device, and which codes are void.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Starts taken.
    pub uses: u64,
    /// Units of work taken.
    pub processings: u64,
    /// The highest number of a code seen; those below it are superseded.
    pub code_seq: u64,
    /// The number of the code that was given back and not replaced since; 0 where there is none.
    pub surrendered: u64,
}

/// A record, as it was read or is about to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it tells.
    pub kind: Kind,
    /// Its place, from 1.
    pub seq: u64,
    /// When, as this computer believed.
    pub time: Timestamp,
    /// How many, or which code: see [`Kind`].
    pub amount: u64,
    /// Starts taken up to here, this record among them.
    pub total_uses: u64,
    /// Units of work taken up to here, this record among them.
    pub total_processings: u64,
    /// The highest number of a code seen.
    pub code_seq: u64,
    /// Whose journal it is.
    pub identity: Identity,
    /// The SHA-256 of the whole record before; zero for the first.
    pub previous: [u8; 32],
}

impl Record {
    /// What holds after this record.
    pub fn standing(&self) -> Standing {
        Standing {
            uses: self.total_uses,
            processings: self.total_processings,
            code_seq: self.code_seq,
            surrendered: match self.kind {
                Kind::Surrender | Kind::Mark | Kind::Checkpoint => self.amount,
                _ => 0,
            },
        }
    }

    /// The record that continues this one, whose bytes have the SHA-256 `hash`; `None` where a number would overflow.
    pub fn next(&self, hash: [u8; 32], kind: Kind, amount: u64, code_seq: u64, time: Timestamp) -> Option<Self> {
        let mut next = Self {
            kind,
            seq: self.seq.checked_add(1)?,
            time,
            amount,
            code_seq: self.code_seq.max(code_seq),
            previous: hash,
            ..*self
        };
        match kind {
            Kind::Use => next.total_uses = next.total_uses.checked_add(amount)?,
            Kind::Processings => next.total_processings = next.total_processings.checked_add(amount)?,
            _ => {}
        }
        Some(next)
    }

    /// The record's bytes, with its tag.
    pub fn write(&self, key: &RecordKey) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(MAGIC);
        put(&[KEYED, self.kind as u8]);
        put(&self.seq.to_le_bytes());
        put(&self.time.micros().to_le_bytes());
        put(&self.amount.to_le_bytes());
        put(&self.total_uses.to_le_bytes());
        put(&self.total_processings.to_le_bytes());
        put(&self.code_seq.to_le_bytes());
        put(self.identity.license.0.as_bytes());
        put(&self.identity.key);
        put(&self.identity.machine);
        put(&self.previous);
        let tag = key.tag(&bytes[..BODY_BYTES]);
        bytes[BODY_BYTES..TAG_END].copy_from_slice(&tag);
        bytes
    }

    /// Reads a record without checking what vouches for it; `None` where the bytes are not one.
    pub fn parse(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let number = |at: usize| u64::from_le_bytes(cut(bytes, at));
        if bytes[..2] != *MAGIC || !matches!(bytes[2], SIGNED | KEYED) {
            return None;
        }
        Some(Self {
            kind: Kind::of(bytes[3])?,
            seq: number(4),
            time: Timestamp::from_micros(i64::from_le_bytes(cut(bytes, 12))),
            amount: number(20),
            total_uses: number(28),
            total_processings: number(36),
            code_seq: number(44),
            identity: Identity {
                license: LicenseId(Uuid::from_bytes(cut(bytes, 52))),
                key: cut(bytes, 68),
                machine: cut(bytes, 84),
            },
            previous: cut(bytes, 96),
        })
    }
}

/// What vouches for the records of one journal.
#[derive(Clone, Copy)]
pub(super) struct Vouchers<'k> {
    /// Checks the signatures of records that earlier builds wrote.
    pub(super) metering: &'k VerifyingKey,
    /// Checks the tags of all others; `None` where nobody showed the key.
    pub(super) records: Option<&'k RecordKey>,
}

impl Vouchers<'_> {
    /// Whether the record is as it was written.
    pub(super) fn hold(&self, bytes: &[u8; RECORD_BYTES]) -> bool {
        let (body, rest) = bytes.split_at(BODY_BYTES);
        match bytes[2] {
            SIGNED => {
                let signature = Signature::from_bytes(&cut(bytes, BODY_BYTES));
                let mut message = [0; SIGNED_CONTEXT.len() + BODY_BYTES];
                message[..SIGNED_CONTEXT.len()].copy_from_slice(SIGNED_CONTEXT);
                message[SIGNED_CONTEXT.len()..].copy_from_slice(body);
                self.metering.point.verify_strict(&message, &signature).is_ok()
            }
            KEYED => {
                let (tag, zeros) = rest.split_at(TAG_END - BODY_BYTES);
                let blank = zeros.iter().all(|byte| *byte == 0);
                blank && self.records.is_some_and(|key| key.made(body, tag))
            }
            _ => false,
        }
    }
}

/// Whether the record needs a seal, as it carries no signature of its own.
pub(super) fn needs_seal(bytes: &[u8; RECORD_BYTES]) -> bool {
    bytes[2] != SIGNED
}

/// The SHA-256 of a whole record.
pub(super) fn hash(bytes: &[u8; RECORD_BYTES]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether a place in a file was never written.
pub(super) fn is_blank(bytes: &[u8; RECORD_BYTES]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// The `N` bytes at `at`, which lie inside a record by construction.
fn cut<const N: usize>(bytes: &[u8; RECORD_BYTES], at: usize) -> [u8; N] {
    first(&bytes[at..])
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[..N]);
    out
}
