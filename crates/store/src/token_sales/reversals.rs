//! Money that was given back, or taken back by a payer's bank, and the tokens that went with it.

use scrip_domain::{Money, PurchaseId, PurchaseStatus, Timestamp, Tokens, TransferId};
use uuid::Uuid;

use super::{TokenPurchase, find_purchase, is_billed, save_purchase};
use crate::acts::{Act, log_act};
use crate::db::{Tx, args, row_struct};
use crate::ledger::{
    KIND_PURCHASE, KIND_PURCHASE_REFUND, Leg, Movement, VENDOR_ISSUED, lock_wallet, read_tokens, retrying,
};
use crate::money::{MoneyAccount, tax_in};
use crate::{Error, Store};

/// Why money went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReversalKind {
    /// The vendor gave it back.
    Refund,
    /// The payer's bank took it back.
    Dispute,
}

/// Where a reversal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReversalStatus {
    /// The tokens are taken back; the money is on its way, or argued about.
    Pending,
    /// The money went back.
    Done,
    /// The money stayed with the vendor, and the tokens were given again.
    Undone,
}

/// Money that went back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// Its id.
    pub id: Uuid,
    /// Of which purchase.
    pub purchase: PurchaseId,
    /// Why.
    pub kind: ReversalKind,
    /// Tokens that were taken back.
    pub tokens: Tokens,
    /// Tokens that should have been taken back as well, and were spent already.
    pub short: Tokens,
    /// The money.
    pub money: Money,
    /// The transfer that took the tokens back.
    pub transfer: Option<TransferId>,
    /// What the payment provider calls it.
    pub provider_ref: Option<String>,
    /// Where it stands.
    pub status: ReversalStatus,
    /// In words.
    pub why: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was done or undone.
    pub settled_at: Option<Timestamp>,
}

/// What the provider says of a reversal.
#[derive(Clone, Copy, Debug)]
pub struct ProviderReversal<'a> {
    /// What the provider calls it.
    pub provider_ref: &'a str,
    /// Ours, where we asked for it.
    pub ours: Option<Uuid>,
    /// Why.
    pub kind: ReversalKind,
    /// The money.
    pub money: Money,
    /// Where it stands.
    pub status: ReversalStatus,
    /// In words.
    pub why: &'a str,
}

macro_rules! stored_word {
    ($name:ident { $($member:ident = $word:literal),+ }) => {
        impl $name {
            /// The word in the database and on pages.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$member => $word),+ }
            }

            fn read(id: Uuid, word: &str) -> Result<Self, Error> {
                match word {
                    $($word => Ok(Self::$member),)+
                    _ => Err(Error::Corrupt {
                        table: "token_reversals",
                        id: id.to_string(),
                        why: format!("\"{word}\" is unknown"),
                    }),
                }
            }
        }
    };
}

stored_word!(ReversalKind { Refund = "refund", Dispute = "dispute" });
stored_word!(ReversalStatus { Pending = "pending", Done = "done", Undone = "undone" });

row_struct! {
    pub(crate) struct ReversalRow {
        id: Uuid, purchase_id: Uuid, kind: String, tokens: i64, short: i64, minor: i64, currency: String,
        transfer_id: Option<Uuid>, provider_ref: Option<String>, status: String, why: String, created_at: i64,
        settled_at: Option<i64>,
    }
}

const SQL: &str = "SELECT r.id, r.purchase_id, r.kind, r.tokens, r.short, r.minor, p.currency, r.transfer_id, r.provider_ref, \
                   r.status, r.why, r.created_at, r.settled_at \
                   FROM token_reversals r JOIN token_purchases p ON p.id = r.purchase_id";

impl ReversalRow {
    fn read(self) -> Result<Reversal, Error> {
        Ok(Reversal {
            id: self.id,
            purchase: PurchaseId(self.purchase_id),
            kind: ReversalKind::read(self.id, &self.kind)?,
            tokens: read_tokens("token_reversals", self.id, self.tokens)?,
            short: read_tokens("token_reversals", self.id, self.short)?,
            money: Money::new(self.minor, self.currency.parse()?)?,
            transfer: self.transfer_id.map(TransferId),
            provider_ref: self.provider_ref,
            status: ReversalStatus::read(self.id, &self.status)?,
            why: self.why,
            created_at: Timestamp::from_micros(self.created_at),
            settled_at: self.settled_at.map(Timestamp::from_micros),
        })
    }
}

async fn find_reversal(tx: &mut Tx, column: &'static str, value: crate::db::Value) -> Result<Option<Reversal>, Error> {
    let sql = format!("{SQL} WHERE {column} = $1");
    let row = tx.row::<ReversalRow>("look for a reversal", &sql, &[value]).await?;
    row.map(ReversalRow::read).transpose()
}

/// Where a purchase stands once the reversal `but` is settled.
async fn status_after(tx: &mut Tx, purchase: &TokenPurchase, but: Uuid) -> Result<PurchaseStatus, Error> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM token_reversals \
               WHERE purchase_id = $1 AND kind = 'dispute' AND status = 'pending' AND id <> $2";
    let found = tx
        .row::<(i64,)>("count disputes", sql, &args![purchase.id.0, but])
        .await?;
    let total = purchase.quote.total;
    let all_back = purchase.reversed == purchase.quote.tokens || purchase.returned.minor >= total.minor;
    Ok(match found {
        Some((1.., ..)) => PurchaseStatus::Disputed,
        _ if all_back => PurchaseStatus::Refunded,
        _ => PurchaseStatus::Issued,
    })
}

impl Store {
    /// Takes tokens back for money that goes back: all that are left of the purchase, or `tokens` of them.
    ///
    /// `pending` says that the provider still has to send the money. The tokens must be in the wallet. `command` is the
    /// reversal's id and makes a repetition harmless; the deed is logged.
    pub async fn refund_purchase(
        &self,
        id: PurchaseId,
        tokens: Option<Tokens>,
        pending: bool,
        command: Uuid,
        act: &Act<'_>,
    ) -> Result<Reversal, Error> {
        retrying!("refund a purchase", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            // Held, so that of two repetitions at once the second finds the first.
            let buyer = find_purchase(&mut tx, id).await?.user;
            lock_wallet(&mut tx, buyer.0).await?;
            if let Some(known) = find_reversal(&mut tx, "r.id", command.into()).await? {
                return if known.purchase == id {
                    Ok(known)
                } else {
                    Err(Error::IdempotencyConflict {
                        command: command.to_string(),
                    })
                };
            }
            let mut purchase = find_purchase(&mut tx, id).await?;
            let left = purchase.outstanding();
            let wanted = tokens.unwrap_or(left);
            if purchase.status != PurchaseStatus::Issued || wanted.is_zero() || wanted > left {
                return Err(purchase.refuse("refunded"));
            }
            // Its money is that of the bill: only a credit note takes it back.
            if is_billed(&mut tx, id).await? {
                return Err(purchase.refuse("refunded but by a credit note on its bill"));
            }
            let money = money_for(&purchase, wanted)?;
            let status = if pending && !money.is_zero() {
                ReversalStatus::Pending
            } else {
                ReversalStatus::Done
            };
            let mut reversal = Reversal {
                id: command,
                purchase: id,
                kind: ReversalKind::Refund,
                tokens: wanted,
                short: Tokens::ZERO,
                money,
                transfer: None,
                provider_ref: None,
                status,
                why: act.why.to_owned(),
                created_at: now,
                settled_at: (status == ReversalStatus::Done).then_some(now),
            };
            self.write_reversal(&mut tx, &mut purchase, &mut reversal).await?;
            self.post_returned(&mut tx, &purchase, &reversal, now).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(reversal)
        })
    }

    /// Takes tokens of a purchase back in a transaction, for a bill that is taken back. Money that was paid for it goes back by
    /// the books of payments.
    pub(crate) async fn take_back(
        &self,
        tx: &mut Tx,
        id: PurchaseId,
        tokens: Tokens,
        reversal: (Uuid, &str),
        at: Timestamp,
    ) -> Result<(), Error> {
        let mut purchase = find_purchase(tx, id).await?;
        if purchase.status != PurchaseStatus::Issued || tokens > purchase.outstanding() {
            return Err(purchase.refuse("taken back"));
        }
        let mut reversal = Reversal {
            id: reversal.0,
            purchase: id,
            kind: ReversalKind::Refund,
            tokens,
            short: Tokens::ZERO,
            money: money_for(&purchase, tokens)?,
            transfer: None,
            provider_ref: None,
            status: ReversalStatus::Done,
            why: reversal.1.to_owned(),
            created_at: at,
            settled_at: Some(at),
        };
        self.write_reversal(tx, &mut purchase, &mut reversal).await
    }

    /// Heeds what the provider says of a reversal, in whatever order and however often it is said.
    ///
    /// The money is gone already: as many tokens are taken back as are still there, and what is short is noted.
    pub async fn hear_reversal(&self, id: PurchaseId, heard: ProviderReversal<'_>) -> Result<Reversal, Error> {
        retrying!("note a reversal", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let mut purchase = find_purchase(&mut tx, id).await?;
            let mut known = find_reversal(&mut tx, "r.provider_ref", heard.provider_ref.into()).await?;
            if let (None, Some(ours)) = (&known, heard.ours) {
                known = find_reversal(&mut tx, "r.id", ours.into())
                    .await?
                    .filter(|ours| ours.purchase == id);
            }
            let mut reversal = match known {
                Some(known) => known,
                None => self.begin_reversal(&mut tx, &mut purchase, &heard, now).await?,
            };
            if reversal.provider_ref.is_none() {
                let sql = "UPDATE token_reversals SET provider_ref = $2 WHERE id = $1";
                tx.execute("name a reversal", sql, &args![reversal.id, heard.provider_ref])
                    .await?;
                reversal.provider_ref = Some(heard.provider_ref.to_owned());
            }
            // A refund that was sent may still fail; a dispute that is decided stays so.
            let settles = match (reversal.kind, reversal.status) {
                (_, ReversalStatus::Pending) => heard.status != ReversalStatus::Pending,
                (ReversalKind::Refund, ReversalStatus::Done) => heard.status == ReversalStatus::Undone,
                _ => false,
            };
            if settles {
                self.settle_reversal(&mut tx, &mut purchase, &mut reversal, heard.status, now)
                    .await?;
            }
            tx.commit().await?;
            Ok(reversal)
        })
    }

    /// A reversal that the provider told of first.
    async fn begin_reversal(
        &self,
        tx: &mut Tx,
        purchase: &mut TokenPurchase,
        heard: &ProviderReversal<'_>,
        now: Timestamp,
    ) -> Result<Reversal, Error> {
        let (left, total) = (purchase.outstanding(), purchase.quote.total);
        let owed = if heard.money.minor >= total.minor - purchase.returned.minor {
            left
        } else {
            let share = i128::from(purchase.quote.tokens.get()) * i128::from(heard.money.minor);
            let share = i64::try_from(share / i128::from(total.minor.max(1))).unwrap_or(i64::MAX);
            Tokens::new(share.min(left.get()))?
        };
        // Held, so that what is read is still there when it is taken.
        let taken = owed.min(lock_wallet(tx, purchase.user.0).await?);
        let mut reversal = Reversal {
            id: self.new_id(),
            purchase: purchase.id,
            kind: heard.kind,
            tokens: taken,
            short: owed.saturating_sub(taken),
            money: heard.money,
            transfer: None,
            provider_ref: Some(heard.provider_ref.to_owned()),
            status: ReversalStatus::Pending,
            why: heard.why.to_owned(),
            created_at: now,
            settled_at: None,
        };
        self.write_reversal(tx, purchase, &mut reversal).await?;
        self.post_returned(tx, purchase, &reversal, now).await?;
        Ok(reversal)
    }

    /// Writes a reversal and moves its tokens, if there are any.
    async fn write_reversal(
        &self,
        tx: &mut Tx,
        purchase: &mut TokenPurchase,
        reversal: &mut Reversal,
    ) -> Result<(), Error> {
        let at = reversal.created_at;
        let (why, kind) = match reversal.kind {
            ReversalKind::Refund => ("given back", "purchase.refunded"),
            ReversalKind::Dispute => ("taken back by your bank", "purchase.disputed"),
        };
        if !reversal.tokens.is_zero() {
            let movement = Movement {
                kind: KIND_PURCHASE_REFUND,
                reason: &format!("{} was {why}", reversal.money),
                at,
                legs: &[
                    Leg::wallet(purchase.user, -reversal.tokens.get()),
                    Leg::vendor(VENDOR_ISSUED, reversal.tokens.get()),
                ],
            };
            reversal.transfer = Some(TransferId(self.move_tokens(tx, &movement).await?));
        }
        let sql = "INSERT INTO token_reversals (id, purchase_id, kind, tokens, short, minor, transfer_id, provider_ref, status, \
                   why, created_at, settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let values = args![
            reversal.id,
            purchase.id.0,
            reversal.kind.as_str(),
            reversal.tokens,
            reversal.short,
            reversal.money.minor,
            reversal.transfer.map(|transfer| transfer.0),
            reversal.provider_ref.clone(),
            reversal.status.as_str(),
            reversal.why.as_str(),
            reversal.created_at,
            reversal.settled_at.map(Timestamp::micros),
        ];
        tx.execute("write a reversal", sql, &values).await?;
        purchase.reversed = purchase.reversed.checked_add(reversal.tokens)?;
        purchase.returned = purchase.returned.checked_add(reversal.money)?;
        purchase.status = status_after(tx, purchase, Uuid::nil()).await?;
        save_purchase(tx, purchase).await?;
        let text = format!("{} was {why}; {} left your wallet.", reversal.money, reversal.tokens);
        let detail = format!(" {}", reversal.id);
        self.tell_buyer(tx, purchase, kind, &detail, &text, at).await
    }

    /// Enters the money of a reversal that `purchase.returned` holds already, or holds no more.
    async fn post_returned(
        &self,
        tx: &mut Tx,
        purchase: &TokenPurchase,
        reversal: &Reversal,
        at: Timestamp,
    ) -> Result<(), Error> {
        let undone = reversal.status == ReversalStatus::Undone;
        let change = if undone {
            -reversal.money.minor
        } else {
            reversal.money.minor
        };
        let (quote, subject, returned) = (&purchase.quote, purchase.id.0, purchase.returned);
        let before = Money {
            minor: returned.minor - change,
            ..returned
        };
        let tax = tax_in(returned, quote.net, quote.tax)?.minor - tax_in(before, quote.net, quote.tax)?.minor;
        let legs = [
            (MoneyAccount::Received(purchase.method), subject, -change),
            (MoneyAccount::Tokens, subject, change - tax),
            (MoneyAccount::Tax, subject, tax),
        ];
        let kind = match (reversal.kind, undone) {
            (ReversalKind::Refund, false) => "refund",
            (ReversalKind::Dispute, false) => "dispute",
            (ReversalKind::Refund, true) => "refund_undone",
            (ReversalKind::Dispute, true) => "dispute_undone",
        };
        self.post_money(tx, kind, returned.currency, &legs, at).await
    }

    /// Ends a reversal. Where the money stayed, the tokens are given again.
    async fn settle_reversal(
        &self,
        tx: &mut Tx,
        purchase: &mut TokenPurchase,
        reversal: &mut Reversal,
        status: ReversalStatus,
        now: Timestamp,
    ) -> Result<(), Error> {
        (reversal.status, reversal.settled_at) = (status, Some(now));
        let given_again = status == ReversalStatus::Undone && !reversal.tokens.is_zero();
        let mut transfer = None;
        if given_again {
            let movement = Movement {
                kind: KIND_PURCHASE,
                reason: &format!("{} stays paid", reversal.money),
                at: now,
                legs: &[
                    Leg::wallet(purchase.user, reversal.tokens.get()),
                    Leg::vendor(VENDOR_ISSUED, -reversal.tokens.get()),
                ],
            };
            transfer = Some(self.move_tokens(tx, &movement).await?);
        }
        let sql = "UPDATE token_reversals SET status = $2, settled_at = $3, undone_transfer = $4 WHERE id = $1";
        let values = args![reversal.id, status.as_str(), now, transfer];
        tx.execute("settle a reversal", sql, &values).await?;
        if status == ReversalStatus::Undone {
            purchase.reversed = purchase.reversed.saturating_sub(reversal.tokens);
            purchase.returned = purchase.returned.checked_sub(reversal.money)?;
            self.post_returned(tx, purchase, reversal, now).await?;
            let text = format!(
                "{} stays paid; {} are in your wallet again.",
                reversal.money, reversal.tokens
            );
            let detail = format!(" {}", reversal.id);
            self.tell_buyer(tx, purchase, "purchase.reinstated", &detail, &text, now)
                .await?;
        }
        purchase.status = status_after(tx, purchase, reversal.id).await?;
        save_purchase(tx, purchase).await
    }

    /// The reversals of a purchase, the oldest first.
    pub async fn reversals(&self, id: PurchaseId) -> Result<Vec<Reversal>, Error> {
        let sql = format!("{SQL} WHERE r.purchase_id = $1 ORDER BY r.id LIMIT 100");
        let rows = self
            .database
            .rows::<ReversalRow>("read reversals", &sql, &args![id.0])
            .await?;
        rows.into_iter().map(ReversalRow::read).collect()
    }

    /// Up to `limit` refunds that the provider was not yet seen to send, the oldest first.
    pub async fn pending_refunds(&self, limit: i64) -> Result<Vec<Reversal>, Error> {
        let sql = format!("{SQL} WHERE r.status = 'pending' AND r.kind = 'refund' ORDER BY r.id LIMIT $1");
        let rows = self
            .database
            .rows::<ReversalRow>("list refunds", &sql, &args![limit])
            .await?;
        rows.into_iter().map(ReversalRow::read).collect()
    }
}

/// The money that goes back for so many tokens: their share, and for the last ones all that is left.
fn money_for(purchase: &TokenPurchase, tokens: Tokens) -> Result<Money, Error> {
    let total = purchase.quote.total;
    if purchase.paid_at.is_none() {
        return Ok(Money::zero(total.currency));
    }
    let rest = total.checked_sub(purchase.returned)?;
    if tokens == purchase.outstanding() {
        return Ok(rest);
    }
    let share = total.share(tokens.get(), purchase.quote.tokens.get())?;
    Ok(if share.minor > rest.minor { rest } else { share })
}
