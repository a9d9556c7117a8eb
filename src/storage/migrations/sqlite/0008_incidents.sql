-- Incidents (QU-3): proposed by a rule or a report, opened by a person. Clear: school, state,
-- kind, category, times, counts. Titles, texts, persons: sealed; persons also as keyed hashes.
CREATE TABLE incident (
    n            INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    school       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    state        TEXT NOT NULL,
    origin       TEXT NOT NULL,
    category     TEXT,
    made_at      BIGINT NOT NULL,
    made_by      TEXT NOT NULL,
    ended_at     BIGINT,
    settles_with TEXT,
    alike        BLOB,
    sealed       BLOB NOT NULL
);
CREATE INDEX incident_by_state ON incident (school, state, n);
CREATE INDEX incident_by_settlement ON incident (settles_with);
CREATE INDEX incident_alike ON incident (alike);

-- What happened since, in order; never changed.
CREATE TABLE incident_entry (
    n        INTEGER PRIMARY KEY,
    incident TEXT NOT NULL REFERENCES incident (id),
    at       BIGINT NOT NULL,
    done_by  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    sealed   BLOB NOT NULL
);
CREATE INDEX incident_entry_by_incident ON incident_entry (incident, n);

CREATE TABLE incident_person (
    incident    TEXT NOT NULL REFERENCES incident (id),
    person_hash BLOB NOT NULL,
    part        TEXT NOT NULL,
    sealed      BLOB NOT NULL,
    PRIMARY KEY (incident, person_hash, part)
);
CREATE INDEX incident_person_by_person ON incident_person (person_hash);

-- Messages, items, records and other incidents that belong to it.
CREATE TABLE incident_link (
    incident TEXT NOT NULL REFERENCES incident (id),
    kind     TEXT NOT NULL,
    target   TEXT NOT NULL,
    object   TEXT REFERENCES object (id),
    at       BIGINT NOT NULL,
    PRIMARY KEY (incident, kind, target)
);
CREATE INDEX incident_link_by_target ON incident_link (target);
CREATE INDEX incident_link_by_object ON incident_link (object);
