-- Users whom another service identifies: without a password, and perhaps without an address. `subject` is that service's
-- name for them, and `claims` is a JSON object for their access tokens, as compact text.
ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE users ADD COLUMN subject text;
ALTER TABLE users ADD COLUMN claims text;

-- Not validated, because that reads the whole table under the lock. The columns of rows from before are null, which is valid.
ALTER TABLE users
    ADD CONSTRAINT users_subject_check CHECK (octet_length(subject) BETWEEN 1 AND 255) NOT VALID;
ALTER TABLE users
    ADD CONSTRAINT users_claims_check CHECK (octet_length(claims) <= 1024 AND claims LIKE '{%}') NOT VALID;

CREATE UNIQUE INDEX users_subject_key ON users (subject) WHERE subject IS NOT NULL;
