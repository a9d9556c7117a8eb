-- The search index (docs/decisions/search.md). Everything but numbers and times is encrypted:
-- which words there are, and how often, is not told.

-- Documents that no segment has yet; `id` is an item's or a record's.
CREATE TABLE search_fresh (
    id     TEXT PRIMARY KEY,
    at     BIGINT NOT NULL,
    sealed BYTEA NOT NULL
);

-- `state`: new (being written), live, gone (its chunks are to be deleted). `blanks`: documents
-- that were forgotten and whose words still stand in it.
CREATE TABLE search_segment (
    id        BIGINT PRIMARY KEY,
    state     TEXT NOT NULL,
    level     BIGINT NOT NULL,
    documents BIGINT NOT NULL,
    chunks    BIGINT NOT NULL,
    blanks    BIGINT NOT NULL,
    newest    BIGINT NOT NULL,
    oldest    BIGINT NOT NULL,
    made_at   BIGINT NOT NULL,
    sealed    BYTEA NOT NULL
);

-- `id` is the segment's times 2^20 and the number within it.
CREATE TABLE search_chunk (
    id     BIGINT PRIMARY KEY,
    sealed BYTEA NOT NULL
);
-- What is encrypted does not shrink.
ALTER TABLE search_chunk ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE search_fresh ALTER COLUMN sealed SET STORAGE EXTERNAL;
