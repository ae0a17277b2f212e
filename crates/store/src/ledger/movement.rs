//! Transfers of any shape: some accounts give, others get, and nothing is left over.

use scrip_domain::{Timestamp, Tokens, UserId};
use uuid::Uuid;

use super::{WALLET, read_tokens};
use crate::db::{Tx, Value, args};
use crate::{Error, Store};

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

impl Store {
    /// Writes a transfer and changes the wallets it touches, if none falls below zero; answers its id.
    ///
    /// Whoever else changes one of them waits until the transaction ends, and the id is made after that: so the ids of a wallet's
    /// transfers are in the order in which its balance changed. Refuses with `wallet.insufficient` where a wallet lacks tokens.
    pub(crate) async fn move_tokens(&self, tx: &mut Tx, movement: &Movement<'_>) -> Result<Uuid, Error> {
        let sum: i128 = movement.legs.iter().map(|leg| i128::from(leg.amount)).sum();
        if sum != 0 || !(2..=LEGS_MAX).contains(&movement.legs.len()) {
            return Err(Error::Corrupt {
                table: "transfers",
                id: movement.reason.to_owned(),
                why: format!("{} sides that add up to {sum}", movement.legs.len()),
            });
        }
        // One order of rows for all processes, so that two of them seldom wait for each other crosswise.
        let mut legs: Vec<Leg> = movement.legs.to_vec();
        legs.sort_unstable_by_key(|leg| leg.owner);
        let mut sides = Vec::with_capacity(legs.len());
        for leg in legs {
            let after = match leg.account {
                WALLET => Some(change(tx, leg).await?.get()),
                _ => None,
            };
            sides.push((leg, after));
        }
        let id = self.new_id();
        let sql = "INSERT INTO transfers (id, kind, reason, created_at) VALUES ($1, $2, $3, $4)";
        let values = args![id, movement.kind, movement.reason, movement.at];
        tx.execute("write a transfer", sql, &values).await?;
        let entries: Vec<Value> = sides
            .into_iter()
            .flat_map(|(leg, after)| args![leg.owner, id, leg.account, leg.amount, after])
            .collect();
        let sql = "INSERT INTO entries (owner, transfer_id, account, amount, balance_after) {rows}";
        tx.execute_each("write ledger entries", sql, 5, &entries).await?;
        Ok(id)
    }
}

/// Changes a wallet by the amount of a side, and answers what it holds then.
async fn change(tx: &mut Tx, leg: Leg) -> Result<Tokens, Error> {
    let balance = lock_wallet(tx, leg.owner).await?;
    let after = if leg.amount < 0 {
        let total = Tokens::new(-leg.amount)?;
        balance
            .checked_sub(total)
            .ok_or_else(|| scrip_domain::Error::WalletInsufficient {
                total,
                balance,
                missing: total.saturating_sub(balance),
            })?
    } else {
        balance.checked_add(Tokens::new(leg.amount)?)?
    };
    let sql = "UPDATE wallets SET balance = $2 WHERE user_id = $1";
    tx.execute("change a wallet", sql, &args![leg.owner, after]).await?;
    Ok(after)
}

/// Holds a wallet until the transaction ends, and answers what it holds.
pub(crate) async fn lock_wallet(tx: &mut Tx, owner: Uuid) -> Result<Tokens, Error> {
    let sql = "UPDATE wallets SET balance = balance WHERE user_id = $1 RETURNING balance";
    let found = tx.row::<(i64,)>("lock a wallet", sql, &args![owner]).await?;
    let (balance,) = found.ok_or_else(|| Error::Corrupt {
        table: "wallets",
        id: owner.to_string(),
        why: "there is no such wallet".to_owned(),
    })?;
    read_tokens("wallets", owner, balance)
}

/// Opens an empty wallet for a person or a team.
pub(crate) async fn open_wallet(tx: &mut Tx, owner: Uuid, balance: Tokens) -> Result<(), Error> {
    let sql = "INSERT INTO wallets (user_id, balance) VALUES ($1, $2)";
    tx.execute("open a wallet", sql, &args![owner, balance]).await.map(drop)
}
