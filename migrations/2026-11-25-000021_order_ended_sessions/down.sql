ALTER TABLE ended_sessions DROP COLUMN recorded_at;
ALTER TABLE ended_sessions DROP COLUMN ended_xid;
