-- The login with which the proxy reads the catalog: it may look at definitions and at SCRAM verifiers, and at no row of yours.
-- psql runs it once, in the database that `catalog.database` of proxy.yaml names, when the cluster is made.

\set catalog_password `cat /run/secrets/catalog.password.postgres`

-- Passwords are stored as SCRAM-SHA-256 verifiers, or the proxy cannot log anybody in.
SET password_encryption = 'scram-sha-256';

-- Neither the statement with the password nor its text goes into the server's log.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;

CREATE ROLE maskgate LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT
  CONNECTION LIMIT 100 PASSWORD :'catalog_password';
ALTER ROLE maskgate SET default_transaction_read_only = on;
ALTER ROLE maskgate SET idle_in_transaction_session_timeout = '60s';

-- What the proxy asks of pg_authid, and nothing more; in this database only, for privileges on it are kept by database.
GRANT SELECT (rolname, rolcanlogin, rolpassword, rolvaliduntil) ON pg_catalog.pg_authid TO maskgate;
