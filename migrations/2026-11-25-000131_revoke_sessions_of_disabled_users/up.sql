-- A rotation does not look at the account, so an account that is disabled by hand in SQL has to lose its sessions, as it
-- does with `heirloom user disable`, which revokes them before and leaves nothing to this trigger. The tables are those
-- beside this one, whatever the `search_path` of the session that disables.
CREATE FUNCTION revoke_sessions_of_disabled_user() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER users_revoke_sessions_of_disabled AFTER UPDATE OF is_active ON users
    FOR EACH ROW WHEN (NOT NEW.is_active) EXECUTE FUNCTION revoke_sessions_of_disabled_user();

-- Those that are disabled already, and may have been by hand.
UPDATE users SET is_active = false WHERE NOT is_active;
