-- Several gates on one database: which are there, which of them has which work.
CREATE TABLE node (
    id         TEXT PRIMARY KEY,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

-- Scheduled work that one node does for all.
CREATE TABLE duty (
    name        TEXT PRIMARY KEY,
    node        TEXT,
    lease       BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT,
    done_at     BIGINT
);

ALTER TABLE outbox ADD COLUMN node TEXT;
