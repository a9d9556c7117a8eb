-- Quarantine that has waited too long: which office has heard of which item. Each hears once.
CREATE TABLE overdue_told (
    item TEXT NOT NULL,
    rung TEXT NOT NULL,
    at   BIGINT NOT NULL,
    PRIMARY KEY (item, rung)
);

-- Until when a node has the alarm of an alert at hand.
ALTER TABLE alert ADD COLUMN alarm_until BIGINT;

-- What does not work, by its name (`anchor/county`). `failing_since` is empty when it works again;
-- `alarm_due` while the channel that is no mail has not been told of the last change.
CREATE TABLE trouble (
    name          TEXT PRIMARY KEY,
    failing_since BIGINT,
    why           TEXT,
    changed_at    BIGINT NOT NULL,
    alarm_due     BIGINT NOT NULL DEFAULT 0
);
