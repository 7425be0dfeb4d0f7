"""Interest in the night: on which days it is taken to income, and that jumps over idle days lose none of it."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import night
from domain.ledger import Entry, transfer
from domain.store import ledger
from tests.conftest import TestDatabase
from tests.desk.promised import Promised, days_from, promise


def test_interest_has_its_days_at_month_ends_and_on_instalment_days(session: Session) -> None:
    p = promise(session, "a")
    session.execute(
        text(
            "INSERT INTO instrument (code, deal_id, kind, currency, accrues) VALUES ('L', :deal, 'loan', 'EUR', true)"
        ),
        {"deal": p.deal_id},
    )
    terms = '{"first_due_on": "2024-01-31", "months_between": 1, "instalments": 3}'
    session.execute(
        text(
            "INSERT INTO instrument_terms (fund_id, instrument_id, version, valid_from, commitment_minor, terms) "
            "SELECT :fund, id, 1, '2023-06-01', 0, CAST(:terms AS jsonb) FROM instrument WHERE code = 'L'"
        ),
        {"fund": p.fund_id, "terms": terms.replace("01-31", "01-15")},
    )
    days, day = [], date(2023, 12, 30)
    while (found := night.next_day_with_work(session, fund_id=p.fund_id, after=day, to=date(2024, 5, 1))) is not None:
        days.append(day := found)
    assert days == [
        date(2023, 12, 31), date(2024, 1, 15), date(2024, 1, 31), date(2024, 2, 15), date(2024, 2, 29),
        date(2024, 3, 15), date(2024, 3, 31), date(2024, 4, 30),
    ]  # fmt: skip


def lend(session: Session, p: Promised, *, name: str = "L", rate: str = "0.06") -> None:
    """Pay out EUR 12,000.00 on 10 January 2024 at 6 % (30E/360), repaid at once on 15 December 2024."""
    ledger.open_accounts(session, fund_id=p.fund_id, currency="EUR")
    loan = session.execute(
        text(
            "INSERT INTO instrument (code, deal_id, kind, currency, accrues) "
            "VALUES (:code, :deal, 'loan', 'EUR', true) RETURNING id"
        ),
        {"deal": p.deal_id, "code": f"{name}-{p.code}"},
    ).scalar_one()
    agree_terms(session, p, loan, rate=rate)
    paid_on = date(2024, 1, 10)
    lines = transfer(debit="loan_principal", credit="cash", minor=12_000_00, currency="EUR", instrument_id=loan)
    entry = Entry("drawdown", "first", paid_on, paid_on, lines, deal_id=p.deal_id)
    ledger.post(session, entry, fund_id=p.fund_id, by=NIGHT, key=f"draw {name} {p.code}")


def agree_terms(session: Session, p: Promised, loan: UUID, *, rate: str, version: int = 1) -> None:
    """Write a version of a loan's terms, past the desk, which takes no rate that is no number."""
    terms = {
        "rate": rate, "day_count": "30E/360", "repayment": "bullet", "first_due_on": "2024-03-15",
        "months_between": 3, "instalments": 4,
    }  # fmt: skip
    session.execute(
        text(
            "INSERT INTO instrument_terms (fund_id, instrument_id, version, valid_from, commitment_minor, terms) "
            "VALUES (:fund, :loan, :version, '2023-06-01', 1200000, CAST(:terms AS jsonb))"
        ),
        {"fund": p.fund_id, "loan": loan, "version": version, "terms": json.dumps(terms)},
    )


def interest(session: Session, p: Promised) -> list[tuple[date, int]]:
    rows = session.execute(
        text(
            "SELECT e.booked_on, sum(l.amount)::bigint FROM entry e "
            "JOIN posting l ON l.entry_id = e.id AND l.amount > 0 "
            "WHERE e.fund_id = :fund AND e.kind = 'interest' GROUP BY e.booked_on ORDER BY e.booked_on"
        ),
        {"fund": p.fund_id},
    )
    return [(row[0], int(row[1])) for row in rows]


def test_interest_is_the_same_every_day_or_with_jumps(session: Session) -> None:
    every, jump = promise(session, "a"), promise(session, "b")
    for p in (every, jump):
        lend(session, p)
    for day in days_from(date(2024, 1, 1), date(2024, 4, 5)):
        night.run_day(session, fund_id=every.fund_id, day=day)
    jump.nights(session, date(2024, 4, 5))
    # EUR 60.00 a month, EUR 2.00 a day of 30: 10 to 30 January 20 days (the 31st counts as the 30th), then to
    # 29 February 29 days, to 15 March 16, to 31 March (as the 30th) 15.
    assert interest(session, jump) == [
        (date(2024, 1, 31), 40_00), (date(2024, 2, 29), 58_00), (date(2024, 3, 15), 32_00), (date(2024, 3, 31), 30_00),
    ]  # fmt: skip
    assert interest(session, every) == interest(session, jump)


def interest_of(session: Session, name: str) -> list[tuple[date, int]]:
    rows = session.execute(
        text(
            "SELECT l.booked_on, l.amount FROM posting l JOIN instrument i ON i.id = l.instrument_id "
            "JOIN account a ON a.id = l.account_id WHERE i.code = :code AND a.code = 'interest_receivable' "
            "ORDER BY l.booked_on"
        ),
        {"code": name},
    )
    return [(row[0], int(row[1])) for row in rows]


def test_a_loan_whose_interest_is_refused_stops_no_other_and_is_made_good_at_the_next_accrual(
    session: Session,
) -> None:
    p = promise(session, "a")
    for name, rate in (("L", "0.06"), ("BAD", "six"), ("M", "0.06")):
        lend(session, p, name=name, rate=rate)
    p.nights(session, date(2024, 3, 10))
    for name in ("L-a", "M-a"):
        assert interest_of(session, name) == [(date(2024, 1, 31), 40_00), (date(2024, 2, 29), 58_00)]
    assert interest_of(session, "BAD-a") == []
    refused = night.refusals(session, fund_id=p.fund_id, after=date(2023, 12, 31), to=date(2024, 3, 10))
    assert [(one.day, one.step, one.subject) for one in refused] == [
        (date(2024, 1, 31), "accrue", "BAD-a"), (date(2024, 2, 29), "accrue", "BAD-a"),
    ]  # fmt: skip
    assert "rate" in refused[0].words
    bad = session.execute(text("SELECT id FROM instrument WHERE code = 'BAD-a'")).scalar_one()
    agree_terms(session, p, bad, rate="0.06", version=2)
    p.nights(session, date(2024, 3, 20), after=date(2024, 3, 10))
    # 20 days of January, 29 of February and 16 up to 15 March (as above), at 2.00 a day: 40.00 + 58.00 + 32.00
    assert interest_of(session, "BAD-a") == [(date(2024, 3, 15), 130_00)]
    assert interest_of(session, "L-a")[2:] == [(date(2024, 3, 15), 32_00)]
    assert len(night.refusals(session, fund_id=p.fund_id, after=date(2024, 2, 29), to=date(2024, 3, 20))) == 0


def test_interest_that_the_database_refuses_for_one_loan_stops_no_other(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        p = promise(session, "a")
        lend(session, p)
        lend(session, p, name="M")
    with database.sessions.begin(Role.MIGRATOR) as session:
        rule = "CHECK (kind <> 'interest' OR reason NOT LIKE 'interest on M-a %')"
        session.execute(text(f"ALTER TABLE entry ADD CONSTRAINT made_up_for_this_test {rule}"))
    with database.sessions.begin(Role.NIGHT) as session:
        p.nights(session, date(2024, 2, 10))
        assert interest_of(session, "L-a") == [(date(2024, 1, 31), 40_00)]
        assert interest_of(session, "M-a") == []
        (refused,) = night.refusals(session, fund_id=p.fund_id, after=date(2023, 12, 31), to=date(2024, 2, 10))
        assert (refused.subject, refused.words) == ("M-a", "the database refused it: made up for this test")
