//! What must hold of tokens that were sold for money.

use super::Check;

pub(super) const TOKEN_SALES: [Check; 7] = [
    Check {
        rule: "every purchase was issued by exactly one transfer of its tokens",
        sql: "SELECT p.id, CAST(COALESCE(e.amount, 0) AS BIGINT), p.tokens FROM token_purchases p LEFT JOIN entries e \
              ON e.transfer_id = p.issued_transfer AND e.owner = p.user_id AND e.account = 'wallet' \
              WHERE p.issued_at IS NOT NULL AND COALESCE(e.amount, 0) <> p.tokens LIMIT 100",
    },
    Check {
        rule: "every transfer of bought tokens has its purchase",
        sql: "SELECT t.id, CAST(0 AS BIGINT), CAST(1 AS BIGINT) FROM transfers t \
              LEFT JOIN token_purchases p ON p.issued_transfer = t.id LEFT JOIN token_reversals r ON r.undone_transfer = t.id \
              WHERE t.kind = 'purchase' AND p.id IS NULL AND r.id IS NULL LIMIT 100",
    },
    Check {
        rule: "nothing is issued for a card before it paid",
        sql: "SELECT id, CAST(1 AS BIGINT), CAST(0 AS BIGINT) FROM token_purchases \
              WHERE method = 'card' AND issued_at IS NOT NULL AND paid_at IS NULL LIMIT 100",
    },
    Check {
        rule: "every reversal took its tokens by exactly one transfer",
        sql: "SELECT r.id, CAST(COALESCE(-e.amount, 0) AS BIGINT), r.tokens FROM token_reversals r \
              JOIN token_purchases p ON p.id = r.purchase_id LEFT JOIN entries e \
              ON e.transfer_id = r.transfer_id AND e.owner = p.user_id AND e.account = 'wallet' \
              WHERE COALESCE(-e.amount, 0) <> r.tokens LIMIT 100",
    },
    Check {
        rule: "every transfer that took bought tokens back has its reversal",
        sql: "SELECT t.id, CAST(0 AS BIGINT), CAST(1 AS BIGINT) FROM transfers t \
              LEFT JOIN token_reversals r ON r.transfer_id = t.id \
              WHERE t.kind = 'purchase_refund' AND r.id IS NULL LIMIT 100",
    },
    Check {
        rule: "a purchase lost the tokens of its reversals",
        sql: "SELECT p.id, p.reversed, CAST(COALESCE(SUM(r.tokens), 0) AS BIGINT) FROM token_purchases p \
              LEFT JOIN token_reversals r ON r.purchase_id = p.id AND r.status <> 'undone' \
              GROUP BY p.id, p.reversed HAVING COALESCE(SUM(r.tokens), 0) <> p.reversed LIMIT 100",
    },
    Check {
        rule: "a purchase gave back the money of its reversals",
        sql: "SELECT p.id, p.returned, CAST(COALESCE(SUM(r.minor), 0) AS BIGINT) FROM token_purchases p \
              LEFT JOIN token_reversals r ON r.purchase_id = p.id AND r.status <> 'undone' \
              GROUP BY p.id, p.returned HAVING COALESCE(SUM(r.minor), 0) <> p.returned LIMIT 100",
    },
];
