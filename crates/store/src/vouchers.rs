//! Vouchers: made in batches, redeemed once.

use scrip_domain::{Timestamp, Tokens, TransferId, UserId, VoucherCode, VoucherError, VoucherState, VoucherTerms};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::db::{Tx, Value, args, list_text};
use crate::ledger::{KIND_VOUCHER, Leg, Movement, VENDOR_ISSUED, VENDOR_PROMOTIONS, read_tokens, retrying};
use crate::notices::NewNotice;
use crate::{Error, Store, voucher_tallies};

/// Vouchers of one batch: the low bits of a voucher's number are its place in the batch, the rest the batch's number.
const INDEX_BITS: u32 = 16;
/// The most vouchers of one batch.
pub const BATCH_VOUCHERS_MAX: u32 = 10_000;
/// Rows of one statement.
const ROWS_MAX: usize = 500;

/// How the tokens of a voucher count in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherFunding {
    /// Sold for money.
    Sold,
    /// Given by the vendor.
    Promotion,
}

impl VoucherFunding {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sold => "sold",
            Self::Promotion => "promotion",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Sold, Self::Promotion]
            .into_iter()
            .find(|funding| funding.as_str() == word)
    }

    const fn account(self) -> &'static str {
        match self {
            Self::Sold => VENDOR_ISSUED,
            Self::Promotion => VENDOR_PROMOTIONS,
        }
    }
}

/// Vouchers to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVouchers {
    /// The batch's id, made by whoever asks: the same one makes no second batch.
    pub id: Uuid,
    /// What each voucher adds to a wallet.
    pub tokens: Tokens,
    /// How many, 1 to [`BATCH_VOUCHERS_MAX`].
    pub count: u32,
    /// When they can be redeemed no longer.
    pub expires_at: Option<Timestamp>,
    /// How their tokens count in the books.
    pub funding: VoucherFunding,
    /// What they are for; stands in the wallet's history.
    pub label: String,
}

/// Vouchers that were made together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherBatch {
    /// Its number, from 1.
    pub number: i64,
    /// What was asked for.
    pub made: NewVouchers,
    /// When they were made.
    pub created_at: Timestamp,
    /// Who made them.
    pub created_by: String,
    /// How many were redeemed.
    pub redeemed: i64,
    /// How many were canceled.
    pub canceled: i64,
}

/// A voucher as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherRow {
    /// Its number.
    pub serial: u64,
    /// Its batch.
    pub batch: Uuid,
    /// What its code covers.
    pub terms: VoucherTerms,
    /// What has become of it.
    pub state: VoucherState,
    /// Who has its tokens, since when, and by which transfer.
    pub redeemed: Option<(UserId, Timestamp, TransferId)>,
}

/// What redeeming a voucher did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedeemedVoucher {
    /// What it added.
    pub tokens: Tokens,
    /// What the wallet held then.
    pub balance_after: Tokens,
    /// The transfer.
    pub transfer: TransferId,
    /// Whether the same command had done it before.
    pub replayed: bool,
}

/// A voucher to redeem.
#[derive(Clone, Copy, Debug)]
pub struct Redemption<'a> {
    /// Into whose wallet.
    pub user: UserId,
    /// What was typed.
    pub code: VoucherCode,
    /// The command's id: its repetition gets the first answer.
    pub command: Uuid,
    /// The operator who does it for the person.
    pub act: Option<Act<'a>>,
}

type BatchFields = (Uuid, i64, i64, i64, Option<i64>, String, String, i64, String);
const BATCH_SQL: &str =
    "SELECT id, number, tokens, count, expires_at, funding, label, created_at, created_by FROM voucher_batches";

crate::db::row_struct! {
    /// A voucher with what its batch says.
    pub(crate) struct Found {
        serial: i64,
        batch_id: Uuid,
        canceled_at: Option<i64>,
        redeemed_at: Option<i64>,
        user_id: Option<Uuid>,
        transfer_id: Option<Uuid>,
        command_id: Option<Uuid>,
        tokens: i64,
        expires_at: Option<i64>,
        funding: String,
        label: String,
    }
}
const VOUCHER_SQL: &str = "SELECT v.serial AS serial, v.batch_id AS batch_id, v.canceled_at AS canceled_at, \
    v.redeemed_at AS redeemed_at, v.user_id AS user_id, v.transfer_id AS transfer_id, v.command_id AS command_id, \
    b.tokens AS tokens, b.expires_at AS expires_at, b.funding AS funding, b.label AS label \
    FROM vouchers v JOIN voucher_batches b ON b.id = v.batch_id";

impl Found {
    fn terms(&self) -> Result<VoucherTerms, Error> {
        Ok(VoucherTerms {
            serial: self.serial.unsigned_abs(),
            tokens: read_tokens("voucher_batches", self.batch_id, self.tokens)?,
            expires_at: self.expires_at.map(Timestamp::from_micros),
        })
    }

    fn state(&self, now: Timestamp) -> VoucherState {
        let end = self.expires_at.map(Timestamp::from_micros);
        VoucherState::of(self.redeemed_at.is_some(), self.canceled_at.is_some(), end, now)
    }

    fn read(self, now: Timestamp) -> Result<VoucherRow, Error> {
        let redeemed = match (self.user_id, self.redeemed_at, self.transfer_id) {
            (Some(user), Some(at), Some(transfer)) => {
                Some((UserId(user), Timestamp::from_micros(at), TransferId(transfer)))
            }
            _ => None,
        };
        Ok(VoucherRow {
            serial: self.serial.unsigned_abs(),
            batch: self.batch_id,
            terms: self.terms()?,
            state: self.state(now),
            redeemed,
        })
    }
}

impl Store {
    /// Makes a batch of vouchers. The same id asks for the same batch again; with other terms it is a conflict.
    pub async fn make_vouchers(&self, new: &NewVouchers, act: &Act<'_>) -> Result<VoucherBatch, Error> {
        retrying!("make vouchers", {
            if let Some(known) = self.voucher_batch(new.id).await? {
                return if known.made == *new {
                    Ok(known)
                } else {
                    Err(Error::IdempotencyConflict {
                        command: new.id.to_string(),
                    })
                };
            }
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) FROM voucher_batches";
            let last = tx.row::<(i64,)>("number a batch", sql, &[]).await?;
            let number = last.map_or(1, |(last,)| last + 1);
            let end = new.expires_at.map(Timestamp::micros);
            let sql = "INSERT INTO voucher_batches \
                       (id, number, tokens, count, expires_at, funding, label, created_at, created_by) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            let values = args![
                new.id,
                number,
                new.tokens,
                i64::from(new.count),
                end,
                new.funding.as_str(),
                new.label.as_str(),
                now,
                act.actor
            ];
            tx.execute("make a batch", sql, &values).await?;
            let first = number << INDEX_BITS;
            let rows: Vec<Value> = (0..i64::from(new.count))
                .flat_map(|index| args![first + index, new.id])
                .collect();
            let sql = "INSERT INTO vouchers (serial, batch_id) {rows}";
            for rows in rows.chunks(2 * ROWS_MAX) {
                tx.execute_each("make vouchers", sql, 2, rows).await?;
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(VoucherBatch {
                number,
                made: new.clone(),
                created_at: now,
                created_by: act.actor.to_owned(),
                redeemed: 0,
                canceled: 0,
            })
        })
    }

    /// One batch.
    pub async fn voucher_batch(&self, id: Uuid) -> Result<Option<VoucherBatch>, Error> {
        let sql = format!("{BATCH_SQL} WHERE id = $1");
        let rows = self.database.rows("find a batch", &sql, &args![id]).await?;
        Ok(self.read_batches(rows).await?.into_iter().next())
    }

    /// Up to `limit` batches, the newest first, before the number `before`.
    pub async fn voucher_batches(&self, before: Option<i64>, limit: i64) -> Result<Vec<VoucherBatch>, Error> {
        let sql = format!("{BATCH_SQL} WHERE number < $1 ORDER BY number DESC LIMIT $2");
        let values = args![before.unwrap_or(i64::MAX), limit];
        let rows = self.database.rows("list batches", &sql, &values).await?;
        self.read_batches(rows).await
    }

    /// Up to `limit` vouchers of a batch after the number `after`, in their order.
    pub async fn vouchers(&self, batch: Uuid, after: Option<u64>, limit: i64) -> Result<Vec<VoucherRow>, Error> {
        let sql = format!("{VOUCHER_SQL} WHERE v.batch_id = $1 AND v.serial > $2 ORDER BY v.serial LIMIT $3");
        let after = after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
        let now = self.clock.now();
        let rows = self
            .database
            .rows::<Found>("list vouchers", &sql, &args![batch, after, limit])
            .await?;
        rows.into_iter().map(|row| row.read(now)).collect()
    }

    /// The voucher with this number.
    pub async fn voucher(&self, serial: u64) -> Result<Option<VoucherRow>, Error> {
        let sql = format!("{VOUCHER_SQL} WHERE v.serial = $1");
        let values = args![serial_of(serial)];
        let found = self
            .database
            .row_by_key::<Found>("find a voucher", &sql, &values)
            .await?;
        let now = self.clock.now();
        found.map(|row| row.read(now)).transpose()
    }

    /// Redeems a voucher whose code `verify` accepts for its terms. Of all who try, one gets the tokens.
    pub async fn redeem_voucher(
        &self,
        redemption: &Redemption<'_>,
        verify: impl Fn(VoucherCode, &VoucherTerms) -> bool,
    ) -> Result<RedeemedVoucher, Error> {
        let Redemption {
            user,
            code,
            command,
            act,
        } = *redemption;
        let sql = format!("{VOUCHER_SQL} WHERE v.serial = $1");
        let values = args![serial_of(code.serial())];
        retrying!("redeem a voucher", {
            // Looked at without the write lock first: what is refused costs nobody a turn.
            let found = self
                .database
                .row_by_key::<Found>("find a voucher", &sql, &values)
                .await?;
            let voucher = found
                .filter(|voucher| voucher.terms().is_ok_and(|terms| verify(code, &terms)))
                .ok_or(scrip_domain::Error::Voucher(VoucherError::Unknown))?;
            let (terms, now) = (voucher.terms()?, self.clock.now());
            if (voucher.user_id, voucher.command_id) == (Some(user.0), Some(command)) {
                return self.replay(&voucher, user, terms.tokens).await;
            }
            voucher.state(now).refuse()?;
            let funding = VoucherFunding::parse(&voucher.funding).ok_or_else(|| Error::Corrupt {
                table: "voucher_batches",
                id: voucher.batch_id.to_string(),
                why: "its funding is unknown".to_owned(),
            })?;
            let mut tx = self.database.write().await?;
            let reason = format!("Voucher {}: {}", voucher.serial, voucher.label);
            let movement = Movement {
                kind: KIND_VOUCHER,
                reason: &reason,
                at: now,
                legs: &[
                    Leg::wallet(user, terms.tokens.get()),
                    Leg::vendor(funding.account(), -terms.tokens.get()),
                ],
            };
            let transfer = self.move_tokens(&mut tx, &movement).await?;
            let claim = "UPDATE vouchers SET redeemed_at = $2, user_id = $3, transfer_id = $4, command_id = $5 \
                         WHERE serial = $1 AND redeemed_at IS NULL AND canceled_at IS NULL";
            let claimed = args![voucher.serial, now, user.0, transfer, command];
            if tx.execute("redeem a voucher", claim, &claimed).await? != 1 {
                return Err(Error::Conflict {
                    operation: "redeem a voucher",
                });
            }
            voucher_tallies::add(&mut tx, &[(voucher.batch_id, voucher.serial)], true).await?;
            let balance_after = balance_after(&mut tx, user, transfer).await?;
            if let Some(act) = act {
                log_act(&mut tx, &act, now).await?;
                let text = format!(
                    "The vendor redeemed voucher {} for you: {}.",
                    voucher.serial, terms.tokens
                );
                let notice = NewNotice {
                    user,
                    kind: "voucher.redeemed",
                    product: None,
                    subject: &voucher.serial.to_string(),
                    text: &text,
                };
                notice.put(&mut tx, self.new_id(), now).await?;
            }
            tx.commit().await?;
            Ok(RedeemedVoucher {
                tokens: terms.tokens,
                balance_after,
                transfer: TransferId(transfer),
                replayed: false,
            })
        })
    }

    /// Takes one voucher back, if nobody has its tokens. Answers whether it could still be redeemed before.
    pub async fn cancel_voucher(&self, serial: u64, act: &Act<'_>) -> Result<bool, Error> {
        let sql = "UPDATE vouchers SET canceled_at = $2 WHERE serial = $1 AND redeemed_at IS NULL AND canceled_at IS NULL \
             RETURNING batch_id, serial";
        Ok(self.cancel_where(sql, Value::from(serial_of(serial)), act).await? == 1)
    }

    /// Takes back every voucher of a batch that nobody redeemed; answers how many.
    pub async fn cancel_vouchers(&self, batch: Uuid, act: &Act<'_>) -> Result<u64, Error> {
        let sql = "UPDATE vouchers SET canceled_at = $2 WHERE batch_id = $1 AND redeemed_at IS NULL AND canceled_at IS NULL \
             RETURNING batch_id, serial";
        self.cancel_where(sql, Value::from(batch), act).await
    }

    async fn cancel_where(&self, sql: &str, which: Value, act: &Act<'_>) -> Result<u64, Error> {
        retrying!("cancel vouchers", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let canceled = tx
                .rows::<(Uuid, i64)>("cancel vouchers", sql, &[which.clone(), Value::from(now)])
                .await?;
            voucher_tallies::add(&mut tx, &canceled, false).await?;
            if !canceled.is_empty() {
                log_act(&mut tx, act, now).await?;
            }
            tx.commit().await?;
            Ok(canceled.len() as u64)
        })
    }

    async fn replay(&self, voucher: &Found, user: UserId, tokens: Tokens) -> Result<RedeemedVoucher, Error> {
        let transfer = voucher.transfer_id.unwrap_or_default();
        let mut tx = self.database.read().await?;
        Ok(RedeemedVoucher {
            tokens,
            balance_after: balance_after(&mut tx, user, transfer).await?,
            transfer: TransferId(transfer),
            replayed: true,
        })
    }

    /// Reads batches with what has become of their vouchers, in one further statement.
    async fn read_batches(&self, rows: Vec<BatchFields>) -> Result<Vec<VoucherBatch>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT batch_id, CAST(SUM(redeemed) AS BIGINT), CAST(SUM(canceled) AS BIGINT) FROM voucher_tallies \
             WHERE batch_id IN ({}) GROUP BY batch_id",
            list_text(rows.len(), 1)
        );
        let ids: Vec<Value> = rows.iter().map(|row| Value::from(row.0)).collect();
        let counts = self
            .database
            .rows::<(Uuid, i64, i64)>("count vouchers", &sql, &ids)
            .await?;
        rows.into_iter()
            .map(
                |(id, number, tokens, count, end, funding, label, created_at, created_by)| {
                    let counted = counts.iter().find(|(batch, ..)| *batch == id);
                    let corrupt = |why: &str| Error::Corrupt {
                        table: "voucher_batches",
                        id: id.to_string(),
                        why: why.to_owned(),
                    };
                    Ok(VoucherBatch {
                        number,
                        made: NewVouchers {
                            id,
                            tokens: read_tokens("voucher_batches", id, tokens)?,
                            count: u32::try_from(count).map_err(|_| corrupt("its count is out of range"))?,
                            expires_at: end.map(Timestamp::from_micros),
                            funding: VoucherFunding::parse(&funding)
                                .ok_or_else(|| corrupt("its funding is unknown"))?,
                            label,
                        },
                        created_at: Timestamp::from_micros(created_at),
                        created_by,
                        redeemed: counted.map_or(0, |(_, redeemed, _)| *redeemed),
                        canceled: counted.map_or(0, |(.., canceled)| *canceled),
                    })
                },
            )
            .collect()
    }
}

async fn balance_after(tx: &mut Tx, user: UserId, transfer: Uuid) -> Result<Tokens, Error> {
    let sql = "SELECT balance_after FROM entries WHERE owner = $1 AND transfer_id = $2 AND account = 'wallet'";
    let found = tx
        .row::<(Option<i64>,)>("read an entry", sql, &args![user.0, transfer])
        .await?;
    read_tokens("entries", transfer, found.and_then(|(after,)| after).unwrap_or(-1))
}

/// A number beyond every voucher's stays one that no voucher has.
fn serial_of(serial: u64) -> i64 {
    i64::try_from(serial).unwrap_or(-1)
}
