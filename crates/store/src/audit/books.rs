//! What must hold of the sums of the books.

use super::Check;

pub(super) const BOOKS: [Check; 1] = [Check {
    rule: "the books of closed days say what the ledger says",
    sql: "SELECT e.owner, CAST(COALESCE((SELECT SUM(b.amount) FROM book_days b JOIN book_state s ON b.day <= s.closed_day \
          WHERE b.account = e.account), 0) AS BIGINT), CAST(SUM(e.amount) AS BIGINT) \
          FROM entries e JOIN transfers t ON t.id = e.transfer_id JOIN book_state s ON t.created_at / 86400000000 <= s.closed_day \
          WHERE e.account LIKE 'vendor:%' GROUP BY e.owner, e.account \
          HAVING SUM(e.amount) <> COALESCE((SELECT SUM(b.amount) FROM book_days b JOIN book_state s ON b.day <= s.closed_day \
          WHERE b.account = e.account), 0) LIMIT 100",
}];
