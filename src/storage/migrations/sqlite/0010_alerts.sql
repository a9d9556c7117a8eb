-- Who is to be told of what, and who has been (practice.md, B and C). Clear: school, class,
-- category, numbers, times. Addresses: sealed and as keyed hashes.
CREATE TABLE alert (
    n              INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    school         TEXT NOT NULL,
    urgency        TEXT NOT NULL,
    state          TEXT NOT NULL,
    category       TEXT NOT NULL,
    policy         TEXT,
    number         TEXT NOT NULL,
    item           TEXT REFERENCES item (id),
    transaction_id TEXT NOT NULL,
    settles_with   TEXT,
    received_at    BIGINT NOT NULL,
    made_at        BIGINT NOT NULL,
    next_at        BIGINT NOT NULL,
    rung           BIGINT NOT NULL DEFAULT 0,
    alarmed_at     BIGINT,
    answered_at    BIGINT,
    answered_by    TEXT,
    sealed         BLOB NOT NULL
);
CREATE INDEX alert_by_state ON alert (state, urgency, next_at);
CREATE INDEX alert_by_settlement ON alert (settles_with);
CREATE INDEX alert_by_number ON alert (number);

CREATE TABLE alert_told (
    alert        TEXT NOT NULL REFERENCES alert (id),
    address_hash BLOB NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (alert, address_hash, at)
);
CREATE INDEX alert_told_by_address ON alert_told (address_hash, at);

-- Digests that were due, so that each is written once among all nodes.
CREATE TABLE digest (
    school TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (school, due_at)
);

-- A rule that told more than the budget: for the rest of the day it is only logged.
CREATE TABLE stepped_down (
    school   TEXT NOT NULL,
    policy   TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (school, policy)
);

-- Officers who are away.
CREATE TABLE officer_away (
    address_hash BLOB NOT NULL PRIMARY KEY,
    until_at     BIGINT NOT NULL,
    sealed       BLOB NOT NULL
);
