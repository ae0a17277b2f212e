//! Writing and hashing, each on a thread of its own, fed through bounded queues.

use std::io::{Seek, Write};
use std::path::Path;

use bytes::Bytes;
use scrip_domain::Sha256;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::Error;
use crate::digest::Hasher;
use crate::fetch::Part;
use crate::lock::Locked;

/// Chunks are handed over in lots of this size: a handover for each small chunk would cost more than its bytes.
const LOT_BYTES: usize = 256 * 1024;
/// Lots that may wait for each thread: with the size of a lot the bound on memory.
const QUEUE_LOTS: usize = 16;

#[derive(Clone)]
enum Message {
    Lot(Vec<Bytes>),
    Restart,
}

/// Takes chunks in order; both threads see every byte.
pub(crate) struct Pipeline {
    lot: Vec<Bytes>,
    lot_bytes: usize,
    to_writer: mpsc::Sender<Message>,
    to_hasher: mpsc::Sender<Message>,
    writer: JoinHandle<Result<u64, Error>>,
    hasher: JoinHandle<Sha256>,
}

/// What has been written.
pub(crate) struct Written {
    /// The digest of every byte, those of earlier downloads included.
    pub(crate) digest: Sha256,
}

impl Pipeline {
    /// Continues `part`, the file at `path` that will have `size` bytes.
    pub(crate) fn start(part: Part, path: &Path, size: u64) -> Self {
        let (to_writer, writer_queue) = mpsc::channel(QUEUE_LOTS);
        let (to_hasher, hasher_queue) = mpsc::channel(QUEUE_LOTS);
        let Part { file, length, hasher } = part;
        let path = path.to_owned();
        let writer = spawn_blocking(move || write_all(file, &path, length, size, writer_queue));
        let hasher = spawn_blocking(move || hash_all(hasher, hasher_queue));
        Self {
            lot: Vec::new(),
            lot_bytes: 0,
            to_writer,
            to_hasher,
            writer,
            hasher,
        }
    }

    /// Adds bytes. Fails when the writer has stopped; [`Pipeline::finish`] says why.
    pub(crate) async fn push(&mut self, chunk: Bytes) -> Result<(), ()> {
        self.lot_bytes += chunk.len();
        self.lot.push(chunk);
        if self.lot_bytes >= LOT_BYTES {
            self.flush().await
        } else {
            Ok(())
        }
    }

    /// Hands over what has gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), ()> {
        self.lot_bytes = 0;
        let lot = std::mem::take(&mut self.lot);
        if lot.is_empty() {
            Ok(())
        } else {
            self.send(Message::Lot(lot)).await
        }
    }

    /// Forgets every byte and begins again.
    pub(crate) async fn restart(&mut self) -> Result<(), ()> {
        self.lot.clear();
        self.lot_bytes = 0;
        self.send(Message::Restart).await
    }

    async fn send(&self, message: Message) -> Result<(), ()> {
        self.to_hasher.send(message.clone()).await.map_err(|_| ())?;
        self.to_writer.send(message).await.map_err(|_| ())
    }

    /// Waits until everything is written and hashed.
    pub(crate) async fn finish(mut self) -> Result<Written, Error> {
        let broken = |_| Error::BrokenOff {
            operation: "the download",
        };
        // A writer that stopped tells its own error below.
        if self.flush().await.is_err() {
            tracing::debug!("the writer has stopped early");
        }
        drop((self.to_writer, self.to_hasher));
        self.writer.await.map_err(broken)??;
        let digest = self.hasher.await.map_err(broken)?;
        Ok(Written { digest })
    }
}

fn write_all(
    mut locked: Locked,
    path: &Path,
    mut length: u64,
    size: u64,
    mut queue: mpsc::Receiver<Message>,
) -> Result<u64, Error> {
    let failed = |length: u64, error| Error::write("write", path, size.saturating_sub(length), error);
    let file = locked.file();
    while let Some(message) = queue.blocking_recv() {
        match message {
            Message::Lot(chunks) => {
                for chunk in chunks {
                    file.write_all(&chunk).map_err(|error| failed(length, error))?;
                    length += chunk.len() as u64;
                }
            }
            Message::Restart => {
                file.set_len(0).map_err(|error| failed(length, error))?;
                file.rewind().map_err(|error| failed(length, error))?;
                length = 0;
            }
        }
    }
    Ok(length)
}

fn hash_all(mut hasher: Hasher, mut queue: mpsc::Receiver<Message>) -> Sha256 {
    while let Some(message) = queue.blocking_recv() {
        match message {
            Message::Lot(chunks) => chunks.iter().for_each(|chunk| hasher.update(chunk)),
            Message::Restart => hasher = Hasher::new(),
        }
    }
    hasher.finish()
}
