//! Runs requests that arrive at the same time together, as one batch.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::Error;

/// The most requests of one batch.
const BATCH_MAX: usize = 64;
/// How many requests may wait before a new one waits to be queued.
const QUEUE_MAX: usize = 4096;

/// A queue of requests and the tasks that run them in batches.
///
/// A batch is whatever waits when a task becomes free, so that a lone request is never delayed and the cost of
/// a durable commit is shared by all that arrive during the one before it.
pub(crate) struct Coalescer<T, R> {
    queue: mpsc::Sender<(T, oneshot::Sender<R>)>,
}

impl<T, R> Clone for Coalescer<T, R> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<T: Send + 'static, R: Send + 'static> Coalescer<T, R> {
    /// Starts `workers` tasks that pass batches to `run`, which answers each request in order.
    pub(crate) fn start<F, Fut>(workers: usize, run: F) -> Self
    where
        F: Fn(Vec<T>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Vec<R>> + Send,
    {
        let (queue, waiting) = mpsc::channel::<(T, oneshot::Sender<R>)>(QUEUE_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..workers {
            let (waiting, run) = (Arc::clone(&waiting), run.clone());
            tokio::spawn(async move {
                let mut batch = Vec::with_capacity(BATCH_MAX);
                while waiting.lock().await.recv_many(&mut batch, BATCH_MAX).await > 0 {
                    let (requests, replies): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
                    let answers = run(requests).await;
                    debug_assert_eq!(answers.len(), replies.len());
                    for (reply, answer) in replies.into_iter().zip(answers) {
                        // A caller that went away needs no answer; what was committed stays.
                        drop(reply.send(answer));
                    }
                }
            });
        }
        Self { queue }
    }

    /// Queues a request and waits for its answer.
    pub(crate) async fn ask(&self, request: T) -> Result<R, Error> {
        let (reply, answer) = oneshot::channel();
        self.queue.send((request, reply)).await.map_err(|_| Error::Closing)?;
        answer.await.map_err(|_| Error::Closing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_of_one_moment_share_a_batch_and_keep_their_answers() {
        let coalescer = Coalescer::start(1, |batch: Vec<u32>| async move {
            let size = batch.len();
            tokio::task::yield_now().await;
            batch.into_iter().map(|n| (n * 2, size)).collect()
        });
        let asked = (0..100).map(|n| {
            let coalescer = coalescer.clone();
            tokio::spawn(async move { coalescer.ask(n).await.unwrap() })
        });
        let mut largest = 0;
        for (n, answer) in asked.collect::<Vec<_>>().into_iter().enumerate() {
            let (double, size) = answer.await.unwrap();
            assert_eq!(double as usize, n * 2);
            largest = largest.max(size);
        }
        assert!(largest > 1 && largest <= BATCH_MAX, "{largest}");
    }
}
