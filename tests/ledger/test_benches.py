"""The benches of the ledger run, tell what they measured, and can fail: with tiny numbers, on the tests' own server.

How quick anything is here says nothing; one promise of each is set to what is never kept, the others to what always is.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import date
from types import ModuleType

import pytest

from api.database.embedded import Cluster
from api.database.roles import drop_database
from bench import balances, million_postings, posting, sealing

TINY = [
    (
        posting,
        {"PROMISED": {1: 0.0}, "ROUNDS": 1, "SECONDS": 0.05, "BATCH_PROMISED": 0.0, "DESK_PROMISED": 0.0},
        {"DESK_PROMISED": 1e9},
        [
            "1 clients: bare",
            "one account with a limit",
            "batches of 100 from Python",
            "one by one from Python",
            "a running cost paid at the desk",
        ],
    ),
    (
        sealing,
        {"ENTRIES": 300, "ROUNDS": 1, "CLIENTS": 2, "PER_SECOND_MIN": 0, "BESIDE_MIN": 0.0},
        {"PER_SECOND_MIN": 10**12},
        ["sealed:", "verified:", "2 clients post", "facts were left"],
    ),
    (
        million_postings,
        {"ENTRIES": 200, "ROUNDS": 1, "TIMES_BARE_MAX": 1e9},
        {"TIMES_BARE_MAX": 0.0},
        ["400 postings: ours", "ratio"],
    ),
    (
        balances,
        {"ENTRIES": 2_000, "CLOSED_TO": date(2016, 4, 30), "ROUNDS": 3, "ALL_MS_MAX": 1e9, "ONE_MS_MAX": 1e9},
        {"ONE_MS_MAX": 0.0},
        ["made 4,000 postings", "closing a month", "all accounts by booking day", "one account by value day"],
    ),
]


@pytest.mark.parametrize(("bench", "tiny", "never", "lines"), TINY, ids=[bench.__name__ for bench, *_ in TINY])
def test_a_bench_tells_what_it_measured_and_can_fail(
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bench: ModuleType,
    tiny: dict[str, object],
    never: dict[str, object],
    lines: list[str],
) -> None:
    def held(*_: object, **__: object) -> AbstractContextManager[Cluster]:
        return nullcontext(cluster)

    # The sizes and the server are a bench's own; here it gets tiny ones and the server that is there.
    monkeypatch.setattr(bench, "server", held)
    monkeypatch.setattr(posting, "SECONDS", 0.05)
    for name, value in (tiny | never).items():
        monkeypatch.setattr(bench, name, value)
    try:
        assert bench.main() is False, "what can never be kept was promised"
    finally:
        for name in ("bench", "balances"):
            drop_database(cluster.superuser_url(), name=name)
    said = capsys.readouterr().out
    assert "not sound" not in said
    for line in lines:
        assert line in said
