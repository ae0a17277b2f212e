//! Copies the write-ahead log into the database (<https://www.sqlite.org/wal.html#ckpt>), beside the writer.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Mutex;

use super::{Lease, Slot};
use crate::Error;

/// Pages of 4 KiB that the write-ahead log may hold before they are copied into the file while others are written (512 MiB).
/// Checkouts change the same index pages again and again: the rarer the copying, the fewer pages are copied, and the fewer
/// requests it slows down.
const PAGES: i64 = 131_072;
/// The pause between two looks at how many it holds, while something is written.
const PAUSE: Duration = Duration::from_millis(100);
/// Where nothing was written for so long, all of them are copied.
const REST: Duration = Duration::from_secs(1);
/// The priority of the thread that copies them, as `nice` counts.
#[cfg(target_os = "linux")]
const LEAST_PRIORITY: i32 = 19;
/// So many, and the writer copies them itself: where the thread is late, or readers never pause (1 GiB).
pub(super) const PAGES_MAX: i64 = 2 * PAGES;

type WeakSlot = Weak<Mutex<Option<Connection>>>;

/// Starts the thread; it ends with the last of the senders, by which it hears that something is written.
pub(super) fn start(copier: &Slot, writer: &Slot) -> Result<mpsc::SyncSender<()>, Error> {
    let (written, signals) = mpsc::sync_channel(1);
    let (copier, writer) = (Arc::downgrade(copier), Arc::downgrade(writer));
    std::thread::Builder::new()
        .name("log copier".to_owned())
        .spawn(move || copy_log(&signals, &copier, &writer))
        .map_err(|source| Error::Unavailable {
            operation: "start a thread",
            source: source.into(),
        })?;
    Ok(written)
}

/// Copies the log into the file whenever it is long enough, and when nothing is written, until the store is gone.
fn copy_log(signals: &mpsc::Receiver<()>, copier: &WeakSlot, writer: &WeakSlot) {
    // Copying can wait, the requests beside it cannot. On Linux a thread has a priority of its own.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LEAST_PRIORITY) {
        tracing::debug!(%error, "the log is copied with the priority of everything else");
    }
    let mut resting = true;
    loop {
        let signal = if resting {
            signals.recv().map_err(RecvTimeoutError::from)
        } else {
            signals.recv_timeout(REST)
        };
        if signal == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        if signal.is_ok() {
            std::thread::sleep(PAUSE);
        }
        let (Some(copier), Some(writer)) = (copier.upgrade(), writer.upgrade()) else {
            return;
        };
        let done = match signal {
            Ok(()) => copy_pages(copier, writer, PAGES).map(|_| false),
            Err(_) => copy_all(copier, writer),
        };
        resting = match done {
            Ok(all) => all,
            Err(Error::Closing) => return,
            Err(error) => {
                tracing::warn!(%error, "the log of the database is not copied now; the writer will do it");
                signal.is_err()
            }
        };
    }
}

/// Copies the pages of the log into the file where `enough` are not there yet, and tells how many were not. Most are copied beside
/// the writer, which waits only for those that it wrote meanwhile: the log begins anew once none is left.
fn copy_pages(copier: Slot, writer: Slot, enough: i64) -> Result<i64, Error> {
    let copier = Lease(copier.blocking_lock_owned());
    let left = checkpoint(&copier, "NOOP")?;
    if left >= enough {
        checkpoint(&copier, "PASSIVE")?;
        checkpoint(&Lease(writer.blocking_lock_owned()), "PASSIVE")?;
    }
    Ok(left)
}

/// Copies whatever is not in the file yet, and tells whether nothing follows before the next signal.
fn copy_all(copier: Slot, writer: Slot) -> Result<bool, Error> {
    // Who writes now gave the signal long ago. Looked at first: what ended before is seen below, what begins after gives another.
    let nobody_writes = writer.try_lock().is_ok();
    copy_pages(copier, writer, 1)?;
    Ok(nobody_writes)
}

/// Runs a checkpoint of this mode, and tells how many pages of the log are not in the file.
fn checkpoint(connection: &Lease, mode: &str) -> Result<i64, Error> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let state = connection.rows::<(i64, i64, i64)>("copy the log", &sql, [[].as_slice()])?;
    Ok(state.first().map_or(0, |(_, log, copied)| log - copied))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::Sqlite;

    #[tokio::test]
    async fn a_long_log_is_copied_into_the_file_and_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scrip.db");
        let sqlite = Sqlite::open(&path).await.unwrap();
        let copy = async |enough| {
            let (copier, writer) = (Arc::clone(&sqlite.copier), Arc::clone(&sqlite.writer));
            tokio::task::spawn_blocking(move || copy_pages(copier, writer, enough))
                .await
                .unwrap()
        };
        let write = async || {
            let writer = sqlite.writer().await;
            writer
                .execute("test", "CREATE TABLE IF NOT EXISTS filling (x)", [[].as_slice()])
                .unwrap();
            writer
                .execute(
                    "test",
                    "INSERT INTO filling VALUES (randomblob(200000))",
                    [[].as_slice()],
                )
                .unwrap();
        };
        write().await;
        let long = copy(1000).await.unwrap();
        assert!((50..1000).contains(&long), "{long}");
        assert_eq!(copy(50).await.unwrap(), long);
        assert_eq!(copy(50).await.unwrap(), 0);
        let bytes = std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
        write().await;
        assert_eq!(std::fs::metadata(path.with_extension("db-wal")).unwrap().len(), bytes);
        sqlite.close().await;
        assert!(matches!(copy(50).await, Err(Error::Closing)));
    }

    #[tokio::test]
    async fn what_a_long_transaction_writes_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("scrip.db")).await.unwrap();
        let copy = async || {
            let (copier, writer) = (Arc::clone(&sqlite.copier), Arc::clone(&sqlite.writer));
            tokio::task::spawn_blocking(move || copy_all(copier, writer))
                .await
                .unwrap()
        };
        copy().await.unwrap();
        let writer = Lease(Arc::clone(&sqlite.writer).lock_owned().await);
        for sql in ["BEGIN IMMEDIATE", "CREATE TABLE filling (x)"] {
            writer.execute("test", sql, [[].as_slice()]).unwrap();
        }
        assert!(!copy().await.unwrap(), "nothing is there yet, and something follows");
        writer.execute("test", "COMMIT", [[].as_slice()]).unwrap();
        drop(writer);
        assert!(copy().await.unwrap());
        let copier = Lease(Arc::clone(&sqlite.copier).lock_owned().await);
        assert_eq!(checkpoint(&copier, "NOOP").unwrap(), 0);
    }

    #[tokio::test]
    async fn a_log_is_copied_into_the_file_when_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("scrip.db")).await.unwrap();
        let left = async || checkpoint(&Lease(Arc::clone(&sqlite.copier).lock_owned().await), "NOOP").unwrap();
        let writer = sqlite.writer().await;
        writer
            .execute("test", "CREATE TABLE filling (x)", [[].as_slice()])
            .unwrap();
        assert!(left().await > 0);
        drop(writer);
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while left().await > 0 {
            assert!(std::time::Instant::now() < deadline, "nothing was copied");
            tokio::task::yield_now().await;
        }
        sqlite.close().await;
    }
}
