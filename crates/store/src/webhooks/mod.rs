//! Who is told of what happens, by HTTP: endpoints, messages to them, and how each went.
//!
//! Nothing that sells writes a message. Messages are collected afterwards from the rows that every sale leaves behind
//! ([`collect`]), so that a checkout pays nothing for them and none is lost with a crash.

mod collect;
mod deliveries;

use scrip_domain::Timestamp;
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::db::{Tx, Value, args, row_struct};
use crate::ledger::retrying;
use crate::vault::{DataKey, Place};
use crate::{Error, Store};

pub use collect::EVENT_KINDS;
pub use deliveries::{Attempt, DeliveryRow, DueDelivery};

/// The most endpoints of one vendor.
const ENDPOINTS_MAX: i64 = 50;

/// Where a vendor's own programs are told of what happens.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: Uuid,
    /// The address that is posted to.
    pub url: String,
    /// The kinds of events that it is told; all of them where empty.
    pub events: Vec<String>,
    /// What signs the messages: `whsec_` and base64.
    pub secret: String,
    /// The secret before that, while it signs too.
    pub old_secret: Option<String>,
    /// Since when it is told nothing, and why.
    pub stopped: Option<(Timestamp, String)>,
    /// Since when every message to it failed.
    pub failing_since: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Without the secrets.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("url", &self.url)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

row_struct! {
    /// A row of `webhook_endpoints`.
    pub(crate) struct Found {
        id: Uuid,
        url: String,
        events: String,
        secret: String,
        old_secret: String,
        old_until: i64,
        stopped_at: i64,
        stopped_why: String,
        failing_since: i64,
        created_at: i64,
    }
}

const COLUMNS: &str =
    "id, url, events, secret, old_secret, old_until, stopped_at, stopped_why, failing_since, created_at";

impl Found {
    fn read(self, key: &DataKey, now: Timestamp) -> Result<Endpoint, Error> {
        let at = |micros: i64| (micros > 0).then(|| Timestamp::from_micros(micros));
        let place = place(self.id);
        let old = (self.old_until > now.micros()).then(|| key.open_text(place, &self.old_secret));
        Ok(Endpoint {
            id: self.id,
            url: self.url,
            events: self.events.split_whitespace().map(str::to_owned).collect(),
            secret: key.open_text(place, &self.secret)?,
            old_secret: old.transpose()?,
            stopped: at(self.stopped_at).map(|at| (at, self.stopped_why)),
            failing_since: at(self.failing_since),
            created_at: Timestamp::from_micros(self.created_at),
        })
    }
}

const fn place(endpoint: Uuid) -> Place {
    Place::new("webhook_endpoints", endpoint)
}

impl Store {
    /// Adds an endpoint; the same id again adds nothing. `events` are kinds, none for all.
    pub async fn add_endpoint(
        &self,
        id: Uuid,
        url: &str,
        events: &[String],
        secret: &str,
        act: &Act<'_>,
    ) -> Result<bool, Error> {
        let sealed = self.data_key()?.seal_text(place(id), secret)?;
        retrying!("add an endpoint", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let count = "SELECT COUNT(*) FROM webhook_endpoints";
            let there = tx.row::<(i64,)>("count the endpoints", count, &[]).await?;
            if there.is_some_and(|(there,)| there >= ENDPOINTS_MAX) {
                return Err(Error::TooMany {
                    what: "endpoints of webhooks",
                    most: ENDPOINTS_MAX,
                });
            }
            let sql = format!(
                "INSERT INTO webhook_endpoints ({COLUMNS}) VALUES ($1, $2, $3, $4, '', 0, 0, '', 0, $5) \
                 ON CONFLICT (id) DO NOTHING"
            );
            let values = args![id, url, events.join(" "), sealed.as_str(), now];
            if tx.execute("add an endpoint", &sql, &values).await? == 0 {
                return Ok(false);
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(true)
        })
    }

    /// Every endpoint, the oldest first.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, Error> {
        let (now, key) = (self.clock.now(), self.data_key()?);
        let sql = format!("SELECT {COLUMNS} FROM webhook_endpoints ORDER BY id LIMIT {ENDPOINTS_MAX}");
        let rows = self.database.rows::<Found>("read the endpoints", &sql, &[]).await?;
        rows.into_iter().map(|row| row.read(key, now)).collect()
    }

    /// One endpoint.
    pub async fn endpoint(&self, id: Uuid) -> Result<Endpoint, Error> {
        let sql = format!("SELECT {COLUMNS} FROM webhook_endpoints WHERE id = $1");
        let found = self
            .database
            .row_by_key::<Found>("read an endpoint", &sql, &args![id])
            .await?;
        let found = found.ok_or_else(|| not_found(id))?;
        found.read(self.data_key()?, self.clock.now())
    }

    /// Stops telling an endpoint, saying why, or goes on.
    pub async fn stop_endpoint(&self, id: Uuid, why: Option<&str>, act: &Act<'_>) -> Result<(), Error> {
        let at = why.map_or(0, |_| self.clock.now().micros());
        let sql = "UPDATE webhook_endpoints SET stopped_at = $2, stopped_why = $3, failing_since = 0 WHERE id = $1";
        self.change_endpoint(id, sql, &args![id, at, why.unwrap_or_default()], act)
            .await
    }

    /// Gives an endpoint a new secret; the one before signs too until `old_until`.
    pub async fn rotate_endpoint(
        &self,
        id: Uuid,
        secret: &str,
        old_until: Timestamp,
        act: &Act<'_>,
    ) -> Result<(), Error> {
        let sql = "UPDATE webhook_endpoints SET old_secret = secret, old_until = $3, secret = $2 WHERE id = $1";
        let sealed = self.data_key()?.seal_text(place(id), secret)?;
        self.change_endpoint(id, sql, &args![id, sealed, old_until], act).await
    }

    async fn change_endpoint(&self, id: Uuid, sql: &str, values: &[Value], act: &Act<'_>) -> Result<(), Error> {
        retrying!("change an endpoint", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            if tx.execute("change an endpoint", sql, values).await? == 0 {
                return Err(not_found(id));
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }
}

fn not_found(id: Uuid) -> Error {
    Error::EndpointNotFound {
        endpoint: id.to_string(),
    }
}

/// An endpoint that is told something now.
pub(crate) struct Told {
    id: Uuid,
    /// The kinds of events that it is told; all of them where empty.
    events: Vec<String>,
    created_at: Timestamp,
}

/// Endpoints that are told something now. Their secrets are not needed to know what is told.
async fn told(tx: &mut Tx) -> Result<Vec<Told>, Error> {
    let sql = format!(
        "SELECT id, events, created_at FROM webhook_endpoints WHERE stopped_at = 0 ORDER BY id LIMIT {ENDPOINTS_MAX}"
    );
    let rows = tx.rows::<(Uuid, String, i64)>("read the endpoints", &sql, &[]).await?;
    let told = |(id, events, created_at): (Uuid, String, i64)| Told {
        id,
        events: events.split_whitespace().map(str::to_owned).collect(),
        created_at: Timestamp::from_micros(created_at),
    };
    Ok(rows.into_iter().map(told).collect())
}
