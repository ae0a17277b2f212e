-- Points of a wallet's history at which what it held was kept, so that it is replayed from there; and what transfers before
-- the last of them took from tokens that had been given, for those that give it back later.
CREATE TABLE holding_points (
    owner UUID NOT NULL,
    -- The last transfer before the point.
    upto UUID NOT NULL,
    balance BIGINT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (owner, upto)
);
CREATE TABLE holding_takings (
    owner UUID NOT NULL,
    transfer_id UUID NOT NULL,
    parts TEXT NOT NULL,
    PRIMARY KEY (owner, transfer_id)
);
-- Lots that are open, and those that ended after a point.
CREATE INDEX lots_by_end ON lots (user_id, closed_by);
DROP INDEX lots_by_user;

-- Lists are read from the newest row on, also where they are cut to one state, subject or team.
CREATE INDEX acts_by_subject_and_number ON acts (subject, seq);
DROP INDEX acts_by_subject;
CREATE INDEX sendings_by_state ON sendings (state, id);
CREATE INDEX invoices_by_state ON invoices (status, id);
CREATE INDEX payments_by_status ON payments (status, id);
CREATE INDEX token_purchases_by_method ON token_purchases (method, id);
CREATE INDEX team_moves_by_time ON team_moves (team_id, transfer_id);

-- The words of each account's address and name, lower-cased, in UTF-8; and whether they have to be made yet.
CREATE TABLE user_words (
    user_id UUID NOT NULL,
    word BYTEA NOT NULL,
    PRIMARY KEY (user_id, word)
);
CREATE INDEX user_words_by_word ON user_words (word, user_id);
CREATE TABLE user_words_missing (
    id BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO user_words_missing (id) VALUES (1);

-- How many vouchers of a batch were redeemed and canceled, in some parts.
CREATE TABLE voucher_tallies (
    batch_id UUID NOT NULL,
    part BIGINT NOT NULL,
    redeemed BIGINT NOT NULL,
    canceled BIGINT NOT NULL,
    PRIMARY KEY (batch_id, part)
);
INSERT INTO voucher_tallies SELECT batch_id, serial % 16, COUNT(redeemed_at), COUNT(canceled_at) FROM vouchers
    GROUP BY batch_id, serial % 16;
