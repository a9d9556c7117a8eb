-- Which messages of quarantine belong to one conversation: keyed hashes of the Message-IDs that they name.
CREATE TABLE item_link (
    item      TEXT NOT NULL REFERENCES item (id),
    link_hash BYTEA NOT NULL
);
CREATE INDEX item_link_by_item ON item_link (item);
CREATE INDEX item_link_by_link ON item_link (link_hash);
