"""Interest in the night: on which days it is taken to income, and that jumps over idle days lose none of it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import NIGHT
from domain.desk import night
from domain.ledger import Entry, transfer
from domain.store import ledger
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


def lend(session: Session, p: Promised) -> None:
    """Pay out EUR 12,000.00 on 10 January 2024 at 6 % (30E/360), repaid at once on 15 December 2024."""
    ledger.open_accounts(session, fund_id=p.fund_id, currency="EUR")
    loan = session.execute(
        text(
            "INSERT INTO instrument (code, deal_id, kind, currency, accrues) "
            "VALUES (:code, :deal, 'loan', 'EUR', true) RETURNING id"
        ),
        {"deal": p.deal_id, "code": f"L-{p.code}"},
    ).scalar_one()
    terms = (
        '{"rate": "0.06", "day_count": "30E/360", "repayment": "bullet", "first_due_on": "2024-03-15", '
        '"months_between": 3, "instalments": 4}'
    )
    session.execute(
        text(
            "INSERT INTO instrument_terms (fund_id, instrument_id, version, valid_from, commitment_minor, terms) "
            "VALUES (:fund, :loan, 1, '2023-06-01', 1200000, CAST(:terms AS jsonb))"
        ),
        {"fund": p.fund_id, "loan": loan, "terms": terms},
    )
    paid_on = date(2024, 1, 10)
    lines = transfer(debit="loan_principal", credit="cash", minor=12_000_00, currency="EUR", instrument_id=loan)
    entry = Entry("drawdown", "first", paid_on, paid_on, lines, deal_id=p.deal_id)
    ledger.post(session, entry, fund_id=p.fund_id, by=NIGHT, key=f"draw {p.code}")


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
