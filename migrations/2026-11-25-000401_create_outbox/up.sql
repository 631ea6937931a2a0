-- Mails and webhooks that are still to be sent. A message is written in the transaction that causes it, and deleted once
-- its receiver has taken it.
CREATE TABLE outbox (
    id         uuid        CONSTRAINT outbox_pkey PRIMARY KEY,
    channel    text        NOT NULL CONSTRAINT outbox_channel_check CHECK (channel IN ('mail', 'webhook')),
    -- Not a reference: a message about a deleted account may still have to go out.
    user_id    uuid,
    created_at timestamptz NOT NULL,
    -- The next attempt. While a process sends the message, this is when another one may.
    due_at     timestamptz NOT NULL,
    attempts   integer     NOT NULL DEFAULT 0,
    failed_at  timestamptz,
    error      text,
    payload    jsonb       NOT NULL
);
CREATE INDEX outbox_due ON outbox (channel, due_at) WHERE failed_at IS NULL;
CREATE INDEX outbox_user_id ON outbox (user_id);
