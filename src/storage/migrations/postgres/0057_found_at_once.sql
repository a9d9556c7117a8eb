-- What pages count and look for, so that it is found without going through all rows: holds that wait for their
-- senders, objects that could not be deleted, the last backup, changes of rules and settings. The columns that the
-- conditions name stand first, so that SQLite prefers these to indexes of more rows.
CREATE INDEX item_held ON item (kind, state, school, n) WHERE kind = 'hold' AND state = 'open';
CREATE INDEX object_purge_failed ON object (purge_failed_at) WHERE purge_failed_at IS NOT NULL AND purged_at IS NULL;
CREATE INDEX ledger_backups ON ledger (event, n) WHERE event = 'store.backed-up';
CREATE INDEX ledger_changes ON ledger (event, n) WHERE event IN ('rule.changed', 'setting.changed');
