-- Incidents and breach records are purged on a person's word, who may want to look again later.
ALTER TABLE incident ADD COLUMN keep_until BIGINT;
ALTER TABLE breach ADD COLUMN keep_until BIGINT;
