//! What happens to a license besides being paid for: read, decide in `scrip_domain`, write guarded.

use scrip_domain::{Hold, HoldKind, License, LicenseId, OfferId, ProductId, Timestamp, Tokens, UserId};
use uuid::Uuid;

use crate::activations::ActivationRow;
use crate::acts::{Act, log_act};
use crate::db::{Tx, args};
use crate::events::{self, Actor};
use crate::ledger::{KIND_REFUND, Leg, Movement, VENDOR_REVENUE, lock_wallet, read_tokens, retrying};
use crate::names::name_of;
use crate::notices::NewNotice;
use crate::seats::{self, SurrenderedSeat};
use crate::{Error, Store, activations, licenses, revocations};

/// A command that must not be carried out twice.
#[derive(Clone, Copy, Debug)]
pub struct LicenseCommand {
    /// Who gives it.
    pub user: UserId,
    /// Its client-made id.
    pub command: Uuid,
    /// The SHA-256 digest of the request, to tell a repetition from a misuse of the id.
    pub digest: [u8; 32],
    /// The license.
    pub license: LicenseId,
}

/// A rental that was ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedLicense {
    /// The license as it is now.
    pub license: License,
    /// What the wallet got back.
    pub tokens: Tokens,
    /// What the wallet held afterwards.
    pub balance_after: Tokens,
}

const END: &str = "end";
const TRANSFER: &str = "transfer";

impl Store {
    /// Changes a license by a rule: reads it with its seats, decides, writes. `user` is whose it must be; an operator gives
    /// none. With `idle` nobody else may have a seat, once the caller's own is given back by `surrender`.
    async fn change_license(
        &self,
        user: Option<UserId>,
        license: LicenseId,
        change: Change<'_>,
        rule: impl Fn(&License, Timestamp) -> Result<License, scrip_domain::Error>,
    ) -> Result<License, Error> {
        retrying!("change a license", {
            let mut tx = self.database.write().await?;
            let stored = licenses::lock(&mut tx, license, user).await?;
            let now = self.clock.now();
            let before = if change.idle {
                settle_seats(&mut tx, &stored, change.surrender, now).await?.0
            } else {
                stored.clone()
            };
            let changed = rule(&before, now)?;
            licenses::update(&mut tx, &[(stored.revision, &changed)]).await?;
            let actor = user.map_or(Actor::Operator, Actor::Account);
            events::put(&mut tx, self.new_id(), license, actor, change.what, change.why, now).await?;
            if let Some(hold) = &changed.tenure.hold
                && stored.tenure.hold.is_none()
            {
                let rows = activations::of_license(&mut tx, license).await?;
                let seq = rows.iter().map(|row| row.code_seq).max().unwrap_or(0);
                revocations::put(&mut tx, license, "", seq, &hold.reason, now).await?;
            }
            if let Some(act) = change.act {
                log_act(&mut tx, act, now).await?;
            }
            tx.commit().await?;
            Ok(changed)
        })
    }

    /// Stops the time of the user's rental.
    pub async fn pause(
        &self,
        user: UserId,
        license: LicenseId,
        surrender: Option<&SurrenderedSeat>,
    ) -> Result<License, Error> {
        let change = Change {
            what: "paused",
            why: "asked by the holder",
            idle: true,
            surrender,
            act: None,
        };
        self.change_license(Some(user), license, change, License::pause).await
    }

    /// Lets the time of the user's rental go on.
    pub async fn resume(&self, user: UserId, license: LicenseId) -> Result<License, Error> {
        let change = Change::plain("resumed", "asked by the holder");
        self.change_license(Some(user), license, change, License::resume).await
    }

    /// Lets the user's rental extend itself by an offer while that spends at most a cap, or lets it run out.
    pub async fn set_renewal(
        &self,
        user: UserId,
        license: LicenseId,
        wanted: Option<(&OfferId, Tokens)>,
    ) -> Result<License, Error> {
        let what = if wanted.is_some() { "renewal on" } else { "renewal off" };
        let change = Change::plain(what, "asked by the holder");
        self.change_license(Some(user), license, change, |license, _| license.with_renewal(wanted))
            .await
    }

    /// Stops a license, or lifts the stop: the operator's. A stop revokes the codes that are out.
    pub async fn set_hold(&self, license: LicenseId, hold: Option<HoldKind>, act: &Act<'_>) -> Result<License, Error> {
        let reason = act.why;
        let what = match hold {
            Some(HoldKind::Suspended) => "suspended",
            Some(HoldKind::Revoked) => "revoked",
            None => "reinstated",
        };
        let change = Change {
            act: Some(act),
            ..Change::plain(what, reason)
        };
        self.change_license(None, license, change, |license, now| {
            license.with_hold(hold.map(|kind| Hold {
                kind,
                reason: reason.to_owned(),
                since: now,
            }))
        })
        .await
    }

    /// The license with this id and the address of its holder, whoever that is: the operator's.
    pub async fn any_license(&self, license: LicenseId) -> Result<(License, String), Error> {
        let mut tx = self.database.read().await?;
        let found = licenses::find_one(&mut tx, license, None).await?;
        let sql = "SELECT email FROM users WHERE id = $1";
        let email = tx
            .row::<(String,)>("find an account", sql, &args![found.user.0])
            .await?;
        Ok((found, email.map_or_else(String::new, |(email,)| email)))
    }

    /// Ends the user's rental early and gives back what its frozen offer promised, `at_least` that much or nothing happens.
    pub async fn end_license(
        &self,
        command: &LicenseCommand,
        at_least: Tokens,
        surrender: Option<&SurrenderedSeat>,
    ) -> Result<EndedLicense, Error> {
        let user = command.user;
        retrying!("end a rental", {
            let mut tx = self.database.write().await?;
            let license = licenses::lock(&mut tx, command.license, None).await?;
            if let Some(done) = command.find(&mut tx, END).await? {
                return Ok(EndedLicense {
                    license,
                    tokens: done.tokens,
                    balance_after: done.balance_after,
                });
            }
            let stored = licenses::of_user(license, user)?;
            let now = self.clock.now();
            let (before, mut rows) = settle_seats(&mut tx, &stored, surrender, now).await?;
            let refund = before.end(now)?;
            if refund.tokens < at_least {
                return Err(scrip_domain::Error::RefundLower {
                    expected: at_least,
                    current: refund.tokens,
                }
                .into());
            }
            licenses::update(&mut tx, &[(stored.revision, &refund.license)]).await?;
            // What a lost registration was promised ends with the rental.
            for row in rows.iter_mut().filter(|row| row.is_promised()) {
                row.forget_promise();
                activations::put(&mut tx, row).await?;
            }
            let (balance_after, transfer) = self.refund(&mut tx, &stored, refund.tokens, now).await?;
            command
                .put(&mut tx, END, transfer, refund.tokens, balance_after, now)
                .await?;
            let why = format!("{} given back, {} of the equity", refund.tokens, refund.equity_back);
            events::put(
                &mut tx,
                self.new_id(),
                stored.id,
                Actor::Account(user),
                "ended early",
                &why,
                now,
            )
            .await?;
            tx.commit().await?;
            Ok(EndedLicense {
                license: refund.license,
                tokens: refund.tokens,
                balance_after,
            })
        })
    }

    /// Gives tokens back for a license, by one transfer; nothing moves for nothing. Answers the balance and the transfer.
    async fn refund(
        &self,
        tx: &mut Tx,
        license: &License,
        tokens: Tokens,
        now: Timestamp,
    ) -> Result<(Tokens, Option<Uuid>), Error> {
        let user = license.user;
        let before = lock_wallet(tx, user.0).await?;
        if tokens.is_zero() {
            return Ok((before, None));
        }
        let movement = Movement {
            kind: KIND_REFUND,
            reason: &format!("{} ended early", license.product),
            at: now,
            legs: &[
                Leg::wallet(user, tokens.get()),
                Leg::vendor(VENDOR_REVENUE, -tokens.get()),
            ],
        };
        let id = self.move_tokens(tx, &movement).await?;
        Ok((before.checked_add(tokens)?, Some(id)))
    }

    /// Gives a license to the account with the address `to`, which has none of the product. Both are told.
    pub async fn transfer_license(
        &self,
        command: &LicenseCommand,
        to: &str,
        surrender: Option<&SurrenderedSeat>,
    ) -> Result<ProductId, Error> {
        retrying!("transfer a license", {
            let mut tx = self.database.write().await?;
            let license = licenses::lock(&mut tx, command.license, None).await?;
            if command.find(&mut tx, TRANSFER).await?.is_some() {
                return Ok(license.product);
            }
            let stored = licenses::of_user(license, command.user)?;
            let now = self.clock.now();
            let (before, mut rows) = settle_seats(&mut tx, &stored, surrender, now).await?;
            let sql = "SELECT id FROM users WHERE email = $1";
            let found = tx.row::<(Uuid,)>("find an account", sql, &args![to]).await?;
            let Some((recipient,)) = found else {
                return Err(Error::AccountNotFound { email: to.to_owned() });
            };
            let recipient = UserId(recipient);
            let given = before.transfer(recipient, now)?;
            let product = given.product.clone();
            if !licenses::find(&mut tx, &[(recipient, &product)]).await?.is_empty() {
                let why = "that account has a license of it already";
                return Err(scrip_domain::Error::LicenseNotTransferable { product, why }.into());
            }
            licenses::update(&mut tx, &[(stored.revision, &given)]).await?;
            // Computers of the giver take nothing more of it.
            for row in rows.iter_mut().filter(|row| row.is_promised()) {
                row.forget_promise();
                activations::put(&mut tx, row).await?;
            }
            command
                .put(&mut tx, TRANSFER, None, Tokens::ZERO, Tokens::ZERO, now)
                .await?;
            self.tell_both(&mut tx, command, recipient, &product, now).await?;
            let (what, why) = (format!("transferred to account:{recipient}"), "asked by the holder");
            let actor = Actor::Account(command.user);
            events::put(&mut tx, self.new_id(), stored.id, actor, &what, why, now).await?;
            tx.commit().await?;
            Ok(product)
        })
    }

    async fn tell_both(
        &self,
        tx: &mut Tx,
        command: &LicenseCommand,
        recipient: UserId,
        product: &ProductId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (subject, name) = (command.command.to_string(), name_of(tx, product).await?);
        let told = [
            (
                recipient,
                "license.received",
                format!("You were given a license of {name}."),
            ),
            (
                command.user,
                "license.given",
                format!("You gave your license of {name} away."),
            ),
        ];
        for (user, kind, text) in &told {
            let notice = NewNotice {
                user: *user,
                kind,
                product: Some(product),
                subject: &subject,
                text,
            };
            notice.put(tx, self.new_id(), now).await?;
        }
        Ok(())
    }
}

/// How a change of a license is recorded, and what it needs.
#[derive(Clone, Copy)]
struct Change<'c> {
    what: &'c str,
    why: &'c str,
    /// Whether no computer may have a seat afterwards.
    idle: bool,
    /// What the caller's computer gives back.
    surrender: Option<&'c SurrenderedSeat>,
    /// The operator's deed.
    act: Option<&'c Act<'c>>,
}

impl<'c> Change<'c> {
    const fn plain(what: &'c str, why: &'c str) -> Self {
        Self {
            what,
            why,
            idle: false,
            surrender: None,
            act: None,
        }
    }
}

/// Takes back the caller's seat, and refuses while other computers have one.
pub(crate) async fn settle_seats(
    tx: &mut Tx,
    stored: &License,
    surrender: Option<&SurrenderedSeat>,
    now: Timestamp,
) -> Result<(License, Vec<ActivationRow>), Error> {
    let mut rows = activations::of_license(tx, stored.id).await?;
    let license = match surrender {
        Some(seat) => seats::surrender(tx, stored, &mut rows, seat, now).await?,
        None => stored.clone(),
    };
    let computers = seats::names_of_live(&rows, now);
    if computers.is_empty() {
        return Ok((license, rows));
    }
    Err(scrip_domain::Error::LicenseInUse {
        product: stored.product.clone(),
        computers,
    }
    .into())
}

/// A command that was carried out before.
struct Done {
    tokens: Tokens,
    balance_after: Tokens,
}

impl LicenseCommand {
    async fn find(&self, tx: &mut Tx, what: &str) -> Result<Option<Done>, Error> {
        type Found = (Vec<u8>, Uuid, String, i64, i64);
        let sql = "SELECT request_digest, license_id, what, tokens, balance_after FROM license_commands \
                   WHERE user_id = $1 AND command_id = $2";
        let found = tx
            .row::<Found>("look for a command", sql, &args![self.user.0, self.command])
            .await?;
        let Some((digest, license, known, tokens, balance_after)) = found else {
            return Ok(None);
        };
        if digest != self.digest || license != self.license.0 || known != what {
            return Err(Error::IdempotencyConflict {
                command: self.command.to_string(),
            });
        }
        Ok(Some(Done {
            tokens: read_tokens("license_commands", self.command, tokens)?,
            balance_after: read_tokens("license_commands", self.command, balance_after)?,
        }))
    }

    async fn put(
        &self,
        tx: &mut Tx,
        what: &str,
        transfer: Option<Uuid>,
        tokens: Tokens,
        balance_after: Tokens,
        now: Timestamp,
    ) -> Result<(), Error> {
        let columns = "user_id, command_id, request_digest, license_id, what, tokens, balance_after, created_at";
        let mut values = args![
            self.user.0,
            self.command,
            self.digest.to_vec(),
            self.license.0,
            what,
            tokens,
            balance_after,
            now,
        ]
        .to_vec();
        let sql = match transfer {
            None => format!("INSERT INTO license_commands ({columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
            Some(transfer) => {
                values.push(transfer.into());
                format!(
                    "INSERT INTO license_commands ({columns}, transfer_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                )
            }
        };
        tx.execute("record a command", &sql, &values).await.map(drop)
    }
}
