"""Whether a migration is still to run is answered from the files and one row, without loading the migrations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from api.database.embedded import Cluster
from api.database.migrations import MIGRATIONS, MigrationsBranch, head, migrate, pending, revisions
from api.database.roles import Role, drop_database, settle_database

NAME = "unmigrated"


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Cluster]:
    """A server with a database in which no migration has run."""
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
        settle_database(connection, NAME)
    yield cluster
    drop_database(cluster.superuser_url(), name=NAME)


def test_migrations_are_pending_until_they_have_run(empty: Cluster) -> None:
    owner, request = empty.url(Role.MIGRATOR, NAME), empty.url(Role.APP, NAME)
    assert pending(owner)
    assert pending(request)
    migrate(owner, to="0001")
    assert pending(owner)
    migrate(owner)
    assert not pending(owner)
    assert not pending(request)  # /readyz asks as the role that serves
    migrate(owner)  # again changes nothing
    assert not pending(owner)


def test_a_newer_program_s_database_leaves_nothing_to_do_for_us(empty: Cluster) -> None:
    owner = empty.url(Role.MIGRATOR, NAME)
    migrate(owner)
    with psycopg.connect(owner) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert not pending(owner)


def test_the_files_are_read_as_alembic_reads_them() -> None:
    scripts = ScriptDirectory.from_config(config())
    assert revisions() == {script.revision: script.down_revision for script in scripts.walk_revisions()}
    assert [head(revisions())] == scripts.get_heads()


def config() -> Config:
    alembic = Config()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    return alembic


def test_two_ends_are_refused(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    for name, follows in (("0001", None), ("0002", "0001"), ("0003", "0001")):
        text = f'revision: str = "{name}"\ndown_revision = {follows!r}\n'
        (tmp_path / "versions" / f"{name}_step.py").write_text(text)
    assert revisions(tmp_path) == {"0001": None, "0002": "0001", "0003": "0001"}
    with pytest.raises(MigrationsBranch, match="end in 0002, 0003"):
        head(revisions(tmp_path))
