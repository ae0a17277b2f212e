//! What a computer is made of, told as digests, so that it is recognised after a repair or a new system.

#[cfg(feature = "facts")]
mod linux;
mod recognition;

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::Sha256;

pub use recognition::MachineMatch;

/// A property by which a computer is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// The mainboard's own id or serial number.
    Board,
    /// The addresses of the network cards that are built in.
    Network,
    /// The serial numbers of the disks that are built in.
    Disk,
    /// The id that the operating system made for itself.
    System,
    /// Maker and model of the mainboard.
    Model,
    /// The processor, and how much memory there is, roughly.
    Processor,
    /// The computer's name.
    Name,
}

impl FactKind {
    /// Every kind, the weightiest first.
    pub const ALL: [Self; 7] = [
        Self::Board,
        Self::Network,
        Self::Disk,
        Self::System,
        Self::Model,
        Self::Processor,
        Self::Name,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Network => "network",
            Self::Disk => "disk",
            Self::System => "system",
            Self::Model => "model",
            Self::Processor => "processor",
            Self::Name => "name",
        }
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Board => "board",
            Self::Network => "network card",
            Self::Disk => "disk",
            Self::System => "system id",
            Self::Model => "model",
            Self::Processor => "processor and memory",
            Self::Name => "name",
        })
    }
}

/// One fact as Scrip alone knows it: the first 12 bytes of HMAC-SHA-256 over `scrip.fact.v1.` and the kind, keyed
/// by the value in lower case without spaces around; written as 16 characters of base64url.
///
/// It hides a serial number. A value that has few possibilities, such as a processor, can be guessed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactDigest([u8; 12]);

impl FactDigest {
    /// The digest of `value`; `None` where it says nothing.
    pub fn of(kind: FactKind, value: &str) -> Option<Self> {
        let value = value.trim().to_lowercase();
        if value.is_empty() {
            return None;
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(value.as_bytes()).ok()?;
        mac.update(b"scrip.fact.v1.");
        mac.update(kind.name().as_bytes());
        let bytes: [u8; 32] = mac.finalize().into_bytes().into();
        bytes.first_chunk().copied().map(Self)
    }
}

impl fmt::Display for FactDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 16];
        f.write_str(Base64UrlUnpadded::encode(&self.0, &mut text).unwrap_or_default())
    }
}

impl fmt::Debug for FactDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FactDigest({self})")
    }
}

impl Serialize for FactDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FactDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let mut bytes = [0; 12];
        match Base64UrlUnpadded::decode(&*text, &mut bytes) {
            Ok(read) if read.len() == 12 => Ok(Self(bytes)),
            _ => Err(de::Error::custom("a fact is not 12 bytes of base64url")),
        }
    }
}

/// The facts of one computer, as many as could be read; several of a kind where there are several parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineFacts {
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    board: Values,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    network: Values,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    disk: Values,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    system: Values,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    model: Values,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    processor: Values,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    name: Values,
}

/// At most [`MachineFacts::MAX_OF_A_KIND`] digests, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<FactDigest>")]
struct Values(Vec<FactDigest>);

impl Values {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Vec<FactDigest>> for Values {
    type Error = &'static str;

    fn try_from(values: Vec<FactDigest>) -> Result<Self, &'static str> {
        if values.len() > MachineFacts::MAX_OF_A_KIND {
            return Err("a computer has 8 facts of a kind at most");
        }
        let mut sorted = Self::default();
        for value in values {
            sorted.insert(value);
        }
        Ok(sorted)
    }
}

impl Values {
    fn insert(&mut self, value: FactDigest) {
        if let (Err(at), true) = (self.0.binary_search(&value), self.0.len() < MachineFacts::MAX_OF_A_KIND) {
            self.0.insert(at, value);
        }
    }
}

impl MachineFacts {
    /// The most facts of one kind; further ones are left out.
    pub const MAX_OF_A_KIND: usize = 8;

    /// Adds a fact; a value that says nothing is left out.
    pub fn add(&mut self, kind: FactKind, value: &str) {
        if let Some(digest) = FactDigest::of(kind, value) {
            self.values_mut(kind).insert(digest);
        }
    }

    /// The facts of one kind, sorted.
    pub fn of(&self, kind: FactKind) -> &[FactDigest] {
        match kind {
            FactKind::Board => &self.board.0,
            FactKind::Network => &self.network.0,
            FactKind::Disk => &self.disk.0,
            FactKind::System => &self.system.0,
            FactKind::Model => &self.model.0,
            FactKind::Processor => &self.processor.0,
            FactKind::Name => &self.name.0,
        }
    }

    /// Whether nothing could be read.
    pub fn is_empty(&self) -> bool {
        FactKind::ALL.into_iter().all(|kind| self.of(kind).is_empty())
    }

    fn values_mut(&mut self, kind: FactKind) -> &mut Values {
        match kind {
            FactKind::Board => &mut self.board,
            FactKind::Network => &mut self.network,
            FactKind::Disk => &mut self.disk,
            FactKind::System => &mut self.system,
            FactKind::Model => &mut self.model,
            FactKind::Processor => &mut self.processor,
            FactKind::Name => &mut self.name,
        }
    }
}
