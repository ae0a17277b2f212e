-- A wallet belongs to a person or to a team; entries and orders are written in one transaction with their transfers and
-- proved by the audit, so that no sale pays for looking up again what it just wrote. Tables are made anew, because
-- SQLite cannot drop a constraint.
CREATE TABLE wallets_next (
    user_id UUID NOT NULL PRIMARY KEY,
    balance BIGINT NOT NULL CHECK (balance >= 0)
);
INSERT INTO wallets_next SELECT user_id, balance FROM wallets;
DROP TABLE wallets;
ALTER TABLE wallets_next RENAME TO wallets;

CREATE TABLE entries_next (
    owner UUID NOT NULL,
    transfer_id UUID NOT NULL,
    account TEXT NOT NULL,
    amount BIGINT NOT NULL,
    balance_after BIGINT CHECK (balance_after >= 0),
    PRIMARY KEY (owner, transfer_id, account)
);
INSERT INTO entries_next SELECT owner, transfer_id, account, amount, balance_after FROM entries;
DROP TABLE entries;
ALTER TABLE entries_next RENAME TO entries;

CREATE TABLE orders_next (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    command_id UUID NOT NULL,
    request_digest BYTEA NOT NULL,
    lines TEXT NOT NULL,
    total BIGINT NOT NULL CHECK (total >= 0),
    balance_after BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (user_id, command_id)
);
INSERT INTO orders_next
    SELECT id, user_id, command_id, request_digest, lines, total, balance_after, created_at FROM orders;
DROP TABLE orders;
ALTER TABLE orders_next RENAME TO orders;

-- What the vendor can set while the server runs: a JSON document by its name.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Who of the vendor's people did what, to what, and why. Each row's digest covers the digest before it.
CREATE TABLE acts (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    why TEXT NOT NULL,
    digest BYTEA NOT NULL
);
CREATE INDEX acts_by_subject ON acts (subject);
