-- Epoch keys: one for each month and class of access (of a school, where it has one; else '').
-- `wrapped` is the epoch's identity, an age file for its holders and the recovery key.
-- `seal` is a keyed hash over the row, so that nobody puts another recipient in.
CREATE TABLE epoch (
    id        TEXT PRIMARY KEY,
    class     TEXT NOT NULL,
    school    TEXT NOT NULL,
    month     TEXT NOT NULL,
    state     TEXT NOT NULL,
    made_at   BIGINT NOT NULL,
    recipient TEXT NOT NULL,
    holders   BYTEA NOT NULL,
    wrapped   BYTEA NOT NULL,
    seal      BYTEA NOT NULL
);
CREATE INDEX epoch_by_access ON epoch (class, school, state);

-- The epochs to which an object is encrypted; none: to the keys themselves.
CREATE TABLE object_epoch (
    object TEXT NOT NULL REFERENCES object (id),
    epoch  TEXT NOT NULL REFERENCES epoch (id),
    PRIMARY KEY (object, epoch)
);
CREATE INDEX object_epoch_by_epoch ON object_epoch (epoch);

-- Who opens what is kept for a class of access; `sealed` is name and public key.
CREATE TABLE custodian (
    id        TEXT PRIMARY KEY,
    class     TEXT NOT NULL,
    school    TEXT NOT NULL,
    state     TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    left_at   BIGINT,
    sealed    BYTEA NOT NULL
);
CREATE INDEX custodian_by_access ON custodian (class, school, state);
