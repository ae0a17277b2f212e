//! Deeds about orders on paper, bills, payments and what accounts may owe.

use scrip_domain::{Currency, Money, PurchaseId, PurchaseMethod, Sha256, Timestamp, Tokens, UserId};
use scrip_store::NewPayment;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Deed, Doing};
use crate::{Error, billing};

/// Gives a bill up.
pub const WRITE_OFF: Deed = Deed::done_by("invoice.write_off", |doing| Box::pin(write_off(doing)));

/// Takes a bill back, or a part of it.
pub const CREDIT_INVOICE: Deed = Deed::done_by("invoice.credit", |doing| Box::pin(credit(doing)));

/// Notes that what is left of a payment went back.
pub(crate) const RETURN_PAYMENT: Deed = Deed::done_by("payment.return", |doing| Box::pin(give_back(doing)));

/// Records money that somebody handed in.
pub const RECORD_PAYMENT: Deed = Deed::done_by("payment.record", |doing| Box::pin(record(doing)));

/// Notes that a cheque was cleared.
pub(crate) const CLEAR_PAYMENT: Deed = Deed::done_by("payment.clear", |doing| Box::pin(clear(doing)));

/// Reads a bank's statement: by leave, because the file stays with who has it.
pub(crate) const IMPORT_STATEMENT: Deed = Deed::by_leave("bank.import");

/// Sets what an account may owe.
pub const SET_CREDIT_LIMIT: Deed = Deed::done_by("credit_limit.set", |doing| Box::pin(set_limit(doing)));

/// Approves an order: it is billed, and issued where the policy gives credit.
pub const APPROVE_ORDER: Deed = Deed::done_by("token_order.approve", |doing| Box::pin(approve(doing)));

/// Which bill.
#[derive(Serialize, Deserialize)]
pub struct OneInvoice {
    /// Its id.
    pub invoice: Uuid,
}

/// What of a bill is taken back.
#[derive(Serialize, Deserialize)]
pub struct OneCredit {
    /// The bill's id.
    pub invoice: Uuid,
    /// How much; all that is left of it where none is named.
    pub amount: Option<Money>,
    /// How many tokens leave the wallet with it.
    pub tokens: Tokens,
    /// The credit note's id: a form that is sent twice writes one.
    pub command: Uuid,
}

/// Which payment.
#[derive(Serialize, Deserialize)]
pub(crate) struct OneReturn {
    pub(crate) payment: Uuid,
}

/// Which cheque.
#[derive(Serialize, Deserialize)]
pub(crate) struct OneClearing {
    pub(crate) payment: Uuid,
}

/// Which file, told by its content.
#[derive(Serialize)]
pub(crate) struct OneStatement {
    pub(crate) sha256: Sha256,
}

/// Money that came for a bill.
#[derive(Serialize, Deserialize)]
pub struct OnePayment {
    /// Its id: a form that is sent twice records one.
    pub command: Uuid,
    /// How it came.
    pub method: PurchaseMethod,
    /// How much.
    pub money: Money,
    /// Who paid.
    pub payer: String,
    /// What stands on it.
    pub text: String,
    /// When it came.
    pub received_at: Timestamp,
    /// The bill.
    pub invoice: Uuid,
    /// Whether the money is there, or a cheque is not cleared yet.
    pub cleared: bool,
}

/// What an account may owe.
#[derive(Serialize, Deserialize)]
pub struct OneLimit {
    /// The account.
    pub user: UserId,
    /// The currency.
    pub currency: Currency,
    /// The limit; the policy's for all where there is none.
    pub limit: Option<Money>,
}

/// Which order.
#[derive(Serialize, Deserialize)]
pub struct OneOrder {
    /// Its id.
    pub order: PurchaseId,
    /// Whether the account may then owe more than its limit.
    pub over_limit: bool,
}

impl OnePayment {
    /// The payment to record.
    pub fn payment(&self) -> NewPayment {
        NewPayment {
            id: self.command,
            method: self.method,
            money: self.money,
            payer: self.payer.clone(),
            text: self.text.clone(),
            received_at: self.received_at,
            invoice: Some(self.invoice),
            cleared: self.cleared,
        }
    }
}

async fn write_off(doing: &Doing<'_>) -> Result<String, Error> {
    let OneInvoice { invoice } = doing.body()?;
    let store = &doing.server.0.store;
    let number = store.invoice(None, invoice).await?.number;
    let act = doing.act("invoice.written_off", &number);
    store.write_off_invoice(invoice, &act).await?;
    Ok(format!("Bill {number} is written off."))
}

async fn credit(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OneCredit = doing.body()?;
    let store = &doing.server.0.store;
    let number = store.invoice(None, one.invoice).await?.number;
    let act = doing.act("invoice.credited", &number);
    let note = store
        .credit_invoice(one.invoice, one.amount, one.tokens, one.command, &act)
        .await?;
    Ok(format!(
        "Credit note {} over {} is written.",
        note.number, note.state.gross
    ))
}

async fn give_back(doing: &Doing<'_>) -> Result<String, Error> {
    let OneReturn { payment } = doing.body()?;
    let subject = payment.to_string();
    let act = doing.act("payment.returned", &subject);
    let payment = doing.server.0.store.return_payment(payment, &act).await?;
    Ok(format!("Noted; {} of it went back.", payment.returned))
}

async fn record(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OnePayment = doing.body()?;
    let store = &doing.server.0.store;
    let number = store.invoice(None, one.invoice).await?.number;
    let act = doing.act("payment.recorded", &number);
    let payment = store.book_payment(&one.payment(), &act).await?;
    Ok(match payment.left().minor {
        0 => "The payment is recorded.".to_owned(),
        _ => format!(
            "The payment is recorded; {} of it wait among the payments.",
            payment.left()
        ),
    })
}

async fn clear(doing: &Doing<'_>) -> Result<String, Error> {
    let OneClearing { payment } = doing.body()?;
    let subject = payment.to_string();
    let act = doing.act("payment.cleared", &subject);
    doing.server.0.store.clear_payment(payment, true, &act).await?;
    Ok("Noted: it is cleared.".to_owned())
}

async fn set_limit(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OneLimit = doing.body()?;
    let store = &doing.server.0.store;
    let subject = one.user.to_string();
    let act = doing.act("credit_limit.set", &subject);
    store.set_credit_limit(one.user, one.currency, one.limit, &act).await?;
    Ok("The limit is set.".to_owned())
}

async fn approve(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OneOrder = doing.body()?;
    let policy = billing::policy(doing.server).await?;
    let subject = one.order.to_string();
    let act = doing.act("token_order.approved", &subject);
    let order = doing
        .server
        .0
        .store
        .approve_token_order(one.order, &policy, one.over_limit, &act)
        .await?;
    let (bill, tokens) = (order.invoice_number.unwrap_or_default(), order.purchase_status);
    Ok(format!("Approved; bill {bill} is sent; tokens {tokens}."))
}
