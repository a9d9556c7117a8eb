-- Who signs the ledger's heads, what was signed, and how far each place outside the machine is.

-- Ed25519. Both halves of a key stand in the ledger as far as they are public; `sealed` is the private
-- half, encrypted with the store key, and missing as soon as another key has taken over.
CREATE TABLE ledger_key (
    public  TEXT PRIMARY KEY,
    made_at BIGINT NOT NULL,
    sealed  BLOB
);

CREATE TABLE ledger_signed_head (
    n         BIGINT NOT NULL,
    public    TEXT NOT NULL,
    hash      TEXT NOT NULL,
    at        BIGINT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (n, public, at)
);

-- One row for each `[[anchor]]`: the last row it has, and since when it fails.
CREATE TABLE ledger_anchor (
    place         TEXT PRIMARY KEY,
    head          TEXT,
    rows_there    BIGINT NOT NULL DEFAULT 0,
    anchored_at   BIGINT,
    failing_since BIGINT,
    fault         TEXT,
    busy_until    BIGINT NOT NULL DEFAULT 0
);
