"""Signing in at a door: an attempt is counted, then the password is checked with no transaction open.

Attempts are counted in the database, so that all processes count together and a restart forgets nothing
(``docs/security.md`` says why each bound is what it is).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.database.roles import Role
from api.database.sessions import Sessions
from api.refusals import TooManyAttempts, TooManySignIns
from domain.desk import people, sign_ins
from domain.desk.people import PasswordKept

SIGN_INS_AT_WORK_MAX = 2
SIGN_INS_WAITING_MAX = 20


class SignInPlaces:
    """Places of their own for checking passwords, which is slow: whoever guesses keeps nobody else from working."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(SIGN_INS_AT_WORK_MAX)
        self._here = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place. Refused: too many wait already (``TooManySignIns``)."""
        if self._here >= SIGN_INS_AT_WORK_MAX + SIGN_INS_WAITING_MAX:
            raise TooManySignIns
        self._here += 1
        try:
            async with self._places:
                yield
        finally:
            self._here -= 1


def check_password(sessions: Sessions, *, email: str, password: str, address: str, browser: str = "") -> PasswordKept:
    """Return whose password this is, with the hash that it was checked against.

    The slow part runs between two transactions, so that guessing cannot hold the database's connections.
    Refused: too many failures before (``TooManyAttempts``; the right password too), what does not fit
    (``SignInRefused``).
    """
    email = email.strip().lower()
    with sessions.begin(Role.APP) as session:
        counted = sign_ins.count_attempt(session, email=email, address=address, browser=browser)
        kept = people.password_kept(session, email=email)
    if counted.wait_seconds:
        raise TooManyAttempts(counted.wait_seconds, is_news=counted.is_news)
    people.recognise(kept, password=password)
    with sessions.begin(Role.APP) as session:
        sign_ins.attempt_succeeded(session, email=email, address=address, browser=browser)
    return kept


def same_secret(one: str, other: str) -> bool:
    """Compare two secrets without telling by the time it takes where they differ."""
    return secrets.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
