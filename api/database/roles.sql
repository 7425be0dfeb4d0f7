-- The four roles of Missionbook, and who may do what with the database itself. Run as superuser in the database,
-- by the embedded server and by docker-compose alike; running it again changes nothing. Passwords are set apart.
-- What a role may do with a table is said by the migration that makes the table.

DO $$
DECLARE
    name text;
BEGIN
    -- One transaction-wide lock: roles belong to the whole server, and two sessions may run this at once.
    PERFORM pg_advisory_xact_lock(5217002);
    FOREACH name IN ARRAY ARRAY['missionbook_migrator', 'missionbook_app', 'missionbook_night', 'missionbook_register']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
    END LOOP;

    -- migrator owns the tables; night does bulk work, and COPY is refused on row-secured tables for others.
    ALTER ROLE missionbook_migrator LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
    ALTER ROLE missionbook_night LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
    ALTER ROLE missionbook_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    ALTER ROLE missionbook_register LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

    -- A request must be short; a night may take its time, but must not wait for ever behind a lock.
    ALTER ROLE missionbook_app SET statement_timeout = '15s';
    ALTER ROLE missionbook_app SET lock_timeout = '4s';
    ALTER ROLE missionbook_app SET idle_in_transaction_session_timeout = '60s';
    ALTER ROLE missionbook_register SET statement_timeout = '15s';
    ALTER ROLE missionbook_register SET lock_timeout = '4s';
    ALTER ROLE missionbook_register SET idle_in_transaction_session_timeout = '60s';
    ALTER ROLE missionbook_register SET default_transaction_read_only = 'on';
    ALTER ROLE missionbook_night SET lock_timeout = '30s';
    ALTER ROLE missionbook_night SET idle_in_transaction_session_timeout = '10min';
    ALTER ROLE missionbook_migrator SET lock_timeout = '4s';
    ALTER ROLE missionbook_migrator SET idle_in_transaction_session_timeout = '10min';
    FOREACH name IN ARRAY ARRAY['missionbook_migrator', 'missionbook_app', 'missionbook_night', 'missionbook_register']
    LOOP
        EXECUTE format('ALTER ROLE %I SET timezone = %L', name, 'UTC');
    END LOOP;

    EXECUTE format('ALTER DATABASE %I OWNER TO missionbook_migrator', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO missionbook_migrator, missionbook_app, missionbook_night,'
                   ' missionbook_register', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO missionbook_night', current_database());
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO missionbook_app, missionbook_night, missionbook_register;
