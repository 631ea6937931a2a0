-- One row per login, for ever. A rotation changes generation, rotated_at, idle_expires_at and ip in place, a confirmation
-- confirmed. None of them may ever be indexed, nor stand in an index's predicate: rotations would stop being heap-only
-- updates. The fillfactor leaves each page the room that they need.
CREATE TABLE token_families (
    id               uuid        CONSTRAINT token_families_pkey PRIMARY KEY,
    user_id          uuid        NOT NULL CONSTRAINT token_families_user_id_fkey REFERENCES users ON DELETE CASCADE,
    created_at       timestamptz NOT NULL,
    authenticated_at timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    idle_expires_at  timestamptz NOT NULL,
    rotated_at       timestamptz NOT NULL,
    generation       integer     NOT NULL,
    confirmed        integer     NOT NULL DEFAULT 0,
    recovered        integer     NOT NULL DEFAULT 0,
    recovery_tat     bigint      NOT NULL DEFAULT 0,
    revoked_at       timestamptz,
    revoked_reason   text,
    delivery         text        NOT NULL,
    ip               inet,
    user_agent       text,
    CONSTRAINT token_families_generation_check CHECK (generation >= 1),
    CONSTRAINT token_families_confirmed_check CHECK (confirmed BETWEEN 0 AND generation),
    CONSTRAINT token_families_recovered_check CHECK (recovered BETWEEN 0 AND generation),
    CONSTRAINT token_families_recovery_tat_check CHECK (recovery_tat >= 0),
    CONSTRAINT token_families_expiry_check CHECK (idle_expires_at <= expires_at),
    CONSTRAINT token_families_revoked_check CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL)),
    CONSTRAINT token_families_revoked_reason_check CHECK (revoked_reason IN
        ('logout', 'logout_all', 'reuse', 'password_change', 'disabled', 'admin', 'limit')),
    CONSTRAINT token_families_delivery_check CHECK (delivery IN ('cookie', 'body'))
) WITH (fillfactor = 80);

CREATE INDEX token_families_user_id_idx ON token_families (user_id);
