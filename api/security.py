"""Signing in at a door: the check of a password with no transaction open, and a delay that grows with each failure.

The delay is kept in this process's memory: it slows guessing down and is forgotten at a restart. (The issue *ledger*
keeps it in the database.)
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from api.database.roles import Role
from api.database.sessions import Sessions
from api.refusals import TooManyAttempts
from domain.desk import people
from domain.desk.people import SignInRefused, UserKnown

FREE_ATTEMPTS = 5
DELAY_SECONDS_MAX = 900
REMEMBERED_MAX = 10_000


class Attempts:
    """Failed sign-ins by email and address: after five, each doubles the wait, from a second to 15 minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, email: str, address: str) -> None:
        """Refuse a sign-in that comes before its wait is over (``TooManyAttempts``)."""
        with self._lock:
            _count, not_before = self._failed.get((email, address), (0, 0.0))
        wait = not_before - self._clock()
        if wait > 0:
            raise TooManyAttempts(int(wait) + 1)

    def failed(self, email: str, address: str) -> None:
        """Count a failure."""
        with self._lock:
            count = self._failed.pop((email, address), (0, 0.0))[0] + 1
            delay = min(DELAY_SECONDS_MAX, 2 ** min(count - FREE_ATTEMPTS, 10)) if count >= FREE_ATTEMPTS else 0
            self._failed[email, address] = (count, self._clock() + delay)
            while len(self._failed) > REMEMBERED_MAX:
                self._failed.popitem(last=False)

    def succeeded(self, email: str, address: str) -> None:
        """Forget the failures."""
        with self._lock:
            self._failed.pop((email, address), None)


def sign_in(sessions: Sessions, attempts: Attempts, *, email: str, password: str, address: str) -> UserKnown:
    """Return the user whose email and password these are.

    The slow part runs between two transactions, so that guessing cannot hold the database's connections.
    Refused: too many failures before (``TooManyAttempts``), what does not fit (``SignInRefused``).
    """
    email = email.strip().lower()
    attempts.check(email, address)
    with sessions.begin(Role.APP) as session:
        kept = people.password_kept(session, email=email)
    try:
        known = people.recognise(kept, password=password)
    except SignInRefused:
        attempts.failed(email, address)
        raise
    attempts.succeeded(email, address)
    return known


def same_secret(one: str, other: str) -> bool:
    """Compare two secrets without telling by the time it takes where they differ."""
    return secrets.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
