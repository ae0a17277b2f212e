//! Messages: which are due, how each went, and sending one again.

use scrip_domain::Timestamp;
use uuid::Uuid;

use super::{Endpoint, Found, not_found};
use crate::acts::{Act, log_act};
use crate::db::{args, list_text, row_struct};
use crate::ledger::retrying;
use crate::{Error, Store};

/// The longest problem that is kept, in characters.
const PROBLEM_CHARS_MAX: usize = 300;

/// A message that is to be sent now.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    /// The message.
    pub id: Uuid,
    /// The event: the same at every attempt.
    pub event: Uuid,
    /// What is posted.
    pub body: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Where to.
    pub endpoint: Endpoint,
}

/// How an attempt went.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The message.
    pub delivery: Uuid,
    /// Its endpoint.
    pub endpoint: Uuid,
    /// The HTTP status of the answer, where one came.
    pub answer: Option<u16>,
    /// What went wrong; `None` where it arrived.
    pub problem: Option<&'a str>,
    /// When it is tried again; `None` where it is given up.
    pub again_at: Option<Timestamp>,
    /// Why the endpoint is told nothing more.
    pub stop: Option<&'a str>,
}

/// A message in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its id; later ones sort after earlier ones.
    pub id: Uuid,
    /// The endpoint.
    pub endpoint: Uuid,
    /// The event.
    pub event: Uuid,
    /// Its kind.
    pub kind: String,
    /// What is posted.
    pub body: String,
    /// `waiting`, `arrived` or `given_up`.
    pub status: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is due, or was at the end.
    pub due_at: Timestamp,
    /// The HTTP status of the last answer.
    pub answer: Option<i64>,
    /// What went wrong last.
    pub problem: String,
}

row_struct! {
    /// A message with its event.
    pub(crate) struct Message {
        id: Uuid,
        endpoint_id: Uuid,
        event_id: Uuid,
        kind: String,
        body: String,
        status: String,
        attempts: i64,
        due_at: i64,
        answer: i64,
        problem: String,
    }
}

const MESSAGES: &str = "SELECT d.id AS id, d.endpoint_id AS endpoint_id, d.event_id AS event_id, e.kind AS kind, \
     e.body AS body, d.status AS status, d.attempts AS attempts, d.due_at AS due_at, d.answer AS answer, d.problem AS problem \
     FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event_id";

impl Store {
    /// Up to `limit` messages that are due, those that wait longest first.
    pub async fn due_deliveries(&self, limit: i64) -> Result<Vec<DueDelivery>, Error> {
        let now = self.clock.now();
        let mut tx = self.database.read().await?;
        let sql = format!(
            "{MESSAGES} JOIN webhook_endpoints p ON p.id = d.endpoint_id \
             WHERE d.status = 'waiting' AND d.due_at <= $1 AND p.stopped_at = 0 ORDER BY d.due_at, d.id LIMIT $2"
        );
        let messages = tx
            .rows::<Message>("look for messages", &sql, &args![now, limit])
            .await?;
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = messages.iter().flat_map(|row| args![row.endpoint_id]).collect();
        let sql = format!(
            "SELECT {} FROM webhook_endpoints WHERE id IN ({})",
            super::COLUMNS,
            list_text(ids.len(), 1)
        );
        let found = tx.rows::<Found>("read endpoints", &sql, &ids).await?;
        let key = self.data_key()?;
        let endpoints = found
            .into_iter()
            .map(|row| row.read(key, now))
            .collect::<Result<Vec<_>, _>>()?;
        let with_endpoint = |row: Message| {
            let endpoint = endpoints
                .iter()
                .find(|endpoint| endpoint.id == row.endpoint_id)?
                .clone();
            Some(DueDelivery {
                id: row.id,
                event: row.event_id,
                body: row.body,
                attempts: row.attempts,
                endpoint,
            })
        };
        Ok(messages.into_iter().filter_map(with_endpoint).collect())
    }

    /// Records how an attempt went.
    pub async fn settle_delivery(&self, attempt: &Attempt<'_>) -> Result<(), Error> {
        let Attempt {
            delivery,
            endpoint,
            answer,
            problem,
            again_at,
            stop,
        } = *attempt;
        let status = match (problem, again_at) {
            (None, _) => "arrived",
            (Some(_), Some(_)) => "waiting",
            (Some(_), None) => "given_up",
        };
        let cut: String = problem.unwrap_or_default().chars().take(PROBLEM_CHARS_MAX).collect();
        retrying!("record an attempt", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "UPDATE webhook_deliveries SET status = $2, attempts = attempts + 1, due_at = $3, tried_at = $4, \
                       answer = $5, problem = $6 WHERE id = $1";
            let (due_at, answer) = (again_at.unwrap_or(now), i64::from(answer.unwrap_or(0)));
            tx.execute(
                "record an attempt",
                sql,
                &args![delivery, status, due_at, now, answer, cut.as_str()],
            )
            .await?;
            let failing = if problem.is_none() {
                "0"
            } else {
                "CASE WHEN failing_since = 0 THEN $2 ELSE failing_since END"
            };
            let sql =
                format!("UPDATE webhook_endpoints SET failing_since = {failing} WHERE id = $1 AND created_at <= $2");
            tx.execute("record an attempt", &sql, &args![endpoint, now]).await?;
            if let Some(why) = stop {
                let sql =
                    "UPDATE webhook_endpoints SET stopped_at = $2, stopped_why = $3 WHERE id = $1 AND stopped_at = 0";
                tx.execute("stop an endpoint", sql, &args![endpoint, now, why]).await?;
            }
            tx.commit().await
        })
    }

    /// Up to `limit` messages, the newest first, of one endpoint or of all, older than the one named `before`.
    pub async fn deliveries(
        &self,
        endpoint: Option<Uuid>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let of = if endpoint.is_some() {
            "d.endpoint_id = $3"
        } else {
            "d.endpoint_id <> $3"
        };
        let sql = format!("{MESSAGES} WHERE d.id < $1 AND {of} ORDER BY d.id DESC LIMIT $2");
        let values = args![before.unwrap_or(Uuid::max()), limit, endpoint.unwrap_or(Uuid::nil())];
        let rows = self.database.rows::<Message>("read messages", &sql, &values).await?;
        let read = |row: Message| DeliveryRow {
            id: row.id,
            endpoint: row.endpoint_id,
            event: row.event_id,
            kind: row.kind,
            body: row.body,
            status: row.status,
            attempts: row.attempts,
            due_at: Timestamp::from_micros(row.due_at),
            answer: (row.answer > 0).then_some(row.answer),
            problem: row.problem,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Sends a message again, with its attempts counted anew.
    pub async fn redeliver(&self, delivery: Uuid, act: &Act<'_>) -> Result<(), Error> {
        retrying!("send a message again", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "UPDATE webhook_deliveries SET status = 'waiting', attempts = 0, due_at = $2 WHERE id = $1";
            if tx.execute("send a message again", sql, &args![delivery, now]).await? == 0 {
                return Err(not_found(delivery));
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }

    /// Sends an endpoint a message that says nothing. `event` is its id: the same again sends nothing more.
    pub async fn ping_endpoint(&self, endpoint: Uuid, event: Uuid, act: &Act<'_>) -> Result<(), Error> {
        self.endpoint(endpoint).await?;
        retrying!("send a test", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let body = serde_json::json!({"type": "ping", "timestamp": now, "data": {}}).to_string();
            let sql = "INSERT INTO webhook_events (id, kind, body, created_at) VALUES ($1, 'ping', $2, $3) \
                       ON CONFLICT (id) DO NOTHING";
            if tx.execute("send a test", sql, &args![event, body, now]).await? == 0 {
                return Ok(());
            }
            let sql = "INSERT INTO webhook_deliveries \
                       (id, endpoint_id, event_id, status, attempts, due_at, tried_at, answer, problem) \
                       VALUES ($1, $2, $3, 'waiting', 0, $4, 0, 0, '')";
            tx.execute("send a test", sql, &args![self.new_id(), endpoint, event, now])
                .await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }

    /// How many messages wait, and how many were given up.
    pub async fn delivery_counts(&self) -> Result<(i64, i64), Error> {
        let sql = "SELECT status, COUNT(*) FROM webhook_deliveries WHERE status <> 'arrived' GROUP BY status";
        let rows = self.database.rows::<(String, i64)>("count messages", sql, &[]).await?;
        let count = |status| {
            rows.iter()
                .find(|(name, _)| name == status)
                .map_or(0, |(_, count)| *count)
        };
        Ok((count("waiting"), count("given_up")))
    }
}
