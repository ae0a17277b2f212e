-- Tokens bought off-line: vouchers, orders that come by any way, invoices, payments, what the bank reports.

-- Vouchers of one kind, made together. What a voucher is worth is covered by the tag in its code, which is not stored: a
-- copy of this table redeems nothing.
CREATE TABLE voucher_batches (
    id UUID NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    count BIGINT NOT NULL CHECK (count > 0),
    expires_at BIGINT,
    -- sold: their tokens count as sold for money; promotion: as given.
    funding TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);

CREATE TABLE vouchers (
    serial BIGINT NOT NULL PRIMARY KEY,
    batch_id UUID NOT NULL,
    canceled_at BIGINT,
    redeemed_at BIGINT,
    user_id UUID,
    transfer_id UUID UNIQUE,
    command_id UUID
);
CREATE INDEX vouchers_by_batch ON vouchers (batch_id, serial);

-- An order for tokens that is not paid by card: how it came, its document, and what was decided. Its id is the purchase's.
CREATE TABLE offline_orders (
    id UUID NOT NULL PRIMARY KEY REFERENCES token_purchases (id),
    user_id UUID NOT NULL,
    channel TEXT NOT NULL,
    channel_reference TEXT NOT NULL,
    note TEXT NOT NULL,
    bill_to TEXT NOT NULL,
    document_sha256 BYTEA,
    document_name TEXT,
    document_type TEXT,
    document_bytes BIGINT,
    status TEXT NOT NULL,
    taken_by TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_why TEXT NOT NULL,
    decided_at BIGINT,
    invoice_id UUID,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX offline_orders_by_user ON offline_orders (user_id, id);
CREATE INDEX offline_orders_by_status ON offline_orders (status, id);

-- The last number given in a year: whoever takes the next one waits for whoever has this one, so that there is no gap.
CREATE TABLE invoice_series (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    UNIQUE (kind, year)
);

-- Bills and credit notes, as they were sent; only what was paid and what became of them changes.
CREATE TABLE invoices (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    year BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    number TEXT NOT NULL,
    -- The number's letters and digits, by which a payment names it.
    key TEXT NOT NULL UNIQUE,
    user_id UUID NOT NULL,
    purchase_id UUID NOT NULL,
    -- The bill that a credit note takes back.
    corrects UUID,
    buyer_reference TEXT NOT NULL,
    seller TEXT NOT NULL,
    bill_to TEXT NOT NULL,
    lines TEXT NOT NULL,
    currency TEXT NOT NULL,
    net BIGINT NOT NULL CHECK (net >= 0),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    gross BIGINT NOT NULL CHECK (gross > 0),
    paid BIGINT NOT NULL CHECK (paid >= 0),
    credited BIGINT NOT NULL CHECK (credited >= 0),
    status TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    settled_at BIGINT,
    reminders BIGINT NOT NULL,
    why TEXT NOT NULL,
    revision BIGINT NOT NULL,
    UNIQUE (kind, year, seq)
);
CREATE INDEX invoices_by_user ON invoices (user_id, id);
CREATE INDEX invoices_by_status ON invoices (status, due_at);
CREATE INDEX invoices_by_purchase ON invoices (purchase_id);
CREATE INDEX invoices_by_correction ON invoices (corrects);

-- Money that somebody handed in, or that the bank reports.
CREATE TABLE payments (
    id UUID NOT NULL PRIMARY KEY,
    method TEXT NOT NULL,
    minor BIGINT NOT NULL CHECK (minor > 0),
    currency TEXT NOT NULL,
    -- What is used for bills, and what was given back to the payer.
    applied BIGINT NOT NULL CHECK (applied >= 0),
    returned BIGINT NOT NULL CHECK (returned >= 0),
    status TEXT NOT NULL,
    payer TEXT NOT NULL,
    text TEXT NOT NULL,
    -- The bill that it is meant for.
    meant_for UUID,
    received_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    -- What tells a line of a bank's statement from all others.
    fingerprint BYTEA UNIQUE,
    why TEXT NOT NULL,
    revision BIGINT NOT NULL,
    -- Money that waits for an operator.
    waiting BOOLEAN NOT NULL,
    CHECK (applied + returned <= minor)
);
CREATE INDEX payments_waiting ON payments (waiting, id);

CREATE TABLE payment_uses (
    payment_id UUID NOT NULL REFERENCES payments (id),
    invoice_id UUID NOT NULL REFERENCES invoices (id),
    minor BIGINT NOT NULL CHECK (minor >= 0),
    PRIMARY KEY (payment_id, invoice_id)
);
CREATE INDEX payment_uses_by_invoice ON payment_uses (invoice_id);

-- What an account may owe; the revision lets approvals of one account come one after the other.
CREATE TABLE credit_limits (
    user_id UUID NOT NULL,
    currency TEXT NOT NULL,
    minor BIGINT,
    revision BIGINT NOT NULL,
    PRIMARY KEY (user_id, currency)
);
