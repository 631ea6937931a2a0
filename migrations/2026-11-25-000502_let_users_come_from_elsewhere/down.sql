-- The versions before cannot read these accounts.
DELETE FROM users WHERE email IS NULL OR password_hash IS NULL;

DROP INDEX users_subject_key;

ALTER TABLE users DROP COLUMN claims;
ALTER TABLE users DROP COLUMN subject;
ALTER TABLE users ALTER COLUMN password_hash SET NOT NULL;
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
