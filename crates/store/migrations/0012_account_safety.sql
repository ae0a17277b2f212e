-- The tokens of a registration that wait until the account's address is verified.
ALTER TABLE users ADD COLUMN grant_waits BIGINT NOT NULL DEFAULT 0;

-- What the law of books keeps of a person who was erased, and until when: a row for each bill, order and payment whose
-- names are taken away then.
CREATE TABLE retained (
    kind TEXT NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX retained_by_end ON retained (until);

-- Second factors of the vendor's people: an authenticator app (RFC 6238), and codes that stand in for it.
CREATE TABLE operator_factors (
    operator_id UUID NOT NULL PRIMARY KEY REFERENCES operators (id),
    secret BYTEA NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL
);
CREATE TABLE operator_spares (
    hash BYTEA NOT NULL PRIMARY KEY,
    operator_id UUID NOT NULL REFERENCES operators (id)
);
CREATE INDEX operator_spares_by_operator ON operator_spares (operator_id);

-- An export and an erasure look these up by their person.
CREATE INDEX vouchers_by_user ON vouchers (user_id);
CREATE INDEX payments_by_purpose ON payments (meant_for);
CREATE INDEX offline_orders_by_document ON offline_orders (document_sha256);
CREATE INDEX grants_by_user ON grants (user_id);
CREATE INDEX trials_by_user ON trials (user_id);
