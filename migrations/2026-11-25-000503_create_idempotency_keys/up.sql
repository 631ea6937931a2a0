-- What backends have created with an `Idempotency-Key`, for a day. `request_digest` is an HMAC: a request may contain a
-- password. No response is kept, because it is made of the created row again.
CREATE TABLE idempotency_keys (
    created_id     uuid        CONSTRAINT idempotency_keys_pkey PRIMARY KEY,
    service_key_id uuid        NOT NULL,
    key            text        NOT NULL,
    request_digest bytea       NOT NULL,
    created_at     timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_service_key_id_key_key UNIQUE (service_key_id, key),
    CONSTRAINT idempotency_keys_key_check CHECK (octet_length(key) BETWEEN 1 AND 255)
);

CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
