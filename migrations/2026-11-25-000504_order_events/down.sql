DROP INDEX session_events_recorded_xid_id_idx;

ALTER TABLE session_events DROP COLUMN recorded_xid;
