-- Sessions whose access tokens were superseded before they expire: those up to a generation are rejected, and the session goes
-- on. Read and pruned as `ended_sessions` is. No foreign key: a session that is deleted has ended.
CREATE TABLE superseded_tokens (
    family_id      uuid        CONSTRAINT superseded_tokens_pkey PRIMARY KEY,
    generation     integer     NOT NULL,
    superseded_xid bigint      NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX superseded_tokens_superseded_xid_idx ON superseded_tokens (superseded_xid);
CREATE INDEX superseded_tokens_recorded_at_idx ON superseded_tokens (recorded_at);
