//! Work that is done again and again, by one server at a time.
//!
//! A job is leased: a server that begins it may do it until the lease ends, and prolongs the lease while it works. One that was
//! killed lets the lease lapse, and another goes on. Every run has an id, and only the run that holds the lease can prolong or
//! end it, so that a server that slept through its lease cannot undo what the next one did.

use scrip_domain::Timestamp;
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::db::{Tx, Value, args, row_struct};
use crate::ledger::retrying;
use crate::{Error, Store};

/// How long what runs did is kept, in seconds: 30 days.
const RUNS_KEPT_SECONDS: i64 = 30 * 86_400;
/// The longest outcome that is kept, in characters.
const OUTCOME_CHARS_MAX: usize = 2000;

/// A server's wish to do a job.
#[derive(Clone, Copy, Debug)]
pub struct JobClaim<'c> {
    /// The job.
    pub name: &'c str,
    /// The server that would do it.
    pub server: Uuid,
    /// This one run.
    pub run: Uuid,
    /// Until when it may do it without prolonging, in seconds from now.
    pub lease_seconds: i64,
    /// Whether it is done although it is not due, or paused.
    pub at_once: bool,
}

/// Whose turn it is to do a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobTurn {
    /// The caller's, until its lease ends.
    Ours,
    /// Nobody's before this instant.
    NotDue(Timestamp),
    /// Another run's, at least until this instant.
    Running(Timestamp),
    /// Nobody's: an operator paused it.
    Paused,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub struct JobEnd<'e> {
    /// The job.
    pub name: &'e str,
    /// The run.
    pub run: Uuid,
    /// When the job is due again.
    pub due_at: Timestamp,
    /// What it did (empty where there was nothing to do), or why it failed.
    pub outcome: Result<&'e str, &'e str>,
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its name.
    pub name: String,
    /// When it is due.
    pub due_at: Timestamp,
    /// Whether an operator paused it.
    pub paused: bool,
    /// The server that does it now, and until when nobody else may.
    pub running: Option<(Uuid, Timestamp)>,
    /// When it began last.
    pub started_at: Option<Timestamp>,
    /// When it ended last.
    pub ended_at: Option<Timestamp>,
    /// When it last ended well.
    pub succeeded_at: Option<Timestamp>,
    /// How often it failed since.
    pub failures: i64,
}

/// What one run of a job did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRunRow {
    /// Its id; later ones sort after earlier ones.
    pub id: Uuid,
    /// The job.
    pub job: String,
    /// The server that did it.
    pub server: Uuid,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, or when another server found that it never would.
    pub ended_at: Timestamp,
    /// Whether it failed.
    pub failed: bool,
    /// What it did, or why it failed.
    pub outcome: String,
}

row_struct! {
    /// A row of `jobs`.
    pub(crate) struct Found {
        name: String,
        due_at: i64,
        paused: bool,
        server: Uuid,
        run: Uuid,
        leased_until: i64,
        started_at: i64,
        ended_at: i64,
        succeeded_at: i64,
        failures: i64,
    }
}

const COLUMNS: &str = "name, due_at, paused, server, run, leased_until, started_at, ended_at, succeeded_at, failures";

impl Found {
    fn turn(&self, claim: &JobClaim<'_>, now: Timestamp) -> JobTurn {
        let (due_at, until) = (
            Timestamp::from_micros(self.due_at),
            Timestamp::from_micros(self.leased_until),
        );
        if until > now {
            JobTurn::Running(until)
        } else if claim.at_once {
            JobTurn::Ours
        } else if self.paused {
            JobTurn::Paused
        } else if due_at > now {
            JobTurn::NotDue(due_at)
        } else {
            JobTurn::Ours
        }
    }

    fn read(self, now: Timestamp) -> JobRow {
        let at = |micros: i64| (micros > 0).then(|| Timestamp::from_micros(micros));
        JobRow {
            name: self.name,
            due_at: Timestamp::from_micros(self.due_at),
            paused: self.paused,
            running: at(self.leased_until)
                .filter(|until| *until > now)
                .map(|until| (self.server, until)),
            started_at: at(self.started_at),
            ended_at: at(self.ended_at),
            succeeded_at: at(self.succeeded_at),
            failures: self.failures,
        }
    }
}

impl Store {
    /// Begins a job, where it is the caller's turn. A look that finds that it is not writes nothing.
    pub async fn claim_job(&self, claim: &JobClaim<'_>) -> Result<JobTurn, Error> {
        let now = self.clock.now();
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE name = $1");
        let found = self
            .database
            .row_by_key::<Found>("look at a job", &sql, &args![claim.name])
            .await?;
        if let Some(found) = &found {
            let turn = found.turn(claim, now);
            if turn != JobTurn::Ours {
                return Ok(turn);
            }
        }
        let until = now.plus_seconds(claim.lease_seconds);
        let mut tx = self.database.write().await?;
        if found.is_none() {
            let fresh = "INSERT INTO jobs (name, due_at, paused, server, run, leased_until, started_at, ended_at, \
                         succeeded_at, failures) VALUES ($1, 0, $2, $3, $3, 0, 0, 0, 0, 0) ON CONFLICT (name) DO NOTHING";
            tx.execute("add a job", fresh, &args![claim.name, false, Uuid::nil()])
                .await?;
        }
        // It may have been begun and ended since the look above.
        let before = tx.row::<Found>("look at a job", &sql, &args![claim.name]).await?;
        let before = before.ok_or(Error::Busy {
            operation: "begin a job",
        })?;
        let turn = before.turn(claim, now);
        if turn != JobTurn::Ours {
            return Ok(turn);
        }
        // Whoever began it meanwhile left the name of another run.
        let begin = "UPDATE jobs SET server = $2, run = $3, leased_until = $4, started_at = $5 \
                     WHERE name = $1 AND run = $6 AND leased_until <= $5";
        let values = args![claim.name, claim.server, claim.run, until, now, before.run];
        if tx.execute("begin a job", begin, &values).await? == 0 {
            return Ok(JobTurn::Running(until));
        }
        if before.leased_until > 0 {
            let lapsed = "it did not end: its server stopped, or could not reach the database";
            log_run(&mut tx, &before, now, Err(lapsed)).await?;
        }
        tx.commit().await?;
        Ok(JobTurn::Ours)
    }

    /// Prolongs a run's lease to `seconds` from now. Answers whether the run still held it.
    pub async fn keep_job(&self, name: &str, run: Uuid, seconds: i64) -> Result<bool, Error> {
        let until = self.clock.now().plus_seconds(seconds);
        let mut tx = self.database.write().await?;
        let sql = "UPDATE jobs SET leased_until = $3 WHERE name = $1 AND run = $2 AND leased_until > 0";
        let kept = tx.execute("keep a job", sql, &args![name, run, until]).await?;
        tx.commit().await?;
        Ok(kept == 1)
    }

    /// Ends a run. Answers whether it held its lease until now; where not, another run has the job and nothing is changed.
    pub async fn end_job(&self, end: &JobEnd<'_>) -> Result<bool, Error> {
        let now = self.clock.now();
        let mut tx = self.database.write().await?;
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE name = $1 AND run = $2 AND leased_until > 0");
        let Some(before) = tx
            .row::<Found>("look at a job", &sql, &args![end.name, end.run])
            .await?
        else {
            return Ok(false);
        };
        let (succeeded_at, failures) = match end.outcome {
            Ok(_) => (now.micros(), 0),
            Err(_) => (before.succeeded_at, before.failures + 1),
        };
        let sql = "UPDATE jobs SET leased_until = 0, due_at = $3, ended_at = $4, succeeded_at = $5, failures = $6 \
                   WHERE name = $1 AND run = $2 AND leased_until > 0";
        let values = args![end.name, end.run, end.due_at, now, succeeded_at, failures];
        if tx.execute("end a job", sql, &values).await? == 0 {
            return Ok(false);
        }
        if end.outcome != Ok("") {
            log_run(&mut tx, &before, now, end.outcome).await?;
            let sql = "DELETE FROM job_runs WHERE job = $1 AND ended_at < $2";
            let oldest = now.plus_seconds(-RUNS_KEPT_SECONDS);
            tx.execute("forget old runs", sql, &args![end.name, oldest]).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Gives back every job that `server` holds, so that another can go on at once: it stops.
    pub async fn release_jobs(&self, server: Uuid) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        let sql = "UPDATE jobs SET leased_until = 0 WHERE server = $1 AND leased_until > 0";
        tx.execute("give jobs back", sql, &args![server]).await?;
        tx.commit().await
    }

    /// Pauses a job, or lets it go on. Answers whether there is such a job.
    pub async fn pause_job(&self, name: &str, paused: bool, act: &Act<'_>) -> Result<bool, Error> {
        let sql = "UPDATE jobs SET paused = $2 WHERE name = $1";
        self.change_job(sql, &args![name, paused], act).await
    }

    /// Makes a job due now. Answers whether there is such a job.
    pub async fn hurry_job(&self, name: &str, act: &Act<'_>) -> Result<bool, Error> {
        let sql = "UPDATE jobs SET due_at = 0 WHERE name = $1";
        self.change_job(sql, &args![name], act).await
    }

    async fn change_job(&self, sql: &str, values: &[Value], act: &Act<'_>) -> Result<bool, Error> {
        retrying!("change a job", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            if tx.execute("change a job", sql, values).await? == 0 {
                return Ok(false);
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(true)
        })
    }

    /// Every job that was ever begun, by name.
    pub async fn jobs(&self) -> Result<Vec<JobRow>, Error> {
        let now = self.clock.now();
        let sql = format!("SELECT {COLUMNS} FROM jobs ORDER BY name LIMIT 1000");
        let rows = self.database.rows::<Found>("read the jobs", &sql, &[]).await?;
        Ok(rows.into_iter().map(|row| row.read(now)).collect())
    }

    /// Up to `limit` runs, the newest first, of one job or of all, older than the one named `before`.
    pub async fn job_runs(&self, job: Option<&str>, before: Option<Uuid>, limit: i64) -> Result<Vec<JobRunRow>, Error> {
        type Row = (Uuid, String, Uuid, i64, i64, bool, String);
        let of_job = if job.is_some() { "job = $3" } else { "$3 = ''" };
        let sql = format!(
            "SELECT id, job, server, started_at, ended_at, failed, outcome FROM job_runs \
             WHERE id < $1 AND {of_job} ORDER BY id DESC LIMIT $2"
        );
        let before = before.unwrap_or(Uuid::max());
        let values = args![before, limit, job.unwrap_or_default()];
        let rows = self.database.rows::<Row>("read runs of jobs", &sql, &values).await?;
        let read = |(id, job, server, started_at, ended_at, failed, outcome)| JobRunRow {
            id,
            job,
            server,
            started_at: Timestamp::from_micros(started_at),
            ended_at: Timestamp::from_micros(ended_at),
            failed,
            outcome,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

async fn log_run(tx: &mut Tx, run: &Found, now: Timestamp, outcome: Result<&str, &str>) -> Result<(), Error> {
    let (Ok(text) | Err(text)) = outcome;
    let text: String = text.chars().take(OUTCOME_CHARS_MAX).collect();
    let sql = "INSERT INTO job_runs (id, job, server, started_at, ended_at, failed, outcome) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    let values = args![
        run.run,
        run.name.clone(),
        run.server,
        run.started_at,
        now,
        outcome.is_err(),
        text
    ];
    tx.execute("record a run", sql, &values).await.map(drop)
}
