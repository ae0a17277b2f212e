//! Bills and credit notes: numbered without a gap, never changed but for what becomes of them.

use scrip_domain::{
    BillTo, BillingError, BillingPolicy, InvoiceKind, InvoiceLine, InvoiceNumber, InvoiceState, InvoiceStatus,
    InvoiceTotals, Money, PurchaseId, Timestamp, Tokens, UserId,
};
use uuid::Uuid;

use super::orders::TokenOrder;
use super::{corrupt, guard, payments, write_json, year_of};
use crate::acts::{Act, log_act};
use crate::catalog::read_json;
use crate::db::{Tx, Value, args, row_struct};
use crate::ledger::retrying;
use crate::money::MoneyAccount;
use crate::token_sales::{cancel_purchase, find_purchase};
use crate::{Error, NewNotice, Store};

/// A bill or a credit note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: InvoiceKind,
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub user: UserId,
    /// The account's address.
    pub email: String,
    /// The purchase that it is for.
    pub purchase: PurchaseId,
    /// The bill that a credit note takes back.
    pub corrects: Option<Uuid>,
    /// The number that the buyer gave the order; may be empty.
    pub buyer_reference: String,
    /// The seller and the terms as they were when it was sent.
    pub seller: BillingPolicy,
    /// Whom it is for.
    pub bill_to: BillTo,
    /// What it bills.
    pub lines: Vec<InvoiceLine>,
    /// Before tax, and the tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// What is asked, paid and taken back, and where it stands.
    pub state: InvoiceState,
    /// When it was sent.
    pub issued_at: Timestamp,
    /// When it is to be paid.
    pub due_at: Timestamp,
    /// When nothing was owed any more.
    pub settled_at: Option<Timestamp>,
    /// How many reminders went out.
    pub reminders: i64,
    /// Why it was corrected or given up.
    pub why: String,
    pub(super) revision: i64,
}

impl Invoice {
    /// The structured reference that a transfer names (ISO 11649).
    pub fn reference(&self) -> String {
        scrip_domain::creditor_reference(&self.number)
    }

    /// Whether it should have been paid by now.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.kind == InvoiceKind::Invoice && self.state.open().minor > 0 && self.due_at < now
    }
}

/// Which bills are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct InvoiceFilter {
    /// Of one account.
    pub user: Option<UserId>,
    /// In one state.
    pub status: Option<InvoiceStatus>,
    /// Older than this one.
    pub before: Option<Uuid>,
}

row_struct! {
    pub(crate) struct InvoiceRow {
        id: Uuid, kind: String, number: String, user_id: Uuid, email: String, purchase_id: Uuid, corrects: Option<Uuid>,
        buyer_reference: String, seller: String, bill_to: String, lines: String, currency: String, net: i64, tax: i64,
        gross: i64, paid: i64, credited: i64, status: String, issued_at: i64, due_at: i64, settled_at: Option<i64>,
        reminders: i64, why: String, revision: i64,
    }
}

pub(super) const SQL: &str = "SELECT i.id AS id, i.kind AS kind, i.number AS number, i.user_id AS user_id, \
    u.email AS email, i.purchase_id AS purchase_id, i.corrects AS corrects, i.buyer_reference AS buyer_reference, \
    i.seller AS seller, i.bill_to AS bill_to, i.lines AS lines, i.currency AS currency, i.net AS net, i.tax AS tax, \
    i.gross AS gross, i.paid AS paid, i.credited AS credited, i.status AS status, i.issued_at AS issued_at, \
    i.due_at AS due_at, i.settled_at AS settled_at, i.reminders AS reminders, i.why AS why, i.revision AS revision \
    FROM invoices i JOIN users u ON u.id = i.user_id";

impl InvoiceRow {
    pub(super) fn read(self) -> Result<Invoice, Error> {
        let id = self.id;
        let wrong = |what| corrupt("invoices", id, what);
        let text = id.to_string();
        let currency = self.currency.parse()?;
        let money = |minor| Money::new(minor, currency);
        Ok(Invoice {
            id,
            kind: InvoiceKind::parse(&self.kind).ok_or_else(|| wrong("the kind"))?,
            number: self.number,
            user: UserId(self.user_id),
            email: self.email,
            purchase: PurchaseId(self.purchase_id),
            corrects: self.corrects,
            buyer_reference: self.buyer_reference,
            seller: read_json("invoices", &text, &self.seller)?,
            bill_to: read_json("invoices", &text, &self.bill_to)?,
            lines: read_json("invoices", &text, &self.lines)?,
            net: money(self.net)?,
            tax: money(self.tax)?,
            state: InvoiceState {
                gross: money(self.gross)?,
                paid: money(self.paid)?,
                credited: money(self.credited)?,
                status: InvoiceStatus::parse(&self.status).ok_or_else(|| wrong("the status"))?,
            },
            issued_at: Timestamp::from_micros(self.issued_at),
            due_at: Timestamp::from_micros(self.due_at),
            settled_at: self.settled_at.map(Timestamp::from_micros),
            reminders: self.reminders,
            why: self.why,
            revision: self.revision,
        })
    }
}

pub(super) async fn find_invoice(tx: &mut Tx, id: Uuid) -> Result<Invoice, Error> {
    let sql = format!("{SQL} WHERE i.id = $1");
    let row = tx.row::<InvoiceRow>("read a bill", &sql, &args![id]).await?;
    row.ok_or_else(|| Error::InvoiceNotFound {
        invoice: id.to_string(),
    })?
    .read()
}

/// Writes what can change of a bill, if it still stands where it was read.
pub(super) async fn save_invoice(tx: &mut Tx, invoice: &Invoice, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE invoices SET paid = $3, credited = $4, status = $5, settled_at = $6, reminders = $7, why = $8, \
               revision = $2 + 1 WHERE id = $1 AND revision = $2";
    let open = invoice.state.status == InvoiceStatus::Open;
    let settled = (!open).then(|| invoice.settled_at.unwrap_or(now).micros());
    let values = args![
        invoice.id,
        invoice.revision,
        invoice.state.paid.minor,
        invoice.state.credited.minor,
        invoice.state.status.as_str(),
        settled,
        invoice.reminders,
        invoice.why.as_str()
    ];
    guard(tx.execute("change a bill", sql, &values).await?, "change a bill")
}

/// What a new bill or credit note says.
struct Draft<'a> {
    kind: InvoiceKind,
    user: UserId,
    purchase: PurchaseId,
    corrects: Option<Uuid>,
    buyer_reference: &'a str,
    seller: &'a BillingPolicy,
    bill_to: &'a BillTo,
    lines: &'a [InvoiceLine],
    why: &'a str,
    /// Where what is owed on the bill stands.
    owed: MoneyAccount,
}

impl Store {
    /// One bill; of `user` where it is given.
    pub async fn invoice(&self, user: Option<UserId>, id: Uuid) -> Result<Invoice, Error> {
        let mut tx = self.database.read().await?;
        let invoice = find_invoice(&mut tx, id).await?;
        if user.is_none_or(|user| user == invoice.user) {
            return Ok(invoice);
        }
        Err(Error::InvoiceNotFound {
            invoice: id.to_string(),
        })
    }

    /// The bill with this number, however it is written.
    pub async fn invoice_by_number(&self, number: &str) -> Result<Invoice, Error> {
        let key: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
        let sql = format!("{SQL} WHERE i.key = $1");
        let values = args![key.to_ascii_uppercase()];
        let row = self
            .database
            .row_by_key::<InvoiceRow>("find a bill", &sql, &values)
            .await?;
        row.ok_or_else(|| Error::InvoiceNotFound {
            invoice: number.chars().take(40).collect(),
        })?
        .read()
    }

    /// Up to `limit` bills and credit notes, the newest first.
    pub async fn invoices(&self, filter: &InvoiceFilter, limit: i64) -> Result<Vec<Invoice>, Error> {
        let mut sql = format!("{SQL} WHERE i.id < $1");
        let mut values = args![filter.before.unwrap_or(Uuid::max()), limit].to_vec();
        if let Some(user) = filter.user {
            values.push(Value::from(user.0));
            sql = format!("{sql} AND i.user_id = ${}", values.len());
        }
        if let Some(status) = filter.status {
            values.push(Value::from(status.as_str()));
            sql = format!("{sql} AND i.status = ${}", values.len());
        }
        sql.push_str(" ORDER BY i.id DESC LIMIT $2");
        let rows = self.database.rows::<InvoiceRow>("list bills", &sql, &values).await?;
        rows.into_iter().map(InvoiceRow::read).collect()
    }

    /// Takes a bill back, or `amount` of it, by a credit note; `tokens` that were issued are taken back with it.
    ///
    /// What was paid beyond what is owed then waits among the payments, to be given back. `command` is the credit note's id.
    pub async fn credit_invoice(
        &self,
        id: Uuid,
        amount: Option<Money>,
        tokens: Tokens,
        command: Uuid,
        act: &Act<'_>,
    ) -> Result<Invoice, Error> {
        retrying!("write a credit note", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            if let Ok(known) = find_invoice(&mut tx, command).await {
                return if known.corrects == Some(id) {
                    Ok(known)
                } else {
                    Err(Error::IdempotencyConflict {
                        command: command.to_string(),
                    })
                };
            }
            let mut invoice = find_invoice(&mut tx, id).await?;
            refuse_credit_note(&invoice, "taken back")?;
            let left = invoice.state.gross.checked_sub(invoice.state.credited)?;
            let amount = amount.unwrap_or(left);
            amount.checked_sub(left)?;
            let before = invoice.state;
            let (state, beyond) = before.credit(amount)?;
            invoice.state = state;
            act.why.clone_into(&mut invoice.why);
            save_invoice(&mut tx, &invoice, now).await?;
            let released = payments::release(&mut tx, invoice.id, beyond).await?;
            let line = invoice
                .lines
                .first()
                .ok_or_else(|| corrupt("invoices", id, "its line"))?;
            let draft = Draft {
                kind: InvoiceKind::CreditNote,
                user: invoice.user,
                purchase: invoice.purchase,
                corrects: Some(id),
                buyer_reference: &invoice.buyer_reference,
                seller: &invoice.seller,
                bill_to: &invoice.bill_to,
                lines: &[line.part(before.credited, amount)?],
                why: act.why,
                owed: MoneyAccount::owed(before.status),
            };
            let number = self.write_invoice(&mut tx, command, &draft, now).await?;
            let mut legs = vec![(draft.owed, id, beyond.minor)];
            legs.extend(
                released
                    .iter()
                    .map(|(payment, taken)| (MoneyAccount::Unused, *payment, -taken)),
            );
            self.post_money(&mut tx, "release", beyond.currency, &legs, now).await?;
            if !tokens.is_zero() {
                self.take_back(&mut tx, invoice.purchase, tokens, (command, act.why), now)
                    .await?;
            }
            let purchase = find_purchase(&mut tx, invoice.purchase).await?;
            if purchase.issued_at.is_none() && purchase.paid_at.is_none() && state.status == InvoiceStatus::Credited {
                cancel_purchase(&mut tx, invoice.purchase, None).await?;
            }
            let text = format!(
                "{amount} of bill {} were taken back by {number}: {}",
                invoice.number, act.why
            );
            self.tell_about(
                &mut tx,
                invoice.user,
                "invoice.credited",
                &command.to_string(),
                &text,
                now,
            )
            .await?;
            log_act(&mut tx, act, now).await?;
            let note = find_invoice(&mut tx, command).await?;
            tx.commit().await?;
            Ok(note)
        })
    }

    /// Gives a bill up; the tokens stay where they are. A payment that comes late still counts.
    pub async fn write_off_invoice(&self, id: Uuid, act: &Act<'_>) -> Result<Invoice, Error> {
        retrying!("write a bill off", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let mut invoice = find_invoice(&mut tx, id).await?;
            refuse_credit_note(&invoice, "written off")?;
            let given_up = invoice.state.open();
            invoice.state = invoice.state.write_off()?;
            act.why.clone_into(&mut invoice.why);
            save_invoice(&mut tx, &invoice, now).await?;
            let legs = [
                (MoneyAccount::WrittenOff, id, given_up.minor),
                (MoneyAccount::Receivable, id, -given_up.minor),
            ];
            self.post_money(&mut tx, "write_off", given_up.currency, &legs, now)
                .await?;
            log_act(&mut tx, act, now).await?;
            let invoice = find_invoice(&mut tx, id).await?;
            tx.commit().await?;
            Ok(invoice)
        })
    }

    /// Writes the bill of an order and tells its buyer; answers its id.
    pub(super) async fn bill_order(
        &self,
        tx: &mut Tx,
        order: &TokenOrder,
        policy: &BillingPolicy,
        now: Timestamp,
    ) -> Result<Uuid, Error> {
        let id = self.new_id();
        let draft = Draft {
            kind: InvoiceKind::Invoice,
            user: order.user,
            purchase: order.id,
            corrects: None,
            buyer_reference: &order.number,
            seller: policy,
            bill_to: &order.bill_to,
            lines: &[InvoiceLine::of(&order.quote)],
            why: "",
            owed: MoneyAccount::Receivable,
        };
        let number = self.write_invoice(tx, id, &draft, now).await?;
        let text = format!(
            "Bill {number} for {}: {} to be paid.",
            order.quote.tokens, order.quote.total
        );
        self.tell_about(tx, order.user, "invoice.issued", &id.to_string(), &text, now)
            .await?;
        Ok(id)
    }

    async fn write_invoice(
        &self,
        tx: &mut Tx,
        id: Uuid,
        draft: &Draft<'_>,
        now: Timestamp,
    ) -> Result<InvoiceNumber, Error> {
        let (policy, year) = (draft.seller, year_of(now));
        // The row is written before it is read: whoever else wants a number waits here until this one is given or given up.
        let sql = "INSERT INTO invoice_series (id, kind, year, last) VALUES ($1, $2, $3, 1) \
                   ON CONFLICT (kind, year) DO UPDATE SET last = invoice_series.last + 1";
        tx.execute("take a number", sql, &args![self.new_id(), draft.kind.as_str(), year])
            .await?;
        let sql = "SELECT last FROM invoice_series WHERE kind = $1 AND year = $2";
        let found = tx
            .row::<(i64,)>("take a number", sql, &args![draft.kind.as_str(), year])
            .await?;
        let (seq,) = found.ok_or_else(|| corrupt("invoice_series", id, "the last number"))?;
        let prefix = match draft.kind {
            InvoiceKind::Invoice => &policy.invoice_prefix,
            InvoiceKind::CreditNote => &policy.credit_note_prefix,
        };
        let number = InvoiceNumber::new(prefix, year, seq);
        let totals = InvoiceTotals::of(draft.lines)?;
        let (status, due) = match draft.kind {
            InvoiceKind::Invoice if totals.gross.minor > 0 => (
                InvoiceStatus::Open,
                now.plus_seconds(i64::from(policy.due_days) * 86_400),
            ),
            _ => (InvoiceStatus::Paid, now),
        };
        let sql = "INSERT INTO invoices (id, kind, year, seq, number, key, user_id, purchase_id, corrects, buyer_reference, \
                   seller, bill_to, lines, currency, net, tax, gross, paid, credited, status, issued_at, due_at, settled_at, \
                   reminders, why, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
                   $17, 0, 0, $18, $19, $20, $21, 0, $22, 1)";
        let values = args![
            id,
            draft.kind.as_str(),
            year,
            seq,
            number.as_str(),
            number.key(),
            draft.user.0,
            draft.purchase.0,
            draft.corrects,
            draft.buyer_reference,
            write_json(policy)?,
            write_json(draft.bill_to)?,
            write_json(&draft.lines)?,
            totals.gross.currency.as_str(),
            totals.net.minor,
            totals.tax.minor,
            totals.gross.minor,
            status.as_str(),
            now,
            due,
            (status != InvoiceStatus::Open).then_some(now.micros()),
            draft.why
        ];
        tx.execute("write a bill", sql, &values).await?;
        // A credit note is part of the figures of the bill that it takes back.
        let (sign, subject) = match draft.corrects {
            None => (1, id),
            Some(bill) => (-1, bill),
        };
        let legs = [
            (draft.owed, subject, sign * totals.gross.minor),
            (MoneyAccount::Tokens, subject, -sign * totals.net.minor),
            (MoneyAccount::Tax, subject, -sign * totals.tax.minor),
        ];
        self.post_money(tx, draft.kind.as_str(), totals.gross.currency, &legs, now)
            .await?;
        Ok(number)
    }

    pub(super) async fn tell_about(
        &self,
        tx: &mut Tx,
        user: UserId,
        kind: &str,
        subject: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let notice = NewNotice {
            user,
            kind,
            product: None,
            subject,
            text,
        };
        notice.put(tx, self.new_id(), now).await
    }
}

fn refuse_credit_note(invoice: &Invoice, wanted: &'static str) -> Result<(), Error> {
    if invoice.kind == InvoiceKind::Invoice {
        return Ok(());
    }
    let refused = BillingError::StateWrong {
        what: invoice.number.clone(),
        state: "a credit note",
        wanted,
    };
    Err(refused.into())
}
