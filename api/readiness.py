"""Whether this process is ready to serve: asked of the database once a second at most, however many want to know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from starlette.concurrency import run_in_threadpool

from api.database.migrations import pending
from api.database.problems import DatabaseProblem

KEPT_SECONDS = 1.0


class Readiness(StrEnum):
    """What a machine is told that asks whether to send people here; each failure by the end of its type."""

    READY = "ready"
    DATABASE_AWAY = "database-away"
    MIGRATIONS_PENDING = "migrations-pending"


@dataclass(frozen=True, slots=True)
class _Known:
    readiness: Readiness
    until: float


class ReadinessKept:
    """The last answer, which stands for a second, so that strangers who ask cost nobody a connection.

    ``ask`` may take long and runs beside the loop, one at a time; who waits for it meanwhile holds no thread.
    """

    def __init__(self, ask: Callable[[], Readiness], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._clock = ask, clock
        self._one_at_a_time = asyncio.Lock()
        self._known = _Known(Readiness.DATABASE_AWAY, float("-inf"))

    async def now(self) -> Readiness:
        """Return what was found less than a second ago, by us or by whoever asked before us."""
        if self._clock() < self._known.until:
            return self._known.readiness
        async with self._one_at_a_time:
            if self._clock() >= self._known.until:
                found = await run_in_threadpool(self._ask)
                self._known = _Known(found, self._clock() + KEPT_SECONDS)
            return self._known.readiness


def asked_of_database(url: str) -> Readiness:
    """Ask the database itself, over a connection of its own: the pool may be busy, and that is no failure."""
    try:
        return Readiness.MIGRATIONS_PENDING if pending(url) else Readiness.READY
    except DatabaseProblem:
        return Readiness.DATABASE_AWAY
