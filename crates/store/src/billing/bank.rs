//! What a bank's statement reports: each line counts once, however often statements that hold it are read.

use std::collections::BTreeMap;

use scrip_domain::{Money, PurchaseMethod, Timestamp, invoice_keys_in};
use uuid::Uuid;

use super::invoices::{InvoiceRow, SQL};
use super::payments::NewPayment;
use crate::acts::Act;
use crate::db::{Tx, Value, args, list_text};
use crate::ledger::retrying;
use crate::{Error, Store};

/// The most bills that one transfer may name.
const KEYS_MAX: usize = 40;

/// Money that came in, as a statement reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankLine {
    /// When it was booked.
    pub booked_at: Timestamp,
    /// How much.
    pub money: Money,
    /// Who paid.
    pub payer: String,
    /// What the payer wrote, references among it.
    pub text: String,
    /// What tells it from all other lines of all statements: a SHA-256.
    pub fingerprint: [u8; 32],
}

/// What reading a statement did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankImport {
    /// Lines that were read.
    pub lines: usize,
    /// Lines that were known from another statement.
    pub known: usize,
    /// Lines that are used for bills, whole.
    pub matched: usize,
    /// Lines that wait for an operator, whole or in part.
    pub waiting: usize,
}

impl Store {
    /// Records the money that a statement reports and uses it for the bills that it names; the rest waits.
    ///
    /// Each line is a transaction of its own: read again after it was broken off, it goes on where it stopped.
    pub async fn import_bank_lines(&self, lines: &[BankLine], act: &Act<'_>) -> Result<BankImport, Error> {
        let mut done = BankImport {
            lines: lines.len(),
            ..BankImport::default()
        };
        for line in lines {
            match self.import_bank_line(line, act).await? {
                None => done.known += 1,
                Some(0) => done.matched += 1,
                Some(_) => done.waiting += 1,
            }
        }
        self.put_act(act).await?;
        Ok(done)
    }

    /// What is left of a line after the bills that it names; `None` for one that is known.
    async fn import_bank_line(&self, line: &BankLine, act: &Act<'_>) -> Result<Option<i64>, Error> {
        retrying!("read a line of a statement", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "SELECT id FROM payments WHERE fingerprint = $1";
            let known = args![line.fingerprint.to_vec()];
            if tx.row::<(Uuid,)>("look for a line", sql, &known).await?.is_some() {
                return Ok(None);
            }
            let new = NewPayment {
                id: self.new_id(),
                method: PurchaseMethod::BankTransfer,
                money: line.money,
                payer: line.payer.clone(),
                text: line.text.clone(),
                received_at: line.booked_at,
                invoice: None,
                cleared: true,
            };
            let by = format!("bank ({})", act.actor);
            let mut payment = self
                .insert_payment(&mut tx, &new, &by, Some(&line.fingerprint), now)
                .await?;
            for invoice in named_invoices(&mut tx, line).await? {
                if !payment.left().is_zero() {
                    self.use_payment(&mut tx, &mut payment, invoice, now).await?;
                }
            }
            let left = payment.left().minor;
            tx.commit().await?;
            Ok(Some(left))
        })
    }
}

/// The bills that a line names and that take its money, in the order in which they are named.
async fn named_invoices(tx: &mut Tx, line: &BankLine) -> Result<Vec<Uuid>, Error> {
    let mut keys = invoice_keys_in(&line.text);
    keys.truncate(KEYS_MAX);
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "{SQL} WHERE i.kind = 'invoice' AND i.key IN ({})",
        list_text(keys.len(), 1)
    );
    let values: Vec<Value> = keys.iter().map(|key| Value::from(key.as_str())).collect();
    let mut found = BTreeMap::new();
    for row in tx
        .rows::<InvoiceRow>("find the bills that a line names", &sql, &values)
        .await?
    {
        let invoice = row.read()?;
        let key: String = invoice.number.chars().filter(char::is_ascii_alphanumeric).collect();
        let place = keys.iter().position(|named| *named == key);
        if invoice.state.takes(line.money).is_ok() {
            found.insert(place, invoice.id);
        }
    }
    Ok(found.into_values().collect())
}
