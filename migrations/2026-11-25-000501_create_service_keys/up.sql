-- The keys of trusted backends. The text of a key is computed from its id and the secret, and is not stored. A revoked key
-- stays, so the operator sees when it was last used.
CREATE TABLE service_keys (
    id           uuid        CONSTRAINT service_keys_pkey PRIMARY KEY,
    name         text        NOT NULL,
    scopes       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_on date,
    revoked_at   timestamptz,
    CONSTRAINT service_keys_name_check CHECK (octet_length(name) BETWEEN 1 AND 100),
    CONSTRAINT service_keys_scopes_check CHECK (scopes <> '')
);
