//! Erasing a person: what says who they are goes; the ledger and the licenses keep numbers and an id that names nobody.

use scrip_domain::{Timestamp, Tokens, UserId};

use crate::db::{Tx, args};
use crate::ledger::{KIND_FORFEIT, Leg, Movement, VENDOR_EXPIRED, move_tokens, read_tokens, retrying};
use crate::{Error, Store};

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
    (
        "forget offline answers",
        "DELETE FROM offline_answers WHERE user_id = $1",
    ),
    (
        "forget the names of computers",
        "UPDATE devices SET name = 'erased', facts = '{}' WHERE user_id = $1",
    ),
    ("forget messages", "UPDATE sendings SET message = '' WHERE sender = $1"),
    (
        "forget messages of gifts",
        "UPDATE gifts SET message = '' WHERE giver = $1",
    ),
    ("forget words", "DELETE FROM user_words WHERE user_id = $1"),
    ("forget an alert", "DELETE FROM wallet_alerts WHERE user_id = $1"),
    ("leave teams", "DELETE FROM team_members WHERE user_id = $1"),
    (
        "stop renewals",
        "UPDATE licenses SET renews_at = NULL WHERE user_id = $1",
    ),
];

/// What makes that a person cannot be erased yet: how many rows there are, and in words; `$1` is the account's id.
const HINDRANCES: &[(&str, &str)] = &[
    (
        "SELECT COUNT(*) FROM sendings WHERE (sender = $1 OR recipient = $1) AND state = 'waiting'",
        "transfers to or from it are underway",
    ),
    (
        "SELECT COUNT(*) FROM gifts WHERE (giver = $1 OR recipient = $1) AND state = 'waiting'",
        "gifts to or from it are underway",
    ),
    (
        "SELECT COUNT(*) FROM team_members WHERE user_id = $1 AND role = 'owner'",
        "teams belong to it",
    ),
];

/// A person to erase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Whose account it is.
    pub user: UserId,
    /// How many tokens the person knows to lose.
    pub forfeit: Tokens,
}

impl Store {
    /// Erases a person. Refused while the wallet holds more than they agreed to lose, or others wait for them.
    pub async fn erase(&self, erasure: &Erasure) -> Result<(), Error> {
        retrying!("erase a person", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            self.erase_in(&mut tx, erasure, now).await?;
            tx.commit().await
        })
    }

    async fn erase_in(&self, tx: &mut Tx, erasure: &Erasure, now: Timestamp) -> Result<(), Error> {
        let user = erasure.user;
        for (sql, words) in HINDRANCES {
            let found = tx.row::<(i64,)>("look for what hinders", sql, &args![user.0]).await?;
            if let Some((count,)) = found.filter(|(count,)| *count > 0) {
                return Err(Error::NotErasable {
                    why: format!("{count} {words}"),
                });
            }
        }
        let sql = "SELECT balance FROM wallets WHERE user_id = $1";
        let found = tx.row::<(i64,)>("read a balance", sql, &args![user.0]).await?;
        let balance = read_tokens("wallets", user.0, found.map_or(0, |(balance,)| balance))?;
        if balance > erasure.forfeit {
            return Err(Error::NotErasable {
                why: format!("its wallet holds {balance}"),
            });
        }
        if !balance.is_zero() {
            let movement = Movement {
                id: self.new_id(),
                kind: KIND_FORFEIT,
                reason: "The account was erased",
                at: now,
                legs: &[
                    Leg::wallet(user, -balance.get()),
                    Leg::vendor(VENDOR_EXPIRED, balance.get()),
                ],
            };
            move_tokens(tx, &movement).await?;
        }
        for (operation, sql) in ERASED {
            tx.execute(operation, sql, &args![user.0]).await?;
        }
        let nobody = format!("{user}@erased.invalid");
        let sql = "UPDATE users SET email = $2, password_hash = '', name = '', phone = '', postal_address = '', \
                   verified_at = NULL, erased_at = $3 WHERE id = $1";
        tx.execute("erase a person", sql, &args![user.0, nobody, now])
            .await
            .map(drop)
    }
}
