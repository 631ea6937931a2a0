-- The transaction of an event, by which the feed of events is read. The default serves processes that do not know the column.
-- Events from before have none, and come first. Adding the column with this default would write every row again.
ALTER TABLE session_events ADD COLUMN recorded_xid bigint;
ALTER TABLE session_events ALTER COLUMN recorded_xid SET DEFAULT (pg_current_xact_id()::text::bigint);

CREATE INDEX session_events_recorded_xid_id_idx ON session_events (recorded_xid, id) WHERE recorded_xid IS NOT NULL;
