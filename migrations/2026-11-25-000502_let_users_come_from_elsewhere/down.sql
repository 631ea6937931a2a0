-- The versions before cannot read these accounts.
DELETE FROM users WHERE email IS NULL OR password_hash IS NULL;

DROP INDEX users_subject_key;

ALTER TABLE users
    DROP COLUMN claims,
    DROP COLUMN subject,
    ALTER COLUMN password_hash SET NOT NULL,
    ALTER COLUMN email         SET NOT NULL;
