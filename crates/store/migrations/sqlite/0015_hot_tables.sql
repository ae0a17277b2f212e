-- What a sale writes, in as few trees as can be: a table whose key is its order of rows needs no second tree for the key, and
-- an index that begins with the command grows at its end where commands are numbered by time, instead of anywhere. An order is found
-- by its person through their entries. That a license belongs to an account is proved by the audit, as it is of wallets and orders.
CREATE TABLE wallets_next (
    user_id UUID NOT NULL PRIMARY KEY,
    balance BIGINT NOT NULL CHECK (balance >= 0)
) WITHOUT ROWID;
INSERT INTO wallets_next SELECT user_id, balance FROM wallets ORDER BY user_id;
DROP TABLE wallets;
ALTER TABLE wallets_next RENAME TO wallets;

CREATE TABLE transfers_next (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO transfers_next SELECT id, kind, reason, created_at FROM transfers ORDER BY id;
DROP TABLE transfers;
ALTER TABLE transfers_next RENAME TO transfers;

CREATE TABLE entries_next (
    owner UUID NOT NULL,
    transfer_id UUID NOT NULL,
    account TEXT NOT NULL,
    amount BIGINT NOT NULL,
    balance_after BIGINT CHECK (balance_after >= 0),
    PRIMARY KEY (owner, transfer_id, account)
) WITHOUT ROWID;
INSERT INTO entries_next
    SELECT owner, transfer_id, account, amount, balance_after FROM entries ORDER BY owner, transfer_id, account;
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
    UNIQUE (command_id, user_id)
) WITHOUT ROWID;
INSERT INTO orders_next
    SELECT id, user_id, command_id, request_digest, lines, total, balance_after, created_at FROM orders ORDER BY id;
DROP TABLE orders;
ALTER TABLE orders_next RENAME TO orders;

-- A license's terms are too long for a tree that keeps rows in its key.
CREATE TABLE licenses_next (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    product TEXT NOT NULL,
    kind TEXT NOT NULL,
    ends_at BIGINT,
    uses BIGINT CHECK (uses >= 0),
    processings BIGINT CHECK (processings >= 0),
    equity BIGINT NOT NULL CHECK (equity >= 0),
    last_offer TEXT,
    terms TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    tenure TEXT NOT NULL DEFAULT '{}',
    renews_at BIGINT,
    UNIQUE (user_id, product)
);
INSERT INTO licenses_next SELECT id, user_id, product, kind, ends_at, uses, processings, equity, last_offer, terms, started_at,
    revision, tenure, renews_at FROM licenses ORDER BY id;
DROP TABLE licenses;
ALTER TABLE licenses_next RENAME TO licenses;
CREATE INDEX licenses_by_renewal ON licenses (renews_at) WHERE renews_at IS NOT NULL;
