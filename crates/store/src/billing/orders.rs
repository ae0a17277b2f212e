//! Orders for tokens that are not paid by card.

use scrip_domain::{
    BillTo, BillingError, BillingPolicy, IssueOn, OrderChannel, PurchaseId, PurchaseMethod, PurchaseStatus, Sha256,
    Timestamp, TokenOrderStatus, TokenQuote, UserId,
};
use uuid::Uuid;

use super::{corrupt, guard, write_json};
use crate::acts::{Act, log_act};
use crate::catalog::read_json;
use crate::db::{Tx, Value, args, row_struct};
use crate::ledger::retrying;
use crate::token_sales::cancel_purchase;
use crate::{Error, NewNotice, NewTokenPurchase, Store};

/// The document of an order, kept in the file storage under its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDocument {
    /// Its SHA-256.
    pub sha256: Sha256,
    /// The name that it came with.
    pub name: String,
    /// Its media type, as far as its first bytes tell.
    pub media_type: String,
    /// Its size.
    pub bytes: i64,
}

/// An order to take.
#[derive(Clone, Debug)]
pub struct NewTokenOrder {
    /// What is bought, how it is paid; its reference is the number that the buyer gave the order.
    pub purchase: NewTokenPurchase,
    /// How it came.
    pub channel: OrderChannel,
    /// What names it there: a caller's number, the line of a fax, a letter's date.
    pub channel_reference: String,
    /// What else was said.
    pub note: String,
    /// Whom the bill is for.
    pub bill_to: BillTo,
    /// Whether it is approved at once, whatever the policy says.
    pub approved: bool,
}

/// An order for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenOrder {
    /// Its id, which is its purchase's.
    pub id: PurchaseId,
    /// Who buys.
    pub user: UserId,
    /// The buyer's address.
    pub email: String,
    /// What is bought, at what price.
    pub quote: TokenQuote,
    /// How it is paid.
    pub method: PurchaseMethod,
    /// Where the purchase stands.
    pub purchase_status: PurchaseStatus,
    /// The number that the buyer gave it; may be empty.
    pub number: String,
    /// How it came.
    pub channel: OrderChannel,
    /// What names it there.
    pub channel_reference: String,
    /// What else was said.
    pub note: String,
    /// Whom the bill is for.
    pub bill_to: BillTo,
    /// Its document.
    pub document: Option<OrderDocument>,
    /// Where it stands.
    pub status: TokenOrderStatus,
    /// Who took it; empty where its buyer placed it.
    pub taken_by: String,
    /// Who decided, and why.
    pub decided_by: String,
    /// The reason of the decision.
    pub decided_why: String,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Its bill.
    pub invoice: Option<Uuid>,
    /// The bill's number.
    pub invoice_number: Option<String>,
    /// When it was placed.
    pub created_at: Timestamp,
}

/// Which orders are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderFilter {
    /// Of one account.
    pub user: Option<UserId>,
    /// In one state.
    pub status: Option<TokenOrderStatus>,
    /// Older than this one.
    pub before: Option<PurchaseId>,
}

row_struct! {
    pub(crate) struct OrderRow {
        id: Uuid, user_id: Uuid, email: String, quote: String, method: String, purchase_status: String, reference: String,
        channel: String, channel_reference: String, note: String, bill_to: String, document_sha256: Option<Vec<u8>>,
        document_name: Option<String>, document_type: Option<String>, document_bytes: Option<i64>, status: String,
        taken_by: String, decided_by: String, decided_why: String, decided_at: Option<i64>, invoice_id: Option<Uuid>,
        invoice_number: Option<String>, created_at: i64,
    }
}

const SQL: &str = "SELECT o.id AS id, o.user_id AS user_id, u.email AS email, p.quote AS quote, p.method AS method, \
    p.status AS purchase_status, p.reference AS reference, o.channel AS channel, \
    o.channel_reference AS channel_reference, o.note AS note, o.bill_to AS bill_to, \
    o.document_sha256 AS document_sha256, o.document_name AS document_name, o.document_type AS document_type, \
    o.document_bytes AS document_bytes, o.status AS status, o.taken_by AS taken_by, o.decided_by AS decided_by, \
    o.decided_why AS decided_why, o.decided_at AS decided_at, o.invoice_id AS invoice_id, i.number AS invoice_number, \
    o.created_at AS created_at FROM offline_orders o JOIN token_purchases p ON p.id = o.id \
    JOIN users u ON u.id = o.user_id LEFT JOIN invoices i ON i.id = o.invoice_id";

impl OrderRow {
    fn read(self) -> Result<TokenOrder, Error> {
        let id = self.id;
        let wrong = |what| corrupt("offline_orders", id, what);
        let text = id.to_string();
        let document = match (
            self.document_sha256,
            self.document_name,
            self.document_type,
            self.document_bytes,
        ) {
            (Some(digest), Some(name), Some(media_type), Some(bytes)) => Some(OrderDocument {
                sha256: Sha256(digest.try_into().map_err(|_| wrong("the digest"))?),
                name,
                media_type,
                bytes,
            }),
            _ => None,
        };
        Ok(TokenOrder {
            id: PurchaseId(id),
            user: UserId(self.user_id),
            email: self.email,
            quote: read_json("token_purchases", &text, &self.quote)?,
            method: PurchaseMethod::parse(&self.method).ok_or_else(|| wrong("the method"))?,
            purchase_status: PurchaseStatus::parse(&self.purchase_status).ok_or_else(|| wrong("the status"))?,
            number: self.reference,
            channel: OrderChannel::parse(&self.channel).ok_or_else(|| wrong("the channel"))?,
            channel_reference: self.channel_reference,
            note: self.note,
            bill_to: read_json("offline_orders", &text, &self.bill_to)?,
            document,
            status: TokenOrderStatus::parse(&self.status).ok_or_else(|| wrong("the status"))?,
            taken_by: self.taken_by,
            decided_by: self.decided_by,
            decided_why: self.decided_why,
            decided_at: self.decided_at.map(Timestamp::from_micros),
            invoice: self.invoice_id,
            invoice_number: self.invoice_number,
            created_at: Timestamp::from_micros(self.created_at),
        })
    }
}

async fn find_order(tx: &mut Tx, id: PurchaseId) -> Result<TokenOrder, Error> {
    let sql = format!("{SQL} WHERE o.id = $1");
    let row = tx.row::<OrderRow>("read an order", &sql, &args![id.0]).await?;
    row.ok_or_else(|| Error::TokenOrderNotFound { order: id.to_string() })?
        .read()
}

/// Who decided, and why.
pub(super) struct Decision<'a> {
    by: &'a str,
    why: &'a str,
    /// Whether the account may owe more than its limit.
    over_limit: bool,
}

impl Store {
    /// Takes an order at the price in force: it waits for a decision, or is billed at once where the policy needs none.
    /// Answers it, and whether the same command had placed it before.
    pub async fn place_token_order(
        &self,
        new: &NewTokenOrder,
        policy: &BillingPolicy,
        act: Option<&Act<'_>>,
    ) -> Result<(TokenOrder, bool), Error> {
        let bill_to = write_json(&new.bill_to.check().map_err(scrip_domain::Error::from)?)?;
        retrying!("take an order", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let (purchase, known) = self.open_purchase_in(&mut tx, &new.purchase, now).await?;
            if known {
                return Ok((find_order(&mut tx, purchase.id).await?, true));
            }
            let sql = "INSERT INTO offline_orders (id, user_id, channel, channel_reference, note, bill_to, status, taken_by, \
                       decided_by, decided_why, created_at, revision) \
                       VALUES ($1, $2, $3, $4, $5, $6, 'submitted', $7, '', '', $8, 1)";
            let values = args![
                purchase.id.0,
                purchase.user.0,
                new.channel.as_str(),
                new.channel_reference.as_str(),
                new.note.as_str(),
                bill_to.as_str(),
                act.map_or("", |act| act.actor),
                now
            ];
            tx.execute("take an order", sql, &values).await?;
            let mut order = find_order(&mut tx, purchase.id).await?;
            if new.approved || !policy.needs_approval(order.method) {
                let decision = Decision {
                    by: act.map_or("policy", |act| act.actor),
                    why: act.map_or("needs no approval", |act| act.why),
                    over_limit: false,
                };
                // What would exceed the limit is no refusal of the order: an operator decides.
                let credit = self.exceeds_credit(&mut tx, &order, policy).await?;
                match credit {
                    Some(refused) if act.is_some() => return Err(refused.into()),
                    Some(_) => {}
                    None => order = self.approve_in(&mut tx, order, policy, &decision, now).await?,
                }
            }
            if let Some(act) = act {
                log_act(&mut tx, act, now).await?;
            }
            tx.commit().await?;
            Ok((order, false))
        })
    }

    /// Keeps the document of an order that waits. A second one replaces the first.
    pub async fn attach_order_document(
        &self,
        user: Option<UserId>,
        id: PurchaseId,
        document: &OrderDocument,
    ) -> Result<TokenOrder, Error> {
        retrying!("keep a document", {
            let mut tx = self.database.write().await?;
            let order = of_user(find_order(&mut tx, id).await?, user)?;
            refuse_decided(&order, "given another document")?;
            let sql = "UPDATE offline_orders SET document_sha256 = $2, document_name = $3, document_type = $4, \
                       document_bytes = $5 WHERE id = $1 AND status = 'submitted'";
            let values = args![
                id.0,
                document.sha256.0.to_vec(),
                document.name.as_str(),
                document.media_type.as_str(),
                document.bytes
            ];
            guard(tx.execute("keep a document", sql, &values).await?, "keep a document")?;
            tx.commit().await?;
            Ok(TokenOrder {
                document: Some(document.clone()),
                ..order
            })
        })
    }

    /// Approves an order: it is billed, and its tokens are issued at once where the policy says so.
    ///
    /// Refused where the account would then owe more than its limit, unless `over_limit`.
    pub async fn approve_token_order(
        &self,
        id: PurchaseId,
        policy: &BillingPolicy,
        over_limit: bool,
        act: &Act<'_>,
    ) -> Result<TokenOrder, Error> {
        retrying!("approve an order", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let order = find_order(&mut tx, id).await?;
            refuse_decided(&order, "approved")?;
            if !over_limit && let Some(refused) = self.exceeds_credit(&mut tx, &order, policy).await? {
                return Err(refused.into());
            }
            let decision = Decision {
                by: act.actor,
                why: act.why,
                over_limit,
            };
            let order = self.approve_in(&mut tx, order, policy, &decision, now).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(order)
        })
    }

    /// Says no to an order; its buyer reads why.
    pub async fn reject_token_order(&self, id: PurchaseId, act: &Act<'_>) -> Result<TokenOrder, Error> {
        retrying!("reject an order", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let order = find_order(&mut tx, id).await?;
            refuse_decided(&order, "rejected")?;
            self.drop_order(&mut tx, &order, TokenOrderStatus::Rejected, act.actor, act.why, now)
                .await?;
            let text = format!("Your order for {} was not accepted: {}", order.quote.tokens, act.why);
            let notice = NewNotice {
                user: order.user,
                kind: "token_order.rejected",
                product: None,
                subject: &id.to_string(),
                text: &text,
            };
            notice.put(&mut tx, self.new_id(), now).await?;
            log_act(&mut tx, act, now).await?;
            let order = find_order(&mut tx, id).await?;
            tx.commit().await?;
            Ok(order)
        })
    }

    /// Takes back an order that waits, by its buyer.
    pub async fn cancel_token_order(&self, user: UserId, id: PurchaseId) -> Result<TokenOrder, Error> {
        retrying!("take back an order", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let order = of_user(find_order(&mut tx, id).await?, Some(user))?;
            if order.status == TokenOrderStatus::Canceled {
                return Ok(order);
            }
            refuse_decided(&order, "canceled")?;
            self.drop_order(&mut tx, &order, TokenOrderStatus::Canceled, "", "", now)
                .await?;
            let order = find_order(&mut tx, id).await?;
            tx.commit().await?;
            Ok(order)
        })
    }

    /// One order; of `user` where it is given.
    pub async fn token_order(&self, user: Option<UserId>, id: PurchaseId) -> Result<TokenOrder, Error> {
        let mut tx = self.database.read().await?;
        of_user(find_order(&mut tx, id).await?, user)
    }

    /// Up to `limit` orders, the newest first.
    pub async fn token_orders(&self, filter: &OrderFilter, limit: i64) -> Result<Vec<TokenOrder>, Error> {
        let mut sql = format!("{SQL} WHERE o.id < $1");
        let mut values = args![filter.before.map_or(Uuid::max(), |before| before.0), limit].to_vec();
        if let Some(user) = filter.user {
            values.push(Value::from(user.0));
            sql = format!("{sql} AND o.user_id = ${}", values.len());
        }
        if let Some(status) = filter.status {
            values.push(Value::from(status.as_str()));
            sql = format!("{sql} AND o.status = ${}", values.len());
        }
        sql.push_str(" ORDER BY o.id DESC LIMIT $2");
        let rows = self.database.rows::<OrderRow>("list orders", &sql, &values).await?;
        rows.into_iter().map(OrderRow::read).collect()
    }

    /// Bills an order, and issues its tokens where the policy gives credit.
    async fn approve_in(
        &self,
        tx: &mut Tx,
        order: TokenOrder,
        policy: &BillingPolicy,
        decision: &Decision<'_>,
        now: Timestamp,
    ) -> Result<TokenOrder, Error> {
        let invoice = self.bill_order(tx, &order, policy, now).await?;
        let sql = "UPDATE offline_orders SET status = 'approved', decided_by = $2, decided_why = $3, decided_at = $4, \
                   invoice_id = $5, revision = revision + 1 WHERE id = $1 AND status = 'submitted'";
        let why = if decision.over_limit {
            format!("{} (over the limit)", decision.why)
        } else {
            decision.why.to_owned()
        };
        let values = args![order.id.0, decision.by, why, now, invoice];
        guard(tx.execute("approve an order", sql, &values).await?, "approve an order")?;
        if policy.issues_on(order.method) == IssueOn::Approval {
            self.issue_purchase(tx, order.id, now).await?;
        }
        find_order(tx, order.id).await
    }

    async fn drop_order(
        &self,
        tx: &mut Tx,
        order: &TokenOrder,
        status: TokenOrderStatus,
        by: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "UPDATE offline_orders SET status = $2, decided_by = $3, decided_why = $4, decided_at = $5, \
                   revision = revision + 1 WHERE id = $1 AND status = 'submitted'";
        let values = args![order.id.0, status.as_str(), by, why, now];
        guard(tx.execute("decide an order", sql, &values).await?, "decide an order")?;
        cancel_purchase(tx, order.id, None).await.map(drop)
    }
}

fn of_user(order: TokenOrder, user: Option<UserId>) -> Result<TokenOrder, Error> {
    if user.is_none_or(|user| user == order.user) {
        return Ok(order);
    }
    Err(Error::TokenOrderNotFound {
        order: order.id.to_string(),
    })
}

fn refuse_decided(order: &TokenOrder, wanted: &'static str) -> Result<(), Error> {
    if order.status == TokenOrderStatus::Submitted {
        return Ok(());
    }
    let refused = BillingError::StateWrong {
        what: "the order".to_owned(),
        state: order.status.as_str(),
        wanted,
    };
    Err(refused.into())
}
