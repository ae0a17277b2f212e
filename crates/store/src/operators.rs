//! The vendor's people and their sessions at the console.

use scrip_domain::{Email, OperatorId, Role, Timestamp};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::db::{Tx, Value, args};
use crate::ledger::retrying;
use crate::{Error, Store, TokenHash};

/// The most operators that are listed.
const OPERATORS_MAX: usize = 500;

/// One of the vendor's people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorRow {
    /// The id.
    pub id: OperatorId,
    /// The address to sign in with.
    pub email: Email,
    /// What the operator may do.
    pub role: Role,
    /// The argon2id hash of the password, in PHC string format.
    pub password_hash: String,
    /// When the operator was admitted.
    pub created_at: Timestamp,
    /// When the operator was shut out.
    pub disabled_at: Option<Timestamp>,
    /// Whether an authenticator app is asked for.
    pub has_factor: bool,
}

type Found = (Uuid, String, String, String, i64, Option<i64>, bool);
const COLUMNS: &str = "o.id, o.email, o.role, o.password_hash, o.created_at, o.disabled_at, \
                       EXISTS (SELECT 1 FROM operator_factors f WHERE f.operator_id = o.id AND f.confirmed_at IS NOT NULL)";

fn read((id, email, role, password_hash, created_at, disabled_at, has_factor): Found) -> Result<OperatorRow, Error> {
    let corrupt = |why: String| Error::Corrupt {
        table: "operators",
        id: id.to_string(),
        why,
    };
    Ok(OperatorRow {
        id: OperatorId(id),
        email: email
            .parse()
            .map_err(|why: scrip_domain::Error| corrupt(why.to_string()))?,
        role: Role::parse(&role).ok_or_else(|| corrupt(format!("the role {role} is unknown")))?,
        password_hash,
        created_at: Timestamp::from_micros(created_at),
        disabled_at: disabled_at.map(Timestamp::from_micros),
        has_factor,
    })
}

async fn find(tx: &mut Tx, condition: &str, value: Value) -> Result<Option<OperatorRow>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM operators o WHERE {condition} = $1");
    let row = tx.row::<Found>("find an operator", &sql, &[value]).await?;
    row.map(read).transpose()
}

fn absent(operator: impl std::fmt::Display) -> Error {
    Error::OperatorNotFound {
        operator: operator.to_string(),
    }
}

/// Refuses to leave the vendor without an owner who can sign in.
async fn keep_an_owner(tx: &mut Tx, leaving: OperatorId) -> Result<(), Error> {
    let sql =
        "SELECT CAST(COUNT(*) AS BIGINT) FROM operators WHERE role = 'owner' AND disabled_at IS NULL AND id <> $1";
    let owners = tx.row::<(i64,)>("count owners", sql, &args![leaving.0]).await?;
    if owners.is_some_and(|(count,)| count > 0) {
        Ok(())
    } else {
        Err(Error::OperatorLastOwner)
    }
}

impl Store {
    /// Admits an operator.
    pub async fn add_operator(
        &self,
        email: &Email,
        role: Role,
        password_hash: &str,
        act: &Act<'_>,
    ) -> Result<OperatorRow, Error> {
        retrying!("admit an operator", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            if find(&mut tx, "o.email", email.as_str().into()).await?.is_some() {
                return Err(Error::OperatorEmailTaken {
                    email: email.to_string(),
                });
            }
            let id = self.new_id();
            let sql = "INSERT INTO operators (id, email, password_hash, role, created_at) VALUES ($1, $2, $3, $4, $5)";
            let values = args![id, email.as_str(), password_hash, role.as_str(), now];
            tx.execute("admit an operator", sql, &values).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(OperatorRow {
                id: OperatorId(id),
                email: email.clone(),
                role,
                password_hash: password_hash.to_owned(),
                created_at: now,
                disabled_at: None,
                has_factor: false,
            })
        })
    }

    /// Every operator, those who are shut out last.
    pub async fn operators(&self) -> Result<Vec<OperatorRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM operators o ORDER BY CASE WHEN o.disabled_at IS NULL THEN 0 ELSE 1 END, o.email \
             LIMIT {OPERATORS_MAX}"
        );
        let rows = self.database.rows::<Found>("list operators", &sql, &[]).await?;
        rows.into_iter().map(read).collect()
    }

    /// The operator with this address.
    pub async fn operator_by_email(&self, email: &Email) -> Result<Option<OperatorRow>, Error> {
        find(&mut self.database.read().await?, "o.email", email.as_str().into()).await
    }

    /// Changes what an operator may do.
    pub async fn set_operator_role(&self, operator: OperatorId, role: Role, act: &Act<'_>) -> Result<(), Error> {
        retrying!("change an operator's role", {
            let mut tx = self.database.write().await?;
            let known = find(&mut tx, "o.id", operator.0.into()).await?;
            let known = known.ok_or_else(|| absent(operator))?;
            if known.role == Role::Owner && role != Role::Owner {
                keep_an_owner(&mut tx, operator).await?;
            }
            let sql = "UPDATE operators SET role = $2 WHERE id = $1";
            tx.execute("change an operator's role", sql, &args![operator.0, role.as_str()])
                .await?;
            log_act(&mut tx, act, self.clock.now()).await?;
            tx.commit().await
        })
    }

    /// Shuts an operator out, ending all sessions, or lets the operator in again.
    pub async fn set_operator_disabled(
        &self,
        operator: OperatorId,
        disabled: bool,
        act: &Act<'_>,
    ) -> Result<(), Error> {
        retrying!("shut an operator out", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            if find(&mut tx, "o.id", operator.0.into()).await?.is_none() {
                return Err(absent(operator));
            }
            if disabled {
                keep_an_owner(&mut tx, operator).await?;
                end_sessions(&mut tx, operator).await?;
            }
            let sql = "UPDATE operators SET disabled_at = $2 WHERE id = $1";
            let at = disabled.then_some(now.micros());
            tx.execute("shut an operator out", sql, &args![operator.0, at]).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }

    /// Gives an operator another password and ends all sessions.
    pub async fn set_operator_password(
        &self,
        operator: OperatorId,
        password_hash: &str,
        act: &Act<'_>,
    ) -> Result<(), Error> {
        retrying!("change an operator's password", {
            let mut tx = self.database.write().await?;
            let sql = "UPDATE operators SET password_hash = $2 WHERE id = $1";
            let changed = tx
                .execute("change an operator's password", sql, &args![operator.0, password_hash])
                .await?;
            if changed == 0 {
                return Err(absent(operator));
            }
            end_sessions(&mut tx, operator).await?;
            log_act(&mut tx, act, self.clock.now()).await?;
            tx.commit().await
        })
    }

    /// Opens a session at the console, and forgets sessions that ended.
    pub async fn open_operator_session(
        &self,
        operator: OperatorId,
        token: TokenHash,
        expires_at: Timestamp,
        act: &Act<'_>,
    ) -> Result<(), Error> {
        retrying!("sign an operator in", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "DELETE FROM operator_sessions WHERE expires_at < $1";
            tx.execute("forget ended sessions", sql, &args![now]).await?;
            let sql = "INSERT INTO operator_sessions (token_hash, operator_id, created_at, expires_at) \
                       VALUES ($1, $2, $3, $4)";
            let values = args![token.0.to_vec(), operator.0, now, expires_at];
            tx.execute("open a session", sql, &values).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }

    /// Ends a session at the console; one that is gone already is no error.
    pub async fn close_operator_session(&self, token: TokenHash) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        let sql = "DELETE FROM operator_sessions WHERE token_hash = $1";
        tx.execute("end a session", sql, &args![token.0.to_vec()]).await?;
        tx.commit().await
    }

    /// Whose session at the console this is; nobody's where it ended or the operator is shut out.
    pub async fn operator_of(&self, token: TokenHash) -> Result<Option<OperatorRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM operator_sessions s JOIN operators o ON o.id = s.operator_id \
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND o.disabled_at IS NULL"
        );
        let values = args![token.0.to_vec(), self.clock.now()];
        let row = self
            .database
            .row_by_key::<Found>("find an operator's session", &sql, &values)
            .await?;
        row.map(read).transpose()
    }
}

pub(crate) async fn end_sessions(tx: &mut Tx, operator: OperatorId) -> Result<(), Error> {
    let sql = "DELETE FROM operator_sessions WHERE operator_id = $1";
    tx.execute("end sessions", sql, &args![operator.0]).await.map(drop)
}
