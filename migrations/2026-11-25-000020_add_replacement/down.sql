ALTER TABLE token_families DROP COLUMN replaced_by;
