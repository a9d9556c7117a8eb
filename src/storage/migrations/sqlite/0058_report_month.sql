-- The figures of a school's month, counted once when it was over: what is purged or decided later changes none.
CREATE TABLE report_month (
    school     TEXT NOT NULL,
    month      TEXT NOT NULL,
    counted_at BIGINT NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (school, month)
);
