//! Deeds that wait for a second operator.

use scrip_domain::{ApprovalPolicy, Timestamp};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::db::{Tx, args, row_struct};
use crate::ledger::retrying;
use crate::{Error, Setting, Store};

impl Setting for ApprovalPolicy {
    const NAME: &'static str = "approvals";
}

/// A deed to be approved.
#[derive(Clone, Copy, Debug)]
pub struct NewApproval<'a> {
    /// Which deed.
    pub deed: &'a str,
    /// What will be done, in a sentence.
    pub summary: &'a str,
    /// What the deed needs to know, as JSON.
    pub body: &'a str,
}

/// Where a deed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalStatus {
    /// Nobody decided.
    Waiting,
    /// Approved; it is being done, or the server was stopped meanwhile.
    Approved,
    /// Approved and done.
    Done,
    /// Approved, and could not be done.
    Failed,
    /// Refused.
    Refused,
}

impl ApprovalStatus {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }

    fn read(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Approved, Self::Done, Self::Failed, Self::Refused]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A deed that waited or waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    /// Its id; what the deed takes as the id of its command.
    pub id: Uuid,
    /// Which deed.
    pub deed: String,
    /// What will be done, in a sentence.
    pub summary: String,
    /// What the deed needs to know, as JSON.
    pub body: String,
    /// Who asked.
    pub asked_by: String,
    /// Why.
    pub why: String,
    /// When.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub status: ApprovalStatus,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Why so.
    pub decision: Option<String>,
    /// When that was.
    pub decided_at: Option<Timestamp>,
    /// What came of it.
    pub outcome: Option<String>,
}

row_struct! {
    /// A deed as its row has it.
    pub(crate) struct Found {
        id: Uuid,
        deed: String,
        summary: String,
        body: String,
        asked_by: String,
        why: String,
        asked_at: i64,
        status: String,
        decided_by: Option<String>,
        decision: Option<String>,
        decided_at: Option<i64>,
        outcome: Option<String>,
    }
}

const SQL: &str = "SELECT id, deed, summary, body, asked_by, why, asked_at, status, decided_by, decision, decided_at, \
                   outcome FROM approvals";

impl Found {
    fn read(self) -> Result<ApprovalRow, Error> {
        let status = ApprovalStatus::read(&self.status).ok_or_else(|| Error::Corrupt {
            table: "approvals",
            id: self.id.to_string(),
            why: format!("the status {} is unknown", self.status),
        })?;
        Ok(ApprovalRow {
            id: self.id,
            deed: self.deed,
            summary: self.summary,
            body: self.body,
            asked_by: self.asked_by,
            why: self.why,
            asked_at: Timestamp::from_micros(self.asked_at),
            status,
            decided_by: self.decided_by,
            decision: self.decision,
            decided_at: self.decided_at.map(Timestamp::from_micros),
            outcome: self.outcome,
        })
    }
}

async fn find(tx: &mut Tx, id: Uuid) -> Result<ApprovalRow, Error> {
    let found = tx
        .row::<Found>("read a request", &format!("{SQL} WHERE id = $1"), &args![id])
        .await?;
    let absent = || Error::ApprovalNotFound {
        approval: id.to_string(),
    };
    found.ok_or_else(absent)?.read()
}

impl Store {
    /// Lets a deed wait for a second operator. Answers its id; that of the same one where it waits already. It
    /// is the subject of the logged act.
    pub async fn ask_approval(&self, new: &NewApproval<'_>, act: &Act<'_>) -> Result<Uuid, Error> {
        retrying!("ask for approval", {
            let (mut tx, now, id) = (self.database.write().await?, self.clock.now(), self.new_id());
            let sql = "SELECT id FROM approvals WHERE status = 'waiting' AND deed = $1 AND body = $2 AND asked_by = $3 LIMIT 1";
            let same = args![new.deed, new.body, act.actor];
            if let Some((known,)) = tx.row::<(Uuid,)>("look for a request", sql, &same).await? {
                return Ok(known);
            }
            let sql = "INSERT INTO approvals (id, deed, summary, body, asked_by, why, asked_at, status) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting')";
            let values = args![id, new.deed, new.summary, new.body, act.actor, act.why, now];
            tx.execute("ask for approval", sql, &values).await?;
            // The sentence may name a person; the log, which is never changed, has the request's id.
            let subject = id.to_string();
            let act = Act {
                subject: &subject,
                ..*act
            };
            log_act(&mut tx, &act, now).await?;
            tx.commit().await?;
            Ok(id)
        })
    }

    /// Up to `limit` deeds, the newest first, older than the one named `before`; those that stand so where a status is given.
    pub async fn approvals(
        &self,
        status: Option<ApprovalStatus>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<ApprovalRow>, Error> {
        let before = before.unwrap_or(Uuid::max());
        let rows = if let Some(status) = status {
            let sql = format!("{SQL} WHERE status = $3 AND id < $1 ORDER BY id DESC LIMIT $2");
            let values = args![before, limit, status.as_str()];
            self.database.rows::<Found>("list requests", &sql, &values).await?
        } else {
            let sql = format!("{SQL} WHERE id < $1 ORDER BY id DESC LIMIT $2");
            self.database
                .rows::<Found>("list requests", &sql, &args![before, limit])
                .await?
        };
        rows.into_iter().map(Found::read).collect()
    }

    /// The deed with this id.
    pub async fn approval(&self, id: Uuid) -> Result<ApprovalRow, Error> {
        find(&mut self.database.read().await?, id).await
    }

    /// Approves or refuses a deed that waits; who asked cannot. The first who decides does.
    pub async fn decide_approval(&self, id: Uuid, approve: bool, act: &Act<'_>) -> Result<ApprovalRow, Error> {
        retrying!("decide on a request", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let asked = find(&mut tx, id).await?;
            if asked.status != ApprovalStatus::Waiting {
                return Err(Error::ApprovalDecided {
                    status: asked.status.as_str().to_owned(),
                });
            }
            // Who asked may take it back, and nothing more.
            if approve && asked.asked_by == act.actor {
                return Err(Error::ApprovalOwn);
            }
            let status = if approve {
                ApprovalStatus::Approved
            } else {
                ApprovalStatus::Refused
            };
            let sql = "UPDATE approvals SET status = $2, decided_by = $3, decision = $4, decided_at = $5 \
                       WHERE id = $1 AND status = 'waiting'";
            let values = args![id, status.as_str(), act.actor, act.why, now];
            if tx.execute("decide on a request", sql, &values).await? == 0 {
                return Err(Error::Conflict {
                    operation: "decide on a request",
                });
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(ApprovalRow {
                status,
                decided_by: Some(act.actor.to_owned()),
                decision: Some(act.why.to_owned()),
                decided_at: Some(now),
                ..asked
            })
        })
    }

    /// Uses up a leave to do a deed that was approved since an instant for whoever asked, and that says so by `outcome`.
    /// Answers whether there was one.
    pub async fn use_leave(
        &self,
        new: &NewApproval<'_>,
        asked_by: &str,
        (outcome, used): (&str, &str),
        since: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.database.write().await?;
        let sql = "SELECT id FROM approvals WHERE status = 'done' AND deed = $1 AND body = $2 AND asked_by = $3 \
                   AND outcome = $4 AND decided_at >= $5 ORDER BY id LIMIT 1";
        let values = args![new.deed, new.body, asked_by, outcome, since];
        let Some((id,)) = tx.row::<(Uuid,)>("look for a leave", sql, &values).await? else {
            return Ok(false);
        };
        let sql = "UPDATE approvals SET outcome = $2 WHERE id = $1 AND outcome = $3";
        let won = tx.execute("use a leave", sql, &args![id, used, outcome]).await?;
        tx.commit().await?;
        Ok(won == 1)
    }

    /// Writes down what came of a deed that was approved.
    pub async fn settle_approval(&self, id: Uuid, done: bool, outcome: &str) -> Result<(), Error> {
        let status = if done {
            ApprovalStatus::Done
        } else {
            ApprovalStatus::Failed
        };
        let mut tx = self.database.write().await?;
        let sql = "UPDATE approvals SET status = $2, outcome = $3 WHERE id = $1 AND status IN ('approved', 'failed')";
        tx.execute("settle a request", sql, &args![id, status.as_str(), outcome])
            .await?;
        tx.commit().await
    }
}
