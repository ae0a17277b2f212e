//! Where bytes come from: the one door through which a download enters.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use scrip_domain::{Coded, ErrorCode};

/// The bytes of one download attempt.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, SourceError>> + Send>>;

/// A place from which an artifact's bytes can be read.
pub trait ArtifactSource: Send + Sync {
    /// Opens the artifact for reading from `offset`, in bytes from its start.
    fn open(&self, offset: u64) -> BoxFuture<'_, Result<Body, SourceError>>;
}

/// An opened artifact.
pub struct Body {
    /// Where the stream begins: the offset asked for, or 0 from a source that cannot continue.
    pub start: u64,
    /// The length of the whole artifact in bytes, where the source tells it.
    pub total: Option<u64>,
    /// The bytes from `start` to the end.
    pub stream: ByteStream,
}

/// Why a source gave no more bytes.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct SourceError {
    /// The reason, with the code and hints that the person sees.
    pub cause: Box<dyn Coded + Send + Sync>,
    /// Whether another attempt may succeed: true for a broken connection, false for a refusal.
    pub retry: bool,
}

impl SourceError {
    /// A failure that another attempt may mend, such as a broken connection.
    pub fn transient(cause: impl Coded + Send + Sync + 'static) -> Self {
        Self {
            cause: Box::new(cause),
            retry: true,
        }
    }

    /// A failure that stays, such as a refusal.
    pub fn fatal(cause: impl Coded + Send + Sync + 'static) -> Self {
        Self {
            cause: Box::new(cause),
            retry: false,
        }
    }
}

impl Coded for SourceError {
    fn code(&self) -> ErrorCode {
        self.cause.code()
    }

    fn hints(&self) -> Vec<String> {
        self.cause.hints()
    }
}

/// How a broken download is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in a row that may bring no new byte before the download fails.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each fruitless one, up to 32 times this.
    pub pause: Duration,
    /// How long a connection may bring nothing before it counts as broken.
    pub stall: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            pause: Duration::from_millis(250),
            stall: Duration::from_mins(1),
        }
    }
}
