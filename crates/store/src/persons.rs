//! What an account says of its person, and what operators do with accounts.

use scrip_domain::{Email, PersonalDetails, Timestamp, UserId};
use uuid::Uuid;

use crate::account_codes::{self, CodePurpose, NewCode};
use crate::acts::log_act;
use crate::db::{Value, args, list_text};
use crate::user_words;
use crate::{Act, Error, NewUser, Store, TokenHash, User};

/// An account in a list of the vendor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// The account's id.
    pub id: UserId,
    /// Its address.
    pub email: String,
    /// How the person is called.
    pub name: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When its address was verified.
    pub verified_at: Option<Timestamp>,
    /// When its person was erased.
    pub erased_at: Option<Timestamp>,
    /// Whether it waits to be claimed: nobody has set a password.
    pub unclaimed: bool,
    /// What its wallet holds.
    pub balance: i64,
}

/// An account that an operator opens for a person who is not there.
#[derive(Clone, Copy, Debug)]
pub struct OfflineAccount<'a> {
    /// The account, without a password.
    pub account: &'a NewUser,
    /// What the person told of themselves.
    pub details: &'a PersonalDetails,
    /// The digest of the code with which the person claims it.
    pub code: TokenHash,
    /// When the code ends to serve.
    pub expires_at: Timestamp,
    /// The operator who opens it.
    pub actor: &'a str,
    /// Why.
    pub why: &'a str,
}

impl Store {
    /// What the person says of themselves.
    pub async fn personal_details(&self, user: UserId) -> Result<PersonalDetails, Error> {
        let sql = "SELECT name, phone, postal_address FROM users WHERE id = $1";
        let found = self
            .database
            .row_by_key::<(String, String, String)>("read personal details", sql, &args![user.0])
            .await?;
        let (name, phone, postal_address) = found.unwrap_or_default();
        Ok(PersonalDetails {
            name,
            phone,
            postal_address,
        })
    }

    /// Corrects what the person says of themselves.
    pub async fn set_personal_details(&self, user: UserId, details: &PersonalDetails) -> Result<(), Error> {
        let sql = "UPDATE users SET name = $2, phone = $3, postal_address = $4 WHERE id = $1 AND erased_at IS NULL";
        let values = args![
            user.0,
            details.name.as_str(),
            details.phone.as_str(),
            details.postal_address.as_str()
        ];
        let mut tx = self.database.write().await?;
        tx.execute("correct personal details", sql, &values).await?;
        user_words::put(&mut tx, user.0).await?;
        tx.commit().await
    }

    /// Gives the account another address, which is not verified.
    pub async fn set_email(&self, user: UserId, email: &Email) -> Result<(), Error> {
        let sql = "UPDATE users SET email = $2, verified_at = NULL WHERE id = $1 AND erased_at IS NULL";
        let mut tx = self.database.write().await?;
        match tx
            .execute("change an address", sql, &args![user.0, email.as_str()])
            .await
        {
            Err(Error::Conflict { .. }) => Err(Error::EmailTaken {
                email: email.to_string(),
            }),
            other => other.map(drop),
        }?;
        user_words::put(&mut tx, user.0).await?;
        tx.commit().await
    }

    /// Sets a new password. Every session but `kept` ends.
    pub async fn set_password(&self, user: UserId, password_hash: &str, kept: Option<TokenHash>) -> Result<(), Error> {
        let sql = "UPDATE users SET password_hash = $2 WHERE id = $1 AND erased_at IS NULL";
        let mut tx = self.database.write().await?;
        tx.execute("set a new password", sql, &args![user.0, password_hash])
            .await?;
        crate::sessions::end_all(&mut tx, user, kept).await?;
        tx.commit().await
    }

    /// Opens an account that its person claims later by a code.
    pub async fn open_offline(&self, new: &OfflineAccount<'_>) -> Result<User, Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let user = self.register_in(&mut tx, new.account, now).await?;
        let sql = "UPDATE users SET name = $2, phone = $3, postal_address = $4 WHERE id = $1";
        let values = args![
            user.id.0,
            new.details.name.as_str(),
            new.details.phone.as_str(),
            new.details.postal_address.as_str()
        ];
        tx.execute("write personal details", sql, &values).await?;
        user_words::put(&mut tx, user.id.0).await?;
        let code = NewCode {
            hash: new.code,
            user: user.id,
            purpose: CodePurpose::Claim,
            email: &new.account.email,
            expires_at: new.expires_at,
        };
        account_codes::put(&mut tx, &code, now).await?;
        let act = Act {
            actor: new.actor,
            action: "user.opened",
            subject: &user.id.to_string(),
            why: new.why,
        };
        log_act(&mut tx, &act, now).await?;
        tx.commit().await?;
        Ok(User {
            name: new.details.name.clone(),
            ..user
        })
    }

    /// Lets an operator give the person a new code to claim the account with. The second factor can be taken off with it.
    pub async fn reissue_claim(&self, code: &NewCode<'_>, without_factors: bool, act: &Act<'_>) -> Result<(), Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        account_codes::put(&mut tx, code, now).await?;
        if without_factors {
            for sql in [
                "DELETE FROM second_factors WHERE user_id = $1",
                "DELETE FROM passkeys WHERE user_id = $1",
                "DELETE FROM account_codes WHERE user_id = $1 AND purpose = 'second_factor'",
            ] {
                tx.execute("take second factors off", sql, &args![code.user.0]).await?;
            }
        }
        log_act(&mut tx, act, now).await?;
        tx.commit().await
    }

    /// Lets an operator end every session of an account. Answers how many ended.
    pub async fn end_sessions_of(&self, user: UserId, act: &Act<'_>) -> Result<u64, Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let ended = crate::sessions::end_all(&mut tx, user, None).await?;
        log_act(&mut tx, act, now).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Up to `limit` accounts, the newest first, older than `before`; those in whose address or name every one of `words` begins
    /// a word, or whose id they are.
    pub async fn search_users(&self, words: &str, before: Option<Uuid>, limit: i64) -> Result<Vec<UserRow>, Error> {
        type Found = (Uuid, String, String, i64, Option<i64>, Option<i64>, bool, i64);
        let before = before.unwrap_or(Uuid::max());
        let mut tx = self.database.read().await?;
        let mut values = args![before, limit].to_vec();
        let filter = if words.trim().is_empty() {
            "u.id < $1".to_owned()
        } else {
            let found = match Uuid::try_parse(words.trim()) {
                Ok(id) => vec![id],
                Err(_) => user_words::find(&mut tx, words, before, limit).await?,
            };
            if found.is_empty() {
                return Ok(Vec::new());
            }
            values.extend(found.iter().copied().map(Value::from));
            format!("u.id < $1 AND u.id IN ({})", list_text(found.len(), 3))
        };
        let sql = format!(
            "SELECT u.id, u.email, u.name, u.created_at, u.verified_at, u.erased_at, \
             u.password_hash = '' AND u.erased_at IS NULL, w.balance \
             FROM users u JOIN wallets w ON w.user_id = u.id WHERE {filter} ORDER BY u.id DESC LIMIT $2"
        );
        let rows = tx.rows::<Found>("search accounts", &sql, &values).await?;
        let read = |(id, email, name, created_at, verified_at, erased_at, unclaimed, balance): Found| UserRow {
            id: UserId(id),
            email,
            name,
            created_at: Timestamp::from_micros(created_at),
            verified_at: verified_at.map(Timestamp::from_micros),
            erased_at: erased_at.map(Timestamp::from_micros),
            unclaimed,
            balance,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
