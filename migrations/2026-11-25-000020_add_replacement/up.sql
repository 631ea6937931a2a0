-- The session that the client of this revoked one got in its place, when it changed the password. No foreign key: it is
-- looked up for a minute after the revocation.
ALTER TABLE token_families ADD COLUMN replaced_by uuid;
