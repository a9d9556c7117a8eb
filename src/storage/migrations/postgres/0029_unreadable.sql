-- Since when a job's message cannot be opened.
ALTER TABLE outbox ADD COLUMN unreadable_since BIGINT;
-- When an unwanted object could not be deleted last; others go first.
ALTER TABLE object ADD COLUMN purge_failed_at BIGINT;
