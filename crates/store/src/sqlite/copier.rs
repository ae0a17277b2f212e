//! Copies the write-ahead log into the database (<https://www.sqlite.org/wal.html#ckpt>), beside the writer.

use std::sync::atomic::{AtomicBool, Ordering};
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
/// The time between two looks at how many it holds, while something is written. Where nothing was written for so long, all of
/// them are copied.
const LOOK: Duration = Duration::from_secs(1);
/// The priority of the thread that copies them, as `nice` counts.
#[cfg(target_os = "linux")]
const LEAST_PRIORITY: i32 = 19;
/// So many, and the writer copies them itself: where the thread is late, or readers never pause (1 GiB).
pub(super) const PAGES_MAX: i64 = 2 * PAGES;

type WeakSlot = Weak<Mutex<Option<Connection>>>;

/// What the writer and the thread tell each other.
#[derive(Debug, Default)]
struct Signs {
    /// Something was written since the thread looked.
    written: AtomicBool,
    /// The thread waits until something is.
    resting: AtomicBool,
}

/// The writer's way to the thread, which ends with the last of them.
#[derive(Clone, Debug)]
pub(super) struct Copier {
    signs: Arc<Signs>,
    wake: mpsc::SyncSender<()>,
}

impl Copier {
    /// Starts the thread.
    pub(super) fn start(copier: &Slot, writer: &Slot) -> Result<Self, Error> {
        let (wake, woken) = mpsc::sync_channel(1);
        let (copier, writer) = (Arc::downgrade(copier), Arc::downgrade(writer));
        let signs = Arc::<Signs>::default();
        let theirs = Arc::clone(&signs);
        std::thread::Builder::new()
            .name("log copier".to_owned())
            .spawn(move || copy_log(&theirs, &woken, &copier, &writer))
            .map_err(|source| Error::Unavailable {
                operation: "start a thread",
                source: source.into(),
            })?;
        Ok(Self { signs, wake })
    }

    /// Tells that the writer is done.
    pub(super) fn note(&self) {
        self.signs.written.store(true, Ordering::SeqCst);
        // Only who rests is woken. A signal that nobody took yet is as good as two, and a thread that ended needs none.
        if self.signs.resting.swap(false, Ordering::SeqCst) && self.wake.try_send(()).is_err() {
            tracing::debug!("the thread that copies the log was woken already, or has ended");
        }
    }
}

/// Copies the log into the file whenever it is long enough, and when nothing is written, until the store is gone.
fn copy_log(signs: &Signs, woken: &mpsc::Receiver<()>, copier: &WeakSlot, writer: &WeakSlot) {
    // Copying can wait, the requests beside it cannot. On Linux a thread has a priority of its own.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LEAST_PRIORITY) {
        tracing::debug!(%error, "the log is copied with the priority of everything else");
    }
    loop {
        signs.resting.store(true, Ordering::SeqCst);
        // What was written before this thread said that it rests woke nobody.
        if !signs.written.load(Ordering::SeqCst) && woken.recv().is_err() {
            return;
        }
        signs.resting.store(false, Ordering::SeqCst);
        let mut written = true;
        while written {
            if woken.recv_timeout(LOOK) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
            written = signs.written.swap(false, Ordering::SeqCst);
            let (Some(copier), Some(writer)) = (copier.upgrade(), writer.upgrade()) else {
                return;
            };
            match copy_pages(copier, writer, if written { PAGES } else { 1 }) {
                Ok(_) => {}
                Err(Error::Closing) => return,
                Err(error) => {
                    tracing::warn!(%error, "the log of the database is not copied now; the writer will do it");
                }
            }
        }
    }
}

/// Copies the pages of the log into the file where `enough` are not there yet, and tells how many were not. Most are copied beside
/// the writer, which waits only for those that it wrote meanwhile: the log begins anew once none is left.
fn copy_pages(copier: Slot, writer: Slot, enough: i64) -> Result<i64, Error> {
    let copier = Lease::new(copier.blocking_lock_owned());
    let left = checkpoint(&copier, "NOOP")?;
    if left >= enough {
        checkpoint(&copier, "PASSIVE")?;
        checkpoint(&Lease::new(writer.blocking_lock_owned()), "PASSIVE")?;
    }
    Ok(left)
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
            let (copier, writer) = (Arc::clone(&sqlite.copying), Arc::clone(&sqlite.writer));
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
    async fn a_log_is_copied_into_the_file_when_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("scrip.db")).await.unwrap();
        // A log that cannot be looked at now is looked at again.
        let left = || match Arc::clone(&sqlite.copying).try_lock_owned() {
            Ok(copying) => checkpoint(&Lease::new(copying), "NOOP").unwrap(),
            Err(_) => i64::MAX,
        };
        let until = async |what: &str, ready: &dyn Fn() -> bool| {
            let deadline = std::time::Instant::now() + Duration::from_mins(1);
            while !ready() {
                assert!(std::time::Instant::now() < deadline, "{what}");
                tokio::task::yield_now().await;
            }
        };
        for table in ["first", "second"] {
            let writer = sqlite.writer().await;
            // Later than the thread gave up waiting for this one.
            let resting = || sqlite.copier.signs.resting.load(Ordering::SeqCst);
            until("the thread never rests", &resting).await;
            let sql = format!("CREATE TABLE {table} (x)");
            writer.execute("test", &sql, [[].as_slice()]).unwrap();
            assert!(left() > 0);
            drop(writer);
            until("nothing was copied", &|| left() == 0).await;
        }
        sqlite.close().await;
    }
}
