"""Write the list of guards that a verification expects, anew: ``python -m tests.ledger.guarded``, after a migration.

It is made from a database that was migrated from nothing, and from that database after a dump and restore, so it holds
what the migrations make and nothing else.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from api.database import placement
from api.database.embedded import Cluster, discard, hold
from api.database.migrations import head, revisions
from api.database.roles import Role, settle_database
from api.database.sessions import Sessions
from domain.store.guards import LIST, Guards, guards_there_are, list_of
from tests.conftest import TEMPLATE, make_template


def restore(cluster: Cluster, *, of: str, name: str) -> None:
    """Dump a database and restore it under another name, with PostgreSQL's own programs."""
    programs = placement.installation_in_wheel() / "bin"
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        settle_database(superuser, name)
    dump = subprocess.run(
        [programs / "pg_dump", "--format=custom", "--dbname", cluster.superuser_url(of)],
        capture_output=True, check=True,
    )  # fmt: skip
    subprocess.run(
        [programs / "pg_restore", "--exit-on-error", "--dbname", cluster.superuser_url(name)],
        input=dump.stdout, capture_output=True, check=True,
    )  # fmt: skip


def guards_of(cluster: Cluster, name: str) -> Guards:
    """Return the guards of a database."""
    sessions = Sessions(lambda role: cluster.url(role, name))
    with sessions.begin(Role.NIGHT) as session:
        found = guards_there_are(session)
    sessions.close()
    return found


def list_from_nothing() -> str:
    """Migrate an empty database on a server of its own, restore it beside, and return the list."""
    with tempfile.TemporaryDirectory(prefix="missionbook-guards-") as folder:
        Path(folder).chmod(0o711)
        data = Path(folder) / "data"
        with hold(data, durable=False) as cluster:
            make_template(cluster)
            restore(cluster, of=TEMPLATE, name="restored")
            migrated, restored = guards_of(cluster, TEMPLATE), guards_of(cluster, "restored")
        discard(data)
    return list_of(migrated, restored, migration=head(revisions()))


if __name__ == "__main__":
    LIST.write_text(list_from_nothing(), encoding="utf-8")
