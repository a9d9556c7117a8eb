-- The lives of what is kept: to which office an item went, when it was sealed, the review that
-- follows an emergency, its export to the school's own file.
ALTER TABLE item ADD COLUMN office TEXT;
ALTER TABLE item ADD COLUMN sealed_at BIGINT;
ALTER TABLE item ADD COLUMN review_at BIGINT;
ALTER TABLE item ADD COLUMN reviewed_at BIGINT;
ALTER TABLE item ADD COLUMN exported_at BIGINT;
CREATE INDEX item_by_decision ON item (decided_at);
CREATE INDEX item_by_review ON item (review_at);

-- The first of two words about a sealed item.
CREATE TABLE instruction (
    item     TEXT NOT NULL REFERENCES item (id),
    what     TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (item, what)
);

-- Legal hold on items, records and incidents; in force while it is not lifted.
CREATE TABLE legal_hold (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    school    TEXT NOT NULL,
    set_at    BIGINT NOT NULL,
    set_by    TEXT NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT
);
CREATE INDEX legal_hold_by_subject ON legal_hold (kind, subject);

-- Addresses of parents and pupils in the records whose owner has left, and on which day
-- (midnight UTC of it).
CREATE TABLE leaving (
    address_hash BLOB PRIMARY KEY,
    left_on      BIGINT NOT NULL
);
ALTER TABLE record ADD COLUMN complaint_at BIGINT;
-- A reviewer has looked and wants it kept until then.
ALTER TABLE record ADD COLUMN keep_until BIGINT;

-- Back to observe for a while: of a school, or of one rule of it.
CREATE TABLE observe_switch (
    id        TEXT PRIMARY KEY,
    school    TEXT NOT NULL,
    rule      TEXT,
    begins_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    set_by    TEXT NOT NULL,
    ended_at  BIGINT,
    ended_by  TEXT
);
CREATE INDEX observe_switch_by_end ON observe_switch (ends_at);

-- Steps from observe to enforce, each signed by head and lead.
CREATE TABLE enforcement_signature (
    school    TEXT NOT NULL,
    step      TEXT NOT NULL,
    office    TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    PRIMARY KEY (school, step, office)
);
