"""A loan across a closing: what comes late is booked on the open day, keeps its value day, and costs no interest.

The loan earns 3.6 % by 30E/360: 1.80 a day on 18,000.00. The fund's book stands at 31 December 2025.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import instruments, night, periods
from domain.desk.receipts import ReceiptBooked
from domain.store.balances import balances
from tests.conftest import TestDatabase
from tests.desk.financed import TODAY, Financed, finance

DRAWN, CLOSED = date(2025, 11, 1), date(2025, 11, 30)
Interest = tuple[date, date, int]


@pytest.fixture
def bank(database: TestDatabase) -> tuple[TestDatabase, Financed, UUID, UUID]:
    """A fund with two loans: 18,000.00 of the first drawn on 1 November, its interest of November booked."""
    with database.sessions.begin(Role.NIGHT) as session:
        financed = finance(session)
        first, second = financed.signed("D-1"), financed.signed("D-2")
        instruments.draw_down(
            session, instrument_id=first, minor=18_000_00, effective_on=DRAWN, booked_on=DRAWN, by=financed.officer,
            key="first",
        )  # fmt: skip
        instruments.accrue_interest(session, fund_id=financed.fund_id, day=CLOSED)
    with database.sessions.begin(Role.NIGHT) as session:
        periods.close(session, fund_code="fund", period_end=CLOSED, by=NIGHT)
    return database, financed, first, second


def draw(session: Session, financed: Financed, loan: UUID, on: str) -> tuple[date, date]:
    """Pay out 18,000.00 with a value day; return the entry's booking day and value day."""
    entry = replace(financed, session=session).draw(loan, 18_000_00, on)
    row = session.execute(text("SELECT booked_on, effective_on FROM entry WHERE id = :id"), {"id": entry}).one()
    return row.booked_on, row.effective_on


def receive(session: Session, financed: Financed, loan: UUID, minor: int, on: str) -> ReceiptBooked:
    return replace(financed, session=session).receive(loan, minor, on)


def principal(session: Session, financed: Financed, by: str) -> int:
    """Return the loans' principal on the day of the closing, by booking or by value day."""
    return balances(session, fund_id=financed.fund_id, as_of=CLOSED, by=by)["loan_principal", "EUR"]


def interest(session: Session, loan: UUID) -> list[Interest]:
    """Return every entry of interest of a loan: booked on, value day, amount."""
    rows = session.execute(
        text(
            "SELECT l.booked_on, l.effective_on, l.amount FROM posting l JOIN account a ON a.id = l.account_id "
            "JOIN entry e ON e.id = l.entry_id WHERE l.instrument_id = :loan AND a.code = 'interest_receivable' "
            "AND e.kind = 'interest' ORDER BY e.id"
        ),
        {"loan": loan},
    )
    return [(row[0], row[1], int(row[2])) for row in rows]


def test_a_late_drawdown_is_booked_on_the_open_day_and_earns_from_its_value_day(
    bank: tuple[TestDatabase, Financed, UUID, UUID],
) -> None:
    database, financed, first, _ = bank
    november = (CLOSED, CLOSED, 52_20)  # 1 to 30 November: 29 days of 1.80
    with database.sessions.begin(Role.NIGHT) as session:
        assert draw(session, financed, first, "2025-11-16") == (TODAY, date(2025, 11, 16))
        assert principal(session, financed, "booked_on") == 18_000_00, "what was closed stays"
        assert principal(session, financed, "effective_on") == 36_000_00
        night.run_step(session, fund_id=financed.fund_id, day=TODAY, step="accrue")
        # To 31 December, which counts as the 30th: 59 days and 44 days of 1.80, 106.20 + 79.20, less November's 52.20.
        assert interest(session, first) == [november, (TODAY, TODAY, 133_20)]


def test_a_late_repayment_is_booked_on_the_open_day_and_takes_back_what_was_earned_too_much(
    bank: tuple[TestDatabase, Financed, UUID, UUID],
) -> None:
    database, financed, first, _ = bank
    with database.sessions.begin(Role.NIGHT) as session:
        night.run_step(session, fund_id=financed.fund_id, day=TODAY, step="accrue")
        done = receive(session, financed, first, 10_000_00, "2025-11-21")
        assert (done.booked_on, done.effective_on) == (TODAY, date(2025, 11, 21))
        # 1 to 21 November: 20 days of 1.80 are interest, the rest is principal.
        assert (done.interest.minor, done.principal.minor) == (36_00, 9_964_00)
        assert principal(session, financed, "booked_on") == 18_000_00
        assert principal(session, financed, "effective_on") == 8_036_00
        night.run_day(session, fund_id=financed.fund_id, day=date(2026, 1, 1))
        # 20 days of 1.80 and, from 21 November to 1 January, 40 days on 8,036.00 at 0.8036 a day: 36.00 + 32.144.
        # Booked were 59 days of 1.80 = 106.20: 68.14 - 106.20 = -38.06.
        assert interest(session, first)[-1] == (date(2026, 1, 1), date(2026, 1, 1), -38_06)


def test_a_repayment_before_the_night_books_its_interest_on_the_open_day_too(
    bank: tuple[TestDatabase, Financed, UUID, UUID],
) -> None:
    database, financed, _, second = bank
    with database.sessions.begin(Role.NIGHT) as session:
        draw(session, financed, second, "2025-11-11")
        done = receive(session, financed, second, 1_000_00, "2025-11-21")
        assert (done.interest.minor, done.principal.minor) == (18_00, 982_00)  # 10 days of 1.80
        assert interest(session, second) == [(TODAY, date(2025, 11, 21), 18_00)]


def test_a_night_whose_day_is_closed_books_on_the_open_day(bank: tuple[TestDatabase, Financed, UUID, UUID]) -> None:
    database, financed, first, second = bank
    with database.sessions.begin(Role.NIGHT) as session:
        draw(session, financed, second, "2025-11-16")
        for booked in (1, 0):
            assert instruments.accrue_interest(session, fund_id=financed.fund_id, day=CLOSED) == booked
        # 16 to 30 November: 14 days of 1.80. The first loan's interest of that day was booked before the closing.
        assert interest(session, second) == [(TODAY, CLOSED, 25_20)]
        assert interest(session, first) == [(CLOSED, CLOSED, 52_20)]
        night.run_step(session, fund_id=financed.fund_id, day=TODAY, step="accrue")
        # To 31 December as the 30th: 44 days of 1.80 are 79.20, less 25.20.
        assert interest(session, second)[-1] == (TODAY, TODAY, 54_00)
        assert night.refusals(session, fund_id=financed.fund_id, after=date.min, to=TODAY) == ()
