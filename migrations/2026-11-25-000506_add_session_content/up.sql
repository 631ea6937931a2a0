-- What the access tokens of a session say beside who its user is, and how long and where it may live. `claims` are those of the
-- user with those of the session, `session_claims`, over them. A rotation returns them and changes none of them. Not indexed,
-- and never changed by a rotation.
ALTER TABLE token_families ADD COLUMN claims text;
ALTER TABLE token_families ADD COLUMN session_claims text;
ALTER TABLE token_families ADD COLUMN amr text;
ALTER TABLE token_families ADD COLUMN acr text;
ALTER TABLE token_families ADD COLUMN actor text;
ALTER TABLE token_families ADD COLUMN remember boolean NOT NULL DEFAULT true;
-- In seconds. Null for the server's.
ALTER TABLE token_families ADD COLUMN idle_ttl integer;
