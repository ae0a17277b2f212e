-- What the vendor acknowledged last of the journal of an activation, and the key that signs it.
CREATE TABLE journal_heads (
    activation_id UUID NOT NULL PRIMARY KEY REFERENCES activations (id),
    metering_key TEXT NOT NULL,
    certificate TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    uses BIGINT NOT NULL,
    processings BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    reported_at BIGINT NOT NULL
);

-- What was wrong with a journal, each finding once.
CREATE TABLE journal_findings (
    activation_id UUID NOT NULL REFERENCES activations (id),
    kind TEXT NOT NULL,
    explanation TEXT NOT NULL,
    found_at BIGINT NOT NULL,
    PRIMARY KEY (activation_id, kind, explanation)
);

-- What was used, by day: days since 1970-01-01 (UTC).
CREATE TABLE usage_days (
    user_id UUID NOT NULL REFERENCES users (id),
    product TEXT NOT NULL,
    device_id UUID NOT NULL REFERENCES devices (id),
    day BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    processings BIGINT NOT NULL,
    PRIMARY KEY (user_id, product, device_id, day)
);
CREATE INDEX usage_days_by_day ON usage_days (day, product);

-- What computers without a network were answered, by the id of their request.
CREATE TABLE offline_answers (
    nonce UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    request_digest BYTEA NOT NULL,
    bundle TEXT NOT NULL,
    notes TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
