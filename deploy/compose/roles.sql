-- The roles of Heirloom, for psql as a superuser. The containers of docker-compose.yml run this once, for a new volume.
--
--   heirloom_owner  owns the database and its schema; `heirloom migrate run` connects as this role
--   heirloom        reads and writes rows, and can change no schema; `heirloom serve` connects as this role
--
-- Both passwords come from the environment, so any character is allowed in them.

\set ON_ERROR_STOP on
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv password POSTGRES_PASSWORD

-- The superuser has no password, so it can connect from this machine only: the image gave it that of `heirloom`.
ALTER ROLE CURRENT_USER PASSWORD NULL;
CREATE ROLE heirloom_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE heirloom LOGIN PASSWORD :'password';
CREATE DATABASE heirloom OWNER heirloom_owner;
REVOKE ALL ON DATABASE heirloom FROM PUBLIC;
GRANT CONNECT ON DATABASE heirloom TO heirloom;

\connect heirloom
ALTER SCHEMA public OWNER TO heirloom_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO heirloom;
ALTER DEFAULT PRIVILEGES FOR ROLE heirloom_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO heirloom;
ALTER DEFAULT PRIVILEGES FOR ROLE heirloom_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO heirloom;
