-- By which a purge finds what else names a thing.
CREATE INDEX record_by_transaction ON record (transaction_id);
CREATE INDEX alert_by_item ON alert (item);
CREATE INDEX alert_by_transaction ON alert (transaction_id);
