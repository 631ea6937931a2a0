-- What is left of a deleted account: its id, when it was deleted, and on whose behalf. No foreign key, since the account
-- is gone. Kept for as long as events are.
CREATE TABLE deleted_accounts (
    user_id    uuid        CONSTRAINT deleted_accounts_pkey PRIMARY KEY,
    deleted_at timestamptz NOT NULL,
    deleted_by text        NOT NULL,
    CONSTRAINT deleted_accounts_deleted_by_check CHECK (deleted_by IN ('user', 'operator', 'service'))
);

CREATE INDEX deleted_accounts_deleted_at_idx ON deleted_accounts (deleted_at);
