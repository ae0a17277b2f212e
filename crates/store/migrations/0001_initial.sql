-- One text for SQLite and PostgreSQL. Columns are UUID, TEXT, BIGINT, BOOLEAN or BYTEA alone; instants are
-- BIGINT microseconds since 1970-01-01T00:00:00Z; JSON documents are TEXT.

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A person's balance is a row, checked here; the vendor's own accounts have no row, so that sales never queue behind one.
CREATE TABLE wallets (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id),
    balance BIGINT NOT NULL CHECK (balance >= 0)
);

-- The ledger. Rows are never changed or deleted; a correction is a further transfer.
CREATE TABLE transfers (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The legs of a transfer; they add up to zero. The owner of a vendor account is the nil UUID.
CREATE TABLE entries (
    owner UUID NOT NULL,
    transfer_id UUID NOT NULL REFERENCES transfers (id),
    account TEXT NOT NULL,
    amount BIGINT NOT NULL,
    balance_after BIGINT CHECK (balance_after >= 0),
    PRIMARY KEY (owner, transfer_id, account)
);

-- Tokens that an operator issued, by the command that asked for them, so that its repetition issues nothing again.
CREATE TABLE grants (
    command_id UUID NOT NULL PRIMARY KEY,
    transfer_id UUID NOT NULL REFERENCES transfers (id),
    user_id UUID NOT NULL REFERENCES users (id),
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    reason TEXT NOT NULL
);

-- An order is paid by the transfer that has its id.
CREATE TABLE orders (
    id UUID NOT NULL PRIMARY KEY REFERENCES transfers (id),
    user_id UUID NOT NULL REFERENCES users (id),
    command_id UUID NOT NULL,
    request_digest BYTEA NOT NULL,
    lines TEXT NOT NULL,
    total BIGINT NOT NULL CHECK (total >= 0),
    balance_after BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (user_id, command_id)
);

CREATE TABLE licenses (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
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
    UNIQUE (user_id, product)
);

CREATE TABLE products (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- What a listing shows and what only its page shows, without the offers and artifacts that stand in columns and rows of their own.
    entry TEXT NOT NULL,
    detail TEXT NOT NULL,
    offers TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    removed BOOLEAN NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX products_by_revision ON products (revision);
CREATE INDEX products_by_sort_key ON products (sort_key, id);

CREATE TABLE product_categories (
    category TEXT NOT NULL,
    product TEXT NOT NULL REFERENCES products (id),
    PRIMARY KEY (category, product)
);
CREATE INDEX product_categories_by_product ON product_categories (product);

CREATE TABLE catalog (
    id BIGINT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO catalog (id, revision) VALUES (1, 0);

CREATE TABLE artifacts (
    sha256 BYTEA NOT NULL,
    product TEXT NOT NULL REFERENCES products (id),
    size BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    os TEXT NOT NULL,
    arch TEXT NOT NULL,
    version TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (product, sha256)
);
CREATE INDEX artifacts_by_digest ON artifacts (sha256);

CREATE TABLE cart_items (
    user_id UUID NOT NULL REFERENCES users (id),
    product TEXT NOT NULL,
    intent TEXT NOT NULL,
    offer TEXT,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, product)
);

CREATE TABLE devices (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    machine TEXT NOT NULL,
    os TEXT NOT NULL,
    arch TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (user_id, thumbprint)
);

CREATE TABLE activations (
    id UUID NOT NULL PRIMARY KEY,
    license_id UUID NOT NULL REFERENCES licenses (id),
    device_id UUID NOT NULL REFERENCES devices (id),
    created_at BIGINT NOT NULL,
    UNIQUE (license_id, device_id)
);
