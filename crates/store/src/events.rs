//! Who did what to a license, and why: rows that are only added.

use scrip_domain::{LicenseId, Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Tx, args};
use crate::{Error, Store};

/// Who changed a license.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Actor {
    /// An account.
    Account(UserId),
    /// The vendor's operator.
    Operator,
}

/// Something that happened to a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseEvent {
    /// `operator`, or `account:` and the account's id.
    pub actor: String,
    /// What was done.
    pub what: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

pub(crate) async fn put(
    tx: &mut Tx,
    id: Uuid,
    license: LicenseId,
    actor: Actor,
    what: &str,
    why: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let actor = match actor {
        Actor::Account(user) => format!("account:{user}"),
        Actor::Operator => "operator".to_owned(),
    };
    let sql =
        "INSERT INTO license_events (id, license_id, actor, what, why, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(
        "record what happened",
        sql,
        &args![id, license.0, actor, what, why, now],
    )
    .await
    .map(drop)
}

impl Store {
    /// What happened to a license, the newest first; 100 at most.
    pub async fn license_events(&self, license: LicenseId) -> Result<Vec<LicenseEvent>, Error> {
        let sql = "SELECT actor, what, why, created_at FROM license_events WHERE license_id = $1 \
                   ORDER BY created_at DESC, id DESC LIMIT 100";
        let rows = self
            .database
            .rows::<(String, String, String, i64)>("read what happened", sql, &args![license.0])
            .await?;
        let read = |(actor, what, why, at)| LicenseEvent {
            actor,
            what,
            why,
            at: Timestamp::from_micros(at),
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
