//! Accounts and sessions.

use std::collections::HashMap;

use scrip_domain::{Email, Timestamp, Tokens, UserId};
use uuid::Uuid;

use crate::db::{Database, Value, args, list_text};
use crate::ledger::{KIND_GRANT, Posting, VENDOR_PROMOTIONS, open_wallet, post, read_tokens};
use crate::{Error, Store};

/// The SHA-256 digest of a session token: what the database keeps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// Who makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub user: UserId,
    /// When the session ends by itself.
    pub expires_at: Timestamp,
}

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The account's id.
    pub id: UserId,
    /// The address that identifies it.
    pub email: Email,
    /// The argon2id hash of the password, in PHC string format.
    pub password_hash: String,
    /// When the account was opened.
    pub created_at: Timestamp,
    /// What the wallet holds.
    pub balance: Tokens,
}

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The address that identifies it.
    pub email: Email,
    /// The argon2id hash of the password, in PHC string format.
    pub password_hash: String,
    /// The tokens that the registration grants.
    pub grant: Tokens,
}

type UserFields = (Uuid, String, String, i64, i64);
const USER_SQL: &str = "SELECT u.id, u.email, u.password_hash, u.created_at, w.balance \
                        FROM users u JOIN wallets w ON w.user_id = u.id";

impl Store {
    /// Opens an account with its wallet and the granted tokens, all or nothing.
    pub async fn register(&self, new: &NewUser) -> Result<User, Error> {
        let taken = || Error::EmailTaken {
            email: new.email.to_string(),
        };
        let (id, now) = (UserId(self.new_id()), self.clock.now());
        let mut tx = self.database.write().await?;
        let sql = "SELECT id FROM users WHERE email = $1";
        if tx
            .row::<(Uuid,)>("look for an account", sql, &args![new.email.as_str()])
            .await?
            .is_some()
        {
            return Err(taken());
        }
        let sql = "INSERT INTO users (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)";
        let values = args![id.0, new.email.as_str(), new.password_hash.as_str(), now];
        match tx.execute("open an account", sql, &values).await {
            // Someone else took the address between the look and the write.
            Err(Error::Conflict { .. }) => return Err(taken()),
            other => other?,
        };
        open_wallet(&mut tx, id.0, new.grant).await?;
        if !new.grant.is_zero() {
            let posting = Posting {
                id: self.new_id(),
                kind: KIND_GRANT,
                reason: "Welcome tokens".to_owned(),
                at: now,
                wallet: id,
                amount: new.grant.get(),
                balance_after: new.grant,
                vendor: VENDOR_PROMOTIONS,
            };
            post(&mut tx, &[posting]).await?;
        }
        tx.commit().await?;
        let (email, password_hash) = (new.email.clone(), new.password_hash.clone());
        Ok(User {
            id,
            email,
            password_hash,
            created_at: now,
            balance: new.grant,
        })
    }

    /// The account with this address.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<User>, Error> {
        self.user(&format!("{USER_SQL} WHERE u.email = $1"), args![email.as_str()])
            .await
    }

    /// The account with this id.
    pub async fn user_by_id(&self, id: UserId) -> Result<Option<User>, Error> {
        self.user(&format!("{USER_SQL} WHERE u.id = $1"), args![id.0]).await
    }

    async fn user(&self, sql: &str, values: [Value; 1]) -> Result<Option<User>, Error> {
        let rows = self
            .database
            .rows::<UserFields>("find an account", sql, &values)
            .await?;
        rows.into_iter()
            .next()
            .map(|(id, email, password_hash, created_at, balance)| {
                let corrupt = |why: scrip_domain::Error| Error::Corrupt {
                    table: "users",
                    id: id.to_string(),
                    why: why.to_string(),
                };
                Ok(User {
                    id: UserId(id),
                    email: email.parse().map_err(corrupt)?,
                    password_hash,
                    created_at: Timestamp::from_micros(created_at),
                    balance: read_tokens("wallets", id, balance)?,
                })
            })
            .transpose()
    }

    /// Opens a session, and forgets sessions that ended.
    pub async fn open_session(&self, user: UserId, token: TokenHash, expires_at: Timestamp) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.database.write().await?;
        tx.execute(
            "forget ended sessions",
            "DELETE FROM sessions WHERE expires_at < $1",
            &args![now],
        )
        .await?;
        let sql = "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        tx.execute("open a session", sql, &args![token.0.to_vec(), user.0, now, expires_at])
            .await?;
        tx.commit().await
    }

    /// Ends a session; one that is gone already is no error.
    pub async fn close_session(&self, token: TokenHash) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        tx.execute(
            "end a session",
            "DELETE FROM sessions WHERE token_hash = $1",
            &args![token.0.to_vec()],
        )
        .await?;
        tx.commit().await
    }

    /// Whose session this is, ended or not. Look-ups of one moment share one statement where each would be a round trip.
    pub async fn caller(&self, token: TokenHash) -> Result<Option<Caller>, Error> {
        if let Some(callers) = &self.callers {
            return callers.ask(token).await?;
        }
        let sql = "SELECT user_id, expires_at FROM sessions WHERE token_hash = $1";
        let values = args![token.0.to_vec()];
        let row = self.database.row_by_key("find a session", sql, &values).await?;
        Ok(row.map(|(user, expires_at)| Caller::read(user, expires_at)))
    }
}

impl Caller {
    fn read(user: Uuid, expires_at: i64) -> Self {
        Self {
            user: UserId(user),
            expires_at: Timestamp::from_micros(expires_at),
        }
    }
}

/// Answers a batch of session look-ups with one statement.
pub(crate) async fn find_callers(database: &Database, tokens: Vec<TokenHash>) -> Vec<Result<Option<Caller>, Error>> {
    let sql = format!(
        "SELECT token_hash, user_id, expires_at FROM sessions WHERE token_hash IN ({})",
        list_text(tokens.len(), 1)
    );
    let values: Vec<Value> = tokens.iter().map(|token| Value::from(token.0.to_vec())).collect();
    match database
        .rows::<(Vec<u8>, Uuid, i64)>("find sessions", &sql, &values)
        .await
    {
        Ok(rows) => {
            let found: HashMap<Vec<u8>, Caller> = rows
                .into_iter()
                .map(|(hash, user, expires_at)| (hash, Caller::read(user, expires_at)))
                .collect();
            tokens
                .iter()
                .map(|token| Ok(found.get(token.0.as_slice()).copied()))
                .collect()
        }
        Err(first) => {
            // The failure is one; every waiter is told of it, the first with its source.
            let mut answers: Vec<_> = tokens
                .iter()
                .skip(1)
                .map(|_| {
                    Err(Error::Busy {
                        operation: "find sessions",
                    })
                })
                .collect();
            answers.insert(0, Err(first));
            answers
        }
    }
}
