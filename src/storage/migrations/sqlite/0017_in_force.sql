-- What was in force when it was last noted: names, keyed digests, and values that say nothing of anybody.
CREATE TABLE in_force (
    name   TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    shown  TEXT
);

-- The ledger's last row when that was.
CREATE TABLE in_force_row (
    one   BIGINT PRIMARY KEY CHECK (one = 1),
    row_n BIGINT NOT NULL
);
