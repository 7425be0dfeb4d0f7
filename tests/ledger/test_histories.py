"""Random histories against the model in ``histories``: short and always the same; the bench's are long."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import TestDatabase
from tests.ledger.histories import is_sound, machine_on

SHORT = settings(
    max_examples=20, stateful_step_count=25, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def test_random_histories_end_as_the_model_says(database: TestDatabase) -> None:
    run_state_machine_as_test(machine_on(database), settings=SHORT)
    assert is_sound(database)
