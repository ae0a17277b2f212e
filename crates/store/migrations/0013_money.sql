-- Money in double entry: what was billed, sold, paid, taken back, given up and given back. Each move is written in the
-- transaction that did it and never changed; the entries of one move add up to zero. Amounts are in the currency's smallest unit,
-- with the signs of accounting: what the vendor has or is owed stands above zero.
CREATE TABLE money_entries (
    move_id UUID NOT NULL,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    -- The bill, the payment or the purchase whose figures it is part of.
    subject UUID NOT NULL,
    currency TEXT NOT NULL,
    minor BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (move_id, kind, account, subject)
);
CREATE INDEX money_entries_by_subject ON money_entries (subject);
CREATE INDEX money_entries_by_time ON money_entries (at);

-- Their sums by day (days since 1970-01-01, UTC), rolled up like those of tokens.
CREATE TABLE money_days (
    day BIGINT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor BIGINT NOT NULL,
    moves BIGINT NOT NULL,
    PRIMARY KEY (day, account, kind, currency)
);

-- What happened before there were entries, as far as rows tell: sums are exact, and a day is that of the row.
-- Sales without a bill.
INSERT INTO money_entries SELECT p.id, 'sale', 'received:' || p.method, p.id, p.currency, p.net + p.tax, p.paid_at
    FROM token_purchases p WHERE p.paid_at IS NOT NULL AND p.net + p.tax > 0
    AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.purchase_id = p.id);
INSERT INTO money_entries SELECT p.id, 'sale', 'tokens', p.id, p.currency, -p.net, p.paid_at
    FROM token_purchases p WHERE p.paid_at IS NOT NULL AND p.net > 0
    AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.purchase_id = p.id);
INSERT INTO money_entries SELECT p.id, 'sale', 'tax', p.id, p.currency, -p.tax, p.paid_at
    FROM token_purchases p WHERE p.paid_at IS NOT NULL AND p.tax > 0
    AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.purchase_id = p.id);

-- What of them went back, in one move each.
INSERT INTO money_entries SELECT p.id, 'refund', 'received:' || p.method, p.id, p.currency, -p.returned,
    (SELECT MAX(r.created_at) FROM token_reversals r WHERE r.purchase_id = p.id)
    FROM token_purchases p WHERE p.returned > 0 AND p.paid_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.purchase_id = p.id);
INSERT INTO money_entries SELECT p.id, 'refund', 'tax', p.id, p.currency,
    CASE WHEN p.returned >= p.net + p.tax THEN p.tax
        ELSE (2 * p.returned * p.tax + p.net + p.tax) / (2 * (p.net + p.tax)) END,
    (SELECT MAX(r.created_at) FROM token_reversals r WHERE r.purchase_id = p.id)
    FROM token_purchases p WHERE p.returned > 0 AND p.tax > 0 AND p.paid_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.purchase_id = p.id);
INSERT INTO money_entries SELECT e.move_id, 'refund', 'tokens', e.subject, e.currency, -CAST(SUM(e.minor) AS BIGINT), MAX(e.at)
    FROM money_entries e WHERE e.kind = 'refund' GROUP BY e.move_id, e.subject, e.currency;

-- Bills and credit notes.
INSERT INTO money_entries SELECT i.id, i.kind, 'receivable', COALESCE(i.corrects, i.id), i.currency,
    CASE WHEN i.kind = 'invoice' THEN i.gross ELSE -i.gross END, i.issued_at FROM invoices i;
INSERT INTO money_entries SELECT i.id, i.kind, 'tokens', COALESCE(i.corrects, i.id), i.currency,
    CASE WHEN i.kind = 'invoice' THEN -i.net ELSE i.net END, i.issued_at FROM invoices i WHERE i.net > 0;
INSERT INTO money_entries SELECT i.id, i.kind, 'tax', COALESCE(i.corrects, i.id), i.currency,
    CASE WHEN i.kind = 'invoice' THEN -i.tax ELSE i.tax END, i.issued_at FROM invoices i WHERE i.tax > 0;

-- Payments, what of them is used for bills, and what went back to the payer.
INSERT INTO money_entries SELECT p.id, 'payment', 'received:' || p.method, p.id, p.currency, p.minor, p.recorded_at
    FROM payments p WHERE p.status = 'booked';
INSERT INTO money_entries SELECT p.id, 'payment', 'unused', p.id, p.currency, -p.minor, p.recorded_at
    FROM payments p WHERE p.status = 'booked';
INSERT INTO money_entries SELECT p.id, 'use', 'unused', p.id, p.currency, p.applied, p.recorded_at
    FROM payments p WHERE p.applied > 0;
INSERT INTO money_entries SELECT p.id, 'use', 'receivable', x.invoice_id, p.currency, -x.minor, p.recorded_at
    FROM payment_uses x JOIN payments p ON p.id = x.payment_id WHERE x.minor > 0;
INSERT INTO money_entries SELECT p.id, 'return', 'unused', p.id, p.currency, p.returned, p.recorded_at
    FROM payments p WHERE p.returned > 0;
INSERT INTO money_entries SELECT p.id, 'return', 'received:' || p.method, p.id, p.currency, -p.returned, p.recorded_at
    FROM payments p WHERE p.returned > 0;

-- What is given up.
INSERT INTO money_entries SELECT i.id, 'write_off', 'written_off', i.id, i.currency, i.gross - i.paid - i.credited,
    COALESCE(i.settled_at, i.issued_at) FROM invoices i WHERE i.status = 'written_off' AND i.gross > i.paid + i.credited;
INSERT INTO money_entries SELECT i.id, 'write_off', 'receivable', i.id, i.currency, i.paid + i.credited - i.gross,
    COALESCE(i.settled_at, i.issued_at) FROM invoices i WHERE i.status = 'written_off' AND i.gross > i.paid + i.credited;

INSERT INTO money_days SELECT e.at / 86400000000, e.account, e.kind, e.currency, CAST(SUM(e.minor) AS BIGINT),
    CAST(COUNT(DISTINCT e.move_id) AS BIGINT) FROM money_entries e
    WHERE e.at / 86400000000 <= (SELECT closed_day FROM book_state WHERE id = 1)
    GROUP BY e.at / 86400000000, e.account, e.kind, e.currency;
