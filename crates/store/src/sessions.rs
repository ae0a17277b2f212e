//! Sessions: listed, ended, opened for an app by a browser; and the clients that signed in before.

use scrip_domain::{Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Tx, args};
use crate::{Error, Store, TokenHash};

/// Sessions that an account keeps; the oldest end when there are more.
const SESSIONS_MAX: i64 = 100;
/// Known clients that an account keeps.
const CLIENTS_MAX: i64 = 50;

/// A session to open.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'s> {
    /// Whose it is.
    pub user: UserId,
    /// The digest of its token.
    pub token: TokenHash,
    /// What it is shown as, such as the computer's name.
    pub label: &'s str,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// A session as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Names it; nothing can be signed in with it.
    pub id: Uuid,
    /// The digest of its token.
    pub token: TokenHash,
    /// What it is shown as.
    pub label: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the hour.
    pub seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// A code with which an app fetches the session that a browser opened for it.
#[derive(Clone, Copy, Debug)]
pub struct NewBrowserCode<'c> {
    /// The digest of the code.
    pub hash: TokenHash,
    /// Who signed in in the browser.
    pub user: UserId,
    /// The S256 challenge (RFC 7636 section 4.2).
    pub challenge: &'c str,
    /// Where the browser was sent back to.
    pub redirect: &'c str,
    /// What the session is shown as.
    pub label: &'c str,
    /// When it ends to serve.
    pub expires_at: Timestamp,
}

/// What a browser's code was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserCode {
    /// Who signed in in the browser.
    pub user: UserId,
    /// The S256 challenge.
    pub challenge: String,
    /// Where the browser was sent back to.
    pub redirect: String,
    /// What the session is shown as.
    pub label: String,
}

/// The name of a session: a part of its token's digest, from which the token cannot be found.
fn id_of(token: TokenHash) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&token.0[16..]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

pub(crate) async fn open(tx: &mut Tx, session: &NewSession<'_>, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "forget ended sessions",
        "DELETE FROM sessions WHERE expires_at < $1",
        &args![now],
    )
    .await?;
    let sql = "DELETE FROM sessions WHERE user_id = $1 AND created_at < (SELECT MIN(created_at) FROM (SELECT created_at \
               FROM sessions WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2) AS newest)";
    tx.execute("end the oldest sessions", sql, &args![session.user.0, SESSIONS_MAX - 1])
        .await?;
    let sql = "INSERT INTO sessions (token_hash, user_id, label, created_at, seen_at, expires_at) \
               VALUES ($1, $2, $3, $4, $4, $5)";
    let values = args![
        session.token.0.to_vec(),
        session.user.0,
        session.label,
        now,
        session.expires_at
    ];
    tx.execute("open a session", sql, &values).await.map(drop)
}

/// Ends every session of the account but `kept`, and forgets the codes that would open one.
pub(crate) async fn end_all(tx: &mut Tx, user: UserId, kept: Option<TokenHash>) -> Result<u64, Error> {
    let kept = kept.map_or(Vec::new(), |token| token.0.to_vec());
    let sql = "DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2";
    let ended = tx.execute("end sessions", sql, &args![user.0, kept]).await?;
    tx.execute(
        "forget codes of browsers",
        "DELETE FROM browser_codes WHERE user_id = $1",
        &args![user.0],
    )
    .await?;
    Ok(ended)
}

impl Store {
    /// Opens a session that is shown as `label`, and forgets sessions that ended.
    pub async fn open_labelled_session(&self, session: &NewSession<'_>) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        open(&mut tx, session, self.clock.now()).await?;
        tx.commit().await
    }

    /// The sessions of an account that have not ended, the newest first.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<SessionRow>, Error> {
        type Found = (Vec<u8>, String, i64, i64, i64);
        let sql = "SELECT token_hash, label, created_at, seen_at, expires_at FROM sessions \
                   WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at DESC, token_hash LIMIT $3";
        let values = args![user.0, self.clock.now(), SESSIONS_MAX];
        let rows = self.database.rows::<Found>("list sessions", sql, &values).await?;
        rows.into_iter()
            .map(|(hash, label, created_at, seen_at, expires_at)| {
                let token = TokenHash(hash.try_into().map_err(|_| Error::Corrupt {
                    table: "sessions",
                    id: user.to_string(),
                    why: "a digest has 32 bytes".to_owned(),
                })?);
                Ok(SessionRow {
                    id: id_of(token),
                    token,
                    label,
                    created_at: Timestamp::from_micros(created_at),
                    seen_at: Timestamp::from_micros(seen_at.max(created_at)),
                    expires_at: Timestamp::from_micros(expires_at),
                })
            })
            .collect()
    }

    /// Ends one session of the account by its name.
    pub async fn end_session(&self, user: UserId, id: Uuid) -> Result<(), Error> {
        let found = self.sessions(user).await?.into_iter().find(|row| row.id == id);
        let Some(row) = found else {
            return Err(Error::SessionNotFound {
                session: id.to_string(),
            });
        };
        self.close_session(row.token).await
    }

    /// Ends every session of the account but `kept`. Answers how many ended.
    pub async fn end_sessions(&self, user: UserId, kept: Option<TokenHash>) -> Result<u64, Error> {
        let mut tx = self.database.write().await?;
        let ended = end_all(&mut tx, user, kept).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Notes that a session is used now.
    pub async fn touch_session(&self, token: TokenHash) -> Result<(), Error> {
        let sql = "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1";
        let mut tx = self.database.write().await?;
        tx.execute("note a session", sql, &args![token.0.to_vec(), self.clock.now()])
            .await?;
        tx.commit().await
    }

    /// Keeps a code with which an app fetches the session that a browser opened for it.
    pub async fn put_browser_code(&self, code: &NewBrowserCode<'_>) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        tx.execute(
            "forget old codes of browsers",
            "DELETE FROM browser_codes WHERE expires_at < $1",
            &args![self.clock.now()],
        )
        .await?;
        let sql = "INSERT INTO browser_codes (hash, user_id, challenge, redirect, label, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = args![
            code.hash.0.to_vec(),
            code.user.0,
            code.challenge,
            code.redirect,
            code.label,
            code.expires_at
        ];
        tx.execute("keep a browser's code", sql, &values).await?;
        tx.commit().await
    }

    /// Takes a browser's code, which serves no more afterwards, whatever it is then used for.
    pub async fn take_browser_code(&self, hash: TokenHash) -> Result<BrowserCode, Error> {
        type Found = (Uuid, String, String, String);
        let values = args![hash.0.to_vec(), self.clock.now()];
        let mut tx = self.database.write().await?;
        let sql = "SELECT user_id, challenge, redirect, label FROM browser_codes WHERE hash = $1 AND expires_at > $2";
        let found = tx.row::<Found>("look for a browser's code", sql, &values).await?;
        let (user, challenge, redirect, label) = found.ok_or(Error::CodeWrong)?;
        let sql = "DELETE FROM browser_codes WHERE hash = $1 AND expires_at > $2";
        if tx.execute("use a browser's code", sql, &values).await? != 1 {
            return Err(Error::CodeWrong);
        }
        tx.commit().await?;
        Ok(BrowserCode {
            user: UserId(user),
            challenge,
            redirect,
            label,
        })
    }

    /// Whether a client with this token signed in to the account before.
    pub async fn knows_client(&self, user: UserId, client: TokenHash) -> Result<bool, Error> {
        let sql = "SELECT seen_at FROM known_clients WHERE hash = $1 AND user_id = $2";
        let values = args![client.0.to_vec(), user.0];
        let found = self
            .database
            .row_by_key::<(i64,)>("look for a client", sql, &values)
            .await?;
        Ok(found.is_some())
    }

    /// Remembers that a client signed in to the account. Answers whether it is the account's first.
    pub async fn put_client(&self, user: UserId, client: TokenHash) -> Result<bool, Error> {
        let mut tx = self.database.write().await?;
        let sql = "SELECT COUNT(*) FROM known_clients WHERE user_id = $1";
        let before = tx.row::<(i64,)>("count clients", sql, &args![user.0]).await?;
        let sql = "DELETE FROM known_clients WHERE user_id = $1 AND seen_at < (SELECT MIN(seen_at) FROM (SELECT seen_at \
                   FROM known_clients WHERE user_id = $1 ORDER BY seen_at DESC LIMIT $2) AS newest)";
        tx.execute("forget old clients", sql, &args![user.0, CLIENTS_MAX - 1])
            .await?;
        let sql = "INSERT INTO known_clients (hash, user_id, seen_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (hash) DO UPDATE SET user_id = $2, seen_at = $3";
        tx.execute(
            "remember a client",
            sql,
            &args![client.0.to_vec(), user.0, self.clock.now()],
        )
        .await?;
        tx.commit().await?;
        Ok(before.is_none_or(|(count,)| count == 0))
    }
}
