-- The vault's own book. `unwanted_at`: nothing needs the object any more, and it is purged as soon as
-- the object store lets it be; `refused_until`: what a lock said when it was tried. `checked_at`: when the
-- scrub last read it; `fault`: what it found, until it is found sound again.
-- `part_hash`: this object is a part that several messages may share, known by a keyed hash of its bytes;
-- `uses` of them do. `parts`: the parts of a message, encrypted, so that a thief does not see who shares one.
ALTER TABLE object ADD COLUMN unwanted_at BIGINT;
ALTER TABLE object ADD COLUMN unwanted_why TEXT;
ALTER TABLE object ADD COLUMN locked_until BIGINT;
ALTER TABLE object ADD COLUMN refused_until BIGINT;
ALTER TABLE object ADD COLUMN checked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE object ADD COLUMN fault TEXT;
ALTER TABLE object ADD COLUMN part_hash BLOB;
ALTER TABLE object ADD COLUMN uses BIGINT NOT NULL DEFAULT 0;
ALTER TABLE object ADD COLUMN parts BLOB;
CREATE INDEX object_by_check ON object (checked_at) WHERE purged_at IS NULL AND unwanted_at IS NULL;
CREATE INDEX object_unwanted ON object (unwanted_at) WHERE unwanted_at IS NOT NULL AND purged_at IS NULL;
CREATE INDEX object_by_part ON object (part_hash) WHERE part_hash IS NOT NULL;
