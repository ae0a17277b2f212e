//! Second factors: authenticator apps and passkeys.

use scrip_domain::{Email, Timestamp, UserId};
use uuid::Uuid;

use crate::account_codes::{self, CodePurpose, NewCode};
use crate::db::args;
use crate::vault::Place;
use crate::{Error, Store, TokenHash};

/// Passkeys that an account may have.
const PASSKEYS_MAX: i64 = 20;
/// Questions to browsers that may be open at once; more come from somebody who only asks.
const CHALLENGES_MAX: i64 = 100_000;

/// The secret of an authenticator app.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The shared secret (RFC 6238).
    pub secret: Vec<u8>,
    /// Whether its person showed that the app has it.
    pub confirmed: bool,
    /// The last time step that was used; each serves once.
    pub last_step: i64,
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor")
            .field("confirmed", &self.confirmed)
            .finish_non_exhaustive()
    }
}

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Names it.
    pub id: Uuid,
    /// The credential's id, chosen by its authenticator.
    pub credential: Vec<u8>,
    /// Whose it is.
    pub user: UserId,
    /// What its person calls it.
    pub name: String,
    /// Its algorithm (the IANA registry of COSE algorithms).
    pub algorithm: i64,
    /// Its public key: `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
    pub public_key: Vec<u8>,
    /// How often its authenticator says that it signed; 0 where it does not count.
    pub counter: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

const fn place(user: UserId) -> Place {
    Place::new("second_factors", user.0)
}

impl Store {
    /// The account's authenticator, where it has one.
    pub async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, Error> {
        let sql = "SELECT secret, confirmed_at, last_step FROM second_factors WHERE user_id = $1";
        let found = self
            .database
            .row_by_key::<(Vec<u8>, Option<i64>, i64)>("look for a second factor", sql, &args![user.0])
            .await?;
        let Some((sealed, confirmed_at, last_step)) = found else {
            return Ok(None);
        };
        Ok(Some(SecondFactor {
            secret: self.data_key()?.open(place(user), &sealed)?,
            confirmed: confirmed_at.is_some(),
            last_step,
        }))
    }

    /// Keeps the secret of an authenticator that its person has yet to confirm. Refused where one is confirmed.
    pub async fn put_second_factor(&self, user: UserId, secret: &[u8]) -> Result<(), Error> {
        let sql = "INSERT INTO second_factors (user_id, secret, confirmed_at, last_step) VALUES ($1, $2, NULL, 0) \
                   ON CONFLICT (user_id) DO UPDATE SET secret = $2, last_step = 0 \
                   WHERE second_factors.confirmed_at IS NULL";
        let sealed = self.data_key()?.seal(place(user), secret)?;
        let mut tx = self.database.write().await?;
        let kept = tx.execute("keep a second factor", sql, &args![user.0, sealed]).await?;
        if kept != 1 {
            return Err(Error::SecondFactorOn);
        }
        tx.commit().await
    }

    /// Confirms the authenticator by the time step of its first code, and keeps the codes that stand in for it.
    pub async fn confirm_second_factor(
        &self,
        user: UserId,
        email: &Email,
        step: i64,
        spares: &[TokenHash],
    ) -> Result<(), Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let sql = "UPDATE second_factors SET confirmed_at = $2, last_step = $3 \
                   WHERE user_id = $1 AND confirmed_at IS NULL AND last_step < $3";
        if tx
            .execute("confirm a second factor", sql, &args![user.0, now, step])
            .await?
            != 1
        {
            return Err(Error::SecondFactorOn);
        }
        account_codes::forget(&mut tx, user, CodePurpose::SecondFactor).await?;
        for hash in spares {
            let code = NewCode {
                hash: *hash,
                user,
                purpose: CodePurpose::SecondFactor,
                email,
                expires_at: Timestamp::from_micros(i64::MAX),
            };
            account_codes::add(&mut tx, &code, now).await?;
        }
        tx.commit().await
    }

    /// Uses a time step of the authenticator. Answers whether it was not used before.
    pub async fn use_step(&self, user: UserId, step: i64) -> Result<bool, Error> {
        let sql = "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2";
        let mut tx = self.database.write().await?;
        let taken = tx.execute("use a second factor", sql, &args![user.0, step]).await? == 1;
        tx.commit().await?;
        Ok(taken)
    }

    /// Uses a code that stands in for the authenticator. Answers whether it was one of the account's.
    pub async fn use_spare(&self, user: UserId, hash: TokenHash) -> Result<bool, Error> {
        let sql = "DELETE FROM account_codes WHERE hash = $1 AND user_id = $2 AND purpose = 'second_factor'";
        let mut tx = self.database.write().await?;
        let taken = tx
            .execute("use a spare code", sql, &args![hash.0.to_vec(), user.0])
            .await?
            == 1;
        tx.commit().await?;
        Ok(taken)
    }

    /// How many spare codes the account has left.
    pub async fn spares(&self, user: UserId) -> Result<i64, Error> {
        let sql = "SELECT COUNT(*) FROM account_codes WHERE user_id = $1 AND purpose = 'second_factor'";
        let found = self
            .database
            .row_by_key::<(i64,)>("count spare codes", sql, &args![user.0])
            .await?;
        Ok(found.map_or(0, |(count,)| count))
    }

    /// Takes the authenticator and its spare codes off. Answers whether there was one.
    pub async fn remove_second_factor(&self, user: UserId) -> Result<bool, Error> {
        let mut tx = self.database.write().await?;
        let sql = "DELETE FROM second_factors WHERE user_id = $1";
        let removed = tx.execute("take a second factor off", sql, &args![user.0]).await? == 1;
        account_codes::forget(&mut tx, user, CodePurpose::SecondFactor).await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// Keeps a question to a browser; of an account where it is to add a passkey to it.
    pub async fn put_challenge(
        &self,
        challenge: &[u8],
        user: Option<UserId>,
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        tx.execute(
            "forget old questions",
            "DELETE FROM passkey_challenges WHERE expires_at < $1",
            &args![self.clock.now()],
        )
        .await?;
        // Nobody is named by a question: an attacker's many cannot keep out one person alone.
        let sql = "INSERT INTO passkey_challenges (challenge, user_id, expires_at) \
                   SELECT $1, $2, $3 WHERE (SELECT COUNT(*) FROM passkey_challenges) < $4";
        let sql_of_none = "INSERT INTO passkey_challenges (challenge, user_id, expires_at) \
                           SELECT $1, NULL, $2 WHERE (SELECT COUNT(*) FROM passkey_challenges) < $3";
        let kept = if let Some(user) = user {
            let values = args![challenge.to_vec(), user.0, expires_at, CHALLENGES_MAX];
            tx.execute("keep a question", sql, &values).await?
        } else {
            let values = args![challenge.to_vec(), expires_at, CHALLENGES_MAX];
            tx.execute("keep a question", sql_of_none, &values).await?
        };
        if kept != 1 {
            return Err(Error::Busy {
                operation: "keep a question",
            });
        }
        tx.commit().await
    }

    /// Takes a question, which is answered once: for whose account it was, where for one.
    pub async fn take_challenge(&self, challenge: &[u8]) -> Result<Option<UserId>, Error> {
        let values = args![challenge.to_vec(), self.clock.now()];
        let mut tx = self.database.write().await?;
        let sql = "SELECT user_id FROM passkey_challenges WHERE challenge = $1 AND expires_at > $2";
        let found = tx.row::<(Option<Uuid>,)>("look for a question", sql, &values).await?;
        let (user,) = found.ok_or(Error::CodeWrong)?;
        let sql = "DELETE FROM passkey_challenges WHERE challenge = $1 AND expires_at > $2";
        if tx.execute("answer a question", sql, &values).await? != 1 {
            return Err(Error::CodeWrong);
        }
        tx.commit().await?;
        Ok(user.map(UserId))
    }

    /// Adds a passkey to its account.
    pub async fn put_passkey(&self, passkey: &Passkey) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        let sql = "INSERT INTO passkeys (credential, id, user_id, name, algorithm, public_key, counter, created_at) \
                   SELECT $1, $2, $3, $4, $5, $6, $7, $8 \
                   WHERE (SELECT COUNT(*) FROM passkeys WHERE user_id = $3) < $9";
        let values = args![
            passkey.credential.clone(),
            passkey.id,
            passkey.user.0,
            passkey.name.as_str(),
            passkey.algorithm,
            passkey.public_key.clone(),
            passkey.counter,
            passkey.created_at,
            PASSKEYS_MAX
        ];
        match tx.execute("keep a passkey", sql, &values).await {
            Ok(1) => tx.commit().await,
            Ok(_) => Err(Error::PasskeyRefused {
                why: "the account has twenty already",
            }),
            Err(Error::Conflict { .. }) => Err(Error::PasskeyRefused {
                why: "it is known already",
            }),
            Err(other) => Err(other),
        }
    }

    /// The passkeys of an account, the oldest first.
    pub async fn passkeys(&self, user: UserId) -> Result<Vec<Passkey>, Error> {
        self.find_passkeys("WHERE user_id = $1 ORDER BY id", args![user.0])
            .await
    }

    /// The passkey with this credential id.
    pub async fn passkey(&self, credential: &[u8]) -> Result<Option<Passkey>, Error> {
        let found = self
            .find_passkeys("WHERE credential = $1", args![credential.to_vec()])
            .await?;
        Ok(found.into_iter().next())
    }

    async fn find_passkeys(&self, filter: &str, values: [crate::db::Value; 1]) -> Result<Vec<Passkey>, Error> {
        type Found = (Vec<u8>, Uuid, Uuid, String, i64, Vec<u8>, i64, i64, Option<i64>);
        let sql = format!(
            "SELECT credential, id, user_id, name, algorithm, public_key, counter, created_at, used_at FROM passkeys {filter}"
        );
        let rows = self.database.rows::<Found>("look for passkeys", &sql, &values).await?;
        let read = |(credential, id, user, name, algorithm, public_key, counter, created_at, used_at): Found| Passkey {
            id,
            credential,
            user: UserId(user),
            name,
            algorithm,
            public_key,
            counter,
            created_at: Timestamp::from_micros(created_at),
            used_at: used_at.map(Timestamp::from_micros),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Notes that a passkey signed. Refused where its authenticator's count did not grow: it may have been copied.
    pub async fn use_passkey(&self, id: Uuid, counter: i64) -> Result<(), Error> {
        let sql = "UPDATE passkeys SET counter = $2, used_at = $3 \
                   WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))";
        let mut tx = self.database.write().await?;
        let values = args![id, counter, self.clock.now()];
        if tx.execute("note a passkey", sql, &values).await? != 1 {
            return Err(Error::PasskeyRefused {
                why: "its count of signatures did not grow",
            });
        }
        tx.commit().await
    }

    /// Takes a passkey off its account; one that is gone is no error.
    pub async fn remove_passkey(&self, user: UserId, id: Uuid) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        let sql = "DELETE FROM passkeys WHERE user_id = $1 AND id = $2";
        tx.execute("take a passkey off", sql, &args![user.0, id]).await?;
        tx.commit().await
    }
}
