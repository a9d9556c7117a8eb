-- Notes for leads on a person (practice.md, A12). Person and words go thirty days after the end; the row stays, so
-- that what the ledger has of it is still shown to nobody else.
CREATE TABLE lead_note (
    id TEXT PRIMARY KEY,
    school TEXT NOT NULL,
    person_hash BYTEA,
    sealed BYTEA,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT
);
CREATE INDEX lead_note_by_person ON lead_note (person_hash, school);
