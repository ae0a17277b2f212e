//! Money in double entry: moves whose entries add up to zero, written in the transaction that does what they say.
//!
//! The vendor's accountant reads them as they stand: what the vendor has or is owed is positive, what it owes or took in is negative.

use scrip_domain::{Currency, InvoiceStatus, Money, PurchaseMethod, Timestamp};
use uuid::Uuid;

use crate::db::{Tx, Value, args};
use crate::{Error, Store};

/// Where money stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MoneyAccount {
    /// What customers owe on bills.
    Receivable,
    /// What was given up of bills.
    WrittenOff,
    /// What tokens were sold for, before tax.
    Tokens,
    /// The tax on it.
    Tax,
    /// Payments that are not used for a bill: they belong to their payers.
    Unused,
    /// What came in by one way to pay.
    Received(PurchaseMethod),
}

impl MoneyAccount {
    fn name(self) -> String {
        match self {
            Self::Receivable => "receivable".to_owned(),
            Self::WrittenOff => "written_off".to_owned(),
            Self::Tokens => "tokens".to_owned(),
            Self::Tax => "tax".to_owned(),
            Self::Unused => "unused".to_owned(),
            Self::Received(method) => format!("received:{method}"),
        }
    }

    /// Where what is owed on a bill stands that is in this state.
    pub(crate) const fn owed(status: InvoiceStatus) -> Self {
        match status {
            InvoiceStatus::WrittenOff => Self::WrittenOff,
            InvoiceStatus::Open | InvoiceStatus::Paid | InvoiceStatus::Credited => Self::Receivable,
        }
    }
}

impl Store {
    /// Writes a move of money: for each side the account, whose figures it is part of, and the amount in the smallest unit of
    /// `currency`. Sides of nothing are left out.
    pub(crate) async fn post_money(
        &self,
        tx: &mut Tx,
        kind: &'static str,
        currency: Currency,
        sides: &[(MoneyAccount, Uuid, i64)],
        at: Timestamp,
    ) -> Result<(), Error> {
        let (id, sum) = (self.new_id(), sides.iter().map(|side| i128::from(side.2)).sum::<i128>());
        if sum != 0 {
            return Err(Error::Corrupt {
                table: "money_entries",
                id: id.to_string(),
                why: format!("the sides of a {kind} add up to {sum}"),
            });
        }
        let values: Vec<Value> = sides
            .iter()
            .filter(|(.., minor)| *minor != 0)
            .flat_map(|(account, subject, minor)| {
                args![id, kind, account.name(), *subject, currency.as_str(), *minor, at]
            })
            .collect();
        if values.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO money_entries (move_id, kind, account, subject, currency, minor, at) {rows}";
        tx.execute_each("write entries of money", sql, 7, &values)
            .await
            .map(drop)
    }
}

/// The tax in `part` of a price of `net` and `tax`. Taken of what went back so far, so that the parts of a whole have the whole tax.
pub(crate) fn tax_in(part: Money, net: Money, tax: Money) -> Result<Money, Error> {
    let gross = net.checked_add(tax)?;
    Ok(tax.share(part.minor.clamp(0, gross.minor), gross.minor)?)
}
