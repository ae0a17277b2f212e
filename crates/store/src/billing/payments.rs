//! Money that arrived: used for bills, waiting for an operator, or given back.

use scrip_domain::{BillingError, InvoiceStatus, Money, PaymentStatus, PurchaseMethod, Timestamp};
use uuid::Uuid;

use super::invoices::{find_invoice, save_invoice};
use super::{corrupt, guard};
use crate::acts::{Act, log_act};
use crate::db::{Tx, args, row_struct};
use crate::ledger::retrying;
use crate::money::MoneyAccount;
use crate::token_sales::pay_purchase;
use crate::{Error, Store};

/// Money to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// Its id, made by whoever records it: the same one records nothing again.
    pub id: Uuid,
    /// How it was paid.
    pub method: PurchaseMethod,
    /// How much.
    pub money: Money,
    /// Who paid.
    pub payer: String,
    /// What stands on it: the number of a cheque, the words on a transfer.
    pub text: String,
    /// When it came.
    pub received_at: Timestamp,
    /// The bill that it is for.
    pub invoice: Option<Uuid>,
    /// Whether the money is there; a cheque that is not cleared counts for nothing yet.
    pub cleared: bool,
}

/// Money that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: Uuid,
    /// How it was paid.
    pub method: PurchaseMethod,
    /// How much.
    pub money: Money,
    /// What of it is used for bills.
    pub applied: Money,
    /// What was given back to the payer.
    pub returned: Money,
    /// Whether the money is there.
    pub status: PaymentStatus,
    /// Who paid.
    pub payer: String,
    /// What stands on it.
    pub text: String,
    /// The bill that it is meant for.
    pub meant_for: Option<Uuid>,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it; `bank` for a line of a statement.
    pub recorded_by: String,
    /// Why it bounced or was given back.
    pub why: String,
    pub(super) revision: i64,
}

/// A part of a payment that is used for a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentUse {
    /// The payment.
    pub payment: Uuid,
    /// The bill, and its number.
    pub invoice: Uuid,
    /// The bill's number.
    pub number: String,
    /// How much.
    pub money: Money,
}

impl Payment {
    /// What is neither used nor given back.
    pub fn left(&self) -> Money {
        let minor = match self.status {
            PaymentStatus::Booked => (self.money.minor - self.applied.minor - self.returned.minor).max(0),
            PaymentStatus::Pending | PaymentStatus::Bounced => 0,
        };
        Money { minor, ..self.money }
    }
}

row_struct! {
    pub(crate) struct PaymentRow {
        id: Uuid, method: String, minor: i64, currency: String, applied: i64, returned: i64, status: String, payer: String,
        text: String, meant_for: Option<Uuid>, received_at: i64, recorded_at: i64, recorded_by: String, why: String,
        revision: i64,
    }
}

const SQL: &str = "SELECT id, method, minor, currency, applied, returned, status, payer, text, meant_for, received_at, \
                   recorded_at, recorded_by, why, revision FROM payments";

impl PaymentRow {
    fn read(self) -> Result<Payment, Error> {
        let id = self.id;
        let wrong = |what| corrupt("payments", id, what);
        let currency = self.currency.parse()?;
        Ok(Payment {
            id,
            method: PurchaseMethod::parse(&self.method).ok_or_else(|| wrong("the method"))?,
            money: Money::new(self.minor, currency)?,
            applied: Money::new(self.applied, currency)?,
            returned: Money::new(self.returned, currency)?,
            status: PaymentStatus::parse(&self.status).ok_or_else(|| wrong("the status"))?,
            payer: self.payer,
            text: self.text,
            meant_for: self.meant_for,
            received_at: Timestamp::from_micros(self.received_at),
            recorded_at: Timestamp::from_micros(self.recorded_at),
            recorded_by: self.recorded_by,
            why: self.why,
            revision: self.revision,
        })
    }
}

pub(super) async fn find_payment(tx: &mut Tx, id: Uuid) -> Result<Option<Payment>, Error> {
    let sql = format!("{SQL} WHERE id = $1");
    let row = tx.row::<PaymentRow>("read a payment", &sql, &args![id]).await?;
    row.map(PaymentRow::read).transpose()
}

async fn known_payment(tx: &mut Tx, id: Uuid) -> Result<Payment, Error> {
    let found = find_payment(tx, id).await?;
    found.ok_or_else(|| Error::PaymentNotFound {
        payment: id.to_string(),
    })
}

async fn save_payment(tx: &mut Tx, payment: &mut Payment) -> Result<(), Error> {
    let sql = "UPDATE payments SET applied = $3, returned = $4, status = $5, why = $6, waiting = $7, revision = $2 + 1 \
               WHERE id = $1 AND revision = $2";
    let waiting = payment.left().minor > 0;
    let values = args![
        payment.id,
        payment.revision,
        payment.applied.minor,
        payment.returned.minor,
        payment.status.as_str(),
        payment.why.as_str(),
        waiting
    ];
    guard(tx.execute("change a payment", sql, &values).await?, "change a payment")?;
    payment.revision += 1;
    Ok(())
}

/// Writes the row of a payment that is not there yet.
async fn insert_payment(
    tx: &mut Tx,
    new: &NewPayment,
    by: &str,
    fingerprint: Option<&[u8; 32]>,
    now: Timestamp,
) -> Result<Payment, Error> {
    if new.money.minor < 1 {
        let refused = BillingError::AmountWrong {
            amount: new.money,
            why: "a payment is more than nothing",
        };
        return Err(refused.into());
    }
    let status = if new.cleared {
        PaymentStatus::Booked
    } else {
        PaymentStatus::Pending
    };
    let mut columns = args![
        new.id,
        new.method.as_str(),
        new.money.minor,
        new.money.currency.as_str(),
        status.as_str(),
        new.payer.as_str(),
        new.text.as_str(),
        new.invoice,
        new.received_at,
        now,
        by,
        new.cleared
    ]
    .to_vec();
    let (name, place) = match fingerprint {
        Some(fingerprint) => {
            columns.push(fingerprint.to_vec().into());
            (", fingerprint", ", $13")
        }
        None => ("", ""),
    };
    let sql = format!(
        "INSERT INTO payments (id, method, minor, currency, applied, returned, status, payer, text, meant_for, received_at, \
         recorded_at, recorded_by, why, revision, waiting{name}) \
         VALUES ($1, $2, $3, $4, 0, 0, $5, $6, $7, $8, $9, $10, $11, '', 1, $12{place})"
    );
    tx.execute("record a payment", &sql, &columns).await?;
    known_payment(tx, new.id).await
}

/// Lets go of `beyond` of what was used for a bill, the latest payments first. Answers what each of them got back.
pub(super) async fn release(tx: &mut Tx, invoice: Uuid, beyond: Money) -> Result<Vec<(Uuid, i64)>, Error> {
    let (mut rest, mut released) = (beyond.minor, Vec::new());
    if rest == 0 {
        return Ok(released);
    }
    let sql = "SELECT payment_id, minor FROM payment_uses WHERE invoice_id = $1 ORDER BY payment_id DESC";
    for (id, used) in tx
        .rows::<(Uuid, i64)>("read what paid a bill", sql, &args![invoice])
        .await?
    {
        let taken = used.min(rest);
        if taken == 0 {
            continue;
        }
        let mut payment = known_payment(tx, id).await?;
        payment.applied.minor -= taken;
        save_payment(tx, &mut payment).await?;
        let sql = "UPDATE payment_uses SET minor = minor - $3 WHERE payment_id = $1 AND invoice_id = $2";
        tx.execute("release a payment", sql, &args![id, invoice, taken]).await?;
        rest -= taken;
        released.push((id, taken));
    }
    Ok(released)
}

impl Store {
    /// Writes a payment down that is not there yet, and enters its money if that is there.
    pub(super) async fn insert_payment(
        &self,
        tx: &mut Tx,
        new: &NewPayment,
        by: &str,
        fingerprint: Option<&[u8; 32]>,
        now: Timestamp,
    ) -> Result<Payment, Error> {
        let payment = insert_payment(tx, new, by, fingerprint, now).await?;
        if new.cleared {
            self.post_payment(tx, &payment, now).await?;
        }
        Ok(payment)
    }

    /// Enters money that came and is not used yet.
    async fn post_payment(&self, tx: &mut Tx, payment: &Payment, now: Timestamp) -> Result<(), Error> {
        let legs = [
            (MoneyAccount::Received(payment.method), payment.id, payment.money.minor),
            (MoneyAccount::Unused, payment.id, -payment.money.minor),
        ];
        self.post_money(tx, "payment", payment.money.currency, &legs, now).await
    }

    /// Records money that somebody handed in, and uses it for the bill that it is for. Its repetition changes nothing.
    pub async fn book_payment(&self, new: &NewPayment, act: &Act<'_>) -> Result<Payment, Error> {
        retrying!("record a payment", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            if let Some(known) = find_payment(&mut tx, new.id).await? {
                return if (known.money, known.meant_for) == (new.money, new.invoice) && known.method == new.method {
                    Ok(known)
                } else {
                    Err(Error::IdempotencyConflict {
                        command: new.id.to_string(),
                    })
                };
            }
            let mut payment = self.insert_payment(&mut tx, new, act.actor, None, now).await?;
            if let Some(invoice) = new.invoice {
                // A bill that takes no money is said at once, also where the cheque is not cleared yet.
                find_invoice(&mut tx, invoice).await?.state.takes(new.money)?;
                if new.cleared {
                    self.use_payment(&mut tx, &mut payment, invoice, now).await?;
                }
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(payment)
        })
    }

    /// Notes that a cheque was cleared (and uses it for its bill), or that it bounced.
    pub async fn clear_payment(&self, id: Uuid, cleared: bool, act: &Act<'_>) -> Result<Payment, Error> {
        retrying!("clear a payment", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let mut payment = known_payment(&mut tx, id).await?;
            let next = if cleared {
                PaymentStatus::Booked
            } else {
                PaymentStatus::Bounced
            };
            if payment.status == next {
                return Ok(payment);
            }
            if payment.status != PaymentStatus::Pending {
                return Err(refuse(&payment, if cleared { "cleared" } else { "bounced" }));
            }
            payment.status = next;
            act.why.clone_into(&mut payment.why);
            save_payment(&mut tx, &mut payment).await?;
            if cleared {
                self.post_payment(&mut tx, &payment, now).await?;
            }
            if let (true, Some(invoice)) = (cleared, payment.meant_for) {
                let state = find_invoice(&mut tx, invoice).await?.state;
                // Paid by someone else meanwhile: the money waits.
                if state.takes(payment.money).is_ok() {
                    self.use_payment(&mut tx, &mut payment, invoice, now).await?;
                }
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(payment)
        })
    }

    /// Uses what is left of a payment for a bill.
    pub async fn apply_payment(&self, id: Uuid, invoice: Uuid, act: &Act<'_>) -> Result<Payment, Error> {
        retrying!("use a payment", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let mut payment = known_payment(&mut tx, id).await?;
            if payment.left().is_zero() {
                return Err(refuse(&payment, "used"));
            }
            self.use_payment(&mut tx, &mut payment, invoice, now).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(payment)
        })
    }

    /// Notes that what is left of a payment went back to its payer.
    pub async fn return_payment(&self, id: Uuid, act: &Act<'_>) -> Result<Payment, Error> {
        retrying!("give a payment back", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let mut payment = known_payment(&mut tx, id).await?;
            let left = payment.left();
            if left.is_zero() {
                return Err(refuse(&payment, "given back"));
            }
            payment.returned = payment.returned.checked_add(left)?;
            act.why.clone_into(&mut payment.why);
            save_payment(&mut tx, &mut payment).await?;
            let legs = [
                (MoneyAccount::Unused, payment.id, left.minor),
                (MoneyAccount::Received(payment.method), payment.id, -left.minor),
            ];
            self.post_money(&mut tx, "return", left.currency, &legs, now).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(payment)
        })
    }

    /// Up to `limit` payments before `before`, the newest first; only those with money that waits where `waiting`.
    pub async fn payments(&self, waiting: bool, before: Option<Uuid>, limit: i64) -> Result<Vec<Payment>, Error> {
        let only = if waiting {
            " AND (waiting = $3 OR status = 'pending')"
        } else {
            ""
        };
        let sql = format!("{SQL} WHERE id < $1{only} ORDER BY id DESC LIMIT $2");
        let mut values = args![before.unwrap_or(Uuid::max()), limit].to_vec();
        if waiting {
            values.push(true.into());
        }
        let rows = self.database.rows::<PaymentRow>("list payments", &sql, &values).await?;
        rows.into_iter().map(PaymentRow::read).collect()
    }

    /// One payment.
    pub async fn payment(&self, id: Uuid) -> Result<Payment, Error> {
        let mut tx = self.database.read().await?;
        known_payment(&mut tx, id).await
    }

    /// What a bill was paid with.
    pub async fn payments_of(&self, invoice: Uuid) -> Result<Vec<PaymentUse>, Error> {
        let sql = "SELECT x.payment_id, x.minor, i.number, i.currency FROM payment_uses x \
                   JOIN invoices i ON i.id = x.invoice_id WHERE x.invoice_id = $1 AND x.minor > 0 ORDER BY x.payment_id";
        let rows = self
            .database
            .rows::<(Uuid, i64, String, String)>("read what paid a bill", sql, &args![invoice])
            .await?;
        rows.into_iter()
            .map(|(payment, minor, number, currency)| {
                Ok(PaymentUse {
                    payment,
                    invoice,
                    number,
                    money: Money::new(minor, currency.parse()?)?,
                })
            })
            .collect()
    }

    /// Uses as much of a payment for a bill as it takes. A bill that is paid then lets its tokens be issued.
    pub(super) async fn use_payment(
        &self,
        tx: &mut Tx,
        payment: &mut Payment,
        invoice: Uuid,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut invoice = find_invoice(tx, invoice).await?;
        let amount = invoice.state.takes(payment.left())?;
        let legs = [
            (MoneyAccount::Unused, payment.id, amount.minor),
            (MoneyAccount::owed(invoice.state.status), invoice.id, -amount.minor),
        ];
        self.post_money(tx, "use", amount.currency, &legs, now).await?;
        invoice.state = invoice.state.pay(amount)?;
        save_invoice(tx, &invoice, now).await?;
        payment.applied = payment.applied.checked_add(amount)?;
        save_payment(tx, payment).await?;
        let sql = "INSERT INTO payment_uses (payment_id, invoice_id, minor) VALUES ($1, $2, $3) \
                   ON CONFLICT (payment_id, invoice_id) DO UPDATE SET minor = payment_uses.minor + $3";
        tx.execute("use a payment", sql, &args![payment.id, invoice.id, amount.minor])
            .await?;
        let rest = invoice.state.open();
        let text = if rest.is_zero() {
            format!("{amount} arrived: bill {} is paid.", invoice.number)
        } else {
            format!(
                "{amount} arrived for bill {}; {rest} are still to be paid.",
                invoice.number
            )
        };
        let subject = format!("{} {}", payment.id, invoice.id);
        self.tell_about(tx, invoice.user, "payment.received", &subject, &text, now)
            .await?;
        if invoice.state.status == InvoiceStatus::Paid {
            pay_purchase(tx, invoice.purchase, None, now).await?;
            self.issue_purchase(tx, invoice.purchase, now).await?;
        }
        Ok(())
    }
}

fn refuse(payment: &Payment, wanted: &'static str) -> Error {
    let state = match payment.status {
        PaymentStatus::Booked => "used or given back",
        other => other.as_str(),
    };
    let what = "the payment".to_owned();
    BillingError::StateWrong { what, state, wanted }.into()
}
