-- Who may look and decide. A user is a person with a key of their own; offices are given by
-- grants with a beginning and an end. Who that is, and why, is sealed.
CREATE TABLE account (
    id       TEXT PRIMARY KEY,
    key_hash BYTEA NOT NULL UNIQUE,
    added_at BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    sealed   BYTEA NOT NULL
);

CREATE TABLE office_grant (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL REFERENCES account (id),
    office      TEXT NOT NULL,
    school      TEXT,
    from_at     BIGINT NOT NULL,
    until_at    BIGINT,
    asked_at    BIGINT NOT NULL,
    asked_by    TEXT NOT NULL,
    approved_at BIGINT,
    approved_by TEXT,
    revoked_at  BIGINT,
    revoked_by  TEXT,
    sealed      BYTEA NOT NULL
);
CREATE INDEX office_grant_by_account ON office_grant (account);

-- Whom a transaction, item, record or incident concerns, by keyed hashes of person and address
-- (practice.md, A4).
CREATE TABLE concerned (
    subject TEXT NOT NULL,
    face    BYTEA NOT NULL,
    part    TEXT NOT NULL,
    PRIMARY KEY (subject, face, part)
);
CREATE INDEX concerned_by_face ON concerned (face);

-- What an item is about, where that is not a concern.
CREATE TABLE matter (
    subject TEXT PRIMARY KEY,
    matter  TEXT NOT NULL
);

-- What one has asked for and another is to say too (QU-2).
CREATE TABLE first_of_two (
    act     TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id),
    at      BIGINT NOT NULL,
    PRIMARY KEY (act, subject)
);
