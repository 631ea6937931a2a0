-- Whose session has ended, and why, for services that follow the feed. Null in rows of processes that do not know the columns.
ALTER TABLE ended_sessions ADD COLUMN user_id uuid;
ALTER TABLE ended_sessions ADD COLUMN reason text;

CREATE OR REPLACE FUNCTION revoke_sessions_of_disabled_user() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended bigint;
BEGIN
    EXECUTE format(
        'WITH ended AS ('
            'UPDATE %1$I.token_families SET revoked_at = now(), revoked_reason = ''disabled'' '
            'WHERE user_id = $1 AND revoked_at IS NULL RETURNING id, user_id, revoked_at, revoked_reason) '
        'INSERT INTO %1$I.ended_sessions (family_id, ended_at, user_id, reason) '
            'SELECT id, revoked_at, user_id, revoked_reason FROM ended '
        'ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA) USING NEW.id;
    GET DIAGNOSTICS ended = ROW_COUNT;
    IF ended > 0 THEN
        PERFORM pg_notify('heirloom_sessions_ended', '');
    END IF;
    RETURN NULL;
END
$$;
