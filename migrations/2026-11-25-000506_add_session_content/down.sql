ALTER TABLE token_families DROP COLUMN idle_ttl;
ALTER TABLE token_families DROP COLUMN remember;
ALTER TABLE token_families DROP COLUMN actor;
ALTER TABLE token_families DROP COLUMN acr;
ALTER TABLE token_families DROP COLUMN amr;
ALTER TABLE token_families DROP COLUMN session_claims;
ALTER TABLE token_families DROP COLUMN claims;
