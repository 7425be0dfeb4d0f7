#!/bin/sh
# On the first start of a database server: make Missionbook's four roles, then give each its password.
# PostgreSQL's image runs this as superuser; PG* variables and ROLES_SQL let a test run it too.
set -eu
export PGUSER="${PGUSER:-$POSTGRES_USER}" PGDATABASE="${PGDATABASE:-$POSTGRES_DB}"
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file="${ROLES_SQL:-/roles/roles.sql}"
# \getenv keeps the passwords out of every command line, and quoting is psql's.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 <<'SQL'
\getenv migrator MIGRATOR_PASSWORD
\getenv app APP_PASSWORD
\getenv night NIGHT_PASSWORD
\getenv register REGISTER_PASSWORD
ALTER ROLE missionbook_migrator PASSWORD :'migrator';
ALTER ROLE missionbook_app PASSWORD :'app';
ALTER ROLE missionbook_night PASSWORD :'night';
ALTER ROLE missionbook_register PASSWORD :'register';
SQL
