"""A closed period stays closed: nobody lands in it, nobody is lost, its balances are kept, late facts are told."""

from __future__ import annotations

import threading
from datetime import date
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT, Actor, NotAllowed
from domain.desk import funds, ledger, night, verification
from domain.desk import periods as desk
from domain.errors import InputRefused, NotFound
from domain.ledger import Entry, PeriodClosed, transfer
from domain.parties import Role as Job
from domain.periods import closing_problems, days_that_may_close, open_day
from domain.store import balances, seals
from domain.store import ledger as store
from domain.store.funds import FundRow
from tests.conftest import TestDatabase
from tests.database.holders import within

JAN, FEB, MAR = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
_keys = count(1)


def paid_in(minor: int, *, on: date, effective_on: date | None = None) -> Entry:
    return Entry(
        kind="contribution",
        reason="paid in",
        booked_on=on,
        effective_on=effective_on or on,
        postings=transfer(debit="cash", credit="contributed", minor=minor, currency="GBP"),
    )


def post(session: Session, fund_id: UUID, entry: Entry) -> int:
    return store.post(session, entry, fund_id=fund_id, by=NIGHT, key=f"period {next(_keys)}")


def cash(session: Session, fund_id: UUID, as_of: date, by: str = "booked_on") -> int:
    return balances.balances(session, fund_id=fund_id, as_of=as_of, by=by)["cash", "GBP"]


@pytest.mark.parametrize(
    ("period_end", "closed_to", "told"),
    [
        (date(2026, 3, 31), None, []),
        (date(2026, 3, 31), date(2026, 2, 28), []),
        (date(2026, 3, 30), None, ["ends with a month; the next such day is 31 Mar 2026"]),
        (date(2026, 2, 28), date(2026, 2, 28), ["closed up to 28 Feb 2026 already"]),
        (date(2026, 4, 30), None, ["has reached 31 Mar 2026"]),
        # Everything that stands against it, at once.
        (date(2025, 12, 30), date(2026, 1, 31), ["ends with a month", "opened on 1 Jan 2026", "up to 31 Jan 2026"]),
    ],
)
def test_a_period_is_a_month_that_has_passed_after_the_one_before_it(
    period_end: date, closed_to: date | None, told: list[str]
) -> None:
    problems = closing_problems(
        period_end, opened_on=date(2026, 1, 1), closed_to=closed_to, business_day=date(2026, 3, 31)
    )
    assert len(problems) == len(told)
    for problem, words in zip(problems, told, strict=True):
        assert words in problem.what


def test_the_days_that_may_close_and_the_day_that_is_open() -> None:
    opened = date(2026, 1, 1)
    assert days_that_may_close(opened_on=opened, closed_to=None, business_day=MAR) == (JAN, FEB, MAR)
    assert days_that_may_close(opened_on=opened, closed_to=FEB, business_day=MAR) == (MAR,)
    assert days_that_may_close(opened_on=opened, closed_to=MAR, business_day=date(2026, 4, 29)) == ()
    assert open_day(business_day=MAR, closed_to=None) == MAR
    assert open_day(business_day=MAR, closed_to=FEB) == MAR
    assert open_day(business_day=MAR, closed_to=MAR) == date(2026, 4, 1)


def test_closing_keeps_every_balance_and_seals_what_it_closes_over(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        post(session, fund_id, paid_in(100_00, on=JAN))
        post(session, fund_id, paid_in(50_00, on=FEB))
    with database.sessions.begin(Role.NIGHT) as session:
        told = desk.close(session, fund_code="commons", period_end=JAN, by=NIGHT)
    assert (told.closed_now, told.closed_seal) == (True, 2)
    with database.sessions.begin(Role.NIGHT) as session:
        kept = dict(
            session.execute(
                text(
                    "SELECT a.code, b.balance_minor FROM balance_snapshot b JOIN account a ON a.id = b.account_id "
                    "WHERE b.period_end = :day"
                ),
                {"day": JAN},
            ).all()
        )
        assert len(kept) == session.execute(text("SELECT count(*) FROM account")).scalar_one()
        assert {code: minor for code, minor in kept.items() if minor} == {"cash": 100_00, "contributed": -100_00}
        seals.seal_facts(session)
    with database.sessions.begin(Role.NIGHT) as session:
        listed = desk.periods(session, fund_code="commons")
        assert [(one.period_end, one.seal, one.closed_by) for one in listed.closed] == [
            (JAN, 2, "a command; the audit names the machine's user")
        ]
        assert (listed.closed_to, listed.open_day, listed.may_close) == (JAN, MAR, (FEB, MAR))
        assert ledger_acts(session) == [("close a period", "commons 2026-01-31")]
        assert verification.verify(session).sound


def ledger_acts(session: Session) -> list[tuple[str, str]]:
    return [(row.act, row.subject) for row in session.execute(text("SELECT act, subject FROM audit ORDER BY id"))]


def test_closing_twice_is_told_and_changes_nothing(database: TestDatabase, fund_id: UUID) -> None:
    for now in (True, False):
        with database.sessions.begin(Role.NIGHT) as session:
            assert desk.close(session, fund_code="commons", period_end=FEB, by=NIGHT).closed_now is now
    with database.sessions.begin(Role.NIGHT) as session:
        assert len(desk.periods(session, fund_code="commons").closed) == 1
        with pytest.raises(InputRefused, match="closed up to 28 Feb 2026 already"):
            desk.close(session, fund_code="commons", period_end=JAN, by=NIGHT)


@pytest.mark.parametrize(
    ("job", "may"),
    [(Job.STEWARD, True), (Job.BOARD, True), (Job.OFFICER, False), (Job.AUDITOR, False), (Job.INVESTEE, False)],
)
def test_stewards_and_the_board_close(database: TestDatabase, fund_id: UUID, job: Job, may: bool) -> None:
    by = Actor(id=None, name=str(job), role=job)
    with database.sessions.begin(Role.NIGHT) as session:
        if may:
            assert desk.close(session, fund_code="commons", period_end=JAN, by=by).closed_now
        else:
            with pytest.raises(NotAllowed, match="only a board member or a steward may close a period"):
                desk.close(session, fund_code="commons", period_end=JAN, by=by)
        with pytest.raises(NotFound if may else NotAllowed):
            desk.close(session, fund_code="nobody", period_end=JAN, by=by)


def test_a_late_fact_is_booked_on_the_open_day_and_keeps_its_value_day(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        post(session, fund_id, paid_in(100_00, on=FEB))
        cost = funds.pay_running_cost(
            session, fund_id=fund_id, minor=7_00, effective_on=FEB, booked_on=FEB, reason="rent", by=NIGHT, key="rent"
        )
    with database.sessions.begin(Role.NIGHT) as session:
        desk.close(session, fund_code="commons", period_end=MAR, by=NIGHT)
    with database.sessions.begin(Role.NIGHT) as session:
        # The business day itself, 31 March, is closed: the next day takes what comes late.
        late = funds.pay_running_cost(
            session, fund_id=fund_id, minor=3_00, effective_on=FEB, reason="a late bill", by=NIGHT, key="late"
        )
        [row] = ledger.entries(session, after=late + 1, limit=1)
        assert (row["booked_on"], row["effective_on"]) == (date(2026, 4, 1), FEB)
        assert (cash(session, fund_id, MAR), cash(session, fund_id, date(2026, 4, 1))) == (93_00, 90_00)
        assert cash(session, fund_id, FEB, by="effective_on") == 90_00
        back = ledger.reverse(session, entry_id=cost, booked_on=None, reason="typed twice", by=NIGHT, key="back")
        [row] = ledger.entries(session, after=back + 1, limit=1)
        assert (row["booked_on"], row["effective_on"]) == (date(2026, 4, 1), FEB)
        for closed in (FEB, MAR):
            with pytest.raises(PeriodClosed, match="lies in a closed period"):
                funds.pay_running_cost(
                    session,
                    fund_id=fund_id,
                    minor=1_00,
                    effective_on=FEB,
                    reason="a bill",
                    by=NIGHT,
                    key="closed",
                    booked_on=closed,
                )


def test_nights_go_on_after_a_closing(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        desk.close(session, fund_code="commons", period_end=MAR, by=NIGHT)
        night.run_day(session, fund_id=fund_id, day=date(2026, 4, 30))
        fund = session.get_one(FundRow, fund_id, populate_existing=True)
        assert fund.business_day == date(2026, 4, 30)
        assert desk.periods(session, fund_code="commons").open_day == date(2026, 4, 30)


def close_by_hand(session: Session, fund_id: UUID, day: str) -> None:
    session.execute(text("INSERT INTO period (fund_id, period_end) VALUES (:f, :d)"), {"f": fund_id, "d": day})


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["2026-02-27"], "period_ends_with_a_month"),
        (["2026-02-28", "2026-01-31"], "lies before the one that is closed already"),
        (["2026-04-30"], "has not reached 2026-04-30"),
        (["2026-02-28", "2026-02-28"], "period_closes_once"),
    ],
)
def test_the_database_says_it_too(database: TestDatabase, fund_id: UUID, days: list[str], words: str) -> None:
    with pytest.raises(IntegrityError, match=words), database.sessions.begin(Role.NIGHT) as session:
        for day in days:
            close_by_hand(session, fund_id, day)


def test_whoever_reads_an_old_state_posts_and_closes_nothing(database: TestDatabase, fund_id: UUID) -> None:
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        with Session(database.sessions.engine(Role.NIGHT).execution_options(isolation_level=level)) as session:
            with pytest.raises(IntegrityError, match="what is committed"):
                post(session, fund_id, paid_in(1_00, on=MAR))
            session.rollback()
            with pytest.raises(IntegrityError, match="what is committed"):
                close_by_hand(session, fund_id, "2026-01-31")


@pytest.mark.parametrize("role", [Role.APP, Role.NIGHT])
def test_nobody_writes_a_closing_balance_by_hand(database: TestDatabase, fund_id: UUID, role: Role) -> None:
    for statement in (
        "INSERT INTO balance_snapshot (period_end, account_id, balance_minor) SELECT '2026-01-31', id, 1 FROM account",
        "UPDATE balance_snapshot SET balance_minor = 1",
        "DELETE FROM balance_snapshot",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), database.sessions.begin(role) as session:
            session.execute(text(statement))


def test_a_closing_that_wrote_before_it_waited_is_refused(database: TestDatabase, fund_id: UUID) -> None:
    """Its seal would come before the entry's: the entry is younger, and the closing would close over it."""
    with database.sessions.begin(Role.NIGHT) as old:
        old.execute(text("SELECT pg_current_xact_id()"))
        with database.sessions.begin(Role.NIGHT) as session:
            post(session, fund_id, paid_in(1_00, on=JAN))
        with pytest.raises(desk.ClosingCameBetween, match="ask again"):
            desk.close(old, fund_code="commons", period_end=JAN, by=NIGHT)
        with pytest.raises(IntegrityError, match="younger than its closing"), old.begin_nested():
            close_by_hand(old, fund_id, "2026-01-31")


def test_a_long_transaction_elsewhere_keeps_no_period_open(database: TestDatabase, fund_id: UUID) -> None:
    """The sealer waits for it; the closing does not: its own seal comes after every entry that it closes over."""
    with database.sessions.begin(Role.NIGHT) as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        with database.sessions.begin(Role.NIGHT) as session:
            post(session, fund_id, paid_in(1_00, on=JAN))
        with database.sessions.begin(Role.NIGHT) as session:
            told = desk.close(session, fund_code="commons", period_end=JAN, by=NIGHT)
            assert (told.closed_now, told.closed_seal) == (True, None)
    with database.sessions.begin(Role.NIGHT) as session:
        seals.seal_facts(session)
        [period] = desk.periods(session, fund_code="commons").closed
        last = session.execute(
            text("SELECT max(s.number) FROM seal s WHERE s.fact_kind = 'entry'"),
        ).scalar_one()
        assert period.seal is not None and period.seal > last


def test_a_period_closes_while_eight_clients_post(database: TestDatabase, fund_id: UUID) -> None:
    """Nobody lands in the closed period, nobody who was told of an entry has lost it, nobody waits for ever."""
    acknowledged: list[int] = []
    refused: list[int] = []
    begun, closed = threading.Barrier(9), threading.Event()

    def client(number: int) -> None:
        begun.wait(20)
        for turn in range(40):
            if turn == 38:  # one of those that book in February: it comes after the closing for certain
                closed.wait(60)
            try:
                with database.sessions.begin(Role.NIGHT) as session:
                    entry = paid_in(1_00, on=MAR if turn % 2 else FEB)
                    found = store.post(session, entry, fund_id=fund_id, by=NIGHT, key=f"client {number} {turn}")
                acknowledged.append(found)
            except PeriodClosed:
                refused.append(number)

    clients = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in clients:
        thread.start()
    begun.wait(20)
    assert within(60, lambda: len(acknowledged) >= 40)
    try:
        with database.sessions.begin(Role.NIGHT) as session:
            desk.close(session, fund_code="commons", period_end=FEB, by=NIGHT)
            kept = session.execute(
                text(
                    "SELECT b.balance_minor FROM balance_snapshot b JOIN account a ON a.id = b.account_id "
                    "WHERE a.code = 'cash'"
                )
            ).scalar_one()
    finally:
        closed.set()
    for thread in clients:
        thread.join(60)
    assert not any(thread.is_alive() for thread in clients)
    with database.sessions.begin(Role.NIGHT) as session:
        rows = session.execute(text("SELECT id, booked_on FROM entry")).all()
        found = {row.id for row in rows}
        assert found == set(acknowledged) and len(acknowledged) == len(found)
        assert len(acknowledged) + len(refused) == 320
        assert set(refused) == set(range(8)), "everybody came too late at least once"
        # What was kept at the closing is all that there is in the period, counted one by one.
        assert kept == 1_00 * sum(row.booked_on == FEB for row in rows)
        seals.seal_facts(session)
        assert verification.verify(session).sound
    doubled = len(acknowledged) - len(found)
    print(f"acknowledged {len(acknowledged)}, found {len(found)}, refused as closed {len(refused)}, doubled {doubled}")


@pytest.mark.parametrize(
    ("tampering", "words"),
    [
        (
            "UPDATE balance_snapshot SET balance_minor = 1 FROM account a WHERE a.id = account_id AND a.code = 'cash'",
            "1",
        ),
        ("DELETE FROM balance_snapshot", "0"),
    ],
)
def test_a_closing_balance_that_an_owner_changed_is_named(
    database: TestDatabase, fund_id: UUID, tampering: str, words: str
) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        post(session, fund_id, paid_in(100_00, on=JAN))
    with database.sessions.begin(Role.NIGHT) as session:
        desk.close(session, fund_code="commons", period_end=JAN, by=NIGHT)
    with database.sessions.begin(Role.NIGHT) as session:
        assert verification.verify(session).sound
    with database.sessions.begin(Role.MIGRATOR) as session:
        session.execute(text("ALTER TABLE balance_snapshot DISABLE TRIGGER balance_snapshot_is_append_only"))
        session.execute(text(tampering))
    with database.sessions.begin(Role.NIGHT) as session:
        told = verification.verify(session)
        assert not told.sound and told.first is not None
        assert f"at 2026-01-31 is kept as {words} and its postings sum to 10000" in told.first.why
