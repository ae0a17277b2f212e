//! What a person is told before being erased: what has to be seen to first, what is lost, and what is kept for how long.

use scrip_domain::{RetentionPolicy, Timestamp, Tokens, UserId};

use crate::db::{Tx, args};
use crate::ledger::read_tokens;
use crate::{Error, Store};

/// What makes that a person cannot be erased yet: how many rows there are, and in words; `$1` is the account's id. What stands in
/// `CASE` chooses no index: those of a state may be of everybody, those of the account are few.
const HINDRANCES: &[(&str, &str)] = &[
    (
        "SELECT CAST(COUNT(CASE WHEN state = 'waiting' THEN 1 END) AS BIGINT) FROM sendings WHERE sender = $1 OR recipient = $1",
        "transfers to or from it are underway: take them back, or wait until they arrive",
    ),
    (
        "SELECT CAST(COUNT(CASE WHEN state = 'waiting' THEN 1 END) AS BIGINT) FROM gifts WHERE giver = $1 OR recipient = $1",
        "gifts to or from it are underway: take them or take them back",
    ),
    (
        "SELECT CAST(COUNT(*) AS BIGINT) FROM team_members m JOIN teams t ON t.id = m.team_id \
         WHERE m.user_id = $1 AND m.role = 'owner' AND t.closed_at IS NULL",
        "teams belong to it: close them, or make another member an owner and leave",
    ),
    (
        "SELECT CAST(COUNT(CASE WHEN kind = 'invoice' AND status = 'open' THEN 1 END) AS BIGINT) FROM invoices WHERE user_id = $1",
        "bills are not paid: pay them, or ask the vendor to take them back",
    ),
    (
        "SELECT CAST(COUNT(CASE WHEN status = 'submitted' THEN 1 END) AS BIGINT) FROM offline_orders WHERE user_id = $1",
        "orders wait for the vendor: take them back",
    ),
    (
        "SELECT CAST(COUNT(CASE WHEN method = 'card' AND status IN ('open', 'paid') THEN 1 END) AS BIGINT) \
         FROM token_purchases WHERE user_id = $1",
        "purchases by card are underway: pay or cancel them",
    ),
    (
        "SELECT CAST(COUNT(CASE WHEN status = 'disputed' THEN 1 END) AS BIGINT) FROM token_purchases WHERE user_id = $1",
        "payments are argued about with the bank: wait until that is decided",
    ),
];

/// What erasing a person would mean now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureOutlook {
    /// What has to be seen to first, each in a sentence; nothing where the person can be erased.
    pub hindrances: Vec<String>,
    /// The tokens of the wallet, which are lost.
    pub balance: Tokens,
    /// Licenses for which no further code is issued.
    pub licenses: i64,
    /// Bills and credit notes whose names the law of books keeps.
    pub bills: i64,
    /// Until when, for the last of them.
    pub bills_until: Option<Timestamp>,
}

pub(super) async fn hindrances(tx: &mut Tx, user: UserId) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for (sql, words) in HINDRANCES {
        let count = tx.row::<(i64,)>("look for what hinders", sql, &args![user.0]).await?;
        if let Some((count,)) = count.filter(|(count,)| *count > 0) {
            found.push(format!("{count} {words}"));
        }
    }
    Ok(found)
}

impl Store {
    /// What erasing the person would mean now. Costs a few look-ups by the account's id.
    pub async fn erasure_outlook(&self, user: UserId) -> Result<ErasureOutlook, Error> {
        let policy: RetentionPolicy = self.setting().await?;
        let mut tx = self.database.read().await?;
        let sql = "SELECT w.balance, (SELECT CAST(COUNT(*) AS BIGINT) FROM licenses l WHERE l.user_id = $1), \
                   (SELECT CAST(COUNT(*) AS BIGINT) FROM invoices i WHERE i.user_id = $1), \
                   (SELECT MAX(i.issued_at) FROM invoices i WHERE i.user_id = $1) FROM wallets w WHERE w.user_id = $1";
        let found = tx
            .row::<(i64, i64, i64, Option<i64>)>("look at what erasing means", sql, &args![user.0])
            .await?;
        let (balance, licenses, bills, last) = found.unwrap_or_default();
        Ok(ErasureOutlook {
            hindrances: hindrances(&mut tx, user).await?,
            balance: read_tokens("wallets", user.0, balance)?,
            licenses,
            bills,
            bills_until: last.map(|at| policy.bill_until(Timestamp::from_micros(at))),
        })
    }
}
