-- One row per lane in which a password was tried since its last success: an account's strangers, or one device that has
-- logged in before. The lane is a keyed hash, so that the table names nobody. Rows are few and short-lived; the index is
-- there to delete the old ones by.
CREATE TABLE login_throttles (
    lane       bytea       CONSTRAINT login_throttles_pkey PRIMARY KEY,
    failures   integer     NOT NULL,
    counted_at timestamptz NOT NULL,
    CONSTRAINT login_throttles_lane_check CHECK (octet_length(lane) = 32),
    CONSTRAINT login_throttles_failures_check CHECK (failures >= 0)
);

CREATE INDEX login_throttles_counted_at_idx ON login_throttles (counted_at);
