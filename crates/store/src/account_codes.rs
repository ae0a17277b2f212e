//! Codes that serve once: for proving an address, for recovering and claiming an account, in the place of an authenticator.

use scrip_domain::{Email, Timestamp, Tokens, UserId};
use uuid::Uuid;

use crate::db::{Tx, args};
use crate::ledger::{KIND_GRANT, Leg, Movement, VENDOR_PROMOTIONS, read_tokens};
use crate::{Error, Store, TokenHash};

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePurpose {
    /// Proves that the account's person reads mail at an address, and makes it the account's.
    Verify,
    /// Sets a new password.
    Recover,
    /// Claims an account that an operator opened.
    Claim,
    /// Stands for a code of the authenticator that was lost.
    SecondFactor,
}

impl CodePurpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Recover => "recover",
            Self::Claim => "claim",
            Self::SecondFactor => "second_factor",
        }
    }
}

/// A code to keep: its digest alone.
#[derive(Clone, Copy, Debug)]
pub struct NewCode<'c> {
    /// The SHA-256 digest of the code.
    pub hash: TokenHash,
    /// Whose account it is for.
    pub user: UserId,
    /// What it is for.
    pub purpose: CodePurpose,
    /// The address that it was sent to or that it proves.
    pub email: &'c Email,
    /// When it ends to serve.
    pub expires_at: Timestamp,
}

/// Keeps a code; those of the same purpose before it serve no more.
pub(crate) async fn put(tx: &mut Tx, code: &NewCode<'_>, now: Timestamp) -> Result<(), Error> {
    forget(tx, code.user, code.purpose).await?;
    add(tx, code, now).await
}

pub(crate) async fn add(tx: &mut Tx, code: &NewCode<'_>, now: Timestamp) -> Result<(), Error> {
    let sql = "INSERT INTO account_codes (hash, user_id, purpose, email, created_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values = args![
        code.hash.0.to_vec(),
        code.user.0,
        code.purpose.name(),
        code.email.as_str(),
        now,
        code.expires_at
    ];
    tx.execute("keep a code", sql, &values).await.map(drop)
}

pub(crate) async fn forget(tx: &mut Tx, user: UserId, purpose: CodePurpose) -> Result<(), Error> {
    let sql = "DELETE FROM account_codes WHERE user_id = $1 AND purpose = $2";
    tx.execute("forget codes", sql, &args![user.0, purpose.name()])
        .await
        .map(drop)
}

/// Takes a code, which serves no more afterwards; whose it was and for which address.
pub(crate) async fn take(
    tx: &mut Tx,
    hash: TokenHash,
    purpose: CodePurpose,
    now: Timestamp,
) -> Result<(UserId, Email), Error> {
    let values = args![hash.0.to_vec(), purpose.name(), now];
    let sql = "SELECT user_id, email FROM account_codes WHERE hash = $1 AND purpose = $2 AND expires_at > $3";
    let found = tx.row::<(Uuid, String)>("look for a code", sql, &values).await?;
    let (user, email) = found.ok_or(Error::CodeWrong)?;
    let sql = "DELETE FROM account_codes WHERE hash = $1 AND purpose = $2 AND expires_at > $3";
    if tx.execute("use a code", sql, &values).await? != 1 {
        return Err(Error::CodeWrong);
    }
    let email = email.parse().map_err(|why: scrip_domain::Error| Error::Corrupt {
        table: "account_codes",
        id: user.to_string(),
        why: why.to_string(),
    })?;
    Ok((UserId(user), email))
}

impl Store {
    /// Keeps a code; those of the same purpose before it serve no more.
    pub async fn put_code(&self, code: &NewCode<'_>) -> Result<(), Error> {
        let mut tx = self.database.write().await?;
        put(&mut tx, code, self.clock.now()).await?;
        tx.commit().await
    }

    /// Keeps a code and writes the mail that carries it, both or neither.
    pub async fn mail_code(&self, code: &NewCode<'_>, mail: &crate::NewMail<'_>) -> Result<(), Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        put(&mut tx, code, now).await?;
        crate::mails::put(&mut tx, self.new_id(), mail, now).await?;
        tx.commit().await
    }

    /// When the last code of this purpose was made for the account.
    pub async fn last_code_at(&self, user: UserId, purpose: CodePurpose) -> Result<Option<Timestamp>, Error> {
        let sql =
            "SELECT created_at FROM account_codes WHERE user_id = $1 AND purpose = $2 ORDER BY created_at DESC LIMIT 1";
        let values = args![user.0, purpose.name()];
        let found = self
            .database
            .row_by_key::<(i64,)>("look for a code", sql, &values)
            .await?;
        Ok(found.map(|(at,)| Timestamp::from_micros(at)))
    }

    /// Uses a code that proves an address: it becomes the account's address, verified. Answers whose account it is.
    pub async fn verify_address(&self, hash: TokenHash) -> Result<UserId, Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let (user, email) = take(&mut tx, hash, CodePurpose::Verify, now).await?;
        let sql = "UPDATE users SET email = $2, verified_at = $3 WHERE id = $1 AND erased_at IS NULL";
        match tx
            .execute("verify an address", sql, &args![user.0, email.as_str(), now])
            .await
        {
            Err(Error::Conflict { .. }) => {
                return Err(Error::EmailTaken {
                    email: email.to_string(),
                });
            }
            other => other?,
        };
        crate::user_words::put(&mut tx, user.0).await?;
        self.give_waiting_grant(&mut tx, user, now).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Gives the tokens of the registration that waited for the address to be verified; once.
    async fn give_waiting_grant(&self, tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), Error> {
        let sql = "SELECT grant_waits FROM users WHERE id = $1 AND verified_at IS NOT NULL AND erased_at IS NULL";
        let found = tx
            .row::<(i64,)>("look for a grant that waits", sql, &args![user.0])
            .await?;
        let Some((waits,)) = found.filter(|(waits,)| *waits > 0) else {
            return Ok(());
        };
        let sql = "UPDATE users SET grant_waits = 0 WHERE id = $1 AND grant_waits = $2";
        if tx
            .execute("take a grant that waits", sql, &args![user.0, waits])
            .await?
            != 1
        {
            return Ok(());
        }
        let movement = Movement {
            kind: KIND_GRANT,
            reason: "Welcome tokens",
            at: now,
            legs: &[Leg::wallet(user, waits), Leg::vendor(VENDOR_PROMOTIONS, -waits)],
        };
        self.move_tokens(tx, &movement).await.map(drop)
    }

    /// The tokens of the registration that wait for the account's address to be verified.
    pub async fn grant_waiting(&self, user: UserId) -> Result<Tokens, Error> {
        let sql = "SELECT grant_waits FROM users WHERE id = $1";
        let values = args![user.0];
        let found = self
            .database
            .row_by_key::<(i64,)>("look for a grant that waits", sql, &values)
            .await?;
        read_tokens("users", user.0, found.map_or(0, |(waits,)| waits))
    }

    /// Uses a code that sets a new password: every session of the account ends. Answers whose account it is.
    ///
    /// A code that came by mail proves its address too; one that an operator told does not.
    pub async fn recover(&self, hash: TokenHash, purpose: CodePurpose, password_hash: &str) -> Result<UserId, Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let (user, email) = take(&mut tx, hash, purpose, now).await?;
        let sql = "UPDATE users SET password_hash = $2, \
                   verified_at = CASE WHEN $3 AND email = $4 THEN COALESCE(verified_at, $5) ELSE verified_at END \
                   WHERE id = $1 AND erased_at IS NULL";
        let by_mail = purpose == CodePurpose::Recover;
        let values = args![user.0, password_hash, by_mail, email.as_str(), now];
        if tx.execute("set a new password", sql, &values).await? != 1 {
            return Err(Error::CodeWrong);
        }
        crate::sessions::end_all(&mut tx, user, None).await?;
        forget(&mut tx, user, CodePurpose::Recover).await?;
        forget(&mut tx, user, CodePurpose::Claim).await?;
        self.give_waiting_grant(&mut tx, user, now).await?;
        crate::tries::forget(&mut tx, &email).await?;
        tx.commit().await?;
        Ok(user)
    }
}
