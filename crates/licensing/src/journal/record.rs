//! One entry of a journal: 192 bytes.

use ed25519_dalek::{Signature, Signer};
use scrip_domain::{LicenseId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::MeteringKey;
use crate::{MachineDigest, Thumbprint, VerifyingKey};

/// The size of a record, in bytes.
pub const RECORD_BYTES: usize = 192;

/// How many of a record's bytes are signed: all before the signature.
const SIGNED_BYTES: usize = 128;
const MAGIC: &[u8; 2] = b"SJ";
const VERSION: u8 = 1;
/// What every signature over a record begins with. The zero byte tells it from any JWS (RFC 7515 section 5.1).
const CONTEXT: &[u8; 17] = b"scrip-journal-v1\0";

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The license that is counted.
    pub license: LicenseId,
    /// The first 16 bytes of the metering key's thumbprint.
    pub key: [u8; 16],
    /// The first 12 bytes of the machine's digest.
    pub machine: [u8; 12],
}

impl Identity {
    /// The journal of `license`, signed with `key`, on `machine`.
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

    /// The record's bytes, signed.
    pub fn sign(&self, key: &MeteringKey) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(MAGIC);
        put(&[VERSION, self.kind as u8]);
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
        let signature = key.pair().sign(&message(&bytes)).to_bytes();
        bytes[SIGNED_BYTES..].copy_from_slice(&signature);
        bytes
    }

    /// Reads a record without checking its signature; `None` where the bytes are not one.
    pub fn parse(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let number = |at: usize| u64::from_le_bytes(cut(bytes, at));
        if bytes[..2] != *MAGIC || bytes[2] != VERSION {
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

/// Whether `key` signed the record.
pub(super) fn is_signed(bytes: &[u8; RECORD_BYTES], key: &VerifyingKey) -> bool {
    let signature = Signature::from_bytes(&cut(bytes, SIGNED_BYTES));
    key.point.verify_strict(&message(bytes), &signature).is_ok()
}

/// The SHA-256 of a whole record.
pub(super) fn hash(bytes: &[u8; RECORD_BYTES]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether a place in a file was never written.
pub(super) fn is_blank(bytes: &[u8; RECORD_BYTES]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

fn message(bytes: &[u8; RECORD_BYTES]) -> [u8; CONTEXT.len() + SIGNED_BYTES] {
    let mut message = [0; CONTEXT.len() + SIGNED_BYTES];
    message[..CONTEXT.len()].copy_from_slice(CONTEXT);
    message[CONTEXT.len()..].copy_from_slice(&bytes[..SIGNED_BYTES]);
    message
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
