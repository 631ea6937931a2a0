CREATE TABLE users (
    id            uuid        CONSTRAINT users_pkey PRIMARY KEY,
    email         text        NOT NULL CONSTRAINT users_email_key UNIQUE,
    password_hash text        NOT NULL,
    is_active     boolean     NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL,
    CONSTRAINT users_email_check CHECK (octet_length(email) BETWEEN 3 AND 254 AND email = lower(email COLLATE "C"))
);
