//! What must hold of tokens that were given, sent and taken back.

use super::Check;

/// The rules of what people hold and send.
pub(crate) const HOLDING: [Check; 11] = [
    Check {
        rule: "every campaign gave what its lots hold, and no more than its budget",
        sql: "SELECT c.id, c.given, CAST(COALESCE(SUM(l.tokens), 0) AS BIGINT) FROM campaigns c \
              LEFT JOIN lots l ON l.campaign_id = c.id GROUP BY c.id, c.given, c.budget \
              HAVING c.given <> COALESCE(SUM(l.tokens), 0) OR c.given > c.budget LIMIT 100",
    },
    Check {
        rule: "every lot was given by exactly the transfer that has its id",
        sql: "SELECT l.transfer_id, CAST(COALESCE(e.amount, 0) AS BIGINT), l.tokens FROM lots l LEFT JOIN entries e \
              ON e.transfer_id = l.transfer_id AND e.owner = l.user_id AND e.account = 'wallet' \
              WHERE COALESCE(e.amount, 0) <> l.tokens LIMIT 100",
    },
    Check {
        rule: "every transfer that lets tokens run out closed one lot that was announced twice",
        sql: "SELECT t.id, CAST(COUNT(l.transfer_id) AS BIGINT), CAST(1 AS BIGINT) FROM transfers t \
              LEFT JOIN lots l ON l.closed_by = t.id AND l.first_notice_at IS NOT NULL AND l.second_notice_at IS NOT NULL \
              WHERE t.kind = 'expiry' GROUP BY t.id HAVING COUNT(l.transfer_id) <> 1 LIMIT 100",
    },
    Check {
        rule: "no lot let more run out than it was given",
        sql: "SELECT l.transfer_id, CAST(-e.amount AS BIGINT), l.tokens FROM lots l JOIN entries e \
              ON e.transfer_id = l.closed_by AND e.owner = l.user_id AND e.account = 'wallet' \
              WHERE -e.amount > l.tokens LIMIT 100",
    },
    Check {
        rule: "what is underway between people is what waits",
        sql: "SELECT COALESCE((SELECT transfer_id FROM entries WHERE account = 'vendor:escrow' LIMIT 1), \
              (SELECT id FROM sendings LIMIT 1), (SELECT id FROM gifts LIMIT 1)), held.total, waiting.total FROM \
              (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS total FROM entries WHERE account = 'vendor:escrow') held, \
              (SELECT CAST(COALESCE(SUM(s.tokens), 0) AS BIGINT) AS total FROM (SELECT tokens FROM sendings \
              WHERE state = 'waiting' UNION ALL SELECT price FROM gifts WHERE state = 'waiting') s) waiting \
              WHERE held.total <> waiting.total",
    },
    Check {
        rule: "every sending was taken from its sender once",
        sql: "SELECT s.id, CAST(COALESCE(-e.amount, 0) AS BIGINT), s.tokens FROM sendings s LEFT JOIN entries e \
              ON e.transfer_id = s.id AND e.owner = s.sender AND e.account = 'wallet' \
              WHERE COALESCE(-e.amount, 0) <> s.tokens LIMIT 100",
    },
    Check {
        rule: "every sending that ended went to its recipient or back, once",
        sql: "SELECT s.id, CAST(COALESCE(e.amount, 0) AS BIGINT), s.tokens FROM sendings s LEFT JOIN entries e \
              ON e.transfer_id = s.end_transfer AND e.account = 'wallet' \
              AND e.owner = CASE WHEN s.state = 'settled' THEN s.recipient ELSE s.sender END \
              WHERE (s.state <> 'waiting' AND COALESCE(e.amount, 0) <> s.tokens) \
              OR (s.state = 'waiting' AND s.end_transfer IS NOT NULL) LIMIT 100",
    },
    Check {
        rule: "every gift was paid once, and ended once with its order or its tokens",
        sql: "SELECT g.id, CAST(COALESCE(-p.amount, 0) AS BIGINT), g.price FROM gifts g \
              LEFT JOIN entries p ON p.transfer_id = g.id AND p.owner = g.giver AND p.account = 'wallet' \
              LEFT JOIN entries e ON e.transfer_id = g.end_transfer AND e.account = 'wallet' \
              AND e.owner = CASE WHEN g.state = 'accepted' THEN g.recipient ELSE g.giver END \
              LEFT JOIN orders o ON o.id = g.order_id \
              WHERE COALESCE(-p.amount, 0) <> g.price OR (g.state <> 'waiting' AND COALESCE(e.amount, 0) <> g.price) \
              OR (g.state = 'accepted' AND COALESCE(o.total, 0) <> g.price) LIMIT 100",
    },
    Check {
        rule: "every move of a team's tokens is one transfer of its amount",
        sql: "SELECT m.transfer_id, CAST(COALESCE(e.amount, 0) AS BIGINT), m.drawn FROM team_moves m LEFT JOIN entries e \
              ON e.transfer_id = m.transfer_id AND e.owner = m.user_id AND e.account = 'wallet' \
              WHERE COALESCE(e.amount, 0) <> m.drawn LIMIT 100",
    },
    Check {
        rule: "every refund of an order is paid by exactly its transfer, and orders give back no more than was paid",
        sql: "SELECT r.transfer_id, CAST(COALESCE(e.amount, 0) AS BIGINT), r.tokens FROM order_refunds r \
              LEFT JOIN entries e ON e.transfer_id = r.transfer_id AND e.owner = r.user_id AND e.account = 'wallet' \
              WHERE COALESCE(e.amount, 0) <> r.tokens \
              OR (SELECT SUM(a.tokens) FROM order_refunds a WHERE a.order_id = r.order_id) > \
              (SELECT o.total FROM orders o WHERE o.id = r.order_id) LIMIT 100",
    },
    Check {
        rule: "nothing came back more often than it went out",
        sql: "SELECT r.of_transfer_id, CAST(SUM(e.amount) AS BIGINT), CAST(-MIN(o.amount) AS BIGINT) FROM reversals r \
              JOIN entries e ON e.transfer_id = r.transfer_id AND e.account = 'wallet' \
              JOIN entries o ON o.transfer_id = r.of_transfer_id AND o.account = 'wallet' AND o.owner = e.owner \
              GROUP BY r.of_transfer_id HAVING SUM(e.amount) > -MIN(o.amount) LIMIT 100",
    },
];
