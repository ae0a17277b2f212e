-- Seats with a history: a computer may take a seat again after it gave it back. SQLite cannot drop the old unique key,
-- so that the table is made anew.
CREATE TABLE seats (
    id UUID NOT NULL PRIMARY KEY,
    license_id UUID NOT NULL REFERENCES licenses (id),
    device_id UUID NOT NULL REFERENCES devices (id),
    kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    released_at BIGINT,
    -- Whether it was freed from afar, for a computer that could not give it back.
    forced BOOLEAN NOT NULL,
    lease_ends_at BIGINT,
    seen_at BIGINT NOT NULL,
    -- The number of the last code.
    code_seq BIGINT NOT NULL,
    -- What the codes allow the computer to take of the license in all, and what it reported as taken in all.
    allotted_uses BIGINT NOT NULL,
    allotted_processings BIGINT NOT NULL,
    reported_uses BIGINT NOT NULL,
    reported_processings BIGINT NOT NULL
);
-- Codes were numbered by the license's revision so far.
INSERT INTO seats SELECT a.id, a.license_id, a.device_id, 'fixed', a.created_at, NULL, FALSE, NULL, a.created_at,
    l.revision, 0, 0, 0, 0 FROM activations a JOIN licenses l ON l.id = a.license_id;
DROP TABLE activations;
ALTER TABLE seats RENAME TO activations;
CREATE UNIQUE INDEX activations_held ON activations (license_id, device_id, kind) WHERE released_at IS NULL;
CREATE INDEX activations_by_license ON activations (license_id);
CREATE INDEX activations_by_device ON activations (device_id);

-- Digests of what a computer is made of, and the registration that took the place of this one.
ALTER TABLE devices ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';
ALTER TABLE devices ADD COLUMN replaced_by UUID REFERENCES devices (id);

-- When a license that extends itself runs out: the end of its time, 0 where its units are used up.
ALTER TABLE licenses ADD COLUMN renews_at BIGINT;
CREATE INDEX licenses_by_renewal ON licenses (renews_at);

CREATE TABLE trials (
    product TEXT NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id),
    machine TEXT NOT NULL,
    license_id UUID NOT NULL REFERENCES licenses (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (product, user_id),
    UNIQUE (product, machine)
);

-- What the vendor tells a person; one of a kind about one subject.
CREATE TABLE notices (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    product TEXT,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (user_id, kind, subject)
);

-- Who did what to a license, and why. Rows are never changed or deleted.
CREATE TABLE license_events (
    id UUID NOT NULL PRIMARY KEY,
    license_id UUID NOT NULL REFERENCES licenses (id),
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX license_events_by_license ON license_events (license_id);

-- Commands that end or transfer a license, so that their repetition does nothing again. A refund is paid by the transfer.
CREATE TABLE license_commands (
    user_id UUID NOT NULL REFERENCES users (id),
    command_id UUID NOT NULL,
    request_digest BYTEA NOT NULL,
    license_id UUID NOT NULL REFERENCES licenses (id),
    what TEXT NOT NULL,
    transfer_id UUID REFERENCES transfers (id),
    tokens BIGINT NOT NULL CHECK (tokens >= 0),
    balance_after BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, command_id)
);

-- Codes that no longer hold: those of the license up to `seq`, on the one device or (empty thumbprint) on all.
CREATE TABLE revocations (
    license_id UUID NOT NULL REFERENCES licenses (id),
    thumbprint TEXT NOT NULL,
    seq BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (license_id, thumbprint)
);
