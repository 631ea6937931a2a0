DROP INDEX token_families_expires_at_idx;
DROP TABLE ended_sessions;
