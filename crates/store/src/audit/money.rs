//! What must hold of money: its entries say what bills, payments, purchases and reversals say.

use super::Check;

/// Sums of the entries of one account, or of several, by what they are part of.
macro_rules! held {
    ($accounts:literal) => {
        concat!(
            "(SELECT subject, currency, CAST(SUM(minor) AS BIGINT) AS total FROM money_entries WHERE account ",
            $accounts,
            " GROUP BY subject, currency)"
        )
    };
}

pub(super) const MONEY: [Check; 11] = [
    Check {
        rule: "the entries of every move of money add up to zero",
        sql: "SELECT move_id, CAST(SUM(minor) AS BIGINT), CAST(0 AS BIGINT) FROM money_entries \
              GROUP BY move_id, kind, currency HAVING SUM(minor) <> 0 LIMIT 100",
    },
    Check {
        rule: "every entry of money is part of a bill, a payment or a purchase in its currency",
        sql: "SELECT e.move_id, e.minor, CAST(0 AS BIGINT) FROM money_entries e LEFT JOIN invoices i ON i.id = e.subject \
              LEFT JOIN payments p ON p.id = e.subject LEFT JOIN token_purchases t ON t.id = e.subject \
              WHERE COALESCE(i.currency, p.currency, t.currency, '') <> e.currency LIMIT 100",
    },
    Check {
        rule: "what is receivable of a bill is what is open on it",
        sql: concat!(
            "SELECT i.id, COALESCE(h.total, 0), CASE WHEN i.status = 'open' THEN i.gross - i.paid - i.credited ELSE 0 END \
             FROM invoices i LEFT JOIN ",
            held!("= 'receivable'"),
            " h ON h.subject = i.id WHERE i.kind = 'invoice' AND COALESCE(h.total, 0) <> \
             CASE WHEN i.status = 'open' THEN i.gross - i.paid - i.credited ELSE 0 END LIMIT 100"
        ),
    },
    Check {
        rule: "what is written off of a bill is what was given up and not paid late",
        sql: concat!(
            "SELECT i.id, COALESCE(h.total, 0), CASE WHEN i.status = 'written_off' THEN i.gross - i.paid - i.credited ELSE 0 END \
             FROM invoices i LEFT JOIN ",
            held!("= 'written_off'"),
            " h ON h.subject = i.id WHERE i.kind = 'invoice' AND COALESCE(h.total, 0) <> \
             CASE WHEN i.status = 'written_off' THEN i.gross - i.paid - i.credited ELSE 0 END LIMIT 100"
        ),
    },
    Check {
        rule: "what tokens were sold for on a bill is its net less that of its credit notes",
        sql: concat!(
            "SELECT i.id, COALESCE(h.total, 0), CAST(COALESCE(c.net, 0) - i.net AS BIGINT) FROM invoices i LEFT JOIN ",
            held!("= 'tokens'"),
            " h ON h.subject = i.id LEFT JOIN (SELECT corrects, SUM(net) AS net FROM invoices WHERE corrects IS NOT NULL \
             GROUP BY corrects) c ON c.corrects = i.id \
             WHERE i.kind = 'invoice' AND COALESCE(h.total, 0) <> COALESCE(c.net, 0) - i.net LIMIT 100"
        ),
    },
    Check {
        rule: "the tax of a bill is its tax less that of its credit notes",
        sql: concat!(
            "SELECT i.id, COALESCE(h.total, 0), CAST(COALESCE(c.tax, 0) - i.tax AS BIGINT) FROM invoices i LEFT JOIN ",
            held!("= 'tax'"),
            " h ON h.subject = i.id LEFT JOIN (SELECT corrects, SUM(tax) AS tax FROM invoices WHERE corrects IS NOT NULL \
             GROUP BY corrects) c ON c.corrects = i.id \
             WHERE i.kind = 'invoice' AND COALESCE(h.total, 0) <> COALESCE(c.tax, 0) - i.tax LIMIT 100"
        ),
    },
    Check {
        rule: "what is unused of a payment belongs to its payer",
        sql: concat!(
            "SELECT p.id, COALESCE(h.total, 0), CASE WHEN p.status = 'booked' THEN p.applied + p.returned - p.minor ELSE 0 END \
             FROM payments p LEFT JOIN ",
            held!("= 'unused'"),
            " h ON h.subject = p.id WHERE COALESCE(h.total, 0) <> \
             CASE WHEN p.status = 'booked' THEN p.applied + p.returned - p.minor ELSE 0 END LIMIT 100"
        ),
    },
    Check {
        rule: "a payment that is there was received, less what went back to its payer",
        sql: concat!(
            "SELECT p.id, COALESCE(h.total, 0), CASE WHEN p.status = 'booked' THEN p.minor - p.returned ELSE 0 END \
             FROM payments p LEFT JOIN ",
            held!("LIKE 'received:%'"),
            " h ON h.subject = p.id WHERE COALESCE(h.total, 0) <> \
             CASE WHEN p.status = 'booked' THEN p.minor - p.returned ELSE 0 END LIMIT 100"
        ),
    },
    Check {
        rule: "a purchase without a bill was received once it was paid, less what went back",
        sql: concat!(
            "SELECT p.id, COALESCE(h.total, 0), \
             CASE WHEN p.paid_at IS NULL OR i.id IS NOT NULL THEN 0 ELSE p.net + p.tax - p.returned END \
             FROM token_purchases p LEFT JOIN ",
            held!("LIKE 'received:%'"),
            " h ON h.subject = p.id LEFT JOIN invoices i ON i.purchase_id = p.id AND i.kind = 'invoice' \
             WHERE COALESCE(h.total, 0) <> \
             CASE WHEN p.paid_at IS NULL OR i.id IS NOT NULL THEN 0 ELSE p.net + p.tax - p.returned END LIMIT 100"
        ),
    },
    Check {
        rule: "the tax of a purchase without a bill is whole while nothing went back, and none is left when everything did",
        sql: concat!(
            "SELECT p.id, COALESCE(h.total, 0), CASE WHEN p.returned = 0 THEN -p.tax ELSE 0 END \
             FROM token_purchases p LEFT JOIN ",
            held!("= 'tax'"),
            " h ON h.subject = p.id LEFT JOIN invoices i ON i.purchase_id = p.id AND i.kind = 'invoice' \
             WHERE p.paid_at IS NOT NULL AND i.id IS NULL AND ((p.returned = 0 AND COALESCE(h.total, 0) <> -p.tax) \
             OR (p.returned >= p.net + p.tax AND COALESCE(h.total, 0) <> 0) OR COALESCE(h.total, 0) > 0 \
             OR COALESCE(h.total, 0) < -p.tax) LIMIT 100"
        ),
    },
    Check {
        rule: "the books of closed days say what the entries of money say",
        sql: "SELECT COALESCE((SELECT move_id FROM money_entries LIMIT 1), (SELECT owner FROM entries LIMIT 1)), b.booked, b.entered \
              FROM (SELECT account, currency, CAST(SUM(booked) AS BIGINT) AS booked, CAST(SUM(entered) AS BIGINT) AS entered FROM (\
              SELECT d.account, d.currency, d.minor AS booked, 0 AS entered FROM money_days d JOIN book_state s \
              ON d.day <= s.closed_day UNION ALL SELECT e.account, e.currency, 0, e.minor FROM money_entries e JOIN book_state s \
              ON e.at / 86400000000 <= s.closed_day) a GROUP BY account, currency) b WHERE b.booked <> b.entered LIMIT 100",
    },
];
