-- family_id is no foreign key: what happened to a session is told for longer than its row is kept.
CREATE TABLE session_events (
    id         uuid        CONSTRAINT session_events_pkey PRIMARY KEY,
    at         timestamptz NOT NULL,
    user_id    uuid        NOT NULL CONSTRAINT session_events_user_id_fkey REFERENCES users ON DELETE CASCADE,
    family_id  uuid,
    kind       text        NOT NULL,
    ip         inet,
    user_agent text,
    detail     jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT session_events_detail_check CHECK (jsonb_typeof(detail) = 'object')
);

CREATE INDEX session_events_user_id_id_idx ON session_events (user_id, id DESC);
