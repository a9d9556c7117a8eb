-- The queue of quarantine: the gravest first, of one gravity the oldest.
CREATE INDEX item_waiting ON item (severity, n, school, category) WHERE kind = 'quarantine' AND state IN ('open', 'escalated');
