"""Steps that tests of seals share: pay in, seal, tamper as a superuser could, verify."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import verification
from domain.desk.verification import PaperHead, Verification
from domain.ledger import Entry, transfer
from domain.store import ledger, seals
from tests.conftest import TestDatabase

DAY = date(2026, 3, 1)


def pay_in(database: TestDatabase, fund_id: UUID, key: str, minor: int = 100_00) -> int:
    """Post a tranche in a transaction of its own; return the entry's number."""
    with database.sessions.begin(Role.NIGHT) as session:
        entry = Entry(
            kind="contribution",
            reason="a tranche",
            booked_on=DAY,
            effective_on=DAY,
            postings=transfer(debit="cash", credit="contributed", minor=minor, currency="GBP"),
        )
        return ledger.post(session, entry, fund_id=fund_id, by=NIGHT, key=key)


def limit_cash(database: TestDatabase) -> None:
    """Give the fund's cash a floor, as opening a fund through the desk does."""
    with closing(psycopg.connect(database.url(Role.NIGHT), autocommit=True)) as night:
        night.execute(
            "INSERT INTO account_limit (account_id, balance_minor, floor_minor, version) "
            "SELECT id, 0, 0, 0 FROM account WHERE code = 'cash'"
        )


def seal(database: TestDatabase) -> int:
    """Seal what can be sealed; return how many facts."""
    with database.sessions.begin(Role.NIGHT) as session:
        return seals.seal_facts(session)


def verify(database: TestDatabase, against: str | None = None) -> Verification:
    """Verify the whole book, also against a head on paper."""
    with database.sessions.begin(Role.NIGHT) as session:
        return verification.verify(session, against=PaperHead.parse(against) if against else None)


def tamper(database: TestDatabase, *statements: str) -> None:
    """Do as a superuser could: take the triggers away, change rows, put the triggers back."""
    url = database.cluster.superuser_url(database.name)
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def owner_asks(database: TestDatabase, question: str) -> list[tuple[Any, ...]]:
    """Ask the database itself."""
    with closing(psycopg.connect(database.cluster.superuser_url(database.name))) as connection:
        return connection.execute(question.encode()).fetchall()
