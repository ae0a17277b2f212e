//! Rules about tokens that were bought off-line.

use super::Check;

pub(super) const CHECKS: [Check; 9] = [
    Check {
        rule: "every redeemed voucher added what it was worth, once",
        sql: "SELECT b.id, CAST(COALESCE(e.amount, 0) AS BIGINT), b.tokens FROM vouchers v \
              JOIN voucher_batches b ON b.id = v.batch_id \
              LEFT JOIN entries e ON e.transfer_id = v.transfer_id AND e.owner = v.user_id AND e.account = 'wallet' \
              WHERE v.redeemed_at IS NOT NULL AND COALESCE(e.amount, 0) <> b.tokens LIMIT 100",
    },
    Check {
        rule: "every transfer for a voucher belongs to one voucher",
        sql: "SELECT t.id, CAST(COUNT(v.serial) AS BIGINT), CAST(1 AS BIGINT) FROM transfers t \
              LEFT JOIN vouchers v ON v.transfer_id = t.id WHERE t.kind = 'voucher' \
              GROUP BY t.id HAVING COUNT(v.serial) <> 1 LIMIT 100",
    },
    Check {
        rule: "a batch counts the vouchers that were redeemed and canceled",
        sql: "SELECT b.id, CAST(COALESCE(t.total, 0) AS BIGINT), CAST(COALESCE(v.total, 0) AS BIGINT) FROM voucher_batches b \
              LEFT JOIN (SELECT batch_id, SUM(redeemed * 1000000 + canceled) AS total FROM voucher_tallies GROUP BY batch_id) t \
              ON t.batch_id = b.id LEFT JOIN (SELECT batch_id, COUNT(redeemed_at) * 1000000 + COUNT(canceled_at) AS total \
              FROM vouchers GROUP BY batch_id) v ON v.batch_id = b.id WHERE COALESCE(t.total, 0) <> COALESCE(v.total, 0) LIMIT 100",
    },
    Check {
        rule: "the numbers of bills have no gap",
        sql: "SELECT i.id, i.seq, i.seq - 1 FROM invoices i LEFT JOIN invoices b \
              ON b.kind = i.kind AND b.year = i.year AND b.seq = i.seq - 1 WHERE i.seq > 1 AND b.id IS NULL LIMIT 100",
    },
    Check {
        rule: "the last number of a year is a bill's",
        sql: "SELECT s.id, CAST(COALESCE(m.last, 0) AS BIGINT), s.last FROM invoice_series s LEFT JOIN \
              (SELECT kind, year, MAX(seq) AS last FROM invoices GROUP BY kind, year) m \
              ON m.kind = s.kind AND m.year = s.year WHERE COALESCE(m.last, 0) <> s.last LIMIT 100",
    },
    Check {
        rule: "a bill is paid by exactly the payments that are used for it",
        sql: "SELECT i.id, CAST(COALESCE(x.total, 0) AS BIGINT), i.paid FROM invoices i LEFT JOIN \
              (SELECT invoice_id, SUM(minor) AS total FROM payment_uses GROUP BY invoice_id) x ON x.invoice_id = i.id \
              WHERE COALESCE(x.total, 0) <> i.paid LIMIT 100",
    },
    Check {
        rule: "a payment is used for exactly the bills that it pays",
        sql: "SELECT p.id, CAST(COALESCE(x.total, 0) AS BIGINT), p.applied FROM payments p LEFT JOIN \
              (SELECT payment_id, SUM(minor) AS total FROM payment_uses GROUP BY payment_id) x ON x.payment_id = p.id \
              WHERE COALESCE(x.total, 0) <> p.applied OR (p.status <> 'booked' AND p.applied <> 0) LIMIT 100",
    },
    Check {
        rule: "a bill is taken back by exactly its credit notes",
        sql: "SELECT i.id, CAST(COALESCE(c.total, 0) AS BIGINT), i.credited FROM invoices i LEFT JOIN \
              (SELECT corrects, SUM(gross) AS total FROM invoices WHERE corrects IS NOT NULL GROUP BY corrects) c \
              ON c.corrects = i.id WHERE COALESCE(c.total, 0) <> i.credited LIMIT 100",
    },
    Check {
        rule: "a bill is open exactly while something is owed on it",
        sql: "SELECT id, gross - paid - credited, CAST(0 AS BIGINT) FROM invoices WHERE kind = 'invoice' \
              AND status <> 'written_off' AND (status = 'open') <> (gross > paid + credited) LIMIT 100",
    },
];
