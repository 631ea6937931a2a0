DROP TRIGGER users_revoke_sessions_of_disabled ON users;
DROP FUNCTION revoke_sessions_of_disabled_user();
