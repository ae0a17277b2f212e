//! Tokens that people buy with money: opened at a price, paid in some way, issued exactly once.

mod held;
mod listing;
mod provider;
mod reversals;

pub use held::{HeldQuote, HoldRequest};
pub(crate) use held::{HeldSales, find_held, forget_held};
pub use listing::PurchaseFilter;
pub use provider::ProviderPage;
pub use reversals::{ProviderReversal, Reversal, ReversalKind, ReversalStatus};
use scrip_domain::{
    Currency, Money, PurchaseId, PurchaseMethod, PurchaseStatus, Timestamp, TokenAmount, TokenQuote, Tokens,
    TransferId, UserId, price_tokens,
};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::catalog::read_json;
use crate::db::{Tx, Value, args, row_struct};
use crate::ledger::{KIND_PURCHASE, Leg, Movement, VENDOR_ISSUED, read_tokens, retrying};
use crate::money::MoneyAccount;
use crate::token_prices::list_at;
use crate::{Error, NewNotice, Store};

/// A purchase of tokens to open.
#[derive(Clone, Debug)]
pub struct NewTokenPurchase {
    /// Who buys.
    pub user: UserId,
    /// The client-made id of the command: its idempotency key.
    pub command: Uuid,
    /// The SHA-256 of the request, to tell a repetition from a misuse of the key.
    pub digest: [u8; 32],
    /// How it is paid.
    pub method: PurchaseMethod,
    /// The currency.
    pub currency: Currency,
    /// How many tokens.
    pub wanted: TokenAmount,
    /// The total that was seen; another total today is refused.
    pub expected_total: Option<Money>,
    /// What names it on paper: the number of a purchase order, the reference of a bank transfer; may be empty.
    pub reference: String,
    /// When it is given up unless it was paid.
    pub expires_at: Option<Timestamp>,
    /// The cart that waits for the tokens.
    pub hold: Option<HoldRequest>,
}

/// A purchase of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPurchase {
    /// Its id.
    pub id: PurchaseId,
    /// Who buys.
    pub user: UserId,
    /// How many tokens at what price.
    pub quote: TokenQuote,
    /// How it is paid.
    pub method: PurchaseMethod,
    /// Where it stands.
    pub status: PurchaseStatus,
    /// What names it on paper; may be empty.
    pub reference: String,
    /// Where it is paid on-line.
    pub page: Option<ProviderPage>,
    /// What the payment provider calls the payment.
    pub provider_payment: Option<String>,
    /// Why the last try to pay failed.
    pub failure: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it is given up unless it was paid.
    pub expires_at: Option<Timestamp>,
    /// When the money arrived.
    pub paid_at: Option<Timestamp>,
    /// When the tokens were issued.
    pub issued_at: Option<Timestamp>,
    /// The transfer that issued them.
    pub issued_transfer: Option<TransferId>,
    /// Tokens that were taken back.
    pub reversed: Tokens,
    /// Money that was given back.
    pub returned: Money,
    /// Counts the changes.
    pub(crate) revision: i64,
}

row_struct! {
    pub(crate) struct PurchaseRow {
        id: Uuid, user_id: Uuid, quote: String, method: String, status: String, reference: String,
        provider_session: Option<String>, provider_payment: Option<String>, pay_url: Option<String>,
        failure: Option<String>, created_at: i64, expires_at: Option<i64>, paid_at: Option<i64>, issued_at: Option<i64>,
        issued_transfer: Option<Uuid>, reversed: i64, returned: i64, revision: i64,
    }
}

const SQL: &str = "SELECT id, user_id, quote, method, status, reference, provider_session, provider_payment, pay_url, \
                   failure, created_at, expires_at, paid_at, issued_at, issued_transfer, reversed, returned, revision \
                   FROM token_purchases";

impl PurchaseRow {
    fn read(self) -> Result<TokenPurchase, Error> {
        let corrupt = |what: &str| Error::Corrupt {
            table: "token_purchases",
            id: self.id.to_string(),
            why: format!("{what} is unknown"),
        };
        let quote: TokenQuote = read_json("token_purchases", &self.id.to_string(), &self.quote)?;
        let currency = quote.total.currency;
        let page = self.provider_session.clone().map(|session| ProviderPage {
            session,
            url: self.pay_url.clone().unwrap_or_default(),
        });
        Ok(TokenPurchase {
            id: PurchaseId(self.id),
            user: UserId(self.user_id),
            method: PurchaseMethod::parse(&self.method).ok_or_else(|| corrupt("the method"))?,
            status: PurchaseStatus::parse(&self.status).ok_or_else(|| corrupt("the status"))?,
            page,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: self.expires_at.map(Timestamp::from_micros),
            paid_at: self.paid_at.map(Timestamp::from_micros),
            issued_at: self.issued_at.map(Timestamp::from_micros),
            issued_transfer: self.issued_transfer.map(TransferId),
            reversed: read_tokens("token_purchases", self.id, self.reversed)?,
            returned: Money::new(self.returned, currency)?,
            revision: self.revision,
            quote,
            reference: self.reference,
            provider_payment: self.provider_payment,
            failure: self.failure,
        })
    }
}

impl TokenPurchase {
    /// Tokens that were issued for it and not taken back.
    pub fn outstanding(&self) -> Tokens {
        match self.issued_at {
            Some(_) => self.quote.tokens.saturating_sub(self.reversed),
            None => Tokens::ZERO,
        }
    }

    fn refuse(&self, what: &'static str) -> Error {
        Error::PurchaseSettled {
            purchase: self.id.to_string(),
            status: self.status,
            what,
        }
    }
}

/// The purchase with this id.
pub(crate) async fn find_purchase(tx: &mut Tx, id: PurchaseId) -> Result<TokenPurchase, Error> {
    let sql = format!("{SQL} WHERE id = $1");
    let row = tx.row::<PurchaseRow>("read a purchase", &sql, &args![id.0]).await?;
    row.ok_or_else(|| Error::PurchaseNotFound {
        purchase: id.to_string(),
    })?
    .read()
}

/// Writes what can change of a purchase, if it still stands where it was read.
pub(crate) async fn save_purchase(tx: &mut Tx, purchase: &mut TokenPurchase) -> Result<(), Error> {
    let sql = "UPDATE token_purchases SET status = $3, reference = $4, provider_session = $5, provider_payment = $6, \
               pay_url = $7, failure = $8, expires_at = $9, paid_at = $10, issued_at = $11, issued_transfer = $12, \
               reversed = $13, returned = $14, revision = $2 + 1 WHERE id = $1 AND revision = $2";
    let micros = |at: Option<Timestamp>| Value::OptInt(at.map(Timestamp::micros));
    let (session, url) = match &purchase.page {
        Some(page) => (Some(page.session.clone()), Some(page.url.clone())),
        None => (None, None),
    };
    let values = [
        Value::from(purchase.id.0),
        Value::from(purchase.revision),
        Value::from(purchase.status.as_str()),
        Value::from(purchase.reference.as_str()),
        Value::from(session),
        Value::from(purchase.provider_payment.clone()),
        Value::from(url),
        Value::from(purchase.failure.clone()),
        micros(purchase.expires_at),
        micros(purchase.paid_at),
        micros(purchase.issued_at),
        Value::OptUuid(purchase.issued_transfer.map(|transfer| transfer.0)),
        Value::from(purchase.reversed),
        Value::from(purchase.returned.minor),
    ];
    if tx.execute("change a purchase", sql, &values).await? != 1 {
        return Err(Error::Conflict {
            operation: "change a purchase",
        });
    }
    purchase.revision += 1;
    Ok(())
}

/// Notes that the money of a purchase arrived. Its repetition changes nothing. Answers it, and whether this was what paid it.
pub(crate) async fn pay_purchase(
    tx: &mut Tx,
    id: PurchaseId,
    payment: Option<&str>,
    at: Timestamp,
) -> Result<(TokenPurchase, bool), Error> {
    let mut purchase = find_purchase(tx, id).await?;
    if purchase.paid_at.is_some() {
        return Ok((purchase, false));
    }
    if !purchase.status.is_payable() {
        return Err(purchase.refuse("paid"));
    }
    if purchase.issued_at.is_none() {
        purchase.status = PurchaseStatus::Paid;
    }
    purchase.paid_at = Some(at);
    purchase.failure = None;
    purchase.provider_payment = payment.map(str::to_owned).or(purchase.provider_payment);
    save_purchase(tx, &mut purchase).await?;
    Ok((purchase, true))
}

/// Gives up a purchase that was neither paid nor issued. Its repetition changes nothing.
pub(crate) async fn cancel_purchase(tx: &mut Tx, id: PurchaseId, why: Option<&str>) -> Result<TokenPurchase, Error> {
    let mut purchase = find_purchase(tx, id).await?;
    match purchase.status {
        PurchaseStatus::Canceled => return Ok(purchase),
        PurchaseStatus::Open => {}
        _ => return Err(purchase.refuse("canceled")),
    }
    purchase.status = PurchaseStatus::Canceled;
    purchase.failure = why.map(str::to_owned).or(purchase.failure);
    save_purchase(tx, &mut purchase).await?;
    Ok(purchase)
}

/// Whether a purchase has a bill: then its money is that of the bill.
pub(crate) async fn is_billed(tx: &mut Tx, id: PurchaseId) -> Result<bool, Error> {
    let sql = "SELECT id FROM invoices WHERE purchase_id = $1 AND kind = 'invoice' LIMIT 1";
    let found = tx.row::<(Uuid,)>("look for a bill", sql, &args![id.0]).await?;
    Ok(found.is_some())
}

impl Store {
    /// Issues the tokens of an open or paid purchase into its buyer's wallet, exactly once, and tells the buyer.
    ///
    /// A purchase whose tokens were issued before is answered as it is, whatever became of them.
    pub(crate) async fn issue_purchase(
        &self,
        tx: &mut Tx,
        id: PurchaseId,
        at: Timestamp,
    ) -> Result<TokenPurchase, Error> {
        let mut purchase = find_purchase(tx, id).await?;
        if purchase.issued_at.is_some() {
            return Ok(purchase);
        }
        if !purchase.status.is_issuable() {
            return Err(purchase.refuse("issued"));
        }
        let tokens = purchase.quote.tokens;
        let movement = Movement {
            kind: KIND_PURCHASE,
            reason: &format!("Bought for {}", purchase.quote.total),
            at,
            legs: &[
                Leg::wallet(purchase.user, tokens.get()),
                Leg::vendor(VENDOR_ISSUED, -tokens.get()),
            ],
        };
        purchase.status = PurchaseStatus::Issued;
        purchase.issued_at = Some(at);
        purchase.issued_transfer = Some(TransferId(self.move_tokens(tx, &movement).await?));
        save_purchase(tx, &mut purchase).await?;
        let text = format!(
            "{tokens} that you bought for {} are in your wallet.",
            purchase.quote.total
        );
        self.tell_buyer(tx, &purchase, "purchase.issued", "", &text, at).await?;
        Ok(purchase)
    }

    /// Whether a purchase has a bill.
    pub async fn is_purchase_billed(&self, id: PurchaseId) -> Result<bool, Error> {
        is_billed(&mut self.database.read().await?, id).await
    }

    /// Enters the money of a purchase that has no bill.
    async fn post_sale(&self, tx: &mut Tx, purchase: &TokenPurchase, at: Timestamp) -> Result<(), Error> {
        let (quote, subject) = (&purchase.quote, purchase.id.0);
        let legs = [
            (MoneyAccount::Received(purchase.method), subject, quote.total.minor),
            (MoneyAccount::Tokens, subject, -quote.net.minor),
            (MoneyAccount::Tax, subject, -quote.tax.minor),
        ];
        self.post_money(tx, "sale", quote.total.currency, &legs, at).await
    }

    /// Tells the buyer something about a purchase, once for each `detail`.
    async fn tell_buyer(
        &self,
        tx: &mut Tx,
        purchase: &TokenPurchase,
        kind: &str,
        detail: &str,
        text: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        let notice = NewNotice {
            user: purchase.user,
            kind,
            product: None,
            subject: &format!("{}{detail}", purchase.id),
            text,
        };
        notice.put(tx, self.new_id(), at).await.map(drop)
    }

    /// Opens a purchase in a transaction, at the price in force. Answers it, and whether it was opened before by the same command.
    pub(crate) async fn open_purchase_in(
        &self,
        tx: &mut Tx,
        new: &NewTokenPurchase,
        at: Timestamp,
    ) -> Result<(TokenPurchase, bool), Error> {
        let sql = "SELECT id, request_digest FROM token_purchases WHERE user_id = $1 AND command_id = $2";
        let known = tx
            .row::<(Uuid, Vec<u8>)>("look for a purchase", sql, &args![new.user.0, new.command])
            .await?;
        if let Some((id, digest)) = known {
            if digest != new.digest {
                let command = new.command.to_string();
                return Err(Error::IdempotencyConflict { command });
            }
            return Ok((find_purchase(tx, PurchaseId(id)).await?, true));
        }
        let list = list_at(tx, new.currency, at).await?;
        let quote = price_tokens(&list, &new.wanted, at)?;
        if let Some(expected) = new.expected_total.filter(|expected| *expected != quote.total) {
            let current = quote.total;
            return Err(scrip_domain::Error::MoneyPriceChanged { expected, current }.into());
        }
        let id = PurchaseId(self.new_id());
        let sql = "INSERT INTO token_purchases (id, user_id, command_id, request_digest, tokens, net, tax, currency, quote, \
                   method, status, reference, created_at, expires_at, reversed, returned, revision) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', $11, $12, $13, 0, 0, 1)";
        let values = args![
            id.0,
            new.user.0,
            new.command,
            new.digest.to_vec(),
            quote.tokens,
            quote.net.minor,
            quote.tax.minor,
            new.currency.as_str(),
            serde_json::to_string(&quote).unwrap_or_default(),
            new.method.as_str(),
            new.reference.as_str(),
            at,
            new.expires_at.map(Timestamp::micros),
        ];
        tx.execute("open a purchase", sql, &values).await?;
        if let Some(hold) = &new.hold {
            held::hold_quote(tx, id, new.user, hold, at).await?;
        }
        Ok((find_purchase(tx, id).await?, false))
    }

    /// Opens a purchase at the price in force. Answers it, and whether it was opened before by the same command.
    pub async fn open_purchase(&self, new: &NewTokenPurchase) -> Result<(TokenPurchase, bool), Error> {
        retrying!("open a purchase", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let opened = self.open_purchase_in(&mut tx, new, now).await?;
            tx.commit().await?;
            Ok(opened)
        })
    }

    /// Notes that the money of a purchase arrived and issues its tokens, exactly once, however often this is called.
    ///
    /// `payment` is what the payment provider calls the payment.
    pub async fn settle_purchase(&self, id: PurchaseId, payment: Option<&str>) -> Result<TokenPurchase, Error> {
        self.settle(id, payment, None).await
    }

    /// The same as an operator's deed, logged.
    pub async fn record_payment(&self, id: PurchaseId, act: &Act<'_>) -> Result<TokenPurchase, Error> {
        self.settle(id, None, Some(act)).await
    }

    async fn settle(
        &self,
        id: PurchaseId,
        payment: Option<&str>,
        act: Option<&Act<'_>>,
    ) -> Result<TokenPurchase, Error> {
        retrying!("settle a purchase", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let before = find_purchase(&mut tx, id).await?;
            if before.paid_at.is_some() && before.issued_at.is_some() {
                return Ok(before);
            }
            // What was read before may have been paid since by another process: whoever wrote the payment enters the money.
            let (paid, is_new) = pay_purchase(&mut tx, id, payment, now).await?;
            if is_new && !is_billed(&mut tx, id).await? {
                self.post_sale(&mut tx, &paid, now).await?;
            }
            let purchase = self.issue_purchase(&mut tx, id, now).await?;
            if let Some(act) = act {
                log_act(&mut tx, act, now).await?;
            }
            tx.commit().await?;
            Ok(purchase)
        })
    }

    /// Gives up a purchase that was neither paid nor issued; `act` where an operator does it.
    pub async fn cancel_purchase(
        &self,
        id: PurchaseId,
        why: Option<&str>,
        act: Option<&Act<'_>>,
    ) -> Result<TokenPurchase, Error> {
        retrying!("cancel a purchase", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let purchase = cancel_purchase(&mut tx, id, why).await?;
            if let Some(act) = act {
                log_act(&mut tx, act, now).await?;
            }
            tx.commit().await?;
            Ok(purchase)
        })
    }
}
