-- The step of the last code that was taken: a code is good once.
ALTER TABLE credential ADD COLUMN step BIGINT NOT NULL DEFAULT 0;
