//! Accounts and sessions.

use std::collections::HashMap;

use scrip_domain::{Email, Timestamp, Tokens, UserId};
use uuid::Uuid;

use crate::db::{Database, Tx, Value, args};
use crate::ledger::{KIND_GRANT, Posting, VENDOR_PROMOTIONS, open_wallet, post, read_tokens};
use crate::sessions::NewSession;
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
    /// When the session was last used, to the hour.
    pub seen_at: Timestamp,
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
    /// How the person is called; may be empty.
    pub name: String,
    /// When the person showed that mail to the address reaches them.
    pub verified_at: Option<Timestamp>,
}

impl User {
    /// The hash to compare a password with; none where the account waits to be claimed, or its person was erased.
    pub fn password(&self) -> Option<String> {
        (!self.password_hash.is_empty()).then(|| self.password_hash.clone())
    }
}

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The address that identifies it.
    pub email: Email,
    /// The argon2id hash of the password, in PHC string format; empty for an account that is claimed later.
    pub password_hash: String,
    /// The tokens that the registration grants at once.
    pub grant: Tokens,
    /// Those that it grants once the address is verified.
    pub grant_later: Tokens,
}

type UserFields = (Uuid, String, String, i64, i64, String, Option<i64>);
const USER_SQL: &str = "SELECT u.id, u.email, u.password_hash, u.created_at, w.balance, u.name, u.verified_at \
                        FROM users u JOIN wallets w ON w.user_id = u.id";

impl Store {
    /// Opens an account with its wallet and the granted tokens, all or nothing.
    pub async fn register(&self, new: &NewUser) -> Result<User, Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let user = self.register_in(&mut tx, new, now).await?;
        tx.commit().await?;
        Ok(user)
    }

    pub(crate) async fn register_in(&self, tx: &mut Tx, new: &NewUser, now: Timestamp) -> Result<User, Error> {
        let taken = || Error::EmailTaken {
            email: new.email.to_string(),
        };
        let id = UserId(self.new_id());
        let sql = "SELECT id FROM users WHERE email = $1";
        if tx
            .row::<(Uuid,)>("look for an account", sql, &args![new.email.as_str()])
            .await?
            .is_some()
        {
            return Err(taken());
        }
        let sql = "INSERT INTO users (id, email, password_hash, created_at, grant_waits) VALUES ($1, $2, $3, $4, $5)";
        let values = args![
            id.0,
            new.email.as_str(),
            new.password_hash.as_str(),
            now,
            new.grant_later
        ];
        match tx.execute("open an account", sql, &values).await {
            // Someone else took the address between the look and the write.
            Err(Error::Conflict { .. }) => return Err(taken()),
            other => other?,
        };
        crate::user_words::put(tx, id.0).await?;
        open_wallet(tx, id.0, new.grant).await?;
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
            tx.write_all(post(&[posting])).await?;
        }
        let (email, password_hash) = (new.email.clone(), new.password_hash.clone());
        Ok(User {
            id,
            email,
            password_hash,
            created_at: now,
            balance: new.grant,
            name: String::new(),
            verified_at: None,
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
            .map(|(id, email, password_hash, created_at, balance, name, verified_at)| {
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
                    name,
                    verified_at: verified_at.map(Timestamp::from_micros),
                })
            })
            .transpose()
    }

    /// Opens a session, and forgets sessions that ended.
    pub async fn open_session(&self, user: UserId, token: TokenHash, expires_at: Timestamp) -> Result<(), Error> {
        let session = NewSession {
            user,
            token,
            label: "",
            expires_at,
        };
        self.open_labelled_session(&session).await
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
        let sql = "SELECT user_id, expires_at, seen_at FROM sessions WHERE token_hash = $1";
        let values = args![token.0.to_vec()];
        let row = self.database.row_by_key("find a session", sql, &values).await?;
        Ok(row.map(|(user, expires_at, seen_at)| Caller::read(user, expires_at, seen_at)))
    }
}

impl Caller {
    fn read(user: Uuid, expires_at: i64, seen_at: i64) -> Self {
        Self {
            user: UserId(user),
            expires_at: Timestamp::from_micros(expires_at),
            seen_at: Timestamp::from_micros(seen_at),
        }
    }
}

/// Answers a batch of session look-ups with one statement.
pub(crate) async fn find_callers(database: &Database, tokens: Vec<TokenHash>) -> Vec<Result<Option<Caller>, Error>> {
    let sql = "SELECT s.token_hash, s.user_id, s.expires_at, s.seen_at \
               FROM ({rows}) AS v JOIN sessions s ON s.token_hash = v.column1";
    let values: Vec<Value> = tokens.iter().map(|token| Value::from(token.0.to_vec())).collect();
    match database
        .rows_by_keys::<(Vec<u8>, Uuid, i64, i64)>("find sessions", sql, 1, &values)
        .await
    {
        Ok(rows) => {
            let found: HashMap<Vec<u8>, Caller> = rows
                .into_iter()
                .map(|(hash, user, expires_at, seen_at)| (hash, Caller::read(user, expires_at, seen_at)))
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
