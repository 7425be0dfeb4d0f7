"""A night that is killed with SIGKILL in the middle of its work, again and again, ends where an undisturbed one does.

The command runs as a process of its own. To stop it in the middle of a step, the test holds a lock on a table that the
step writes: the process waits there, inside its transaction, with work done and not committed; then it is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
from sqlalchemy import text

from api.database.roles import Role, clone_database, drop_database
from api.database.sessions import Sessions
from domain.desk import verification
from tests.conftest import TestDatabase
from tests.desk.promised import Promised, promise
from tests.desk.test_night_interest import lend

ROOT = Path(__file__).resolve().parents[2]
END = "2025-12-31"
POINTS = (
    "posting",  # interest is being booked
    "finding",
    "night_step",  # a step's work is done, its claim is not
    "breach_event",
    "exit_trigger",
    "seal",  # every night is done, nothing of it is sealed
)
"""Where the night is killed, in the order in which it comes to them: the table that it cannot write."""
BOOKED = """SELECT e.kind, e.reason, e.booked_on, e.effective_on, a.code, p.amount, i.code
    FROM posting p JOIN entry e ON e.id = p.entry_id JOIN account a ON a.id = p.account_id
    LEFT JOIN instrument i ON i.id = p.instrument_id ORDER BY e.booked_on, e.reason, p.line"""
SEALED = """SELECT (SELECT count(*) FROM entry) + (SELECT count(*) FROM finding) + (SELECT count(*) FROM breach)
    + (SELECT count(*) FROM breach_event) + (SELECT count(*) FROM exit_trigger),
    (SELECT count(*) FROM entry x WHERE EXISTS (SELECT FROM seal s WHERE s.fact_id = x.id))
    + (SELECT count(*) FROM finding x WHERE EXISTS (SELECT FROM seal s WHERE s.fact_id = x.id))
    + (SELECT count(*) FROM breach x WHERE EXISTS (SELECT FROM seal s WHERE s.fact_id = x.id))
    + (SELECT count(*) FROM breach_event x WHERE EXISTS (SELECT FROM seal s WHERE s.fact_id = x.id))
    + (SELECT count(*) FROM exit_trigger x WHERE EXISTS (SELECT FROM seal s WHERE s.fact_id = x.id))"""


def start_night(database: TestDatabase, log: Path) -> subprocess.Popen[bytes]:
    """Start ``missionbook night`` on the test's database; what it says goes to ``log``."""
    urls = {
        "": database.url(Role.APP), "_NIGHT": database.url(Role.NIGHT), "_MIGRATOR": database.url(Role.MIGRATOR),
        "_REGISTER": database.url(Role.REGISTER),
    }  # fmt: skip
    with log.open("wb") as said:
        return subprocess.Popen(
            [Path(sys.executable).with_name("missionbook"), "night", "--to", END],
            cwd=ROOT, stdout=said, stderr=said,
            env={**os.environ, **{f"MISSIONBOOK_DATABASE_URL{name}": url for name, url in urls.items()}},
        )  # fmt: skip


@contextmanager
def nobody_writes(database: TestDatabase, table: str) -> Iterator[psycopg.Connection]:
    """Let nobody write a table while the block runs; reading it goes on."""
    with psycopg.connect(database.url(Role.MIGRATOR)) as connection:
        connection.execute(f"LOCK TABLE {table} IN SHARE MODE".encode())
        yield connection
        connection.rollback()


def wait_until_it_waits(connection: psycopg.Connection, process: subprocess.Popen[bytes]) -> None:
    """Return when somebody waits for the lock that this connection holds."""
    for _ in range(1_000):
        waits = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
        if waits and waits[0]:
            return
        assert process.poll() is None, "the night ended before"
        time.sleep(0.02)
    raise AssertionError("the night never came to the table")


def told(database: TestDatabase, p: Promised) -> dict[str, list[tuple[object, ...]]]:
    """Return all that the nights of the fund booked and found, without numbers that differ from run to run."""
    with database.sessions.begin(Role.NIGHT) as session:
        rows = p.story(session)
        rows["booked"] = [tuple(row) for row in session.execute(text(BOOKED))]
        rows["steps"] = [
            tuple(row) for row in session.execute(text("SELECT day, step, changes FROM night_step ORDER BY day, step"))
        ]
        rows["fund"] = [tuple(row) for row in session.execute(text("SELECT business_day FROM fund"))]
        rows["sealed"] = [tuple(row) for row in session.execute(text(SEALED))]
        assert verification.verify(session).sound
    return rows


@contextmanager
def copy_of(database: TestDatabase) -> Iterator[TestDatabase]:
    """Give a copy of a database on which nobody works, gone after the block."""
    name = f"{database.name}_copy"
    database.sessions.close()
    clone_database(database.cluster.superuser_url(), template=database.name, name=name)
    sessions = Sessions(lambda role: database.cluster.url(role, name))
    try:
        yield TestDatabase(database.cluster, name, sessions)
    finally:
        sessions.close()
        drop_database(database.cluster.superuser_url(), name=name)


def test_a_night_that_is_killed_again_and_again_ends_as_one_that_was_not(
    database: TestDatabase, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with database.sessions.begin(Role.NIGHT) as session:
        p = promise(session, "a")
        lend(session, p)
        p.submit(session, "90", date(2024, 7, 10))  # missed; the second report never comes
    with copy_of(database) as undisturbed:
        whole = start_night(undisturbed, tmp_path / "whole")
        for table in POINTS:
            with nobody_writes(database, table) as connection:
                killed = start_night(database, log)
                wait_until_it_waits(connection, killed)
                killed.send_signal(signal.SIGKILL)
                assert killed.wait(10) == -signal.SIGKILL
        assert start_night(database, log).wait(60) == 0, log.read_text()
        assert whole.wait(60) == 0, (tmp_path / "whole").read_text()
        expected = told(undisturbed, p)
        assert told(database, p) == expected
    # two misses, two breaches, both unremedied, two rights to leave; all that there is is sealed
    assert [len(expected[name]) for name in ("findings", "breaches", "events", "triggers")] == [2, 2, 2, 2]
    ((facts, sealed),) = expected["sealed"]
    assert facts == sealed
