//! Tokens that were given with a date: announced twice, then taken back as far as they are left.

use scrip_domain::{CampaignId, ExpiryPolicy, ExpiryStep, LotDates, Timestamp, Tokens, TransferId, UserId};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::checkpoints::read_holding_keeping;
use crate::db::{Tx, args};
use crate::ledger::{KIND_EXPIRY, KIND_GRANT, Leg, Movement, VENDOR_EXPIRED, VENDOR_PROMOTIONS, lock_wallet, retrying};
use crate::{Error, Setting, Store};

impl Setting for ExpiryPolicy {
    const NAME: &'static str = "expiry";

    fn check(&self) -> Result<(), scrip_domain::Error> {
        Self::check(self)
    }
}

/// Tokens that an operator gives to an account.
#[derive(Clone, Copy, Debug)]
pub struct NewGrant<'g> {
    /// The account's address.
    pub email: &'g str,
    /// How many.
    pub tokens: Tokens,
    /// Why; stands in the wallet's history.
    pub reason: &'g str,
    /// The command's id: repeating it gives nothing again.
    pub command: Uuid,
    /// When what is left runs out.
    pub expires_at: Option<Timestamp>,
}

/// What one look at the lots did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpiryReport {
    /// Notices that were sent.
    pub announced: usize,
    /// Lots that ran out with something left.
    pub expired: usize,
}

/// Tokens to give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'g> {
    pub(crate) user: UserId,
    pub(crate) tokens: Tokens,
    pub(crate) reason: &'g str,
    pub(crate) command: Uuid,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) campaign: Option<CampaignId>,
}

impl Store {
    /// Gives tokens to an account and answers the new balance.
    pub async fn grant_dated(&self, new: &NewGrant<'_>, act: &Act<'_>) -> Result<Tokens, Error> {
        retrying!("grant tokens", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let person = crate::people::find(&mut tx, new.email).await?;
            let given = Given {
                user: person.id,
                tokens: new.tokens,
                reason: new.reason,
                command: new.command,
                expires_at: new.expires_at,
                campaign: None,
            };
            if let Some(end) = new.expires_at.filter(|end| *end <= now) {
                let why = "what runs out does so after it was given";
                tracing::debug!(%end, "a grant would run out at once");
                return Err(scrip_domain::Error::CampaignInvalid { why }.into());
            }
            let before = lock_wallet(&mut tx, person.id.0).await?;
            if self.give(&mut tx, &given, now).await?.is_none() {
                return Ok(before);
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(before.checked_add(new.tokens)?)
        })
    }

    /// Gives tokens inside a transaction; `None` where the command was carried out before.
    pub(crate) async fn give(
        &self,
        tx: &mut Tx,
        given: &Given<'_>,
        now: Timestamp,
    ) -> Result<Option<TransferId>, Error> {
        let (user, tokens) = (given.user, given.tokens);
        let sql = "SELECT user_id, tokens, reason FROM grants WHERE command_id = $1";
        let known = tx
            .row::<(Uuid, i64, String)>("find a grant", sql, &args![given.command])
            .await?;
        if let Some(known) = known {
            if known == (user.0, tokens.get(), given.reason.to_owned()) {
                return Ok(None);
            }
            return Err(Error::IdempotencyConflict {
                command: given.command.to_string(),
            });
        }
        let movement = Movement {
            kind: KIND_GRANT,
            reason: given.reason,
            at: now,
            legs: &[
                Leg::wallet(user, tokens.get()),
                Leg::vendor(VENDOR_PROMOTIONS, -tokens.get()),
            ],
        };
        let id = self.move_tokens(tx, &movement).await?;
        let sql = "INSERT INTO grants (command_id, transfer_id, user_id, tokens, reason) VALUES ($1, $2, $3, $4, $5)";
        tx.execute(
            "record a grant",
            sql,
            &args![given.command, id, user.0, tokens, given.reason],
        )
        .await?;
        if given.expires_at.is_some() || given.campaign.is_some() {
            let sql = "INSERT INTO lots (transfer_id, user_id, tokens, given_at, expires_at, campaign_id, due_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let expires = given.expires_at.map(Timestamp::micros);
            let (campaign, due) = (given.campaign.map(|campaign| campaign.0), expires.map(|_| now.micros()));
            let values = args![id, user.0, tokens, now, expires, campaign, due];
            tx.execute("record a lot", sql, &values).await?;
        }
        Ok(Some(TransferId(id)))
    }

    /// Announces and takes back what runs out; up to `limit` lots.
    pub async fn expire_lots(&self, policy: &ExpiryPolicy, limit: i64) -> Result<ExpiryReport, Error> {
        let sql = "SELECT transfer_id FROM lots WHERE due_at <= $1 ORDER BY due_at, transfer_id LIMIT $2";
        let due = self
            .database
            .rows::<(Uuid,)>("look for lots", sql, &args![self.clock.now(), limit])
            .await?;
        let mut report = ExpiryReport::default();
        for (lot,) in due {
            match self.step_lot(lot, policy).await? {
                Some(ExpiryStep::Expire) => report.expired += 1,
                Some(_) => report.announced += 1,
                None => {}
            }
        }
        Ok(report)
    }

    /// Does what is to be done about one lot, and answers what was told its holder.
    async fn step_lot(&self, lot: Uuid, policy: &ExpiryPolicy) -> Result<Option<ExpiryStep>, Error> {
        retrying!("let tokens run out", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let Some((user, dates)) = find_lot(&mut tx, lot).await? else {
                return Ok(None);
            };
            lock_wallet(&mut tx, user.0).await?;
            let step = policy.step(&dates, now);
            let left = read_holding_keeping(&mut tx, user.0, now)
                .await?
                .left_of(TransferId(lot));
            let done = match step {
                ExpiryStep::Wait(until) => {
                    set_lot(&mut tx, lot, "due_at = $2", until).await?;
                    None
                }
                _ if left.is_zero() && now < dates.expires_at => {
                    // Nothing is left to announce, but something may come back.
                    let again = now.plus_seconds(86_400).min(dates.expires_at);
                    set_lot(&mut tx, lot, "due_at = $2", again).await?;
                    None
                }
                _ if left.is_zero() => {
                    close_lot(&mut tx, lot, self.new_id()).await?;
                    None
                }
                ExpiryStep::FirstNotice(end) => {
                    set_lot(&mut tx, lot, "first_notice_at = $2, due_at = $2", now).await?;
                    let text =
                        format!("{left} in your wallet run out at {end}. Spend them before, and nothing is lost.");
                    self.tell(&mut tx, user, "tokens.expiring", format!("{lot} 1"), &text, now)
                        .await?;
                    Some(step)
                }
                ExpiryStep::SecondNotice(end) => {
                    set_lot(&mut tx, lot, "second_notice_at = $2, due_at = $2", now).await?;
                    let text = format!("Soon over: {left} in your wallet run out at {end}. This is the last notice.");
                    self.tell(&mut tx, user, "tokens.expiring", format!("{lot} 2"), &text, now)
                        .await?;
                    Some(step)
                }
                ExpiryStep::Expire => {
                    let movement = Movement {
                        kind: KIND_EXPIRY,
                        reason: "Given for a time that is over",
                        at: now,
                        legs: &[Leg::wallet(user, -left.get()), Leg::vendor(VENDOR_EXPIRED, left.get())],
                    };
                    let id = self.move_tokens(&mut tx, &movement).await?;
                    close_lot(&mut tx, lot, id).await?;
                    let text = format!("{left} that you were given for a time have run out.");
                    self.tell(&mut tx, user, "tokens.expired", lot, &text, now).await?;
                    Some(step)
                }
            };
            tx.commit().await?;
            Ok(done)
        })
    }
}

/// Whose an open lot is, and its dates.
async fn find_lot(tx: &mut Tx, lot: Uuid) -> Result<Option<(UserId, LotDates)>, Error> {
    type Found = (Uuid, i64, i64, Option<i64>, Option<i64>);
    let sql = "SELECT user_id, given_at, expires_at, first_notice_at, second_notice_at FROM lots \
               WHERE transfer_id = $1 AND closed_by IS NULL AND expires_at IS NOT NULL";
    let found = tx.row::<Found>("read a lot", sql, &args![lot]).await?;
    Ok(found.map(|(user, given_at, expires_at, first, second)| {
        let dates = LotDates {
            given_at: Timestamp::from_micros(given_at),
            expires_at: Timestamp::from_micros(expires_at),
            first_notice_at: first.map(Timestamp::from_micros),
            second_notice_at: second.map(Timestamp::from_micros),
        };
        (UserId(user), dates)
    }))
}

async fn set_lot(tx: &mut Tx, lot: Uuid, what: &str, at: Timestamp) -> Result<(), Error> {
    let sql = format!("UPDATE lots SET {what} WHERE transfer_id = $1 AND closed_by IS NULL");
    changed(tx.execute("change a lot", &sql, &args![lot, at]).await?)
}

async fn close_lot(tx: &mut Tx, lot: Uuid, by: Uuid) -> Result<(), Error> {
    let sql = "UPDATE lots SET closed_by = $2, due_at = NULL WHERE transfer_id = $1 AND closed_by IS NULL";
    changed(tx.execute("close a lot", sql, &args![lot, by]).await?)
}

/// Whether a guarded statement changed its one row.
pub(crate) fn changed(rows: u64) -> Result<(), Error> {
    if rows == 1 {
        Ok(())
    } else {
        Err(Error::Conflict {
            operation: "change a row that was read",
        })
    }
}

/// Records that one transfer gives back what another one took.
pub(crate) async fn put_reversal(tx: &mut Tx, id: Uuid, of: Uuid) -> Result<(), Error> {
    let sql = "INSERT INTO reversals (transfer_id, of_transfer_id) VALUES ($1, $2)";
    tx.execute("record what came back", sql, &args![id, of]).await.map(drop)
}
