//! One turn of a job: begun under a lease that is prolonged while the job works, and ended with what it did.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use scrip_domain::{Coded as _, Timestamp};
use scrip_store::{JobClaim, JobEnd, JobTurn};

use super::Job;
use crate::{Error, Server};

/// How long a server may go on without prolonging.
pub(super) struct Lease {
    /// How long others wait for a server that fell silent.
    pub(super) lasts: Duration,
    /// How often a server that works says so.
    pub(super) kept_every: Duration,
}

/// The lease of every job.
pub(super) const LEASE: Lease = Lease {
    lasts: Duration::from_secs(30),
    kept_every: Duration::from_secs(5),
};

/// What came of a server's wish to do a job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It was done, or failed.
    Done(Result<String, String>),
    /// It is not due before this instant.
    NotDue(Timestamp),
    /// Another server does it, at least until this instant.
    Elsewhere(Timestamp),
    /// An operator paused it.
    Paused,
}

/// Does a job where it is this server's turn.
pub(super) async fn take_turn(server: &Server, job: &Job, lease: &Lease, at_once: bool) -> Result<Turn, Error> {
    let store = &server.0.store;
    let started = server.now();
    let run = server.0.ids.new_id(&*server.0.clock);
    let claim = JobClaim {
        name: job.name,
        server: server.0.instance,
        run,
        lease_seconds: seconds(lease.lasts),
        at_once,
    };
    match store.claim_job(&claim).await? {
        JobTurn::Ours => {}
        JobTurn::NotDue(at) => return Ok(Turn::NotDue(at)),
        JobTurn::Running(until) => return Ok(Turn::Elsewhere(until)),
        JobTurn::Paused => return Ok(Turn::Paused),
    }
    let began = Instant::now();
    let outcome = tokio::select! {
        outcome = work(server, job) => outcome,
        () = keep(server, job, lease, run) => Err("its lease was lost while it worked; it was broken off".to_owned()),
    };
    server.0.metrics.count_job(job.name, outcome.is_ok(), began.elapsed());
    match &outcome {
        Ok(did) if did.is_empty() => {}
        Ok(did) => tracing::info!(job = job.name, did, "a job was done"),
        Err(why) => tracing::error!(job = job.name, why, "a job failed"),
    }
    // Counted from the beginning, so that a slow job keeps its pace; never more than one turn behind.
    let due_at = started.plus_seconds(seconds(job.every(server))).max(server.now());
    let end = JobEnd {
        name: job.name,
        run,
        due_at,
        outcome: outcome.as_deref().map_err(String::as_str),
    };
    if !store.end_job(&end).await? {
        tracing::warn!(job = job.name, "a job ended after its lease");
    }
    Ok(Turn::Done(outcome))
}

/// Does the job. A panic is a failure of this job, and of no other.
async fn work(server: &Server, job: &Job) -> Result<String, String> {
    match AssertUnwindSafe((job.run)(server)).catch_unwind().await {
        Ok(done) => done.map_err(|error| explain(&error)),
        Err(_) => Err("it panicked: this is a fault of the server".to_owned()),
    }
}

/// Prolongs the lease; returns when it is lost.
async fn keep(server: &Server, job: &Job, lease: &Lease, run: uuid::Uuid) {
    let mut kept = Instant::now();
    loop {
        tokio::time::sleep(lease.kept_every).await;
        match server.0.store.keep_job(job.name, run, seconds(lease.lasts)).await {
            Ok(true) => kept = Instant::now(),
            Ok(false) => return,
            Err(error) => {
                let (job, code) = (job.name, error.code());
                tracing::warn!(job, %code, error = &error as &dyn std::error::Error, "a lease cannot be prolonged");
                if kept.elapsed() + lease.kept_every >= lease.lasts {
                    return;
                }
            }
        }
    }
}

/// The error with everything that caused it, and its code.
fn explain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(why) = cause {
        text = format!("{text}: {why}");
        cause = why.source();
    }
    format!("{text} [{}]", error.code())
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use scrip_domain::FixedClock;

    use super::*;
    use crate::Config;

    /// Two servers on one database, and the clock of both.
    async fn two_servers(folder: &std::path::Path) -> (Server, Server, Arc<FixedClock>) {
        let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(1_750_000_000)));
        let one = Server::open_at(Config::load(folder, None).unwrap(), clock.clone())
            .await
            .unwrap();
        let other = Server::open_at(Config::load(folder, None).unwrap(), clock.clone())
            .await
            .unwrap();
        (one, other, clock)
    }

    const fn job(
        name: &'static str,
        run: fn(&Server) -> futures_util::future::BoxFuture<'_, Result<String, Error>>,
    ) -> Job {
        Job {
            name,
            about: "a test",
            every: Duration::from_mins(1),
            run,
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn two_servers_that_look_all_the_time_do_a_job_once_each_time_it_is_due() {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        static AT_ONCE: AtomicU32 = AtomicU32::new(0);
        const JOB: Job = job("test-once", |_| {
            Box::pin(async {
                assert_eq!(AT_ONCE.fetch_add(1, Ordering::SeqCst), 0, "two do it at the same time");
                tokio::task::yield_now().await;
                AT_ONCE.fetch_sub(1, Ordering::SeqCst);
                RUNS.fetch_add(1, Ordering::SeqCst);
                Ok(String::new())
            })
        });
        let folder = tempfile::tempdir().unwrap();
        let (one, other, clock) = two_servers(folder.path()).await;
        for round in 1..=10 {
            let tries = (0..8).map(|n| {
                let server = if n % 2 == 0 { one.clone() } else { other.clone() };
                tokio::spawn(async move { take_turn(&server, &JOB, &LEASE, false).await.unwrap() })
            });
            let tries: Vec<_> = tries.collect();
            for attempt in tries {
                assert_ne!(attempt.await.unwrap(), Turn::Paused);
            }
            assert_eq!(RUNS.load(Ordering::SeqCst), round);
            clock.advance_seconds(60);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_job_that_works_longer_than_its_lease_keeps_it_and_one_that_lost_it_is_broken_off() {
        const JOB: Job = job("test-long", |_| Box::pin(std::future::pending()));
        const SHORT: Lease = Lease {
            lasts: Duration::from_mins(1),
            kept_every: Duration::from_millis(5),
        };
        let folder = tempfile::tempdir().unwrap();
        let (one, other, clock) = two_servers(folder.path()).await;
        let first = tokio::spawn({
            let one = one.clone();
            async move { take_turn(&one, &JOB, &SHORT, false).await.unwrap() }
        });
        let lease_end = async || one.0.store.jobs().await.unwrap().first().and_then(|job| job.running);
        let until = loop {
            if let Some((_, until)) = lease_end().await {
                break until;
            }
            tokio::task::yield_now().await;
        };
        clock.advance_seconds(30);
        while lease_end().await.is_none_or(|(_, kept)| kept <= until) {
            tokio::task::yield_now().await;
        }
        let refused = take_turn(&other, &JOB, &LEASE, true).await.unwrap();
        assert!(matches!(refused, Turn::Elsewhere(_)), "{refused:?}");
        super::super::release_jobs(&one).await.unwrap();
        let Turn::Done(Err(why)) = first.await.unwrap() else {
            panic!("a job without a lease went on")
        };
        assert!(why.contains("lease was lost"), "{why}");
    }

    #[tokio::test]
    async fn a_job_that_panics_or_fails_is_told_and_due_again() {
        const PANICS: Job = job("test-panics", |_| Box::pin(async { panic!("on purpose") }));
        const FAILS: Job = job("test-fails", |_| {
            Box::pin(async { Err(Error::Internal { operation: "try" }) })
        });
        let folder = tempfile::tempdir().unwrap();
        let (server, other, clock) = two_servers(folder.path()).await;
        let panicked = take_turn(&server, &PANICS, &LEASE, false).await.unwrap();
        assert!(matches!(panicked, Turn::Done(Err(why)) if why.contains("panicked")));
        for failures in 1..=2 {
            let failed = take_turn(&server, &FAILS, &LEASE, false).await.unwrap();
            assert!(matches!(failed, Turn::Done(Err(why)) if why.contains("[internal.error]")));
            let jobs = other.0.store.jobs().await.unwrap();
            assert_eq!((jobs[0].name.as_str(), jobs[0].failures), ("test-fails", failures));
            clock.advance_seconds(60);
        }
        let runs = other.0.store.job_runs(None, None, 10).await.unwrap();
        assert_eq!(runs.len(), 3);
        let text = server.0.metrics.render();
        assert!(
            text.contains("scrip_job_runs_total{name=\"test-fails\",outcome=\"failed\"} 2"),
            "{text}"
        );
    }
}
