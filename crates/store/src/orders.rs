//! Orders that were paid, and what is taken back of them.

use scrip_domain::{License, LicenseId, OrderId, OrderRefundPolicy, ProductId, QuoteLine, Timestamp, Tokens, UserId};
use uuid::Uuid;

use crate::activations;
use crate::acts::{Act, log_act};
use crate::catalog::{read_id, read_json};
use crate::db::{Tx, Value, args, list_text, row_struct};
use crate::events::{self, Actor};
use crate::ledger::{KIND_REFUND, Leg, Movement, VENDOR_REVENUE, lock_wallet, read_tokens, retrying};
use crate::lifecycle::settle_seats;
use crate::lots::put_reversal;
use crate::names::name_of;
use crate::notices::NewNotice;
use crate::seats::SurrenderedSeat;
use crate::{Error, Setting, Store, licenses, revocations};

impl Setting for OrderRefundPolicy {
    const NAME: &'static str = "order_refunds";

    fn check(&self) -> Result<(), scrip_domain::Error> {
        Self::check(self)
    }
}

/// A paid order, with what was taken back of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// Its id.
    pub id: OrderId,
    /// Who paid.
    pub user: UserId,
    /// When it was paid.
    pub created_at: Timestamp,
    /// What was paid for.
    pub lines: Vec<QuoteLine>,
    /// What was paid.
    pub total: Tokens,
    /// What the wallet held afterwards.
    pub balance_after: Tokens,
    /// What was taken back.
    pub refunds: Vec<OrderRefund>,
}

/// A product of an order that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRefund {
    /// The product.
    pub product: ProductId,
    /// What the wallet got back.
    pub tokens: Tokens,
    /// When.
    pub at: Timestamp,
}

/// Who takes a product of an order back.
#[derive(Clone, Copy, Debug)]
pub enum RefundBy<'r> {
    /// The person who paid, within what the policy allows, with what the own computer gives back.
    Person(UserId, Option<&'r SurrenderedSeat>),
    /// An operator, whatever the window says; computers that have it lose it.
    Operator(&'r Act<'r>),
}

row_struct! {
    /// An order as its row has it.
    pub(crate) struct Found {
        id: Uuid,
        user_id: Uuid,
        lines: String,
        total: i64,
        balance_after: i64,
        created_at: i64,
    }
}

const COLUMNS: &str = "o.id, o.user_id, o.lines, o.total, o.balance_after, o.created_at";

async fn read_all(tx: &mut Tx, rows: Vec<Found>) -> Result<Vec<OrderRow>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT order_id, product, tokens, created_at FROM order_refunds WHERE order_id IN ({}) ORDER BY transfer_id",
        list_text(rows.len(), 1)
    );
    let ids: Vec<Value> = rows.iter().map(|row| Value::from(row.id)).collect();
    let back = tx
        .rows::<(Uuid, String, i64, i64)>("read what came back", &sql, &ids)
        .await?;
    rows.into_iter()
        .map(|row| {
            let refunds = back.iter().filter(|(order, ..)| *order == row.id);
            let refund = |(_, product, tokens, at): &(Uuid, String, i64, i64)| {
                Ok(OrderRefund {
                    product: read_id(product)?,
                    tokens: read_tokens("order_refunds", row.id, *tokens)?,
                    at: Timestamp::from_micros(*at),
                })
            };
            Ok(OrderRow {
                id: OrderId(row.id),
                user: UserId(row.user_id),
                created_at: Timestamp::from_micros(row.created_at),
                lines: read_json("orders", &row.id.to_string(), &row.lines)?,
                total: read_tokens("orders", row.id, row.total)?,
                balance_after: read_tokens("orders", row.id, row.balance_after)?,
                refunds: refunds.map(refund).collect::<Result<_, Error>>()?,
            })
        })
        .collect()
}

/// The order with this id, of `user` where one is given.
async fn find(tx: &mut Tx, order: OrderId, user: Option<UserId>) -> Result<OrderRow, Error> {
    let sql = format!("SELECT {COLUMNS} FROM orders o WHERE o.id = $1");
    let rows = tx.rows::<Found>("read an order", &sql, &args![order.0]).await?;
    let found = read_all(tx, rows).await?.pop();
    found
        .filter(|row| user.is_none_or(|user| row.user == user))
        .ok_or_else(|| Error::OrderNotFound {
            order: order.to_string(),
        })
}

/// An order's line that could be taken back: what it comes to, and on what that was decided.
struct Decided {
    order: OrderRow,
    line: QuoteLine,
    stored: License,
    refund: scrip_domain::LineRefund,
}

impl Store {
    /// Up to `limit` orders of the user, the newest first, older than the one named `before`. They are found by the entries of
    /// the wallet that paid them: a look costs as much as it passes of the wallet's history.
    pub async fn orders(&self, user: UserId, before: Option<OrderId>, limit: i64) -> Result<Vec<OrderRow>, Error> {
        let mut tx = self.database.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM entries e JOIN orders o ON o.id = e.transfer_id \
             WHERE e.owner = $1 AND e.account = 'wallet' AND e.transfer_id < $2 ORDER BY e.transfer_id DESC LIMIT $3"
        );
        let before = before.map_or(Uuid::max(), |order| order.0);
        let rows = tx
            .rows::<Found>("read orders", &sql, &args![user.0, before, limit])
            .await?;
        read_all(&mut tx, rows).await
    }

    /// An order, of `user` where one is given.
    pub async fn order(&self, order: OrderId, user: Option<UserId>) -> Result<OrderRow, Error> {
        find(&mut self.database.read().await?, order, user).await
    }

    /// What taking a product of the user's order back now would come to.
    pub async fn quote_refund(
        &self,
        order: OrderId,
        product: &ProductId,
        user: Option<UserId>,
        policy: OrderRefundPolicy,
    ) -> Result<Tokens, Error> {
        let mut tx = self.database.read().await?;
        let order = find(&mut tx, order, user).await?;
        let decided = self.decide(&mut tx, order, product, user, policy, None).await?;
        Ok(decided.refund.tokens)
    }

    async fn decide(
        &self,
        tx: &mut Tx,
        order: OrderRow,
        product: &ProductId,
        user: Option<UserId>,
        policy: OrderRefundPolicy,
        license: Option<License>,
    ) -> Result<Decided, Error> {
        let now = self.clock.now();
        let refuse = |why| {
            let product = product.clone();
            Err(scrip_domain::Error::RefundRefused { product, why }.into())
        };
        let line = order.lines.iter().find(|line| line.product == *product);
        let Some(line) = line.cloned() else {
            return refuse("it is not in that order");
        };
        if order.refunds.iter().any(|refund| refund.product == *product) {
            return refuse("it was taken back already");
        }
        if user.is_some() {
            if !policy.is_open(order.created_at, now) {
                return refuse("it was paid too long ago");
            }
            let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM order_refunds WHERE user_id = $1 AND created_at > $2 \
                       AND NOT by_operator";
            let year = now.plus_seconds(-365 * 86_400);
            let count = tx
                .row::<(i64,)>("count refunds", sql, &args![order.user.0, year])
                .await?;
            if count.is_some_and(|(count,)| count >= i64::from(policy.per_year_max)) {
                return refuse("so much was taken back within a year already");
            }
            let sql = "SELECT id FROM gifts WHERE order_id = $1";
            if tx
                .row::<(Uuid,)>("look for a gift", sql, &args![order.id.0])
                .await?
                .is_some()
            {
                return refuse("it was a gift");
            }
        }
        let stored = match license {
            Some(license) => Some(license),
            None => licenses::find(tx, &[(order.user, product)]).await?.pop(),
        };
        let Some(stored) = stored.filter(|license| license.user == order.user && license.product == *product) else {
            return refuse("its license is no longer in that account");
        };
        let refund = stored.take_back(&line, policy, now)?;
        if refund.tokens.is_zero() {
            return refuse("nothing of it is unused");
        }
        Ok(Decided {
            order,
            line,
            stored,
            refund,
        })
    }

    /// Takes a product of an order back, for `at_least` so many tokens or not at all. Answers what the wallet got and holds;
    /// the same again answers the first time's.
    pub async fn refund_order(
        &self,
        order: OrderId,
        product: &ProductId,
        at_least: Tokens,
        by: RefundBy<'_>,
        policy: OrderRefundPolicy,
    ) -> Result<(Tokens, Tokens), Error> {
        retrying!("take an order back", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let user = match by {
                RefundBy::Person(user, _) => Some(user),
                RefundBy::Operator(_) => None,
            };
            let row = find(&mut tx, order, user).await?;
            let owner = row.user;
            let balance = lock_wallet(&mut tx, owner.0).await?;
            // What was taken back meanwhile is seen now.
            let row = find(&mut tx, row.id, user).await?;
            if let Some(known) = row.refunds.iter().find(|refund| refund.product == *product) {
                return Ok((known.tokens, balance));
            }
            let license = self.free_license(&mut tx, owner, product, by, now).await?;
            let revision = license.as_ref().map(|(_, revision)| *revision);
            let license = license.map(|(license, _)| license);
            let decided = self.decide(&mut tx, row, product, user, policy, license).await?;
            let tokens = decided.refund.tokens;
            if tokens < at_least {
                return Err(scrip_domain::Error::RefundLower {
                    expected: at_least,
                    current: tokens,
                }
                .into());
            }
            let revision = revision.unwrap_or(decided.stored.revision);
            licenses::update(&mut tx, &[(revision, &decided.refund.license)]).await?;
            let balance = balance.checked_add(tokens)?;
            self.pay_back(&mut tx, &decided, by, now).await?;
            tx.commit().await?;
            Ok((tokens, balance))
        })
    }

    /// The license with nobody's computer having it any more, and the revision of its row.
    async fn free_license(
        &self,
        tx: &mut Tx,
        owner: UserId,
        product: &ProductId,
        by: RefundBy<'_>,
        now: Timestamp,
    ) -> Result<Option<(License, i64)>, Error> {
        let Some(found) = licenses::find(tx, &[(owner, product)]).await?.pop() else {
            return Ok(None);
        };
        let stored = licenses::lock(tx, found.id, None).await?;
        let revision = stored.revision;
        let surrender = match by {
            RefundBy::Person(_, surrender) => surrender,
            RefundBy::Operator(_) => {
                self.free_seats(tx, stored.id, now).await?;
                None
            }
        };
        let (license, mut rows) = settle_seats(tx, &stored, surrender, now).await?;
        for row in rows.iter_mut().filter(|row| row.is_promised()) {
            row.forget_promise();
            activations::put(tx, row).await?;
        }
        Ok(Some((license, revision)))
    }

    /// Frees every seat from afar, and revokes the codes that are out.
    async fn free_seats(&self, tx: &mut Tx, license: LicenseId, now: Timestamp) -> Result<(), Error> {
        let mut rows = activations::of_license(tx, license).await?;
        let seq = rows.iter().map(|row| row.code_seq).max().unwrap_or(0);
        let mut freed = false;
        for row in rows.iter_mut().filter(|row| row.seat.is_live(now)) {
            row.give_back(true, now);
            activations::put(tx, row).await?;
            freed = true;
        }
        if freed {
            revocations::put(tx, license, "", seq, "what was paid for it was given back", now).await?;
        }
        Ok(())
    }

    async fn pay_back(&self, tx: &mut Tx, decided: &Decided, by: RefundBy<'_>, now: Timestamp) -> Result<(), Error> {
        let Decided {
            order,
            line,
            stored,
            refund,
        } = decided;
        let (tokens, user) = (refund.tokens, order.user);
        let movement = Movement {
            kind: KIND_REFUND,
            reason: &format!("{} taken back", line.product),
            at: now,
            legs: &[
                Leg::vendor(VENDOR_REVENUE, -tokens.get()),
                Leg::wallet(user, tokens.get()),
            ],
        };
        let id = self.move_tokens(tx, &movement).await?;
        put_reversal(tx, id, order.id.0).await?;
        let by_operator = matches!(by, RefundBy::Operator(_));
        let sql = "INSERT INTO order_refunds (transfer_id, order_id, product, user_id, tokens, by_operator, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = args![id, order.id.0, line.product.as_str(), user.0, tokens, by_operator, now];
        tx.execute("record what came back", sql, &values).await?;
        let actor = if by_operator {
            Actor::Operator
        } else {
            Actor::Account(user)
        };
        let why = format!("{tokens} of the {} that were paid", line.charge);
        events::put(tx, self.new_id(), stored.id, actor, "taken back", &why, now).await?;
        if let RefundBy::Operator(act) = by {
            log_act(tx, act, now).await?;
        }
        let name = name_of(tx, &line.product).await?;
        let text = format!("{name} was taken back; {tokens} are in your wallet again.");
        let notice = NewNotice {
            user,
            kind: "order.refunded",
            product: Some(&line.product),
            subject: &id.to_string(),
            text: &text,
        };
        notice.put(tx, self.new_id(), now).await.map(drop)
    }
}
