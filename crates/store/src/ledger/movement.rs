//! Transfers of any shape: some accounts give, others get, and nothing is left over.

use scrip_domain::{Timestamp, Tokens, UserId};
use uuid::Uuid;

use super::{WALLET, read_tokens};
use crate::Error;
use crate::db::{Tx, Value, args};

/// One side of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    /// Whose wallet (a person's or a team's id); the nil UUID for an account of the vendor.
    pub(crate) owner: Uuid,
    /// `wallet`, or one of the vendor's accounts.
    pub(crate) account: &'static str,
    /// Tokens that come in (positive) or go out (negative).
    pub(crate) amount: i64,
}

impl Leg {
    /// A side that is a person's wallet.
    pub(crate) const fn wallet(user: UserId, amount: i64) -> Self {
        Self::wallet_of(user.0, amount)
    }

    /// A side that is the wallet of a person or a team.
    pub(crate) const fn wallet_of(owner: Uuid, amount: i64) -> Self {
        Self {
            owner,
            account: WALLET,
            amount,
        }
    }

    /// A side that is one of the vendor's accounts.
    pub(crate) const fn vendor(account: &'static str, amount: i64) -> Self {
        Self {
            owner: Uuid::nil(),
            account,
            amount,
        }
    }
}

/// A transfer to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Movement<'a> {
    /// The transfer's id.
    pub(crate) id: Uuid,
    /// One of the kinds of transfers.
    pub(crate) kind: &'static str,
    /// What it is for, in words that the owners of both sides may read.
    pub(crate) reason: &'a str,
    /// When it happens.
    pub(crate) at: Timestamp,
    /// Who gives and who gets: 2 to 16 sides, each account once, that add up to zero.
    pub(crate) legs: &'a [Leg],
}

/// The most sides of one movement.
const LEGS_MAX: usize = 16;

/// Writes a transfer and changes the wallets it touches, if each still holds what was read and none falls below zero.
///
/// Refuses with `wallet.insufficient` where a wallet lacks tokens; a wallet that changes meanwhile is a
/// [`Error::Conflict`], worth another attempt.
pub(crate) async fn move_tokens(tx: &mut Tx, movement: &Movement<'_>) -> Result<(), Error> {
    let Movement { id, legs, .. } = *movement;
    let sum: i128 = legs.iter().map(|leg| i128::from(leg.amount)).sum();
    if sum != 0 || !(2..=LEGS_MAX).contains(&legs.len()) {
        return Err(Error::Corrupt {
            table: "transfers",
            id: id.to_string(),
            why: format!("{} sides that add up to {sum}", legs.len()),
        });
    }
    // One order of rows for all processes, so that two of them seldom wait for each other crosswise.
    let mut legs: Vec<Leg> = legs.to_vec();
    legs.sort_unstable_by_key(|leg| leg.owner);
    let sql = "INSERT INTO transfers (id, kind, reason, created_at) VALUES ($1, $2, $3, $4)";
    let values = args![id, movement.kind, movement.reason, movement.at];
    tx.execute("write a transfer", sql, &values).await?;
    let mut entries: Vec<Value> = Vec::with_capacity(legs.len() * 5);
    for leg in legs {
        let after = match leg.account {
            WALLET => Some(change(tx, leg).await?.get()),
            _ => None,
        };
        entries.extend(args![leg.owner, id, leg.account, leg.amount, after]);
    }
    let sql = "INSERT INTO entries (owner, transfer_id, account, amount, balance_after) {rows}";
    tx.execute_each("write ledger entries", sql, 5, &entries).await?;
    Ok(())
}

/// Changes a wallet by the amount of a side, and answers what it holds then.
async fn change(tx: &mut Tx, leg: Leg) -> Result<Tokens, Error> {
    let sql = "SELECT balance FROM wallets WHERE user_id = $1";
    let found = tx.row::<(i64,)>("read a balance", sql, &args![leg.owner]).await?;
    let (balance,) = found.ok_or_else(|| Error::Corrupt {
        table: "wallets",
        id: leg.owner.to_string(),
        why: "there is no such wallet".to_owned(),
    })?;
    let before = read_tokens("wallets", leg.owner, balance)?;
    let after = if leg.amount < 0 {
        let total = Tokens::new(-leg.amount)?;
        before
            .checked_sub(total)
            .ok_or_else(|| scrip_domain::Error::WalletInsufficient {
                total,
                balance: before,
                missing: total.saturating_sub(before),
            })?
    } else {
        before.checked_add(Tokens::new(leg.amount)?)?
    };
    let sql = "UPDATE wallets SET balance = $3 WHERE user_id = $1 AND balance = $2";
    let changed = tx
        .execute("change a wallet", sql, &args![leg.owner, before, after])
        .await?;
    if changed == 1 {
        Ok(after)
    } else {
        Err(Error::Conflict {
            operation: "change a wallet",
        })
    }
}

/// Opens an empty wallet for a person or a team.
pub(crate) async fn open_wallet(tx: &mut Tx, owner: Uuid, balance: Tokens) -> Result<(), Error> {
    let sql = "INSERT INTO wallets (user_id, balance) VALUES ($1, $2)";
    tx.execute("open a wallet", sql, &args![owner, balance]).await.map(drop)
}
