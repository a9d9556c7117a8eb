-- Up to when time is known to have passed by normal running, and since when a leap of the clock is
-- in doubt: one row, with id 1.
CREATE TABLE clock (
    id         BIGINT PRIMARY KEY,
    sure_at    BIGINT NOT NULL,
    looked_at  BIGINT NOT NULL,
    doubted_at BIGINT,
    ran        BIGINT NOT NULL DEFAULT 0
);

-- How often a duty is due, and since when it is known: to see that it stands still.
ALTER TABLE duty ADD COLUMN every BIGINT;
ALTER TABLE duty ADD COLUMN first_at BIGINT;

-- Objects that are missing or changed are few, and asked for every minute.
CREATE INDEX object_faulty ON object (id) WHERE fault IS NOT NULL;
