"""A fund with its accounts, to post into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from sqlmodel import Session

from api.database.roles import Role
from domain.desk.verification import Verification
from domain.store import ledger
from domain.store.funds import FundRow
from tests.conftest import TestDatabase


def open_fund(session: Session, code: str = "commons", *, currency: str = "GBP") -> UUID:
    """Write a fund and open its accounts, without the desk: the ledger's own tests stand on nothing else."""
    fund = FundRow(
        code=code, name=code.title(), currency=currency, opened_on=date(2026, 1, 1), business_day=date(2026, 3, 31)
    )
    session.add(fund)
    session.flush()
    assert fund.id is not None
    ledger.open_accounts(session, fund_id=fund.id, currency=currency)
    return fund.id


@pytest.fixture
def fund_id(database: TestDatabase) -> UUID:
    """A committed GBP fund."""
    with database.sessions.begin(Role.NIGHT) as session:
        return open_fund(session)


Noted = Callable[..., None]


@pytest.fixture
def tampered(record_property: Callable[[str, object], None]) -> Noted:
    """Note what a verification told of one tampering; the end of the run counts them."""

    def note(told: Verification, *, named: bool) -> None:
        words = [*(["found"] if not told.sound else []), *(["named"] if named else [])]
        record_property("tampered", " and ".join(words) or "missed")

    return note
