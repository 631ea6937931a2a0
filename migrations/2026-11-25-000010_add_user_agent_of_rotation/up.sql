-- Which user agent the last rotation came from, as FNV-1a. Null in rows that this version has not rotated.
ALTER TABLE token_families ADD COLUMN user_agent_hash bigint;
