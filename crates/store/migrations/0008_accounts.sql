-- What a person says of themselves, whether the address is proved, and whether the person is gone.
ALTER TABLE users ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN postal_address TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN verified_at BIGINT;
ALTER TABLE users ADD COLUMN erased_at BIGINT;

-- What a session is shown as, and when it was last used (to the hour).
ALTER TABLE sessions ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Mail that waits, was sent or was given up. What was sent loses its text, which may hold a secret.
CREATE TABLE mails (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID REFERENCES users (id),
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    trouble TEXT NOT NULL
);
CREATE INDEX mails_by_due ON mails (status, due_at);
CREATE INDEX mails_by_user ON mails (user_id);
CREATE INDEX mails_by_age ON mails (created_at);

-- Codes that a person was mailed or told; each serves once, for one purpose. Of the code its digest is kept.
CREATE TABLE account_codes (
    hash BYTEA NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX account_codes_by_user ON account_codes (user_id, purpose);
CREATE INDEX account_codes_by_expiry ON account_codes (expires_at);

-- Codes with which an app fetches the session that a browser opened for it (RFC 7636).
CREATE TABLE browser_codes (
    hash BYTEA NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    challenge TEXT NOT NULL,
    redirect TEXT NOT NULL,
    label TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Clients that signed in to an account before, by the digest of the token that they keep.
CREATE TABLE known_clients (
    hash BYTEA NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    seen_at BIGINT NOT NULL
);
CREATE INDEX known_clients_by_user ON known_clients (user_id);

-- Wrong tries to sign in: at which address (its digest, whether it has an account or not), from where.
CREATE TABLE sign_in_tries (
    account BYTEA NOT NULL,
    origin TEXT NOT NULL,
    failures BIGINT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (account, origin)
);
CREATE INDEX sign_in_tries_by_age ON sign_in_tries (since);

-- The secret of a person's authenticator app (RFC 6238), and the last of its time steps that was used.
CREATE TABLE second_factors (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id),
    secret BYTEA NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL
);

-- Passkeys: the credential's id, its public key (SubjectPublicKeyInfo), and how often its authenticator says that it signed.
CREATE TABLE passkeys (
    credential BYTEA NOT NULL PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    user_id UUID NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    algorithm BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- What a browser was asked to sign with a passkey; each question is answered once.
CREATE TABLE passkey_challenges (
    challenge BYTEA NOT NULL PRIMARY KEY,
    user_id UUID,
    expires_at BIGINT NOT NULL
);
