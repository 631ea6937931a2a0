-- What every process has to learn soon: sessions that were ended before their time. Kept for as long as access tokens of
-- theirs may be about, and no foreign key: a session is ended by deleting its account, too.
CREATE TABLE ended_sessions (
    family_id uuid        CONSTRAINT ended_sessions_pkey PRIMARY KEY,
    ended_at  timestamptz NOT NULL
);

CREATE INDEX ended_sessions_ended_at_idx ON ended_sessions (ended_at);

-- Never changed by a rotation, so that rotations stay heap-only.
CREATE INDEX token_families_expires_at_idx ON token_families (expires_at);
