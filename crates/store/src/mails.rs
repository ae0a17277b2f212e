//! The outbox: mail is written down with what it tells of, and sent by a job.

use scrip_domain::{Email, Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Tx, args};
use crate::{Error, Store};

/// The first pause after a mail was taken to be sent, in seconds; it is longer than sending a batch may take.
const PAUSE_SECONDS: i64 = 120;
/// The longest pause, in seconds.
const PAUSE_SECONDS_MAX: i64 = 6 * 3600;
/// Mail that could not be sent in this time is given up, in seconds: three days.
const PATIENCE_SECONDS: i64 = 3 * 86_400;
/// How long it is remembered that a mail was sent or given up, in seconds: thirty days.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// A mail to write down.
#[derive(Clone, Copy, Debug)]
pub struct NewMail<'m> {
    /// Whom it concerns.
    pub user: UserId,
    /// Where it goes.
    pub recipient: &'m Email,
    /// What it is about, such as `account.verify`.
    pub kind: &'m str,
    /// Its subject.
    pub subject: &'m str,
    /// Paragraphs of plain text; an address on a line of its own is a link.
    pub text: &'m str,
}

/// A mail that is to be sent now.
#[derive(Clone, PartialEq, Eq)]
pub struct MailRow {
    /// Its id.
    pub id: Uuid,
    /// Where it goes.
    pub recipient: String,
    /// What it is about.
    pub kind: String,
    /// Its subject; empty for a notice, whose kind says it.
    pub subject: String,
    /// Paragraphs of plain text.
    pub text: String,
    /// How often it was tried, this time counted.
    pub attempts: i64,
    /// When it was written.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for MailRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailRow")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What became of a try to send a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome<'o> {
    /// The next server took it.
    Sent,
    /// It may work later.
    Later(&'o str),
    /// It never will.
    Never(&'o str),
}

/// How many mails there are of each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailCounts {
    /// They wait.
    pub waiting: i64,
    /// They were sent in the last thirty days.
    pub sent: i64,
    /// They were given up in the last thirty days.
    pub failed: i64,
}

/// Mails a notice to a person whose address is proved; nobody else gets mail that they may not have asked for.
pub(crate) async fn mail_notice(
    tx: &mut Tx,
    id: Uuid,
    user: UserId,
    kind: &str,
    text: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO mails (id, user_id, recipient, kind, subject, text, status, attempts, due_at, created_at, trouble) \
               SELECT $1, id, email, $2, '', $3, 'waiting', 0, $4, $4, '' FROM users \
               WHERE id = $5 AND verified_at IS NOT NULL AND erased_at IS NULL";
    tx.execute("mail a notice", sql, &args![id, kind, text, now, user.0])
        .await
        .map(drop)
}

pub(crate) async fn put(tx: &mut Tx, id: Uuid, mail: &NewMail<'_>, now: Timestamp) -> Result<(), Error> {
    let sql = "INSERT INTO mails (id, user_id, recipient, kind, subject, text, status, attempts, due_at, created_at, trouble) \
               VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $7, '')";
    let values = args![
        id,
        mail.user.0,
        mail.recipient.as_str(),
        mail.kind,
        mail.subject,
        mail.text,
        now
    ];
    tx.execute("write a mail", sql, &values).await.map(drop)
}

impl Store {
    /// Writes a mail down, to be sent soon.
    pub async fn put_mail(&self, mail: &NewMail<'_>) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        put(&mut tx, self.new_id(), mail, self.clock.now()).await?;
        tx.commit().await
    }

    /// Takes up to `limit` mails that are due. Nobody else gets them before a pause that grows with every try.
    pub async fn take_mails(&self, limit: i64) -> Result<Vec<MailRow>, Error> {
        type Found = (Uuid, String, String, String, String, i64, i64);
        let now = self.clock.now();
        let sql = "SELECT id, recipient, kind, subject, text, attempts, created_at FROM mails \
                   WHERE status = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT $2";
        let due = self
            .database
            .rows::<Found>("find mail to send", sql, &args![now, limit])
            .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let mut taken = Vec::with_capacity(due.len());
        let mut tx = self.database.write().await?;
        for (id, recipient, kind, subject, text, attempts, created_at) in due {
            let pause = PAUSE_SECONDS
                .saturating_mul(1 << attempts.clamp(0, 16))
                .min(PAUSE_SECONDS_MAX);
            let sql = "UPDATE mails SET attempts = attempts + 1, due_at = $3 \
                       WHERE id = $1 AND attempts = $2 AND status = 'waiting'";
            let values = args![id, attempts, now.plus_seconds(pause)];
            if tx.execute("take a mail", sql, &values).await? == 1 {
                taken.push(MailRow {
                    id,
                    recipient,
                    kind,
                    subject,
                    text,
                    attempts: attempts + 1,
                    created_at: Timestamp::from_micros(created_at),
                });
            }
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Notes what became of a mail that was taken. Its text is forgotten unless it is tried again.
    pub async fn settle_mail(&self, id: Uuid, outcome: MailOutcome<'_>) -> Result<(), Error> {
        let (status, trouble) = match outcome {
            MailOutcome::Sent => ("sent", ""),
            MailOutcome::Later(why) => ("waiting", why),
            MailOutcome::Never(why) => ("failed", why),
        };
        let trouble: String = trouble.chars().take(500).collect();
        let sql = "UPDATE mails SET status = $2, trouble = $3, text = CASE WHEN $2 = 'waiting' THEN text ELSE '' END \
                   WHERE id = $1 AND status = 'waiting'";
        let mut tx = self.database.write().await?;
        tx.execute("note what became of a mail", sql, &args![id, status, trouble])
            .await?;
        tx.commit().await
    }

    /// Gives up mail that has waited for three days, and forgets what is a month old. Answers how many were given up.
    pub async fn sweep_mails(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let mut tx = self.database.write().await?;
        let sql = "UPDATE mails SET status = 'failed', text = '', trouble = 'it could not be sent in three days' \
                   WHERE status = 'waiting' AND created_at < $1";
        let given_up = tx
            .execute("give up mail", sql, &args![now.plus_seconds(-PATIENCE_SECONDS)])
            .await?;
        let sql = "DELETE FROM mails WHERE status <> 'waiting' AND created_at < $1";
        tx.execute("forget mail", sql, &args![now.plus_seconds(-KEPT_SECONDS)])
            .await?;
        tx.commit().await?;
        Ok(given_up)
    }

    /// How many mails wait, were sent and were given up.
    pub async fn mail_counts(&self) -> Result<MailCounts, Error> {
        let sql = "SELECT status, COUNT(*) FROM mails GROUP BY status";
        let rows = self.database.rows::<(String, i64)>("count mail", sql, &[]).await?;
        let mut counts = MailCounts::default();
        for (status, count) in rows {
            match status.as_str() {
                "sent" => counts.sent = count,
                "failed" => counts.failed = count,
                _ => counts.waiting = count,
            }
        }
        Ok(counts)
    }
}
