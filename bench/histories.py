"""Random histories of the ledger against a small model, by the hundred and never the same twice.

The machine and the model are those of ``tests/ledger/histories.py``; CI runs a few short ones. Here they are long, and
a history that ends otherwise than the model says is told step by step.
"""

from __future__ import annotations

import time

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from api.database.migrations import migrate
from api.database.roles import DATABASE, Role
from api.database.sessions import Sessions
from bench._book import server
from tests.conftest import TestDatabase
from tests.ledger.histories import is_sound, machine_on

HISTORIES, STEPS = 300, 60


def main() -> bool:
    """Run the histories in a database of their own; the model must be right about every one."""
    with server(durable=False) as cluster:
        migrate(cluster.url(Role.MIGRATOR))
        sessions = Sessions(cluster.url)
        database = TestDatabase(cluster, DATABASE, sessions)
        started = time.perf_counter()
        long = settings(
            max_examples=HISTORIES, stateful_step_count=STEPS, database=None, deadline=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        )  # fmt: skip
        run_state_machine_as_test(machine_on(database), settings=long)
        sound = is_sound(database)
        sessions.close()
    seconds = time.perf_counter() - started
    print(f"{HISTORIES} histories of up to {STEPS} steps as the model says, in {seconds:.0f} s; sound: {sound}")
    return sound
