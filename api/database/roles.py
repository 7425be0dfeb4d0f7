"""The four database roles, and databases that they may enter."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

ROLES_SQL = Path(__file__).with_name("roles.sql")
DATABASE = "missionbook"
CLONE_GRANTS: tuple[LiteralString, ...] = (
    "REVOKE ALL ON DATABASE {} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {} TO missionbook_migrator, missionbook_app, missionbook_night, missionbook_register",
    "GRANT TEMPORARY ON DATABASE {} TO missionbook_night",
)


class Role(StrEnum):
    """Who talks to the database: the word after ``missionbook_``."""

    MIGRATOR = "migrator"
    APP = "app"
    NIGHT = "night"
    REGISTER = "register"

    @property
    def user(self) -> str:
        """The role's name in PostgreSQL."""
        return f"missionbook_{self.value}"


def roles_version() -> str:
    """Return what changes when ``roles.sql`` changes."""
    return hashlib.sha256(ROLES_SQL.read_bytes()).hexdigest()[:16]


def prepare_roles(
    superuser_connection: psycopg.Connection[tuple[object, ...]],
    passwords: Mapping[Role, str],
    database: str = DATABASE,
) -> None:
    """Make the roles, their passwords and the database, owned by the migrator. Doing it again changes nothing.

    The connection is a superuser's, to any database of the server, and in autocommit (a database cannot be made
    inside a transaction).
    """
    known = superuser_connection.execute("SELECT FROM pg_database WHERE datname = %s", (database,)).fetchone()
    if known is None:
        superuser_connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    settle_database(superuser_connection, database)
    for role, password in passwords.items():
        # Only the verifier travels, so that no log can hold the password.
        verifier = superuser_connection.pgconn.encrypt_password(
            password.encode(), role.user.encode(), b"scram-sha-256"
        ).decode()
        superuser_connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role.user), sql.Literal(verifier))
        )


def settle_database(superuser_connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    """Run ``roles.sql`` in a database of the same server."""
    info = superuser_connection.info
    with psycopg.connect(info.dsn, password=info.password, dbname=database, autocommit=True) as inside:
        inside.execute(ROLES_SQL.read_bytes())


def clone_database(superuser_url: str, *, template: str, name: str) -> None:
    """Make a copy of a database that nobody is connected to, for a test.

    ``CREATE DATABASE … TEMPLATE`` copies neither the owner nor who may connect: both are set again.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER missionbook_migrator STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        for grant in CLONE_GRANTS:
            connection.execute(sql.SQL(grant).format(sql.Identifier(name)))


def drop_database(superuser_url: str, *, name: str) -> None:
    """Remove a database, whoever is still connected to it."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
