//! Proves on a live database that the books balance.

mod books;
mod holding;
mod money;
mod offline;
mod token_sales;

use std::collections::HashMap;

use scrip_domain::{LicenseKind, Timestamp};
use uuid::Uuid;

use crate::db::Tx;
use crate::licenses::{COLUMNS, LicenseRow};
use crate::{Error, Store};

/// The most breaches that one check lists.
const BREACHES_MAX: usize = 100;

/// A rule of the books that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule, in words.
    pub rule: &'static str,
    /// What breaks it.
    pub subject: String,
    /// How.
    pub detail: String,
}

/// What an audit looked at and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Transfers in the ledger.
    pub transfers: u64,
    /// Wallets.
    pub wallets: u64,
    /// Orders.
    pub orders: u64,
    /// Licenses.
    pub licenses: u64,
    /// Entries of money.
    pub money_entries: u64,
    /// Tokens in all wallets.
    pub tokens_in_wallets: i64,
    /// Rules that do not hold; empty when the books balance.
    pub breaches: Vec<Breach>,
}

/// A rule, the statement that finds what breaks it (an id, what is there, what should be), and how to say that.
pub(crate) struct Check {
    pub(crate) rule: &'static str,
    pub(crate) sql: &'static str,
}

/// Licenses that promise more than they have. What a computer took beyond its own promise was lacking for the others.
macro_rules! promised {
    ($unit:literal) => {
        concat!(
            "SELECT l.id, CAST(SUM(CASE WHEN a.allotted_",
            $unit,
            " > a.reported_",
            $unit,
            " THEN a.allotted_",
            $unit,
            " - a.reported_",
            $unit,
            " ELSE 0 END) AS BIGINT), ",
            "CAST(l.",
            $unit,
            " + SUM(CASE WHEN a.reported_",
            $unit,
            " > a.allotted_",
            $unit,
            " THEN a.reported_",
            $unit,
            " - a.allotted_",
            $unit,
            " ELSE 0 END) AS BIGINT) ",
            "FROM licenses l JOIN activations a ON a.license_id = l.id WHERE l.",
            $unit,
            " IS NOT NULL ",
            "GROUP BY l.id, l.",
            $unit,
            " HAVING SUM(a.allotted_",
            $unit,
            " - a.reported_",
            $unit,
            ") > l.",
            $unit,
            " LIMIT 100"
        )
    };
}

/// Every list of rules.
const ALL_CHECKS: [&[Check]; 6] = [
    &CHECKS,
    &token_sales::TOKEN_SALES,
    &holding::HOLDING,
    &books::BOOKS,
    &money::MONEY,
    &offline::CHECKS,
];

const CHECKS: [Check; 12] = [
    Check {
        rule: "the entries of every transfer add up to zero",
        sql: "SELECT t.id, CAST(COALESCE(SUM(e.amount), 0) AS BIGINT), CAST(0 AS BIGINT) FROM transfers t \
              LEFT JOIN entries e ON e.transfer_id = t.id GROUP BY t.id \
              HAVING COALESCE(SUM(e.amount), 0) <> 0 OR COUNT(e.amount) < 2 LIMIT 100",
    },
    Check {
        rule: "every entry belongs to a transfer",
        sql: "SELECT e.transfer_id, CAST(e.amount AS BIGINT), CAST(0 AS BIGINT) FROM entries e \
              LEFT JOIN transfers t ON t.id = e.transfer_id WHERE t.id IS NULL LIMIT 100",
    },
    Check {
        rule: "every wallet holds the sum of its entries",
        sql: "SELECT w.user_id, w.balance, CAST(COALESCE(s.total, 0) AS BIGINT) FROM wallets w LEFT JOIN \
              (SELECT owner, CAST(SUM(amount) AS BIGINT) AS total FROM entries WHERE account = 'wallet' GROUP BY owner) s \
              ON s.owner = w.user_id WHERE w.balance <> COALESCE(s.total, 0) LIMIT 100",
    },
    Check {
        rule: "no wallet is negative",
        sql: "SELECT user_id, balance, CAST(0 AS BIGINT) FROM wallets WHERE balance < 0 LIMIT 100",
    },
    Check {
        rule: "every order is paid by exactly the transfer that has its id",
        sql: "SELECT o.id, CAST(COALESCE(-e.amount, -1) AS BIGINT), o.total FROM orders o \
              LEFT JOIN entries e ON e.transfer_id = o.id AND e.owner = o.user_id AND e.account = 'wallet' \
              WHERE e.amount IS NULL OR -e.amount <> o.total OR e.balance_after <> o.balance_after LIMIT 100",
    },
    Check {
        rule: "every license belongs to an account",
        sql: "SELECT l.id, CAST(0 AS BIGINT), CAST(1 AS BIGINT) FROM licenses l LEFT JOIN users u ON u.id = l.user_id \
              WHERE u.id IS NULL LIMIT 100",
    },
    Check {
        rule: "every transfer for an order has its order",
        sql: "SELECT t.id, CAST(0 AS BIGINT), CAST(1 AS BIGINT) FROM transfers t LEFT JOIN orders o ON o.id = t.id \
              WHERE t.kind = 'order' AND o.id IS NULL LIMIT 100",
    },
    Check {
        rule: "every refund is paid by exactly one transfer of its amount",
        sql: "SELECT c.command_id, CAST(COALESCE(e.amount, 0) AS BIGINT), c.tokens FROM license_commands c \
              LEFT JOIN entries e ON e.transfer_id = c.transfer_id AND e.owner = c.user_id AND e.account = 'wallet' \
              WHERE COALESCE(e.amount, 0) <> c.tokens LIMIT 100",
    },
    Check {
        rule: "every transfer that gives back belongs to one rental that was ended, or one product that was taken back",
        sql: "SELECT t.id, CAST(COUNT(c.command_id) + COUNT(r.order_id) AS BIGINT), CAST(1 AS BIGINT) FROM transfers t \
              LEFT JOIN license_commands c ON c.transfer_id = t.id AND c.what = 'end' \
              LEFT JOIN order_refunds r ON r.transfer_id = t.id \
              WHERE t.kind = 'refund' GROUP BY t.id HAVING COUNT(c.command_id) + COUNT(r.order_id) <> 1 LIMIT 100",
    },
    Check {
        rule: "every account is found by its words, and nobody who was erased",
        sql: "SELECT u.id, CAST(0 AS BIGINT), CAST(1 AS BIGINT) FROM users u WHERE (u.erased_at IS NULL) <> \
              EXISTS (SELECT 1 FROM user_words w WHERE w.user_id = u.id) LIMIT 100",
    },
    Check {
        rule: "computers are promised no more uses than are left",
        sql: promised!("uses"),
    },
    Check {
        rule: "computers are promised no more processings than are left",
        sql: promised!("processings"),
    },
];

impl Store {
    /// Checks every rule of the books on one state of the database; sales go on meanwhile. Linear in the size of the ledger.
    pub async fn audit(&self) -> Result<AuditReport, Error> {
        let mut tx = self.database.read().await?;
        let mut report = AuditReport {
            transfers: count(&mut tx, "SELECT COUNT(*) FROM transfers").await?.unsigned_abs(),
            wallets: count(&mut tx, "SELECT COUNT(*) FROM wallets").await?.unsigned_abs(),
            orders: count(&mut tx, "SELECT COUNT(*) FROM orders").await?.unsigned_abs(),
            licenses: 0,
            money_entries: count(&mut tx, "SELECT COUNT(*) FROM money_entries")
                .await?
                .unsigned_abs(),
            tokens_in_wallets: count(&mut tx, "SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM wallets").await?,
            breaches: Vec::new(),
        };
        for check in ALL_CHECKS.into_iter().flatten() {
            for (id, found, expected) in tx.rows::<(Uuid, i64, i64)>("audit the ledger", check.sql, &[]).await? {
                let detail = format!("it is {found} where {expected} is expected");
                report.breaches.push(Breach {
                    rule: check.rule,
                    subject: id.to_string(),
                    detail,
                });
            }
        }
        let books = count(&mut tx, "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM entries").await?;
        if books != 0 {
            let (rule, subject) = ("all balances add up to zero", "the ledger".to_owned());
            report.breaches.push(Breach {
                rule,
                subject,
                detail: format!("they add up to {books}"),
            });
        }
        if let Some(seq) = crate::acts::find_break(&mut tx).await? {
            report.breaches.push(Breach {
                rule: "every deed in the audit log follows from the one before it",
                subject: format!("deed {seq}"),
                detail: "it, or one before it, was changed or removed".to_owned(),
            });
        }
        let points = crate::checkpoints::find_breaches(&mut tx).await?;
        report.breaches.extend(points.into_iter().take(BREACHES_MAX));
        check_licenses(&mut tx, &mut report, self.clock.now()).await?;
        Ok(report)
    }
}

async fn count(tx: &mut Tx, sql: &str) -> Result<i64, Error> {
    Ok(tx
        .row::<(i64,)>("audit the ledger", sql, &[])
        .await?
        .map_or(0, |(count,)| count))
}

/// How many seats of each kind the licenses between two ids have in use.
async fn live_seats(
    tx: &mut Tx,
    after: Uuid,
    last: Uuid,
    now: Timestamp,
) -> Result<HashMap<(Uuid, String), i64>, Error> {
    let sql = "SELECT license_id, kind, CAST(COUNT(*) AS BIGINT) FROM activations WHERE license_id > $1 AND license_id <= $2 \
               AND released_at IS NULL AND (lease_ends_at IS NULL OR lease_ends_at > $3) GROUP BY license_id, kind";
    let rows = tx
        .rows::<(Uuid, String, i64)>("audit seats", sql, &crate::db::args![after, last, now])
        .await?;
    Ok(rows
        .into_iter()
        .map(|(license, kind, live)| ((license, kind), live))
        .collect())
}

/// Reads all licenses in pages: equity never exceeds the frozen price nor what was paid, and reaches the price exactly when
/// the license is owned; no more computers have it than it has seats.
async fn check_licenses(tx: &mut Tx, report: &mut AuditReport, now: Timestamp) -> Result<(), Error> {
    const PAGE: usize = 1000;
    let sql = format!("SELECT {COLUMNS} FROM licenses WHERE id > $1 ORDER BY id LIMIT {PAGE}");
    let mut after = Uuid::nil();
    loop {
        let rows = tx
            .rows::<LicenseRow>("audit licenses", &sql, &crate::db::args![after])
            .await?;
        let read = rows.len();
        let seats = live_seats(tx, after, rows.last().map_or(after, LicenseRow::id), now).await?;
        for row in rows {
            let license = row.read()?;
            after = license.id.0;
            report.licenses += 1;
            if license.equity > license.tenure.paid && report.breaches.len() < BREACHES_MAX {
                report.breaches.push(Breach {
                    rule: "nothing counts toward owning that was not paid",
                    subject: license.id.to_string(),
                    detail: format!("{} count of {} paid", license.equity, license.tenure.paid),
                });
            }
            let policy = &license.terms.policy;
            for (kind, total) in [("fixed", policy.seats), ("floating", policy.floating_seats)] {
                let live = seats.get(&(license.id.0, kind.to_owned())).copied().unwrap_or(0);
                if live > i64::from(total) && report.breaches.len() < BREACHES_MAX {
                    report.breaches.push(Breach {
                        rule: "no more computers have a license than it has seats",
                        subject: license.id.to_string(),
                        detail: format!("{live} {kind} seats are held where there are {total}"),
                    });
                }
            }
            let price = license.terms.offers.purchase_price();
            let owned = license.kind == LicenseKind::Perpetual;
            let sound = price.map_or(license.equity.is_zero() && !owned, |price| {
                license.equity <= price && owned == (license.equity == price)
            });
            if !sound && report.breaches.len() < BREACHES_MAX {
                report.breaches.push(Breach {
                    rule: "equity reaches the frozen price exactly when a license is owned",
                    subject: license.id.to_string(),
                    detail: format!("{} paid of {price:?}, owned: {owned}", license.equity),
                });
            }
        }
        if read < PAGE {
            return Ok(());
        }
    }
}
