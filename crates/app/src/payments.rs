//! Paying, so that nothing is charged twice whatever breaks.
//!
//! Before a payment is sent, it is written down with its idempotency key. The record is removed only when the server has said
//! what became of it. Whatever is still recorded, because this program was killed or the connection broke, is sent again
//! under the same key: the server answers the order it made, or makes it now.

use std::path::PathBuf;

use scrip_api::{CheckoutRequest, Order};
use scrip_client::Error as ClientError;
use scrip_domain::{CommandId, Item, PurchaseId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::contract::{Event, PayArgs};
use crate::state::StateLock;
use crate::{App, Error, state};

/// A payment whose outcome is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    command: CommandId,
    account: UserId,
    request: Request,
    made_at: Timestamp,
}

/// [`CheckoutRequest`] in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Request {
    items: Vec<Item>,
    expected_total: scrip_domain::Tokens,
    clear_cart: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purchase: Option<PurchaseId>,
}

impl Request {
    fn to_api(&self) -> CheckoutRequest {
        CheckoutRequest {
            items: self.items.clone(),
            expected_total: self.expected_total,
            clear_cart: self.clear_cart,
            purchase: self.purchase,
        }
    }
}

impl App {
    /// A new idempotency key for a payment.
    pub fn new_command(&self) -> CommandId {
        CommandId(self.ids.new_id(self.clock.as_ref()))
    }

    /// Pays for some items at exactly the total that the person saw, and fetches the codes for this computer.
    ///
    /// The same payment whose outcome was not known is continued under its old key instead of being made again.
    pub async fn checkout_pay(&self, args: PayArgs) -> Result<Order, Error> {
        let account = self.require_session().await?.id;
        let command: CommandId = args.command.parse()?;
        let _alone = self.paying.lock().await;
        let request = Request {
            items: args.items,
            expected_total: args.expected_total,
            clear_cart: args.from_cart,
            purchase: args.purchase,
        };
        let pending = self.record(Pending {
            command,
            account,
            request,
            made_at: self.clock.now(),
        })?;
        let order = self.send(&pending).await?;
        self.after_payment(&order).await;
        Ok(order)
    }

    /// Settles a payment for exactly these items (for whatever the cart held where none are given) whose outcome is not known.
    ///
    /// To be called before such items are quoted again; `None` where there is nothing to settle, or where the server refused it.
    pub async fn resume_payment(&self, items: Option<&[Item]>) -> Result<Option<Order>, Error> {
        let account = self.require_session().await?.id;
        let _alone = self.paying.lock().await;
        let waiting = self.pending()?.into_iter().find(|pending| {
            pending.account == account
                && items.map_or(pending.request.clear_cart, |items| pending.request.items == items)
        });
        let Some(pending) = waiting else { return Ok(None) };
        match self.send(&pending).await {
            Ok(order) => {
                self.after_payment(&order).await;
                Ok(Some(order))
            }
            Err(Error::Client(error)) if is_final(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Settles every payment of this account whose outcome is not known; answers the orders that were made.
    pub async fn settle_payments(&self) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        if self.pending()?.is_empty() {
            return Ok(orders);
        }
        let account = self.require_session().await?.id;
        let _alone = self.paying.lock().await;
        for pending in self.pending()?.into_iter().filter(|pending| pending.account == account) {
            match self.send(&pending).await {
                Ok(order) => orders.push(order),
                Err(Error::Client(error)) if is_final(&error) => {
                    tracing::info!(%error, "a payment that was interrupted is refused: nothing was charged");
                }
                Err(error) => return Err(error),
            }
        }
        for order in &orders {
            self.after_payment(order).await;
        }
        Ok(orders)
    }

    /// Sends a recorded payment and removes its record as soon as its outcome is known.
    async fn send(&self, pending: &Pending) -> Result<Order, Error> {
        let answer = self.client.check_out(&pending.request.to_api(), pending.command).await;
        let known = answer.as_ref().map_or_else(is_final, |_| true);
        if known {
            self.change_pending(|all| all.retain(|other| other.command != pending.command))?;
        }
        match self.noted(answer).await {
            Err(Error::Client(source)) if !known && !is_unauthorized(&source) => {
                Err(Error::PaymentUnsettled { source })
            }
            outcome => outcome,
        }
    }

    /// Brings what is stored here in line with a payment. The payment stands, whatever fails here.
    async fn after_payment(&self, order: &Order) {
        if let Err(error) = self.note_balance(order.balance_after) {
            tracing::warn!(%error, "the new balance is not stored");
        }
        match self.library_refresh().await {
            Ok(licenses) => {
                for line in &order.lines {
                    let Some(license) = licenses.iter().find(|license| license.product == line.product) else {
                        continue;
                    };
                    if let Err(error) = self.fetch_code(license, None).await {
                        tracing::info!(%error, product = %line.product, "the authorization code is fetched later");
                    }
                }
            }
            Err(error) => tracing::info!(%error, "the library is refreshed later"),
        }
        self.tell_session().await;
        self.tell(Event::LibraryChanged);
    }

    /// Writes a payment down before it is sent; answers an earlier record of the same payment, which then goes first.
    fn record(&self, new: Pending) -> Result<Pending, Error> {
        let mut recorded = new.clone();
        self.change_pending(|all| {
            let same = |old: &&Pending| old.account == new.account && old.request == new.request;
            match all
                .iter()
                .find(|old| old.command == new.command)
                .or_else(|| all.iter().find(same))
            {
                Some(old) => recorded = old.clone(),
                None => all.push(new),
            }
        })?;
        Ok(recorded)
    }

    fn change_pending(&self, change: impl FnOnce(&mut Vec<Pending>)) -> Result<(), Error> {
        let _lock = StateLock::take(&self.folder)?;
        let mut all = self.pending()?;
        change(&mut all);
        if all.is_empty() {
            state::remove(&self.payments_file())
        } else {
            state::write(&self.payments_file(), &all)
        }
    }

    fn pending(&self) -> Result<Vec<Pending>, Error> {
        Ok(state::read(&self.payments_file())?.unwrap_or_default())
    }

    fn payments_file(&self) -> PathBuf {
        self.folder.join("payments.json")
    }
}

/// Whether the server has refused a payment, so that nothing was charged and its record is of no more use.
///
/// A session that has ended says nothing about an earlier attempt under the same key.
fn is_final(error: &ClientError) -> bool {
    error.is_refusal() && !is_unauthorized(error)
}

fn is_unauthorized(error: &ClientError) -> bool {
    error.problem().is_some_and(|problem| problem.status == 401)
}
