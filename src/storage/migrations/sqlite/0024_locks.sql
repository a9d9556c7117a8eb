-- When the lock of an object is looked at next: it lasts until the retention time of what needs the object,
-- and that moves.
ALTER TABLE object ADD COLUMN lock_due BIGINT NOT NULL DEFAULT 0;
CREATE INDEX object_by_lock ON object (lock_due) WHERE purged_at IS NULL AND unwanted_at IS NULL;
