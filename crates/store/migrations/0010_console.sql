-- The vendor's people, their sessions at the console, and what one of them asked another to approve.
CREATE TABLE operators (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE operator_sessions (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    operator_id UUID NOT NULL REFERENCES operators (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX operator_sessions_by_operator ON operator_sessions (operator_id);

-- A deed that waits for a second operator: what is to be done, as JSON, and what became of it.
CREATE TABLE approvals (
    id UUID NOT NULL PRIMARY KEY,
    deed TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    why TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    decided_by TEXT,
    decision TEXT,
    decided_at BIGINT,
    outcome TEXT
);
CREATE INDEX approvals_by_status ON approvals (status, id);

-- What a product cost at which time: a row for every change of its offers, as JSON.
CREATE TABLE offer_history (
    product TEXT NOT NULL,
    revision BIGINT NOT NULL,
    offers TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (product, revision)
);

-- Sums of the ledger by day (days since 1970-01-01, UTC), so that books are read without reading the ledger. Days after
-- `closed_day` are written anew each time.
CREATE TABLE book_state (
    id BIGINT NOT NULL PRIMARY KEY,
    closed_day BIGINT NOT NULL,
    rolled_at BIGINT NOT NULL
);
CREATE TABLE book_days (
    day BIGINT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    transfers BIGINT NOT NULL,
    PRIMARY KEY (day, account, kind)
);

-- What was paid for, by day and intent.
CREATE TABLE sales_days (
    day BIGINT NOT NULL,
    intent TEXT NOT NULL,
    lines BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (day, intent)
);

-- What was booked and what of it was not earned, at the last look of each day; and the rentals that ended from then on.
CREATE TABLE revenue_days (
    day BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    booked BIGINT NOT NULL,
    unearned BIGINT NOT NULL,
    rentals BIGINT NOT NULL,
    ending TEXT NOT NULL
);

-- The books read the money of some days.
CREATE INDEX token_purchases_by_issue ON token_purchases (issued_at);
CREATE INDEX token_purchases_by_payment ON token_purchases (paid_at);
CREATE INDEX token_reversals_by_time ON token_reversals (created_at);
