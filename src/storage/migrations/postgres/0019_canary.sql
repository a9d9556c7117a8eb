-- Messages of the gate's own that prove a way of the mail. `digest` is the keyed hash of the token
-- in the message, `terms` of what the way was; addresses are keyed hashes, `content` is the digest
-- of a text that says nothing of anybody.
CREATE TABLE canary (
    digest      BYTEA NOT NULL PRIMARY KEY,
    route       TEXT NOT NULL,
    terms       BYTEA NOT NULL,
    from_hash   BYTEA,
    to_hash     BYTEA NOT NULL,
    content     BYTEA NOT NULL,
    needs       TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    sent_at     BIGINT,
    code        BIGINT,
    seen_at     BIGINT,
    changed     BIGINT NOT NULL DEFAULT 0,
    onward_code BIGINT,
    returned_at BIGINT,
    outbox      TEXT,
    proved_at   BIGINT
);
CREATE INDEX canary_by_route ON canary (route, made_at);
