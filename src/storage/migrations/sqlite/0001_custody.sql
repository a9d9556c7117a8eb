-- What Gatehouse keeps. Clear: ids, times, states, categories, severities, schools,
-- counts, digests. Addresses: keyed hashes. Everything else: `sealed` (encrypted with
-- the store key). Times are microseconds since 1970, UTC.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

-- The message log (RE-4): one row for each transaction.
CREATE TABLE message (
    transaction_id TEXT PRIMARY KEY,
    received_at    BIGINT NOT NULL,
    school         TEXT,
    door           TEXT NOT NULL,
    mode           TEXT NOT NULL,
    direction      TEXT NOT NULL,
    disposition    TEXT NOT NULL,
    fate           TEXT NOT NULL,
    sender_hash    BLOB,
    recipients     BIGINT NOT NULL,
    bytes          BIGINT NOT NULL,
    sha256         BLOB NOT NULL,
    sealed         BLOB NOT NULL
);
CREATE INDEX message_by_time ON message (received_at);

CREATE TABLE object (
    id         TEXT PRIMARY KEY,
    path       TEXT NOT NULL UNIQUE,
    kept_at    BIGINT NOT NULL,
    bytes      BIGINT NOT NULL,
    sha256     BLOB NOT NULL,
    object_sha256 BLOB NOT NULL,
    purged_at  BIGINT
);

-- Held and quarantined messages. `settles_with` is the transaction whose reply decides
-- over a provisional row: its own, or that of the client's retry.
CREATE TABLE item (
    n                  INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    kind               TEXT NOT NULL,
    state              TEXT NOT NULL,
    school             TEXT NOT NULL,
    transaction_id     TEXT NOT NULL,
    settles_with       TEXT NOT NULL,
    received_at        BIGINT NOT NULL,
    category           TEXT NOT NULL,
    severity           TEXT NOT NULL,
    recipients         BIGINT NOT NULL,
    sender_may_release BIGINT NOT NULL,
    markable           BIGINT NOT NULL,
    owner_hash         BLOB,
    object             TEXT NOT NULL REFERENCES object (id),
    sealed             BLOB NOT NULL,
    decided_at         BIGINT,
    decided_by         TEXT
);
CREATE INDEX item_by_state ON item (state, n);
CREATE INDEX item_by_owner ON item (owner_hash, n);
CREATE INDEX item_by_transaction ON item (transaction_id);
CREATE INDEX item_by_settlement ON item (settles_with);
CREATE INDEX item_by_object ON item (object);

CREATE TABLE item_recipient (
    item         TEXT NOT NULL REFERENCES item (id),
    address_hash BLOB NOT NULL
);
CREATE INDEX item_recipient_by_address ON item_recipient (address_hash);

CREATE TABLE retry_key (
    retry_key    BLOB NOT NULL,
    settles_with TEXT NOT NULL,
    item         TEXT,
    outbox       TEXT,
    kept_at      BIGINT NOT NULL,
    confirmed_at BIGINT
);
CREATE INDEX retry_key_by_key ON retry_key (retry_key);
CREATE INDEX retry_key_by_settlement ON retry_key (settles_with);
CREATE INDEX retry_key_by_item ON retry_key (item);

CREATE TABLE token (
    digest     BLOB PRIMARY KEY,
    item       TEXT NOT NULL REFERENCES item (id),
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE TABLE outbox (
    n              INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    kind           TEXT NOT NULL,
    state          TEXT NOT NULL,
    item           TEXT REFERENCES item (id),
    transaction_id TEXT,
    settles_with   TEXT,
    school         TEXT,
    next_hop       TEXT,
    release        TEXT,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    next_at        BIGINT NOT NULL,
    lease          BIGINT NOT NULL DEFAULT 0,
    lease_until    BIGINT,
    attempts       BIGINT NOT NULL DEFAULT 0,
    deferrals      BIGINT NOT NULL DEFAULT 0,
    object         TEXT REFERENCES object (id),
    sealed         BLOB NOT NULL,
    body           BLOB
);
CREATE INDEX outbox_by_state ON outbox (state, next_at);
CREATE INDEX outbox_by_item ON outbox (item);
CREATE INDEX outbox_by_settlement ON outbox (settles_with);
CREATE INDEX outbox_by_object ON outbox (object);

CREATE TABLE outbox_recipient (
    outbox      TEXT NOT NULL REFERENCES outbox (id),
    position    BIGINT NOT NULL,
    state       TEXT NOT NULL,
    code        BIGINT,
    reply       BLOB,
    at          BIGINT,
    report      TEXT,
    reported_at BIGINT,
    PRIMARY KEY (outbox, position)
);

-- Releases in flight.
CREATE TABLE release (
    id         TEXT PRIMARY KEY,
    item       TEXT NOT NULL REFERENCES item (id),
    digest     BLOB NOT NULL,
    policies   TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE release_recipient (
    release      TEXT NOT NULL REFERENCES release (id),
    address_hash BLOB NOT NULL,
    consumed_at  BIGINT,
    PRIMARY KEY (release, address_hash)
);

CREATE TABLE record (
    n               INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    state           TEXT NOT NULL,
    school          TEXT NOT NULL,
    transaction_id  TEXT NOT NULL,
    settles_with    TEXT NOT NULL,
    received_at     BIGINT NOT NULL,
    direction       TEXT NOT NULL,
    message_id_hash BLOB,
    object          TEXT NOT NULL REFERENCES object (id)
);
CREATE INDEX record_by_time ON record (received_at);
CREATE INDEX record_by_message_id ON record (message_id_hash);
CREATE INDEX record_by_settlement ON record (settles_with);
CREATE INDEX record_by_object ON record (object);

CREATE TABLE record_party (
    record       TEXT NOT NULL REFERENCES record (id),
    address_hash BLOB NOT NULL,
    role         TEXT NOT NULL
);
CREATE INDEX record_party_by_address ON record_party (address_hash);
CREATE INDEX record_party_by_record ON record_party (record);

-- Random ids of persons; a row can be deleted (erasure), the ledger stays whole.
CREATE TABLE person (
    random_id   TEXT PRIMARY KEY,
    person_hash BLOB NOT NULL UNIQUE,
    sealed      BLOB NOT NULL
);

CREATE TABLE ledger (
    n              INTEGER PRIMARY KEY,
    at             BIGINT NOT NULL,
    event          TEXT NOT NULL,
    actor          TEXT NOT NULL,
    school         TEXT,
    transaction_id TEXT,
    subject        TEXT,
    hash_in        BLOB,
    hash_out       BLOB,
    details        TEXT NOT NULL,
    reason_hash    BLOB,
    previous       BLOB NOT NULL,
    hash           BLOB NOT NULL
);
CREATE INDEX ledger_by_subject ON ledger (subject) WHERE subject IS NOT NULL;
CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_is_never_shortened BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- The last row, sealed with the store key.
CREATE TABLE ledger_head (
    one  BIGINT PRIMARY KEY CHECK (one = 1),
    n    BIGINT NOT NULL,
    hash BLOB NOT NULL,
    seal BLOB NOT NULL
);

-- Reasons in somebody's own words; a row can be deleted, the ledger has its keyed hash.
CREATE TABLE ledger_reason (
    n      BIGINT PRIMARY KEY,
    sealed BLOB NOT NULL
);
