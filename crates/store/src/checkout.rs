//! Checkouts: read, decide, write guarded — many at a time in one durable transaction.

use std::collections::HashMap;

use scrip_domain::{
    Clock, Coded, ErrorCode, Holdings, IdSource, Item, License, LicenseId, OrderId, PurchaseId, Quote, QuoteLine,
    Timestamp, Tokens, UserId,
};
use uuid::Uuid;

use crate::db::{Database, Tx, Value, Write, args};
use crate::holdings::{State, Wanted};
use crate::ledger::{ATTEMPTS_MAX, KIND_ORDER, Posting, VENDOR_REVENUE, post, read_tokens};
use crate::token_sales::{HeldSales, find_held, forget_held};
use crate::{Error, Refusal, Store, licenses};

/// A checkout that a person asks for.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// Who pays.
    pub user: UserId,
    /// The client-made id of the command: its idempotency key.
    pub command: Uuid,
    /// The SHA-256 digest of the request, to tell a repetition from a misuse of the key.
    pub digest: [u8; 32],
    /// What is paid for.
    pub items: Vec<Item>,
    /// The total that the person saw.
    pub expected_total: Tokens,
    /// Whether the account's cart is emptied by the same transaction.
    pub clear_cart: bool,
    /// Given where the vendor makes it by itself, as the renewal of rentals that run out within so many seconds: it is
    /// refused where that is no longer so, or where it would spend more than the person allowed.
    pub renewal_lead_seconds: Option<i64>,
    /// The purchase of tokens with which the price of this cart was kept; what is no longer kept is sold as today.
    pub held: Option<PurchaseId>,
}

/// A checkout that was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidOrder {
    /// The order, and the ledger transfer that paid it.
    pub id: OrderId,
    /// When it was paid.
    pub created_at: Timestamp,
    /// What was paid for.
    pub lines: Vec<QuoteLine>,
    /// What was paid.
    pub total: Tokens,
    /// What the wallet held afterwards.
    pub balance_after: Tokens,
    /// Whether this answer repeats an order that was paid before.
    pub replayed: bool,
}

impl Store {
    /// Pays a checkout: all of it at the expected total, or nothing. The same command pays once, however often it arrives.
    pub async fn check_out(&self, checkout: Checkout) -> Result<PaidOrder, Refusal> {
        self.checkouts.ask(checkout).await?
    }

    /// What `items` would cost the user now.
    pub async fn quote(&self, user: UserId, items: &[Item]) -> Result<Quote, Error> {
        let mut tx = self.database.read().await?;
        let now = self.clock.now();
        let state = State::read(&mut tx, &Wanted::all(user, items, None), now).await?;
        Ok(scrip_domain::quote(items, &state.holdings(user, items), now)?)
    }
}

/// Settles a batch, again from the start while a guard refuses.
pub(crate) async fn settle_batch(
    database: &Database,
    clock: &dyn Clock,
    ids: &dyn IdSource,
    batch: Vec<Checkout>,
) -> Vec<Result<PaidOrder, Refusal>> {
    const OPERATION: &str = "check out";
    let mut failure = Error::Busy { operation: OPERATION };
    for _ in 0..ATTEMPTS_MAX {
        match try_batch(database, clock, ids, &batch).await {
            Ok(answers) => return answers,
            Err(Error::Conflict { operation }) => tracing::debug!(operation, "a guard refused a batch; trying again"),
            Err(other) => {
                failure = other;
                break;
            }
        }
    }
    tracing::warn!(code = %failure.code(), error = %failure, checkouts = batch.len(), "a batch of checkouts failed");
    let mut failure = Some(failure);
    // The failure is one; every waiter is told of it, the first with its source.
    batch
        .iter()
        .map(|_| Err(failure.take().unwrap_or(Error::Busy { operation: OPERATION }).into()))
        .collect()
}

async fn try_batch(
    database: &Database,
    clock: &dyn Clock,
    ids: &dyn IdSource,
    batch: &[Checkout],
) -> Result<Vec<Result<PaidOrder, Refusal>>, Error> {
    let mut tx = database.write_checkouts().await?;
    let wanted: Vec<Wanted<'_>> = batch
        .iter()
        .flat_map(|checkout| Wanted::all(checkout.user, &checkout.items, Some(checkout.command)))
        .collect();
    let now = clock.now();
    let mut state = State::read(&mut tx, &wanted, now).await?;
    let known = |checkout: &&Checkout| {
        // Looked for again after more was read: an order that was paid in between is answered, not refused for what it changed.
        !state.of_one_moment || checkout.items.is_empty() || state.paid.contains(&(checkout.user, checkout.command))
    };
    let mut orders = find_orders(&mut tx, batch.iter().filter(known)).await?;
    let (mut answers, mut written) = (Vec::with_capacity(batch.len()), Written::default());
    for checkout in batch {
        if let Some(known) = orders.get(&(checkout.user, checkout.command)) {
            answers.push(known.answer(checkout));
            continue;
        }
        let held = match checkout.held {
            Some(purchase) => find_held(&mut tx, purchase, checkout.user, &checkout.items, now).await?,
            None => None,
        };
        match decide(checkout, held, &mut state, now, clock, ids) {
            Ok(order) => {
                written.add(checkout, &order);
                let known = KnownOrder {
                    digest: checkout.digest.to_vec(),
                    order: PaidOrder {
                        replayed: true,
                        ..order.clone()
                    },
                };
                orders.insert((checkout.user, checkout.command), known);
                answers.push(Ok(order));
            }
            Err(refusal) => answers.push(Err(refusal)),
        }
    }
    if written.is_empty() {
        return Ok(answers);
    }
    written.write(&mut tx, &state).await?;
    tx.commit().await?;
    Ok(answers)
}

/// Decides one checkout on the state as the ones before it in the batch left it.
fn decide(
    checkout: &Checkout,
    held: Option<HeldSales>,
    state: &mut State,
    now: Timestamp,
    clock: &dyn Clock,
    ids: &dyn IdSource,
) -> Result<PaidOrder, Refusal> {
    let mut holdings = state.holdings(checkout.user, &checkout.items);
    holdings.sales.extend(held.into_iter().flatten());
    let mut new_license = || LicenseId(ids.new_id(clock));
    let settled = scrip_domain::settle(
        &checkout.items,
        checkout.expected_total,
        &holdings,
        now,
        &mut new_license,
    );
    let settled = settled.and_then(|mut settlement| {
        if let Some(lead) = checkout.renewal_lead_seconds {
            settlement.licenses = renewed(&settlement.licenses, &holdings, now, lead)?;
        }
        state.refuse_in_use(&settlement.licenses)?;
        Ok(settlement)
    });
    let settlement = settled.map_err(|rule| {
        let show_quote = matches!(rule.code(), ErrorCode::PriceChanged | ErrorCode::WalletInsufficient);
        let quote = show_quote
            .then(|| scrip_domain::quote(&checkout.items, &holdings, now).ok())
            .flatten();
        Refusal {
            error: rule.into(),
            quote,
        }
    })?;
    state.apply(checkout.user, settlement.balance, settlement.licenses);
    Ok(PaidOrder {
        id: OrderId(ids.new_id(clock)),
        created_at: now,
        lines: settlement.quote.lines,
        total: settlement.quote.total,
        balance_after: settlement.balance,
        replayed: false,
    })
}

/// The licenses with what their renewals spent, where each was due for one.
fn renewed(
    licenses: &[License],
    holdings: &Holdings,
    now: Timestamp,
    lead_seconds: i64,
) -> Result<Vec<License>, scrip_domain::Error> {
    let renew = |license: &License| {
        let held = holdings.licenses.get(&license.product);
        let due = held.and_then(|held| Some((held, held.renewal_due(now, lead_seconds)?)));
        let Some((held, renewal)) = due else {
            return Err(scrip_domain::Error::LicenseAlreadyActive {
                product: license.product.clone(),
            });
        };
        license.renewed(held.renewal_charge(renewal)?)
    };
    licenses.iter().map(renew).collect()
}

/// An order that exists.
struct KnownOrder {
    digest: Vec<u8>,
    order: PaidOrder,
}

impl KnownOrder {
    /// The first answer again, or a refusal where the key was used for something else.
    fn answer(&self, checkout: &Checkout) -> Result<PaidOrder, Refusal> {
        if self.digest == checkout.digest {
            Ok(self.order.clone())
        } else {
            Err(Error::IdempotencyConflict {
                command: checkout.command.to_string(),
            }
            .into())
        }
    }
}

/// Those of some checkouts that were paid before.
async fn find_orders(
    tx: &mut Tx,
    checkouts: impl Iterator<Item = &Checkout>,
) -> Result<HashMap<(UserId, Uuid), KnownOrder>, Error> {
    type Found = (Uuid, Uuid, Vec<u8>, Uuid, String, i64, i64, i64);
    let sql = "SELECT o.user_id, o.command_id, o.request_digest, o.id, o.lines, o.total, o.balance_after, o.created_at \
             FROM ({rows}) AS v JOIN orders o ON o.user_id = v.column1 AND o.command_id = v.column2";
    let values: Vec<Value> = checkouts
        .flat_map(|checkout| args![checkout.user.0, checkout.command])
        .collect();
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = tx.rows_of_each::<Found>("look for orders", sql, 2, &values).await?;
    rows.into_iter()
        .map(|(user, command, digest, id, lines, total, balance_after, created_at)| {
            let order = PaidOrder {
                id: OrderId(id),
                created_at: Timestamp::from_micros(created_at),
                lines: serde_json::from_str(&lines).map_err(|why| Error::Corrupt {
                    table: "orders",
                    id: id.to_string(),
                    why: why.to_string(),
                })?,
                total: read_tokens("orders", id, total)?,
                balance_after: read_tokens("orders", id, balance_after)?,
                replayed: true,
            };
            Ok(((UserId(user), command), KnownOrder { digest, order }))
        })
        .collect()
}

/// The rows that a batch writes.
#[derive(Default)]
struct Written {
    postings: Vec<Posting>,
    orders: Vec<Value>,
    clear_carts: Vec<UserId>,
    /// Kept prices that were used: each serves one checkout.
    held: Vec<(UserId, PurchaseId)>,
}

impl Written {
    fn is_empty(&self) -> bool {
        self.postings.is_empty()
    }

    fn add(&mut self, checkout: &Checkout, order: &PaidOrder) {
        let names: Vec<_> = order.lines.iter().map(|line| line.product.as_str()).collect();
        self.postings.push(Posting {
            id: order.id.0,
            kind: KIND_ORDER,
            reason: names.join(", "),
            at: order.created_at,
            wallet: checkout.user,
            amount: -order.total.get(),
            balance_after: order.balance_after,
            vendor: VENDOR_REVENUE,
        });
        self.orders.extend(args![
            order.id.0,
            checkout.user.0,
            checkout.command,
            checkout.digest.to_vec(),
            // Lines are plain data: text, integers and enums always serialise.
            serde_json::to_string(&order.lines).unwrap_or_default(),
            order.total,
            order.balance_after,
            order.created_at,
        ]);
        if checkout.clear_cart {
            self.clear_carts.push(checkout.user);
        }
        self.held
            .extend(checkout.held.map(|purchase| (checkout.user, purchase)));
    }

    async fn write(self, tx: &mut Tx, state: &State) -> Result<(), Error> {
        let [transfers, entries] = post(&self.postings);
        let sql = "INSERT INTO orders (id, user_id, command_id, request_digest, lines, total, balance_after, created_at) {rows}";
        let orders = Write::new("write orders", sql, 8, self.orders);
        let begun: Vec<&License> = state
            .licenses
            .values()
            .filter(|(stored, _)| *stored == 0)
            .map(|(_, license)| license)
            .collect();
        let mut changed: Vec<(i64, &License)> = state
            .licenses
            .values()
            .filter(|(stored, license)| *stored != 0 && *stored != license.revision)
            .map(|(stored, license)| (*stored, license))
            .collect();
        // One order of rows for all processes, as for wallets.
        changed.sort_unstable_by_key(|(_, license)| license.id);
        let carts = self.clear_carts.iter().map(|user| Value::from(user.0)).collect();
        tx.write_all([
            write_balances(&state.wallets),
            transfers,
            entries,
            orders,
            licenses::begin(&begun),
            licenses::change(&changed),
            licenses::forget_promises(&state.reshaped),
            Write::new(
                "empty carts",
                "DELETE FROM cart_items WHERE user_id IN ({rows})",
                1,
                carts,
            ),
            forget_held(&self.held),
        ])
        .await
    }
}

/// Writes every wallet that changed, if it still holds what was read.
fn write_balances(wallets: &HashMap<UserId, (Tokens, Tokens)>) -> Write {
    let mut changed: Vec<_> = wallets.iter().filter(|(_, (before, after))| before != after).collect();
    // One order of rows for all processes, so that two of them seldom wait for each other crosswise.
    changed.sort();
    let sql = "UPDATE wallets SET balance = v.column3 FROM ({rows}) AS v \
             WHERE wallets.user_id = v.column1 AND wallets.balance = v.column2";
    let values: Vec<Value> = changed
        .iter()
        .flat_map(|(user, (before, after))| args![user.0, *before, *after])
        .collect();
    Write::new("debit wallets", sql, 3, values).guarded()
}
