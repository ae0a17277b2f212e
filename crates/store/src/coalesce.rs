//! Runs requests that arrive at the same time together, as one batch.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Handle;
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

/// Where batches are run.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// In this many tasks, of work that waits.
    Tasks(usize),
    /// In a thread of its own with this name, of work that does not.
    Thread(&'static str),
}

impl<T: Send + 'static, R: Send + 'static> Coalescer<T, R> {
    /// Starts to pass batches to `run`, which answers each request in order.
    pub(crate) fn start<F, Fut>(place: Place, run: F) -> Result<Self, Error>
    where
        F: Fn(Vec<T>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Vec<R>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        match place {
            Place::Tasks(count) => {
                for _ in 0..count {
                    tokio::spawn(serve(Arc::clone(&waiting), run.clone()));
                }
            }
            Place::Thread(name) => {
                let runtime = Handle::current();
                let serve = move || runtime.block_on(serve(waiting, run));
                let started = std::thread::Builder::new().name(name.to_owned()).spawn(serve);
                started.map_err(|source| Error::Unavailable {
                    operation: "start a thread",
                    source: source.into(),
                })?;
            }
        }
        Ok(Self { queue })
    }

    /// Queues a request and waits for its answer.
    pub(crate) async fn ask(&self, request: T) -> Result<R, Error> {
        let (reply, answer) = oneshot::channel();
        self.queue.send((request, reply)).await.map_err(|_| Error::Closing)?;
        answer.await.map_err(|_| Error::Closing)
    }
}

type Waiting<T, R> = Arc<Mutex<mpsc::Receiver<(T, oneshot::Sender<R>)>>>;

/// Runs batches until nobody can queue any more.
async fn serve<T, R, Fut: Future<Output = Vec<R>>>(waiting: Waiting<T, R>, run: impl Fn(Vec<T>) -> Fut) {
    loop {
        let mut queue = waiting.lock().await;
        let Some(first) = queue.recv().await else { return };
        let size = (queue.len() + 1).min(BATCH_MAX);
        let (mut requests, mut replies) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let others = std::iter::from_fn(|| queue.try_recv().ok());
        for (request, reply) in std::iter::once(first).chain(others).take(size) {
            requests.push(request);
            replies.push(reply);
        }
        drop(queue);
        let answers = run(requests).await;
        debug_assert_eq!(answers.len(), replies.len());
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller that went away needs no answer; what was committed stays.
            drop(reply.send(answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn requests_of_one_moment_share_a_batch_and_keep_their_answers() {
        for place in [Place::Tasks(1), Place::Thread("test")] {
            let gate = Arc::new(Semaphore::new(0));
            let opened = Arc::clone(&gate);
            let coalescer = Coalescer::start(place, move |batch: Vec<u32>| {
                let gate = Arc::clone(&opened);
                async move {
                    gate.acquire().await.unwrap().forget();
                    let size = batch.len();
                    batch.into_iter().map(|n| (n * 2, size)).collect()
                }
            });
            answer_each(&coalescer.unwrap(), &gate).await;
        }
    }

    /// Queues all requests while no batch can end, so that they are of one moment whatever the threads do.
    async fn answer_each(coalescer: &Coalescer<u32, (u32, usize)>, gate: &Semaphore) {
        let mut asked: Vec<_> = (0..40).map(|n| Box::pin(coalescer.ask(n))).collect();
        for request in &mut asked {
            let queued = request.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(queued.is_pending());
        }
        gate.add_permits(asked.len());
        let mut largest = 0;
        for (n, answer) in asked.into_iter().enumerate() {
            let (double, size) = answer.await.unwrap();
            assert_eq!(double as usize, n * 2);
            largest = largest.max(size);
        }
        assert!(largest > 1 && largest <= BATCH_MAX, "{largest}");
    }
}
