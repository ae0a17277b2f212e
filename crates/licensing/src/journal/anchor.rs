//! A second place that remembers how far a journal had come, so that an old copy of it is noticed.

use super::record::Identity;

/// The end of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The place of the last record.
    pub seq: u64,
    /// The SHA-256 of its 192 bytes.
    pub hash: [u8; 32],
}

impl Head {
    /// How a head is kept: `seq` as 8 bytes, little-endian, and the hash.
    pub fn to_bytes(self) -> [u8; 40] {
        let mut bytes = [0; 40];
        bytes[..8].copy_from_slice(&self.seq.to_le_bytes());
        bytes[8..].copy_from_slice(&self.hash);
        bytes
    }

    /// Reads what [`Head::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seq, hash) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            seq: u64::from_le_bytes(*seq),
            hash: hash.try_into().ok()?,
        })
    }
}

/// Remembers the head of journals outside the files of their folder, each by whose it is: a copy of a folder has the
/// key of its original and is noticed beside it, while two homes of one person, each with a key of its own, count the
/// same license side by side. A place that cannot be reached remembers nothing and refuses nothing: a machine without
/// one goes on without.
pub trait Anchor: Send + Sync {
    /// The head that was remembered, if one is.
    fn read(&self, journal: &Identity) -> Option<Head>;

    /// Remembers `head`.
    fn write(&self, journal: &Identity, head: Head);

    /// Forgets a journal that is gone from this computer for good.
    fn forget(&self, _journal: &Identity) {}
}

/// Remembers nothing: for systems that have no such place.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAnchor;

impl Anchor for NoAnchor {
    fn read(&self, _: &Identity) -> Option<Head> {
        None
    }

    fn write(&self, _: &Identity, _: Head) {}
}

/// Where this system remembers heads: the kernel's keyring of the user on Linux (keyrings(7)), which lasts until
/// the computer is switched off; nowhere on other systems.
pub fn system_anchor() -> Box<dyn Anchor> {
    #[cfg(target_os = "linux")]
    let anchor = super::kernel::UserKeyring::default();
    #[cfg(not(target_os = "linux"))]
    let anchor = NoAnchor;
    Box::new(anchor)
}
