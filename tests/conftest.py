"""What every test may ask for: a real server, a fresh database, the folder beside the project."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.embedded import Cluster, discard, hold
from api.database.migrations import migrate
from api.database.roles import Role, clone_database, drop_database, settle_database
from api.database.sessions import Sessions

TEMPLATE = "migrated"
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """A fresh, migrated database of its own."""

    __test__ = False

    cluster: Cluster
    name: str
    sessions: Sessions

    def url(self, role: Role) -> str:
        return self.cluster.url(role, self.name)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A server for this run (each worker of pytest-xdist has its own), with one migrated database to clone."""
    with tempfile.TemporaryDirectory(prefix="missionbook-tests-") as folder:
        Path(folder).chmod(0o711)
        data = Path(folder) / "data"
        with hold(data, durable=False) as held:
            nobody_tidies(held)
            make_template(held)
            yield held
        discard(data)


def nobody_tidies(held: Cluster) -> None:
    """Switch autovacuum off: its transactions hold the sealer's horizon back at moments that no test can know."""
    with psycopg.connect(held.superuser_url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")


def make_template(held: Cluster) -> None:
    """Make the migrated database that tests clone."""
    with psycopg.connect(held.superuser_url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
        settle_database(connection, TEMPLATE)
    migrate(held.url(Role.MIGRATOR, TEMPLATE))


@pytest.fixture
def database(cluster: Cluster) -> Iterator[TestDatabase]:
    """A fresh database with every migration run and no row in it; gone after the test."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    clone_database(cluster.superuser_url(), template=TEMPLATE, name=name)
    sessions = Sessions(lambda role: cluster.url(role, name))
    try:
        yield TestDatabase(cluster, name, sessions)
    finally:
        sessions.close()
        drop_database(cluster.superuser_url(), name=name)


@pytest.fixture
def session(database: TestDatabase) -> Iterator[Session]:
    """A transaction of the night's role; what was deferred to COMMIT is checked at the end, then all is rolled back."""
    with tried(database, Role.NIGHT) as opened:
        yield opened


@pytest.fixture
def owners_session(database: TestDatabase) -> Iterator[Session]:
    """The same of the owner's role, for people's acts: no night asks, decides, lends or declares."""
    with tried(database, Role.MIGRATOR) as opened:
        yield opened


@contextmanager
def tried(database: TestDatabase, role: Role) -> Iterator[Session]:
    with Session(database.sessions.engine(role)) as opened:
        opened.execute(text("SELECT set_config('missionbook.actor', '', true)"))
        yield opened
        opened.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        opened.rollback()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input and other people's cases beside the project; it is not part of a clone."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("../shared lies beside the project only where it was given: real input is not in the clone")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell at the end what the tests of faults counted, whichever worker ran them."""
    told = [
        str(value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == "counted" and report.when == "call"
    ]
    if told:
        terminalreporter.section("what was acknowledged, and what was found")
        for sentence in told:
            terminalreporter.line(sentence)
    tampered = [
        str(value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == "tampered" and report.when == "call"
    ]
    if tampered:
        found, named = (sum(word in one for one in tampered) for word in ("found", "named"))
        terminalreporter.section("what was tampered with, and what was found")
        terminalreporter.line(f"{len(tampered)} tampered, {found} found, {named} named")
