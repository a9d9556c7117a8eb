-- Exceptions from rules (OF-10) and suspensions of persons (QU-8): asked for by one person,
-- approved by another, ended by time or by hand. Whom and what they cover, and why, is sealed.
CREATE TABLE measure (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,
    school     TEXT NOT NULL,
    from_at    BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    asked_at   BIGINT NOT NULL,
    asked_by   TEXT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT,
    ended_at   BIGINT,
    ended_by   TEXT,
    sealed     BLOB NOT NULL
);
CREATE INDEX measure_by_end ON measure (state, until_at);
