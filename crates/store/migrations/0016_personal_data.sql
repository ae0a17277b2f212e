-- What belongs to a person is found by the person, for its export and its erasure.
CREATE INDEX held_quotes_by_user ON held_quotes (user_id, purchase_id);
CREATE INDEX offline_answers_by_user ON offline_answers (user_id, nonce);
