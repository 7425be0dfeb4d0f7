"""One durable data folder with a small bank in it; every test gets that bank as it was."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from api.database.embedded import discard, hold
from api.database.migrations import migrate
from api.database.roles import DATABASE, clone_database, drop_database
from api.database.roles import Role as DatabaseRole
from api.database.sessions import Sessions
from api.main import build_app
from domain.authority import NIGHT
from domain.desk import people
from domain.desk.parties import add_party
from domain.parties import PartyKind, Role
from tests.api.conftest import INVESTEES, PASSWORD, Caller, hashed_password
from tests.api.world import make_world
from tests.conftest import TestDatabase, nobody_tidies
from tests.database.holders import running, within
from tests.faults.running import Bank, Counted, Program, serving

UNHARMED = "unharmed"
PEOPLE = {
    "officer": Role.OFFICER, "officer2": Role.OFFICER, "board": Role.BOARD, "board2": Role.BOARD,
    "auditor": Role.AUDITOR, "steward": Role.STEWARD,
}  # fmt: skip


@pytest.fixture(scope="session")
def house() -> Iterator[Bank]:
    """A bank in a folder of its own, with a copy of its database from which every test begins."""
    with tempfile.TemporaryDirectory(prefix="missionbook-faults-") as folder:
        Path(folder).chmod(0o711)
        data = Path(folder) / "data"
        with hold(data, durable=False) as cluster:
            nobody_tidies(cluster)
            migrate(cluster.url(DatabaseRole.MIGRATOR))
            sessions = Sessions(cluster.url)
            database = TestDatabase(cluster, DATABASE, sessions)
            with sessions.begin(DatabaseRole.NIGHT) as session:
                parties = {
                    code: add_party(session, code=code, name=code.title(), kind=PartyKind.BUSINESS, by=NIGHT)
                    for code in INVESTEES.values()
                }
                for name, role in PEOPLE.items():
                    people.add_user(
                        session, email=f"{name}@bank.example", name=name, role=role, party_id=None, password=PASSWORD,
                        by=NIGHT, password_hash=hashed_password(),
                    )  # fmt: skip
            world = make_world(database, parties)
            tokens = tokens_of(database)
            sessions.close()
            clone_database(cluster.superuser_url(), template=DATABASE, name=UNHARMED)
        stopped(data)
        with hold(data) as cluster:  # from here on nothing is forgotten, as in a real bank
            yield Bank(data, cluster, world, tokens, Path(folder) / "log")
        discard(data)


def tokens_of(database: TestDatabase) -> dict[str, str]:
    """Sign everybody in at the door."""
    door = Caller(build_app(database))
    tokens = {}
    for name in PEOPLE:
        told = door.post("/api/v1/tokens", {"email": f"{name}@bank.example", "password": PASSWORD})
        assert told.status_code == 201, told.text
        tokens[name] = told.json()["token"]
    return tokens


def stopped(data: Path) -> None:
    """Return when the folder's server has ended."""
    assert within(60, lambda: not running(data))


@contextmanager
def hurried(house: Bank) -> Iterator[None]:
    """Let the server not wait for the disk while a test's database is made."""
    with psycopg.connect(house.cluster.superuser_url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        yield
        connection.execute("ALTER SYSTEM RESET fsync")
        connection.execute("SELECT pg_reload_conf()")
        assert within(60, lambda: connection.execute("SHOW fsync").fetchone() == ("on",))


@contextmanager
def as_it_was(house: Bank, log: Path) -> Iterator[Bank]:
    """Put the bank's database back to what it was."""
    with hurried(house):
        drop_database(house.cluster.superuser_url(), name=DATABASE)
        clone_database(house.cluster.superuser_url(), template=UNHARMED, name=DATABASE)
    yield replace(house, log=log)


@pytest.fixture
def bank(house: Bank, tmp_path: Path) -> Iterator[Bank]:
    """The bank as it was."""
    with as_it_was(house, tmp_path / "log") as ready:
        yield ready


@pytest.fixture
def program(bank: Bank) -> Iterator[Program]:
    """The bank's program, running."""
    with serving(bank) as running:
        yield running


@pytest.fixture
def tell(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[Counted], None]:
    """Print what was counted; the end of the run tells all of it once more."""

    def say(counted: Counted) -> None:
        sentence = f"{request.node.name.removeprefix('test_').replace('_', ' ')}: {counted}"
        print(sentence)
        record_property("counted", sentence)
        assert counted.whole, sentence

    return say
