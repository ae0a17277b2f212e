-- What a sale writes, in as few trees as can be: an index that begins with the command grows at its end where commands are numbered by
-- time, instead of anywhere. An order is found by its person through their entries. That a license belongs to an account is proved by the
-- audit, as it is of wallets and orders: the key's check would lock the account's row in every sale.
ALTER TABLE licenses DROP CONSTRAINT licenses_user_id_fkey;
ALTER TABLE orders DROP CONSTRAINT orders_next_user_id_command_id_key;
ALTER TABLE orders ADD UNIQUE (command_id, user_id);
DROP INDEX licenses_by_renewal;
CREATE INDEX licenses_by_renewal ON licenses (renews_at) WHERE renews_at IS NOT NULL;
