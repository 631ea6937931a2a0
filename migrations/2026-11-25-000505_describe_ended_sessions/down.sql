CREATE OR REPLACE FUNCTION revoke_sessions_of_disabled_user() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended bigint;
BEGIN
    EXECUTE format(
        'WITH ended AS ('
            'UPDATE %1$I.token_families SET revoked_at = now(), revoked_reason = ''disabled'' '
            'WHERE user_id = $1 AND revoked_at IS NULL RETURNING id, revoked_at) '
        'INSERT INTO %1$I.ended_sessions (family_id, ended_at) SELECT id, revoked_at FROM ended '
        'ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA) USING NEW.id;
    GET DIAGNOSTICS ended = ROW_COUNT;
    IF ended > 0 THEN
        PERFORM pg_notify('heirloom_sessions_ended', '');
    END IF;
    RETURN NULL;
END
$$;

ALTER TABLE ended_sessions DROP COLUMN reason;
ALTER TABLE ended_sessions DROP COLUMN user_id;
