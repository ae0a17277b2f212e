//! The double-entry ledger: immutable transfers whose entries add up to zero.

mod movement;

pub(crate) use movement::{Leg, Movement, lock_wallet, open_wallet};
use scrip_domain::{OrderId, Timestamp, Tokens, TransferId, UserId};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::db::{Value, Write, args};
use crate::history::HistoryFilter;
use crate::lots::Given;
use crate::{Error, Store};

/// The names of accounts. A wallet belongs to its user, the vendor's accounts to the nil UUID.
pub(crate) const WALLET: &str = "wallet";
pub(crate) const VENDOR_ISSUED: &str = "vendor:issued";
pub(crate) const VENDOR_PROMOTIONS: &str = "vendor:promotions";
pub(crate) const VENDOR_REVENUE: &str = "vendor:revenue";
/// What is underway between two people.
pub(crate) const VENDOR_ESCROW: &str = "vendor:escrow";
/// What was given with a date and ran out.
pub(crate) const VENDOR_EXPIRED: &str = "vendor:expired";

/// The kinds of transfers.
pub(crate) const KIND_GRANT: &str = "grant";
pub(crate) const KIND_ORDER: &str = "order";
pub(crate) const KIND_REFUND: &str = "refund";
pub(crate) const KIND_PURCHASE: &str = "purchase";
pub(crate) const KIND_PURCHASE_REFUND: &str = "purchase_refund";
pub(crate) const KIND_TRANSFER: &str = "transfer";
pub(crate) const KIND_GIFT: &str = "gift";
pub(crate) const KIND_EXPIRY: &str = "expiry";
/// What a wallet held whose person was erased.
pub(crate) const KIND_FORFEIT: &str = "forfeit";
pub(crate) const KIND_TEAM: &str = "team";
pub(crate) const KIND_VOUCHER: &str = "voucher";

/// The least id that was made at an instant or later: ids begin with their time (RFC 9562 section 5.7).
pub(crate) fn least_id(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.micros().div_euclid(1000)).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

/// A transfer between one wallet and one of the vendor's accounts.
#[derive(Clone, Debug)]
pub(crate) struct Posting {
    pub(crate) id: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
    pub(crate) wallet: UserId,
    /// What the wallet gains (positive) or pays (negative).
    pub(crate) amount: i64,
    pub(crate) balance_after: Tokens,
    /// The vendor's account on the other side.
    pub(crate) vendor: &'static str,
}

/// Writes transfers with both of their legs. The balances are written by the caller, in the same transaction.
pub(crate) fn post(postings: &[Posting]) -> [Write; 2] {
    let transfers: Vec<Value> = postings
        .iter()
        .flat_map(|posting| args![posting.id, posting.kind, posting.reason.clone(), posting.at])
        .collect();
    let sql = "INSERT INTO transfers (id, kind, reason, created_at) {rows}";
    let transfers = Write::new("write transfers", sql, 4, transfers);
    let entries: Vec<Value> = postings
        .iter()
        .flat_map(|posting| {
            let wallet = args![
                posting.wallet.0,
                posting.id,
                WALLET,
                posting.amount,
                Some(posting.balance_after.get())
            ];
            let vendor = args![Uuid::nil(), posting.id, posting.vendor, -posting.amount, None::<i64>];
            wallet.into_iter().chain(vendor)
        })
        .collect();
    let sql = "INSERT INTO entries (owner, transfer_id, account, amount, balance_after) {rows}";
    [transfers, Write::new("write ledger entries", sql, 5, entries)]
}

/// A line of a wallet's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The transfer.
    pub transfer: TransferId,
    /// `grant`, `order` or `refund`.
    pub kind: String,
    /// What it was for, in words.
    pub reason: String,
    /// When it happened.
    pub at: Timestamp,
    /// Tokens that came in (positive) or went out (negative).
    pub amount: i64,
    /// What the wallet held afterwards.
    pub balance_after: Tokens,
    /// The order that was paid.
    pub order: Option<OrderId>,
}

impl Store {
    /// What the user's wallet holds.
    pub async fn balance(&self, user: UserId) -> Result<Tokens, Error> {
        let rows = self
            .database
            .rows::<(i64,)>(
                "read a balance",
                "SELECT balance FROM wallets WHERE user_id = $1",
                &args![user.0],
            )
            .await?;
        let (balance,) = rows.first().ok_or_else(|| Error::Corrupt {
            table: "wallets",
            id: user.to_string(),
            why: "the account has no wallet".to_owned(),
        })?;
        read_tokens("wallets", user.0, *balance)
    }

    /// Up to `limit` entries of the user's wallet, the newest first, older than the transfer `before`.
    pub async fn history(
        &self,
        user: UserId,
        before: Option<TransferId>,
        limit: i64,
    ) -> Result<Vec<HistoryEntry>, Error> {
        self.history_of(user.0, &HistoryFilter::default(), before, limit).await
    }

    /// Issues `tokens` to the account with this address and answers the new balance. `command` makes a repetition harmless;
    /// `actor` is who issues them, and `reason` why.
    pub async fn grant(
        &self,
        email: &str,
        tokens: Tokens,
        reason: &str,
        command: Uuid,
        actor: &str,
    ) -> Result<Tokens, Error> {
        retrying!("grant tokens", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let user = crate::people::find(&mut tx, email).await?.id;
            let before = lock_wallet(&mut tx, user.0).await?;
            let given = Given {
                user,
                tokens,
                reason,
                command,
                expires_at: None,
                campaign: None,
            };
            if self.give(&mut tx, &given, now).await?.is_none() {
                return Ok(before);
            }
            let act = Act {
                actor,
                action: "tokens.granted",
                subject: &user.to_string(),
                why: reason,
            };
            log_act(&mut tx, &act, now).await?;
            tx.commit().await?;
            Ok(before.checked_add(tokens)?)
        })
    }
}

/// How often a write is tried before the caller is told that the rows are too busy.
pub(crate) const ATTEMPTS_MAX: usize = 16;

/// Runs a write again while a guard refuses it, a bounded number of times.
macro_rules! retrying {
    ($operation:expr, $attempt:block) => {{
        let mut tries = 0;
        loop {
            let attempt: Result<_, $crate::Error> = async { $attempt }.await;
            match attempt {
                Err($crate::Error::Conflict { operation }) if tries < $crate::ledger::ATTEMPTS_MAX => {
                    tracing::debug!(operation, "a guard refused; trying again");
                    tries += 1;
                }
                Err($crate::Error::Conflict { .. }) => break Err($crate::Error::Busy { operation: $operation }),
                settled => break settled,
            }
        }
    }};
}
pub(crate) use retrying;

pub(crate) fn read_tokens(table: &'static str, id: Uuid, amount: i64) -> Result<Tokens, Error> {
    Tokens::new(amount).map_err(|why| Error::Corrupt {
        table,
        id: id.to_string(),
        why: why.to_string(),
    })
}
