-- What tokens cost. Rows are history: a list that began is never changed, but for the instant at which it ends.
CREATE TABLE token_price_lists (
    id UUID NOT NULL PRIMARY KEY,
    currency TEXT NOT NULL,
    effective_from BIGINT NOT NULL,
    effective_until BIGINT,
    terms TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (currency, effective_from)
);

-- Tokens that people buy with money, however they pay. Amounts of money are in the currency's smallest unit.
CREATE TABLE token_purchases (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    command_id UUID NOT NULL,
    request_digest BYTEA NOT NULL,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    net BIGINT NOT NULL CHECK (net >= 0),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    currency TEXT NOT NULL,
    -- The whole quote, as it was shown.
    quote TEXT NOT NULL,
    method TEXT NOT NULL,
    status TEXT NOT NULL,
    reference TEXT NOT NULL,
    -- Where it is paid on-line: the payment page, its address, and the payment.
    provider_session TEXT UNIQUE,
    provider_payment TEXT UNIQUE,
    pay_url TEXT,
    failure TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    paid_at BIGINT,
    issued_at BIGINT,
    issued_transfer UUID UNIQUE,
    -- What was taken back so far: tokens and money.
    reversed BIGINT NOT NULL CHECK (reversed >= 0 AND reversed <= tokens),
    returned BIGINT NOT NULL CHECK (returned >= 0),
    revision BIGINT NOT NULL,
    UNIQUE (user_id, command_id)
);
CREATE INDEX token_purchases_by_user ON token_purchases (user_id, id);
CREATE INDEX token_purchases_by_status ON token_purchases (status, id);
CREATE INDEX token_purchases_by_reference ON token_purchases (reference);

-- Each time that money was given back, or tokens for a payment that was argued about.
CREATE TABLE token_reversals (
    id UUID NOT NULL PRIMARY KEY,
    purchase_id UUID NOT NULL REFERENCES token_purchases (id),
    kind TEXT NOT NULL,
    -- Tokens that were taken back.
    tokens BIGINT NOT NULL CHECK (tokens >= 0),
    -- Tokens that were spent already and could not be taken back.
    short BIGINT NOT NULL CHECK (short >= 0),
    minor BIGINT NOT NULL,
    transfer_id UUID UNIQUE,
    -- The transfer that gave the tokens again.
    undone_transfer UUID UNIQUE,
    provider_ref TEXT UNIQUE,
    status TEXT NOT NULL,
    why TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX token_reversals_by_purchase ON token_reversals (purchase_id, id);
CREATE INDEX token_reversals_by_status ON token_reversals (status, id);

-- Messages of the payment provider that were heard, so that none counts twice.
CREATE TABLE provider_events (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    heard_at BIGINT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX provider_events_by_time ON provider_events (created_at);

-- The price of a cart that waits for tokens to be bought: kept until the checkout, or until it ends.
CREATE TABLE held_quotes (
    purchase_id UUID NOT NULL PRIMARY KEY REFERENCES token_purchases (id),
    user_id UUID NOT NULL,
    items TEXT NOT NULL,
    total BIGINT NOT NULL,
    sales TEXT NOT NULL,
    ends_at BIGINT NOT NULL
);
