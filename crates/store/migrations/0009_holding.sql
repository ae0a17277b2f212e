-- Promotions that give tokens away, out of a budget.
CREATE TABLE campaigns (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    audience TEXT NOT NULL,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    budget BIGINT NOT NULL,
    given BIGINT NOT NULL CHECK (given >= 0 AND given <= budget),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    lifetime_days BIGINT,
    closed_at BIGINT,
    created_at BIGINT NOT NULL
);

-- Tokens that were given with a date, or by a campaign. What is left of them follows from the wallet's history.
CREATE TABLE lots (
    transfer_id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    given_at BIGINT NOT NULL,
    expires_at BIGINT,
    campaign_id UUID,
    first_notice_at BIGINT,
    second_notice_at BIGINT,
    -- When it is to be looked at again; absent for one that is closed or has no date.
    due_at BIGINT,
    -- The transfer that took what was left, or an id of that moment where nothing was.
    closed_by UUID UNIQUE
);
CREATE INDEX lots_by_user ON lots (user_id);
CREATE INDEX lots_by_due ON lots (due_at);
CREATE INDEX lots_by_campaign ON lots (campaign_id, user_id);

-- Which transfer gives back what another one took.
CREATE TABLE reversals (
    transfer_id UUID NOT NULL PRIMARY KEY,
    of_transfer_id UUID NOT NULL
);
CREATE INDEX reversals_by_original ON reversals (of_transfer_id);

-- Tokens that one person sends to another. The id is that of the transfer that took them from the sender.
CREATE TABLE sendings (
    id UUID NOT NULL PRIMARY KEY,
    sender UUID NOT NULL,
    recipient UUID NOT NULL,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    message TEXT NOT NULL,
    command_id UUID NOT NULL,
    request_digest BYTEA NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    settles_at BIGINT NOT NULL,
    ended_at BIGINT,
    -- The transfer that gave them to the recipient, or back.
    end_transfer UUID UNIQUE,
    UNIQUE (sender, command_id)
);
CREATE INDEX sendings_by_sender ON sendings (sender, id);
CREATE INDEX sendings_by_recipient ON sendings (recipient, id);
CREATE INDEX sendings_by_due ON sendings (state, settles_at);

-- A product that one person gives to another. The id is that of the transfer that took its price from the giver.
CREATE TABLE gifts (
    id UUID NOT NULL PRIMARY KEY,
    giver UUID NOT NULL,
    recipient UUID NOT NULL,
    product TEXT NOT NULL,
    offer TEXT,
    price BIGINT NOT NULL CHECK (price > 0),
    -- The terms of that moment, as JSON: the gift is worth what was paid, whatever it costs later.
    sale TEXT NOT NULL,
    message TEXT NOT NULL,
    command_id UUID NOT NULL,
    request_digest BYTEA NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    lapses_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_transfer UUID UNIQUE,
    order_id UUID UNIQUE,
    UNIQUE (giver, command_id)
);
CREATE INDEX gifts_by_giver ON gifts (giver, id);
CREATE INDEX gifts_by_recipient ON gifts (recipient, id);
CREATE INDEX gifts_by_due ON gifts (state, lapses_at);

-- Families and teams with a wallet of their own, which has the team's id.
CREATE TABLE teams (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT
);

CREATE TABLE team_members (
    team_id UUID NOT NULL REFERENCES teams (id),
    user_id UUID NOT NULL,
    role TEXT NOT NULL,
    -- What the member may draw in a calendar month (UTC).
    monthly_limit BIGINT NOT NULL CHECK (monthly_limit >= 0),
    invited_at BIGINT NOT NULL,
    -- Absent while the invitation waits for an answer.
    joined_at BIGINT,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_by_user ON team_members (user_id);

-- Tokens that moved into or out of a team's wallet, by the transfer that moved them; drawn ones are positive.
CREATE TABLE team_moves (
    transfer_id UUID NOT NULL PRIMARY KEY,
    team_id UUID NOT NULL REFERENCES teams (id),
    user_id UUID NOT NULL,
    command_id UUID NOT NULL,
    request_digest BYTEA NOT NULL,
    drawn BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (user_id, command_id)
);
CREATE INDEX team_moves_by_team ON team_moves (team_id, user_id, created_at);

-- What was taken back of orders, one product at a time.
CREATE TABLE order_refunds (
    transfer_id UUID NOT NULL PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES orders (id),
    product TEXT NOT NULL,
    user_id UUID NOT NULL,
    tokens BIGINT NOT NULL CHECK (tokens > 0),
    -- Whether an operator did, beyond what the policy lets people do themselves.
    by_operator BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (order_id, product)
);
CREATE INDEX order_refunds_by_user ON order_refunds (user_id, created_at);

-- Below what balance a person wants to be told.
CREATE TABLE wallet_alerts (
    user_id UUID NOT NULL PRIMARY KEY,
    below BIGINT NOT NULL CHECK (below > 0),
    -- Since when the balance was not below it; absent once the person was told, until it is no longer.
    armed_at BIGINT
);
CREATE INDEX wallet_alerts_by_state ON wallet_alerts (armed_at);
