-- What messages of a conversation carried (0: a protected file, 1: a password), for some days: keyed hashes of
-- the Message-IDs that they name, and of each person in that conversation. Nothing in the clear but how long.
CREATE TABLE thread_carried (
    thread_hash BLOB NOT NULL,
    person_hash BLOB NOT NULL,
    carried     BIGINT NOT NULL,
    until_at    BIGINT NOT NULL,
    PRIMARY KEY (thread_hash, person_hash, carried)
);
CREATE INDEX thread_carried_by_time ON thread_carried (until_at);
