//! The audit log: who of the vendor's people did what, to what, and why. A row changed or removed breaks the chain.

use scrip_domain::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::db::{Tx, args};
use crate::ledger::retrying;
use crate::{Error, Store};

/// A deed of one of the vendor's people, as it is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act<'a> {
    /// Who: an operator's address, or `cli`.
    pub actor: &'a str,
    /// What, dotted: `tokens.granted`.
    pub action: &'static str,
    /// To what: an id. Never a customer's address or name, which could not be erased from a log that is never changed.
    pub subject: &'a str,
    /// Why, in the actor's words.
    pub why: &'a str,
}

/// A deed as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedAct {
    /// Its number, from 1, without a gap.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Why.
    pub why: String,
    /// SHA-256 over the digest before it and what this row says.
    pub digest: [u8; 32],
}

/// Logs a deed in the transaction that does it. Two at one moment are a [`Error::Conflict`], worth another attempt.
pub(crate) async fn log_act(tx: &mut Tx, act: &Act<'_>, at: Timestamp) -> Result<(), Error> {
    let sql = "SELECT seq, digest FROM acts ORDER BY seq DESC LIMIT 1";
    let last = tx.row::<(i64, Vec<u8>)>("read the audit log", sql, &[]).await?;
    let (seq, before) = last.map_or((1, vec![0; 32]), |(seq, digest)| (seq + 1, digest));
    let digest = digest_of(&before, seq, at, [act.actor, act.action, act.subject, act.why]);
    let sql = "INSERT INTO acts (seq, at, actor, action, subject, why, digest) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = args![seq, at, act.actor, act.action, act.subject, act.why, digest.to_vec()];
    tx.execute("write the audit log", sql, &values).await.map(drop)
}

fn digest_of(before: &[u8], seq: i64, at: Timestamp, texts: [&str; 4]) -> [u8; 32] {
    let mut digest = Sha256::new_with_prefix(b"scrip-act-v1\0");
    digest.update(before);
    digest.update(seq.to_be_bytes());
    digest.update(at.micros().to_be_bytes());
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    digest.finalize().into()
}

type ActFields = (i64, i64, String, String, String, String, Vec<u8>);
const ACT_SQL: &str = "SELECT seq, at, actor, action, subject, why, digest FROM acts";

fn read(fields: ActFields) -> Result<LoggedAct, Error> {
    let (seq, at, actor, action, subject, why, digest) = fields;
    let digest = digest.try_into().map_err(|_| Error::Corrupt {
        table: "acts",
        id: seq.to_string(),
        why: "a digest has 32 bytes".to_owned(),
    })?;
    Ok(LoggedAct {
        seq,
        at: Timestamp::from_micros(at),
        actor,
        action,
        subject,
        why,
        digest,
    })
}

impl Store {
    /// Logs a deed that changed nothing in the database, such as one about the vendor's keys.
    pub async fn put_act(&self, act: &Act<'_>) -> Result<(), Error> {
        retrying!("write the audit log", {
            let mut tx = self.database.write().await?;
            log_act(&mut tx, act, self.clock.now()).await?;
            tx.commit().await
        })
    }

    /// The last deed done to a subject.
    pub async fn last_act(&self, subject: &str) -> Result<Option<LoggedAct>, Error> {
        let sql = format!("{ACT_SQL} WHERE subject = $1 ORDER BY seq DESC LIMIT 1");
        let rows = self
            .database
            .rows::<ActFields>("read the audit log", &sql, &args![subject])
            .await?;
        rows.into_iter().next().map(read).transpose()
    }

    /// Up to `limit` deeds before the number `before`, the newest first; of one subject where it is given.
    pub async fn acts(&self, subject: Option<&str>, before: Option<i64>, limit: i64) -> Result<Vec<LoggedAct>, Error> {
        let mut values = args![before.unwrap_or(i64::MAX), limit].to_vec();
        let of_subject = subject.map_or("", |subject| {
            values.push(subject.into());
            "AND subject = $3"
        });
        let sql = format!("{ACT_SQL} WHERE seq < $1 {of_subject} ORDER BY seq DESC LIMIT $2");
        let rows = self
            .database
            .rows::<ActFields>("read the audit log", &sql, &values)
            .await?;
        rows.into_iter().map(read).collect()
    }
}

/// The number of the first deed that does not follow from the one before it. Linear in the log, read in pages.
pub(crate) async fn find_break(tx: &mut Tx) -> Result<Option<i64>, Error> {
    const PAGE: usize = 1000;
    let sql = format!("{ACT_SQL} WHERE seq > $1 ORDER BY seq LIMIT {PAGE}");
    let (mut last, mut before) = (0, [0; 32]);
    loop {
        let rows = tx.rows::<ActFields>("audit the log", &sql, &args![last]).await?;
        let read_now = rows.len();
        for row in rows {
            let act = read(row)?;
            let texts = [&act.actor, &act.action, &act.subject, &act.why].map(String::as_str);
            if act.seq != last + 1 || act.digest != digest_of(&before, act.seq, act.at, texts) {
                return Ok(Some(act.seq));
            }
            (last, before) = (act.seq, act.digest);
        }
        if read_now < PAGE {
            return Ok(None);
        }
    }
}
