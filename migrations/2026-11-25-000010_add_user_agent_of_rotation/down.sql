ALTER TABLE token_families DROP COLUMN user_agent_hash;
