-- What happened to a license besides what it allows (use, pauses, renewal, holds), as JSON.
ALTER TABLE licenses ADD COLUMN tenure TEXT NOT NULL DEFAULT '{}';

-- What holds for every license of a product (seats and the like), as JSON.
ALTER TABLE products ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';
