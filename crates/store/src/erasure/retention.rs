//! What the law of books keeps of a person who was erased: the names on bills, and on the orders and payments behind them.
//! Each has a row that says until when; a job takes the names away then.

use std::collections::BTreeMap;

use scrip_domain::{RetentionPolicy, Sha256, Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Tx, Value, args, list_text};
use crate::ledger::retrying;
use crate::{Error, Setting, Store};

impl Setting for RetentionPolicy {
    const NAME: &'static str = "retention";
}

/// Whom a bill is for whose time is over.
const NOBODY: &str = r#"{"name":"erased","address":"","tax_number":""}"#;
/// Bills that are looked at together.
const PAGE: i64 = 200;

/// What takes the names away, by the kind of a row of `retained`; `$1` is the row's id, `$2` whom a bill is for then. How many of
/// the two a statement takes.
const CLEARED: &[(&str, usize, &str)] = &[
    (
        "invoice",
        2,
        "UPDATE invoices SET bill_to = $2, buyer_reference = '', why = '' WHERE id = $1",
    ),
    (
        "order",
        2,
        "UPDATE offline_orders SET bill_to = $2, channel_reference = '', note = '', decided_why = '', \
         document_sha256 = NULL, document_name = NULL, document_type = NULL, document_bytes = NULL WHERE id = $1",
    ),
    ("purchase", 1, "UPDATE token_purchases SET reference = '' WHERE id = $1"),
    (
        "payment",
        1,
        "UPDATE payments SET payer = '', text = '', why = '' WHERE id = $1",
    ),
];

/// Writes down what is kept of a person and until when, and takes the names off orders that came to no bill. The number of
/// statements grows with the person's bills, two hundred at a time.
pub(super) async fn retain(tx: &mut Tx, user: UserId, policy: RetentionPolicy) -> Result<(), Error> {
    let mut last = Uuid::nil();
    loop {
        let sql = "SELECT id, purchase_id, issued_at FROM invoices WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        let bills = tx
            .rows::<(Uuid, Uuid, i64)>("read bills", sql, &args![user.0, last, PAGE])
            .await?;
        let Some((newest, ..)) = bills.last() else {
            break;
        };
        last = *newest;
        let mut kept = BTreeMap::new();
        for (id, purchase, issued) in &bills {
            let until = policy.bill_until(Timestamp::from_micros(*issued));
            for row in [("invoice", *id), ("order", *purchase), ("purchase", *purchase)] {
                keep_longer(&mut kept, row, until);
            }
        }
        let ids: Vec<Value> = bills.iter().flat_map(|(id, ..)| args![*id]).collect();
        let marks = list_text(ids.len(), 1);
        let sql = format!(
            "SELECT u.payment_id, i.issued_at FROM payment_uses u JOIN invoices i ON i.id = u.invoice_id \
             WHERE u.invoice_id IN ({marks}) \
             UNION SELECT p.id, i.issued_at FROM payments p JOIN invoices i ON i.id = p.meant_for WHERE p.meant_for IN ({marks})"
        );
        for (payment, issued) in tx.rows::<(Uuid, i64)>("read payments", &sql, &ids).await? {
            let until = policy.bill_until(Timestamp::from_micros(issued));
            keep_longer(&mut kept, ("payment", payment), until);
        }
        let rows: Vec<Value> = kept
            .into_iter()
            .flat_map(|((kind, id), until)| args![kind, id, user.0, until])
            .collect();
        let sql = "INSERT INTO retained (kind, id, user_id, until) {rows} ON CONFLICT (kind, id) DO UPDATE SET \
                 until = CASE WHEN retained.until < excluded.until THEN excluded.until ELSE retained.until END";
        tx.execute_each("keep names on bills", sql, 4, &rows).await?;
    }
    let sql = "UPDATE offline_orders SET bill_to = $2, channel_reference = '', note = '', decided_why = '', \
               document_sha256 = NULL, document_name = NULL, document_type = NULL, document_bytes = NULL \
               WHERE user_id = $1 AND NOT EXISTS (SELECT 1 FROM retained r WHERE r.kind = 'order' AND r.id = offline_orders.id)";
    tx.execute("forget orders", sql, &args![user.0, NOBODY]).await.map(drop)
}

fn keep_longer(kept: &mut BTreeMap<(&'static str, Uuid), Timestamp>, row: (&'static str, Uuid), until: Timestamp) {
    let end = kept.entry(row).or_insert(until);
    *end = until.max(*end);
}

impl Store {
    /// Takes the names off bills, orders and payments whose time is over; answers how many rows. Call it again until it finds none.
    pub async fn end_retention(&self) -> Result<usize, Error> {
        retrying!("take names off bills", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "SELECT kind, id FROM retained WHERE until <= $1 ORDER BY until LIMIT $2";
            let due = tx
                .rows::<(String, Uuid)>("look for names on old bills", sql, &args![now, PAGE])
                .await?;
            for (kind, id) in &due {
                if let Some((_, count, sql)) = CLEARED.iter().find(|(name, ..)| name == kind) {
                    let values = args![*id, NOBODY];
                    tx.execute("take a name off a bill", sql, &values[..*count]).await?;
                }
                let sql = "DELETE FROM retained WHERE kind = $1 AND id = $2";
                tx.execute("note that a name is gone", sql, &args![kind.as_str(), *id])
                    .await?;
            }
            tx.commit().await?;
            Ok(due.len())
        })
    }

    /// Which of these documents no order has.
    pub async fn unused_documents(&self, digests: &[Sha256]) -> Result<Vec<Sha256>, Error> {
        if digests.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT document_sha256 FROM offline_orders WHERE document_sha256 IN ({})",
            list_text(digests.len(), 1)
        );
        let values: Vec<Value> = digests.iter().map(|digest| Value::from(digest.0.to_vec())).collect();
        let rows = self
            .database
            .rows::<(Vec<u8>,)>("look for documents", &sql, &values)
            .await?;
        let used: std::collections::HashSet<Vec<u8>> = rows.into_iter().map(|(digest,)| digest).collect();
        let unused = digests.iter().filter(|digest| !used.contains(digest.0.as_slice()));
        Ok(unused.copied().collect())
    }
}
