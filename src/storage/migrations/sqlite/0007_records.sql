-- Records filed by person, their threads; access while the owner of an account is away;
-- subject access; breaches. Persons are keyed hashes, words are `sealed`.

ALTER TABLE record ADD COLUMN attachments BIGINT NOT NULL DEFAULT 0;

-- Under whom a record is filed: parent, child, member of staff; never a household.
CREATE TABLE record_person (
    record      TEXT NOT NULL REFERENCES record (id),
    person_hash BLOB NOT NULL,
    filed_as    TEXT NOT NULL,
    certainty   TEXT NOT NULL,
    PRIMARY KEY (record, person_hash, filed_as)
);
CREATE INDEX record_person_by_person ON record_person (person_hash, filed_as);

-- The message's own id and those it answers.
CREATE TABLE record_link (
    record    TEXT NOT NULL REFERENCES record (id),
    link_hash BLOB NOT NULL,
    PRIMARY KEY (record, link_hash)
);
CREATE INDEX record_link_by_link ON record_link (link_hash);

-- Leave to read what is filed under a member of staff who is away.
CREATE TABLE absence_access (
    id          TEXT PRIMARY KEY,
    owner_hash  BLOB NOT NULL,
    approved_by TEXT NOT NULL,
    approved_at BIGINT NOT NULL,
    ends_at     BIGINT NOT NULL
);

-- Requests of people for what is held on them.
CREATE TABLE subject_access (
    n           INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL,
    school      TEXT NOT NULL,
    person_hash BLOB NOT NULL,
    made_at     BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    finished_at BIGINT,
    sealed      BLOB NOT NULL
);
CREATE TABLE subject_access_ruling (
    request  TEXT NOT NULL REFERENCES subject_access (id),
    piece    TEXT NOT NULL,
    office   TEXT NOT NULL,
    ruling   TEXT NOT NULL,
    ruled_by TEXT NOT NULL,
    ruled_at BIGINT NOT NULL,
    sealed   BLOB NOT NULL,
    PRIMARY KEY (request, piece, office)
);

-- Personal data that reached somebody it was not for.
CREATE TABLE breach (
    n              INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    state          TEXT NOT NULL,
    school         TEXT NOT NULL,
    transaction_id TEXT NOT NULL UNIQUE,
    category       TEXT NOT NULL,
    people         BIGINT NOT NULL,
    aware_at       BIGINT NOT NULL,
    opened_at      BIGINT NOT NULL,
    opened_by      TEXT NOT NULL,
    regulator      TEXT NOT NULL,
    regulator_at   BIGINT,
    told           TEXT NOT NULL,
    told_at        BIGINT,
    closed_at      BIGINT,
    sealed         BLOB NOT NULL
);
CREATE TABLE breach_note (
    n      INTEGER PRIMARY KEY,
    breach TEXT NOT NULL REFERENCES breach (id),
    at     BIGINT NOT NULL,
    author TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX breach_note_by_breach ON breach_note (breach);
