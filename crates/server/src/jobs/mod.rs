//! Work that is done again and again: which, and how often. Whose turn it is, the database says; see [`turn`].

mod turn;

use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use scrip_domain::{Coded as _, Timestamp};
use serde::Serialize;

use crate::{Error, Server};
use turn::{LEASE, Turn, take_turn};

/// Something that a server does by itself, again and again.
///
/// It may be broken off at any point and done again by another server, so that each of its steps is a command that counts once.
pub(crate) struct Job {
    /// Its name, in lower case with hyphens.
    pub(crate) name: &'static str,
    /// What it does, for operators.
    pub(crate) about: &'static str,
    /// How often; an operator may say otherwise in `scrip-server.toml`.
    pub(crate) every: Duration,
    /// Does it, and answers what it did: empty where there was nothing to do.
    pub(crate) run: fn(&Server) -> BoxFuture<'_, Result<String, Error>>,
}

/// Every job.
pub(crate) const JOBS: &[Job] = &[
    Job {
        name: "payments",
        about: "Looks again at payments on-line whose message may be lost, and sends refunds",
        every: Duration::from_mins(5),
        run: |server| Box::pin(async { Ok(crate::stripe::look_again(server).await?.to_string()) }),
    },
    Job {
        name: "audit",
        about: "Proves that the books balance; fails where they do not",
        every: Duration::from_hours(24),
        run: |server| Box::pin(audit(server)),
    },
    Job {
        name: "renewals",
        about: "Extends rentals that extend themselves, and announces them",
        every: Duration::from_mins(1),
        run: |server| Box::pin(crate::renewals::run_job(server)),
    },
    Job {
        name: "books",
        about: "Rolls the ledger up into the books",
        every: Duration::from_mins(15),
        run: |server| Box::pin(crate::books::run_job(server)),
    },
    Job {
        name: "mail",
        about: "Sends what waits in the outbox, and gives up what waited three days",
        every: Duration::from_secs(5),
        run: |server| Box::pin(crate::mail::run_job(server)),
    },
    Job {
        name: "accounts",
        about: "Forgets ended sessions, codes that serve no more, and old wrong tries to sign in",
        every: Duration::from_mins(10),
        run: |server| Box::pin(crate::accounts::run_job(server)),
    },
    Job {
        name: "token-expiry",
        about: "Announces tokens that run out, twice, and then takes back what is left of them",
        every: Duration::from_mins(10),
        run: |server| Box::pin(crate::wallets::expire(server)),
    },
    Job {
        name: "sendings",
        about: "Gives people what was sent to them, and gifts back that nobody took",
        every: Duration::from_mins(1),
        run: |server| Box::pin(crate::wallets::settle(server)),
    },
    Job {
        name: "campaigns",
        about: "Gives what running campaigns give by themselves",
        every: Duration::from_mins(5),
        run: |server| Box::pin(crate::wallets::hand_out(server)),
    },
    Job {
        name: "low-balances",
        about: "Tells people whose wallet holds less than they wished to know of",
        every: Duration::from_mins(10),
        run: |server| Box::pin(crate::wallets::tell_low(server)),
    },
    Job {
        name: "invoice-reminders",
        about: "Reminds of bills that are overdue",
        every: Duration::from_hours(1),
        run: |server| Box::pin(crate::billing::remind(server)),
    },
    Job {
        name: "retention",
        about: "Takes the names of people who were erased off bills whose time is over, and removes documents that no order has",
        every: Duration::from_hours(1),
        run: |server| Box::pin(crate::personal::run_job(server)),
    },
    Job {
        name: "webhooks",
        about: "Tells the vendor's own programs what happened",
        every: Duration::from_secs(5),
        run: |server| Box::pin(crate::webhooks::run_job(server)),
    },
];

/// The books are recomputed from every transfer. What is wrong fails the job, which raises an alert.
async fn audit(server: &Server) -> Result<String, Error> {
    let report = server.0.store.audit().await?;
    match report.breaches.first() {
        None => Ok(format!("{} transfers, no breach", report.transfers)),
        Some(first) => Err(Error::BooksBroken {
            breaches: report.breaches.len(),
            first: format!("{}: {}: {}", first.rule, first.subject, first.detail),
        }),
    }
}

/// The longest pause between two looks at whether a job is due: an operator may have made it due.
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// The shortest one.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// A job as it stands, for operators.
#[derive(Clone, Debug, Serialize)]
pub struct JobState {
    /// Its name.
    pub name: String,
    /// What it does.
    pub about: String,
    /// How often, in seconds.
    pub every_seconds: u64,
    /// When it is due; at once where it never ran.
    pub due_at: Option<Timestamp>,
    /// Whether a server does it now.
    pub running: bool,
    /// Whether an operator paused it.
    pub paused: bool,
    /// When it ended last.
    pub ended_at: Option<Timestamp>,
    /// When it last ended well.
    pub succeeded_at: Option<Timestamp>,
    /// How often it failed since.
    pub failures: i64,
}

impl Job {
    /// How often it is done here.
    pub(crate) fn every(&self, server: &Server) -> Duration {
        let seconds = server.0.config.settings.jobs.get(self.name);
        seconds.map_or(self.every, |seconds| Duration::from_secs(seconds.get().into()))
    }
}

/// The job of that name.
pub(crate) fn find(name: &str) -> Result<&'static Job, Error> {
    JOBS.iter()
        .find(|job| job.name == name)
        .ok_or_else(|| Error::JobUnknown {
            name: name.chars().take(64).collect(),
        })
}

/// Does every job whenever it is due and no other server does it, until the future is dropped.
pub async fn run_jobs(server: &Server) {
    join_all(JOBS.iter().map(|job| repeat(server, job))).await;
}

async fn repeat(server: &Server, job: &Job) {
    loop {
        let pause = match take_turn(server, job, &LEASE, false).await {
            Ok(Turn::Done(_)) => job.every(server),
            Ok(Turn::NotDue(at)) => {
                let micros = at.micros().saturating_sub(server.now().micros());
                Duration::from_micros(u64::try_from(micros).unwrap_or(0))
            }
            Ok(Turn::Elsewhere(_) | Turn::Paused) => PAUSE_MAX,
            Err(error) => {
                let (job, code) = (job.name, error.code());
                tracing::error!(job, %code, error = &error as &dyn std::error::Error, "a job cannot begin or end");
                PAUSE_MAX
            }
        };
        tokio::time::sleep(pause.clamp(PAUSE_MIN, PAUSE_MAX)).await;
    }
}

/// Does a job now, due or not, and answers what it did.
pub async fn run_job(server: &Server, name: &str) -> Result<String, Error> {
    let job = find(name)?;
    match take_turn(server, job, &LEASE, true).await? {
        Turn::Done(Ok(did)) => Ok(did),
        Turn::Done(Err(why)) => Err(Error::JobFailed { name: job.name, why }),
        Turn::Elsewhere(until) | Turn::NotDue(until) => Err(Error::JobRunning { name: job.name, until }),
        Turn::Paused => Err(Error::Internal {
            operation: "do a paused job",
        }),
    }
}

/// Every job as it stands, by name.
pub async fn list_jobs(server: &Server) -> Result<Vec<JobState>, Error> {
    let rows = server.0.store.jobs().await?;
    let state = |job: &Job| {
        let row = rows.iter().find(|row| row.name == job.name);
        JobState {
            name: job.name.to_owned(),
            about: job.about.to_owned(),
            every_seconds: job.every(server).as_secs(),
            due_at: row.map(|row| row.due_at),
            running: row.is_some_and(|row| row.running.is_some()),
            paused: row.is_some_and(|row| row.paused),
            ended_at: row.and_then(|row| row.ended_at),
            succeeded_at: row.and_then(|row| row.succeeded_at),
            failures: row.map_or(0, |row| row.failures),
        }
    };
    let mut states: Vec<_> = JOBS.iter().map(state).collect();
    states.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(states)
}

/// Gives back every job of this server, so that another goes on at once. Called when it stops.
pub async fn release_jobs(server: &Server) -> Result<(), Error> {
    Ok(server.0.store.release_jobs(server.0.instance).await?)
}
