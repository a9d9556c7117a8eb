-- Messages with harsh words, for a while: keyed hashes of their Message-ID, and of author and
-- recipient together. Nothing in the clear but how long.
CREATE TABLE hostile (
    message_hash BLOB NOT NULL,
    pair_hash    BLOB NOT NULL,
    until_at     BIGINT NOT NULL,
    PRIMARY KEY (message_hash, pair_hash)
);
CREATE INDEX hostile_by_time ON hostile (until_at);
