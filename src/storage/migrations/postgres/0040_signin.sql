-- Signing in to the console: one-time links, what proves a person (each sealed), and sessions. Links and sessions
-- are known by keyed hashes: whoever reads the disk cannot sign in with what lies here.
CREATE TABLE invitation (
    digest     BYTEA PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES account (id),
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX invitation_by_account ON invitation (account);

CREATE TABLE credential (
    id      TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    kind    TEXT NOT NULL,
    known   BYTEA,
    made_at BIGINT NOT NULL,
    used_at BIGINT,
    sealed  BYTEA NOT NULL
);
CREATE INDEX credential_by_account ON credential (account);
CREATE UNIQUE INDEX credential_by_known ON credential (known);

CREATE TABLE console_session (
    digest    BYTEA PRIMARY KEY,
    account   TEXT NOT NULL REFERENCES account (id),
    way       TEXT NOT NULL,
    begun_at  BIGINT NOT NULL,
    seen_at   BIGINT NOT NULL,
    proved_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL
);
CREATE INDEX console_session_by_account ON console_session (account);
CREATE INDEX console_session_by_end ON console_session (ends_at);
