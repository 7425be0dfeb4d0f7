"""A balance is the sum of its postings, however it is found: by either day, as known at any seal, closed or not."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from itertools import count, product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT
from domain.calendar import month_end, month_ends
from domain.desk import periods
from domain.errors import InputRefused
from domain.ledger import Entry, PeriodClosed, transfer
from domain.store import balances as store
from domain.store import ledger, seals
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund
from tests.ledger.sealing import tamper

OPENED, LAST = date(2026, 1, 1), date(2026, 3, 31)
DAYS = st.integers(0, 89).map(lambda n: OPENED + timedelta(days=n))
CODES = ("cash", "contributed", "running_costs", "loan_principal")

PLAIN = text(
    """SELECT a.code, a.currency, coalesce(sum(p.amount), 0)::bigint AS balance
       FROM account a LEFT JOIN posting p ON p.account_id = a.id
            AND CASE WHEN :by = 'booked_on' THEN p.booked_on ELSE p.effective_on END <= :as_of
            AND (CAST(:position AS bigint) IS NULL OR EXISTS (
                SELECT FROM seal s WHERE s.fact_id = p.entry_id AND s.position <= :position))
       WHERE a.fund_id = :fund_id GROUP BY a.code, a.currency"""
)
"""The plain sum, without closings, indexes of value days or anything clever."""


def plain(session: Session, fund_id: UUID, as_of: date, position: int | None, by: str) -> dict[tuple[str, str], int]:
    said = {"fund_id": fund_id, "as_of": as_of, "position": position, "by": by}
    return {(row.code, row.currency): row.balance for row in session.execute(PLAIN, said)}


@st.composite
def posted(draw: st.DrawFn) -> tuple[str, Entry]:
    """An entry on any day, with a value day mostly on it, often before it, sometimes after it."""
    booked = draw(DAYS)
    effective = draw(st.sampled_from([booked, booked, booked]) | DAYS)
    one, other = draw(st.permutations(CODES))[:2]
    minor = draw(st.integers(1, 10**12))
    lines = transfer(debit=one, credit=other, minor=minor, currency="GBP")
    return "post", Entry("running_cost", "a movement", booked, effective, lines)


STEPS = st.one_of(posted(), posted(), posted(), st.just(("seal", None)), st.tuples(st.just("close"), DAYS))
Steps = list[tuple[str, Entry | date | None]]
_codes = count(1)


def play(database: TestDatabase, steps: Steps) -> UUID:
    """Let a history happen to a fund of its own, a transaction per step; what a closed period refuses is left out."""
    code = f"fund-{next(_codes)}"
    with database.sessions.begin(Role.NIGHT) as session:
        fund_id = open_fund(session, code)
    for number, (act, what) in enumerate(steps):
        with database.sessions.begin(Role.NIGHT) as session, suppress(PeriodClosed, InputRefused):
            if isinstance(what, Entry):
                ledger.post(session, what, fund_id=fund_id, by=NIGHT, key=f"{code} {number}")
            elif act == "close" and what is not None:
                periods.close(session, fund_code=code, period_end=month_end(what), by=NIGHT)
            else:
                seals.seal_facts(session)
    return fund_id


@pytest.mark.parametrize("later_facts_max", [-1, 20_000])
@settings(
    max_examples=20, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=st.lists(STEPS, max_size=20), days=st.lists(DAYS, min_size=1, max_size=3))
def test_every_way_to_a_balance_finds_the_plain_sum(
    database: TestDatabase, later_facts_max: int, steps: Steps, days: list[date]
) -> None:
    """Random histories: entries of any days, sealed now and then, closed now and then; every seal, both days."""
    fund_id = play(database, steps)
    # The two ways to what was known at a seal are told apart by size; here each is tried on the same small books.
    with pytest.MonkeyPatch.context() as patch, database.sessions.begin(Role.NIGHT) as session:
        patch.setattr(store, "LATER_FACTS_MAX", later_facts_max)
        sealed = session.execute(
            text("SELECT s.position FROM seal s JOIN seal_chain c ON c.id = s.chain_id WHERE c.fund_id = :f"),
            {"f": fund_id},
        ).scalars()
        for by, day, position in product(
            ("booked_on", "effective_on"), [*days, *month_ends(after=OPENED, to=LAST)], [None, 0, *sealed]
        ):
            found = store.balances(session, fund_id=fund_id, as_of=day, position=position, by=by)
            assert found == plain(session, fund_id, day, position, by), (by, day, position)
            assert sum(found.values()) == 0
        one = store.balances(session, fund_id=fund_id, as_of=LAST, account="cash")
        assert one == {("cash", "GBP"): plain(session, fund_id, LAST, None, "booked_on")["cash", "GBP"]}


def test_a_value_day_far_away_moves_no_other_account(database: TestDatabase, fund_id: UUID) -> None:
    """As rows from before the days had an end may be: the span reaches over the numbers of the accounts after it."""
    entry = Entry(
        "contribution", "in", OPENED, OPENED, transfer(debit="cash", credit="contributed", minor=1, currency="GBP")
    )
    with database.sessions.begin(Role.NIGHT) as session:
        ledger.post(session, entry, fund_id=fund_id, by=NIGHT, key="1")
    tamper(
        database,
        "ALTER TABLE posting DROP CONSTRAINT IF EXISTS posting_days_are_in_the_book",
        "UPDATE posting SET effective_on = '200000-01-01'",
    )
    with database.sessions.begin(Role.NIGHT) as session:
        for day in (OPENED, LAST):
            found = store.balances(session, fund_id=fund_id, as_of=day, by="effective_on")
            assert found == plain(session, fund_id, day, None, "effective_on")


def test_a_late_fact_moves_the_value_day_and_leaves_the_closed_month_alone(
    database: TestDatabase, fund_id: UUID
) -> None:
    """100 booked in January, the month closed at seal 1 and its own; then 7 booked in March for a January day."""
    january, march = date(2026, 1, 31), date(2026, 3, 5)

    def paid(minor: int, booked: date, effective: date, key: str) -> None:
        lines = transfer(debit="cash", credit="contributed", minor=minor, currency="GBP")
        entry = Entry("contribution", "paid in", booked, effective, lines)
        with database.sessions.begin(Role.NIGHT) as session:
            ledger.post(session, entry, fund_id=fund_id, by=NIGHT, key=key)

    paid(100_00, january, january, "1")
    with database.sessions.begin(Role.NIGHT) as session:
        periods.close(session, fund_code="commons", period_end=january, by=NIGHT)
    paid(7_00, march, date(2026, 1, 20), "2")
    with database.sessions.begin(Role.NIGHT) as session:
        seals.seal_facts(session)

    def cash(as_of: date, by: str, seal: int | None) -> str:
        with database.sessions.begin(Role.NIGHT) as session:
            told = periods.balance(session, fund_code="commons", account="cash", as_of=as_of, by=by, seal=seal)
        [money] = told.balances
        return money.amount

    assert (cash(january, "booked_on", None), cash(march, "booked_on", None)) == ("100.00", "107.00")
    assert [cash(day, "effective_on", None) for day in (date(2026, 1, 19), date(2026, 1, 20), january)] == [
        "0.00",
        "7.00",
        "107.00",
    ]
    assert cash(january, "effective_on", 1) == "100.00"
    assert cash(march, "booked_on", 0) == "0.00"
