ALTER TABLE ended_sessions DROP COLUMN recorded_at, DROP COLUMN ended_xid;
