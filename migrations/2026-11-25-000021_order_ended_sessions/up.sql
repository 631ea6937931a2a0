-- Order and age of the rows by what the database knows, since the clocks of the processes may be wrong. The defaults also
-- serve processes that do not know the columns.
ALTER TABLE ended_sessions ADD COLUMN ended_xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);
ALTER TABLE ended_sessions ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();

-- Adding the column with this default would write every row again.
ALTER TABLE ended_sessions ALTER COLUMN recorded_at SET DEFAULT clock_timestamp();

CREATE INDEX ended_sessions_ended_xid_idx ON ended_sessions (ended_xid);
CREATE INDEX ended_sessions_recorded_at_idx ON ended_sessions (recorded_at);
