//! Wrong tries to sign in.

use scrip_domain::{Email, Timestamp, Tries};
use sha2::{Digest as _, Sha256};

use crate::db::{Tx, args};
use crate::{Error, Store};

/// How long a count is kept, in seconds: longer than any window.
const KEPT_SECONDS: i64 = 2 * 86_400;

/// The address as it is counted: whether it has an account or not shall not be seen.
fn account(email: &Email) -> Vec<u8> {
    Sha256::digest(email.as_str().as_bytes()).to_vec()
}

/// Forgets all wrong tries at an account.
pub(crate) async fn forget(tx: &mut Tx, email: &Email) -> Result<(), Error> {
    let sql = "DELETE FROM sign_in_tries WHERE account = $1";
    tx.execute("forget wrong tries", sql, &args![account(email)])
        .await
        .map(drop)
}

impl Store {
    /// Counts a try at an address for each of these origins, and answers the counts with it.
    pub async fn count_try(&self, email: &Email, origins: &[&str], window_seconds: u32) -> Result<Vec<Tries>, Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let begun = now.plus_seconds(-i64::from(window_seconds));
        let mut counted = Vec::with_capacity(origins.len());
        for origin in origins {
            // The same as `Tries::with_failure`, in one statement, so that servers that count at once lose no try.
            let sql = "INSERT INTO sign_in_tries (account, origin, failures, since) VALUES ($1, $2, 1, $3) \
                       ON CONFLICT (account, origin) DO UPDATE SET \
                       failures = CASE WHEN sign_in_tries.since <= $4 THEN 1 ELSE sign_in_tries.failures + 1 END, \
                       since = CASE WHEN sign_in_tries.since <= $4 THEN $3 ELSE sign_in_tries.since END \
                       RETURNING failures, since";
            let values = args![account(email), *origin, now, begun];
            let row = tx.row::<(i64, i64)>("count a try to sign in", sql, &values).await?;
            let (failures, since) = row.unwrap_or((1, now.micros()));
            counted.push(Tries {
                failures: u32::try_from(failures).unwrap_or(u32::MAX),
                since: Timestamp::from_micros(since),
            });
        }
        tx.commit().await?;
        Ok(counted)
    }

    /// Takes the count of a try back that was right: the whole count of its origin, or the one try where many share it.
    pub async fn uncount_try(&self, email: &Email, origin: &str, whole: bool) -> Result<(), Error> {
        let sql = if whole {
            "DELETE FROM sign_in_tries WHERE account = $1 AND origin = $2"
        } else {
            "UPDATE sign_in_tries SET failures = failures - 1 WHERE account = $1 AND origin = $2 AND failures > 0"
        };
        let mut tx = self.database.write().await?;
        tx.execute("take a try back", sql, &args![account(email), origin])
            .await?;
        tx.commit().await
    }

    /// Forgets what serves no more: old counts, codes and questions. Answers how many rows went.
    pub async fn sweep_accounts(&self) -> Result<u64, Error> {
        let (mut tx, now) = (self.database.write().await?, self.clock.now());
        let mut gone = 0;
        for (sql, before) in [
            (
                "DELETE FROM sign_in_tries WHERE since < $1",
                now.plus_seconds(-KEPT_SECONDS),
            ),
            ("DELETE FROM account_codes WHERE expires_at < $1", now),
            ("DELETE FROM browser_codes WHERE expires_at < $1", now),
            ("DELETE FROM passkey_challenges WHERE expires_at < $1", now),
            ("DELETE FROM sessions WHERE expires_at < $1", now),
        ] {
            gone += tx.execute("forget what serves no more", sql, &args![before]).await?;
        }
        tx.commit().await?;
        Ok(gone)
    }
}
