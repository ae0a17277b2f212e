//! Erasing a person: what says who they are goes; the ledger and the licenses keep numbers and an id that names nobody.
//! What the law of books keeps longer is written down in [`retention`], and goes when its time is over.

mod mentions;
mod outlook;
mod retention;

use scrip_domain::{Email, RetentionPolicy, Timestamp, Tokens, UserId};

use crate::db::{Tx, args};
use crate::ledger::{KIND_FORFEIT, Leg, Movement, VENDOR_EXPIRED, lock_wallet, retrying};
use crate::{Error, Store};

pub use outlook::ErasureOutlook;

/// Each statement takes away what one table says of the person; `$1` is the account's id.
const ERASED: &[(&str, &str)] = &[
    ("end sessions", "DELETE FROM sessions WHERE user_id = $1"),
    (
        "forget codes of browsers",
        "DELETE FROM browser_codes WHERE user_id = $1",
    ),
    ("forget codes", "DELETE FROM account_codes WHERE user_id = $1"),
    ("forget clients", "DELETE FROM known_clients WHERE user_id = $1"),
    (
        "forget a second factor",
        "DELETE FROM second_factors WHERE user_id = $1",
    ),
    ("forget passkeys", "DELETE FROM passkeys WHERE user_id = $1"),
    ("forget questions", "DELETE FROM passkey_challenges WHERE user_id = $1"),
    ("forget mail", "DELETE FROM mails WHERE user_id = $1"),
    ("forget notices", "DELETE FROM notices WHERE user_id = $1"),
    ("empty the cart", "DELETE FROM cart_items WHERE user_id = $1"),
    ("forget carts that waited", "DELETE FROM held_quotes WHERE user_id = $1"),
    (
        "forget offline answers",
        "DELETE FROM offline_answers WHERE user_id = $1",
    ),
    (
        "forget the names of computers",
        "UPDATE devices SET name = 'erased', facts = '{}' WHERE user_id = $1",
    ),
    (
        "forget messages",
        "UPDATE sendings SET message = '' WHERE sender = $1 OR recipient = $1",
    ),
    (
        "forget messages of gifts",
        "UPDATE gifts SET message = '' WHERE giver = $1 OR recipient = $1",
    ),
    (
        "forget pages of payments",
        "UPDATE token_purchases SET pay_url = NULL, failure = NULL WHERE user_id = $1",
    ),
    (
        "forget orders' numbers",
        "UPDATE token_purchases SET reference = '' WHERE user_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.purchase_id = token_purchases.id)",
    ),
    ("forget words", "DELETE FROM user_words WHERE user_id = $1"),
    ("forget an alert", "DELETE FROM wallet_alerts WHERE user_id = $1"),
    (
        "forget the names of closed teams",
        "UPDATE teams SET name = 'erased' WHERE closed_at IS NOT NULL \
         AND id IN (SELECT team_id FROM team_members WHERE user_id = $1 AND role = 'owner')",
    ),
    ("leave teams", "DELETE FROM team_members WHERE user_id = $1"),
    (
        "stop renewals",
        "UPDATE licenses SET renews_at = NULL WHERE user_id = $1",
    ),
];

/// Takes an address off what operators asked each other to approve; `$1` is the address, `$2` what stands in its place.
const APPROVALS: &str = "UPDATE approvals SET summary = REPLACE(summary, $1, $2), body = REPLACE(body, $1, $2), \
                         outcome = REPLACE(outcome, $1, $2) WHERE summary LIKE '%' || $1 || '%' \
                         OR body LIKE '%' || $1 || '%' OR outcome LIKE '%' || $1 || '%'";

/// A person to erase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Whose account it is.
    pub user: UserId,
    /// How many tokens the person knows to lose.
    pub forfeit: Tokens,
}

impl Store {
    /// Erases a person. Refused while the wallet holds more than they agreed to lose, or something is open; see
    /// [`Store::erasure_outlook`].
    pub async fn erase(&self, erasure: &Erasure) -> Result<(), Error> {
        let policy: RetentionPolicy = self.setting().await?;
        retrying!("erase a person", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            self.erase_in(&mut tx, erasure, policy, now).await?;
            tx.commit().await
        })
    }

    async fn erase_in(
        &self,
        tx: &mut Tx,
        erasure: &Erasure,
        policy: RetentionPolicy,
        now: Timestamp,
    ) -> Result<(), Error> {
        let user = erasure.user;
        let hindrances = outlook::hindrances(tx, user).await?;
        if !hindrances.is_empty() {
            return Err(Error::NotErasable {
                why: hindrances.join("; "),
            });
        }
        let balance = lock_wallet(tx, user.0).await?;
        if balance > erasure.forfeit {
            return Err(Error::NotErasable {
                why: format!("its wallet holds {balance}"),
            });
        }
        if !balance.is_zero() {
            let movement = Movement {
                kind: KIND_FORFEIT,
                reason: "The account was erased",
                at: now,
                legs: &[
                    Leg::wallet(user, -balance.get()),
                    Leg::vendor(VENDOR_EXPIRED, balance.get()),
                ],
            };
            self.move_tokens(tx, &movement).await?;
        }
        let sql = "SELECT email, name FROM users WHERE id = $1 AND erased_at IS NULL";
        let found = tx
            .row::<(String, String)>("find an account", sql, &args![user.0])
            .await?;
        let Some((email, name)) = found else {
            return Ok(());
        };
        // While rows still tell whom the person had to do with.
        mentions::rewrite(tx, user, &name, &email).await?;
        retention::retain(tx, user, policy).await?;
        for (operation, sql) in ERASED {
            tx.execute(operation, sql, &args![user.0]).await?;
        }
        let nobody = format!("{user}@erased.invalid");
        let sql = "DELETE FROM mails WHERE recipient = $1";
        tx.execute("forget mail", sql, &args![email.as_str()]).await?;
        let values = args![email.as_str(), nobody.as_str()];
        tx.execute("forget what approvals name", APPROVALS, &values).await?;
        if let Ok(email) = email.parse::<Email>() {
            crate::tries::forget(tx, &email).await?;
        }
        let sql = "UPDATE users SET email = $2, password_hash = '', name = '', phone = '', postal_address = '', \
                   verified_at = NULL, grant_waits = 0, erased_at = $3 WHERE id = $1";
        tx.execute("erase a person", sql, &args![user.0, nobody, now])
            .await
            .map(drop)
    }
}
