"""Entries balance or do not exist, are never edited, and are posted once."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import ledger as desk
from domain.ledger import (
    DayNotInTheBook,
    Entry,
    EntryAlreadyReversed,
    EntryDoesNotBalance,
    EntryTooSmall,
    KeyUsedForAnotherRequest,
    PeriodClosed,
    Posting,
    transfer,
)
from domain.store import balances, ledger
from domain.store.ledger import AccountUnknown, CashNotEnough
from domain.store.posting import KeyedEntry, post_many
from tests.conftest import TestDatabase

MARCH_1, MARCH_2 = date(2026, 3, 1), date(2026, 3, 2)


def paid_in(minor: int = 100_00, *, on: date = MARCH_1, reason: str = "first tranche") -> Entry:
    return Entry(
        kind="contribution",
        reason=reason,
        booked_on=on,
        effective_on=on,
        postings=transfer(debit="cash", credit="contributed", minor=minor, currency="GBP"),
    )


@pytest.mark.parametrize(
    ("lines", "refusal", "words"),
    [
        # debit, credit in pence
        ([100, -99], EntryDoesNotBalance, "off by 1 minor units of GBP"),
        ([100], EntryTooSmall, "at least two postings"),
        ([100, -100, 0], EntryTooSmall, "none of them zero"),
        ([], EntryTooSmall, "at least two postings"),
    ],
)
def test_the_rule_refuses_an_entry_that_is_none(lines: list[int], refusal: type[Exception], words: str) -> None:
    with pytest.raises(refusal, match=words):
        Entry(
            kind="contribution",
            reason="",
            booked_on=MARCH_1,
            effective_on=MARCH_1,
            postings=tuple(Posting("cash", minor, "GBP") for minor in lines),
        )


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2200, 1, 1), date.max])
@pytest.mark.parametrize("which", ["booked_on", "effective_on"])
def test_an_entry_lies_within_the_days_of_the_book(day: date, which: str) -> None:
    with pytest.raises(DayNotInTheBook, match="from 1 Jan 1900 to 31 Dec 2199"):
        Entry(
            kind="contribution",
            reason="a slip",
            booked_on=day if which == "booked_on" else MARCH_1,
            effective_on=day if which == "effective_on" else MARCH_1,
            postings=transfer(debit="cash", credit="contributed", minor=1, currency="GBP"),
        )


def test_an_entry_balances_in_each_of_its_currencies() -> None:
    with pytest.raises(EntryDoesNotBalance, match="off by 5 minor units of EUR"):
        Entry(
            kind="exchange",
            reason="",
            booked_on=MARCH_1,
            effective_on=MARCH_1,
            postings=(Posting("cash", 5, "EUR"), Posting("cash", -5, "GBP")),
        )


def test_balances_are_the_sums_of_postings_up_to_a_day(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        ledger.post(session, paid_in(100_00), fund_id=fund_id, by=NIGHT, key="1")
        ledger.post(session, paid_in(20_50, on=MARCH_2), fund_id=fund_id, by=NIGHT, key="2")
    with database.sessions.begin(Role.NIGHT) as session:
        first = balances.balances(session, fund_id=fund_id, as_of=MARCH_1)
        second = balances.balances(session, fund_id=fund_id, as_of=MARCH_2)
    assert (first["cash", "GBP"], first["contributed", "GBP"]) == (100_00, -100_00)
    assert (second["cash", "GBP"], second["contributed", "GBP"]) == (120_50, -120_50)


def test_the_same_key_posts_once_and_another_body_is_refused(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        first = ledger.post(session, paid_in(), fund_id=fund_id, by=NIGHT, key="retry")
        again = ledger.post(session, paid_in(), fund_id=fund_id, by=NIGHT, key="retry")
        assert first == again
        with pytest.raises(KeyUsedForAnotherRequest):
            ledger.post(session, paid_in(99_00), fund_id=fund_id, by=NIGHT, key="retry")
        assert ledger.ledger_counts(session)[0] == 1


def test_a_reversal_is_the_mirror_image_and_happens_once(database: TestDatabase, fund_id: UUID) -> None:
    rent = transfer(debit="running_costs", credit="cash", minor=100_00, currency="GBP")
    paid_out = Entry(kind="running_cost", reason="rent", booked_on=MARCH_1, effective_on=MARCH_1, postings=rent)
    with database.sessions.begin(Role.NIGHT) as session:
        entry_id = ledger.post(session, paid_out, fund_id=fund_id, by=NIGHT, key="1")
        reversal = desk.reverse(session, entry_id=entry_id, booked_on=MARCH_2, reason="typed twice", by=NIGHT, key="2")
        assert balances.balances(session, fund_id=fund_id, as_of=MARCH_2)["cash", "GBP"] == 0
        assert balances.balances(session, fund_id=fund_id, as_of=MARCH_1)["cash", "GBP"] == -100_00
        for number in (entry_id, reversal):
            with pytest.raises(EntryAlreadyReversed):
                desk.reverse(session, entry_id=number, booked_on=MARCH_2, reason="again", by=NIGHT, key=f"3 {number}")


def test_a_closed_period_takes_no_entry(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        session.execute(text("INSERT INTO period (fund_id, period_end) VALUES (:f, '2026-02-28')"), {"f": fund_id})
        with pytest.raises(PeriodClosed, match="28 Feb 2026 lies in a closed period"):
            ledger.post(session, paid_in(on=date(2026, 2, 28)), fund_id=fund_id, by=NIGHT, key="1")
        assert ledger.post(session, paid_in(on=MARCH_1), fund_id=fund_id, by=NIGHT, key="1") > 0


def test_cash_never_goes_below_its_floor(database: TestDatabase, fund_id: UUID) -> None:
    out = Entry(
        kind="running_cost",
        reason="rent",
        booked_on=MARCH_2,
        effective_on=MARCH_2,
        postings=transfer(debit="running_costs", credit="cash", minor=100_01, currency="GBP"),
    )
    with database.sessions.begin(Role.NIGHT) as session:
        ledger.limit_account(session, fund_id=fund_id, code="cash", currency="GBP", floor_minor=0)
        ledger.post(session, paid_in(100_00), fund_id=fund_id, by=NIGHT, key="1")
        with pytest.raises(CashNotEnough):
            ledger.post(session, out, fund_id=fund_id, by=NIGHT, key="2")
        ledger.post(session, paid_in(1), fund_id=fund_id, by=NIGHT, key="3")
        ledger.post(session, out, fund_id=fund_id, by=NIGHT, key="2")
        assert balances.balances(session, fund_id=fund_id, as_of=MARCH_2)["cash", "GBP"] == 0


def cash_moves(minor: int, *, on: date) -> Entry:
    """Money that comes in, or goes out where it is negative."""
    postings = transfer(debit="cash", credit="contributed", minor=minor, currency="GBP")
    return Entry(kind="test", reason="", booked_on=on, effective_on=on, postings=postings)


MARCH_3 = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("before", "asked", "taken"),
    [
        # minor units by booking day, in the order in which they are said; floor nought
        ([(50, MARCH_3)], [(-50, MARCH_1)], False),
        ([(50, MARCH_3)], [(-50, MARCH_2)], False),
        ([(50, MARCH_3)], [(-50, MARCH_3)], True),
        ([(50, MARCH_1), (-50, MARCH_3)], [(-1, MARCH_2)], False),
        ([(50, MARCH_1), (-49, MARCH_3)], [(-1, MARCH_2)], True),
        ([(50, MARCH_2)], [(-50, MARCH_1), (50, MARCH_1)], True),
        ([(50, MARCH_1)], [(-51, MARCH_2), (1, MARCH_3)], False),
        ([(50, MARCH_1)], [(1, MARCH_3), (-50, MARCH_2)], True),
    ],
)
def test_cash_stays_above_its_floor_at_the_end_of_every_booking_day(
    database: TestDatabase,
    fund_id: UUID,
    before: list[tuple[int, date]],
    asked: list[tuple[int, date]],
    taken: bool,
) -> None:
    """Money that is booked as coming in later pays nothing today; what comes together is looked at together."""
    with database.sessions.begin(Role.NIGHT) as session:
        ledger.limit_account(session, fund_id=fund_id, code="cash", currency="GBP", floor_minor=0)
        for place, (minor, day) in enumerate(before):
            ledger.post(session, cash_moves(minor, on=day), fund_id=fund_id, by=NIGHT, key=f"{place}")
        batch = [KeyedEntry(f"asked {place}", cash_moves(minor, on=day)) for place, (minor, day) in enumerate(asked)]
        if taken:
            assert len(post_many(session, batch, fund_id=fund_id, recorded_by=None, scope="test")) == len(asked)
        else:
            with pytest.raises(CashNotEnough):
                post_many(session, batch, fund_id=fund_id, recorded_by=None, scope="test")


def test_a_day_that_stood_below_the_floor_before_is_made_no_worse(database: TestDatabase, fund_id: UUID) -> None:
    """10.00 went out on 1 March and 30.00 came in on the 2nd; only then the floor of nought was set."""
    with database.sessions.begin(Role.NIGHT) as session:
        for place, (minor, day) in enumerate([(-10_00, MARCH_1), (30_00, MARCH_2)]):
            ledger.post(session, cash_moves(minor, on=day), fund_id=fund_id, by=NIGHT, key=f"{place}")
        ledger.limit_account(session, fund_id=fund_id, code="cash", currency="GBP", floor_minor=0)
        with pytest.raises(CashNotEnough):
            ledger.post(session, cash_moves(-1, on=MARCH_1), fund_id=fund_id, by=NIGHT, key="worse")
        ledger.post(session, cash_moves(5_00, on=MARCH_1), fund_id=fund_id, by=NIGHT, key="nearer")
        ledger.post(session, cash_moves(-25_00, on=MARCH_2), fund_id=fund_id, by=NIGHT, key="all that is there")
        with pytest.raises(CashNotEnough):
            ledger.post(session, cash_moves(-1, on=MARCH_2), fund_id=fund_id, by=NIGHT, key="too much")


def test_an_account_that_the_fund_lacks_is_named(database: TestDatabase, fund_id: UUID) -> None:
    entry = Entry(
        kind="contribution",
        reason="",
        booked_on=MARCH_1,
        effective_on=MARCH_1,
        postings=transfer(debit="cash", credit="contributed", minor=1, currency="USD"),
    )
    with database.sessions.begin(Role.NIGHT) as session, pytest.raises(AccountUnknown, match="cash in USD"):
        ledger.post(session, entry, fund_id=fund_id, by=NIGHT, key="1")


HEADER = """INSERT INTO entry (fund_id, actor_scope, idem_key, body_hash, kind, reason, booked_on, effective_on,
                               posting_count)
            SELECT id, 'x', 'x', '', 'x', '', '2026-03-01', '2026-03-01', %s FROM fund RETURNING id"""
LINE = """INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount)
          SELECT %s, %s, id, %s, %s, '2026-03-01', %s FROM account WHERE code = %s"""


@pytest.mark.parametrize(
    ("declared", "lines", "constraint"),
    [
        (2, [(1, "GBP", "2026-03-01", 100, "cash"), (2, "GBP", "2026-03-01", -99, "contributed")], "entry_balances"),
        (2, [(1, "GBP", "2026-03-01", 100, "cash")], "entry_is_complete"),
        (2, [], "entry_is_complete"),
        (1, [(1, "GBP", "2026-03-01", 100, "cash")], "entry_has_two_postings_or_more"),
        (
            2,
            [(1, "EUR", "2026-03-01", 1, "cash"), (2, "EUR", "2026-03-01", -1, "cash")],
            "posting_belongs_to_its_entry",
        ),
        (
            2,
            [(1, "GBP", "2026-03-02", 1, "cash"), (2, "GBP", "2026-03-02", -1, "cash")],
            "posting_belongs_to_its_entry",
        ),
        (2, [(1, "GBP", "2026-03-01", 0, "cash"), (2, "GBP", "2026-03-01", 0, "cash")], "posting_amount_is_not_zero"),
    ],
)
def test_the_database_says_it_again_at_commit(
    database: TestDatabase, fund_id: UUID, declared: int, lines: list[tuple[object, ...]], constraint: str
) -> None:
    with (
        closing(psycopg.connect(database.url(Role.NIGHT))) as connection,
        pytest.raises(psycopg.IntegrityError) as refused,
    ):
        row = connection.execute(HEADER, (declared,)).fetchone()
        assert row is not None
        for line, currency, day, amount, code in lines:
            connection.execute(LINE, (row[0], line, currency, day, amount, code))
        connection.commit()
    assert refused.value.diag.constraint_name == constraint


@pytest.mark.parametrize("day", ["infinity", "-infinity", "200000-01-01", "1899-12-31"])
@pytest.mark.parametrize("which", ["booked_on", "effective_on"])
def test_the_database_refuses_a_day_outside_the_book(
    database: TestDatabase, fund_id: UUID, which: str, day: str
) -> None:
    said = HEADER.replace("'2026-03-01', '2026-03-01'", "%s, %s")
    days = (day, "2026-03-01") if which == "booked_on" else ("2026-03-01", day)
    with (
        closing(psycopg.connect(database.url(Role.NIGHT))) as connection,
        pytest.raises(psycopg.errors.CheckViolation) as refused,
    ):
        connection.execute(said, (*days, 2))
    assert refused.value.diag.constraint_name == "entry_days_are_in_the_book"


def test_nothing_is_added_to_an_entry_of_an_earlier_transaction(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        entry_id = ledger.post(session, paid_in(), fund_id=fund_id, by=NIGHT, key="1")
    with (
        closing(psycopg.connect(database.url(Role.NIGHT))) as connection,
        pytest.raises(psycopg.IntegrityError) as refused,
    ):
        for line, amount in ((3, 5), (4, -5)):
            connection.execute(LINE, (entry_id, line, "GBP", "2026-03-01", amount, "cash"))
    assert refused.value.diag.constraint_name == "posting_belongs_to_its_entry"


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize(("table", "column"), [("posting", "amount"), ("entry", "reason"), ("seal", "number")])
@pytest.mark.parametrize("role", [Role.MIGRATOR, Role.APP, Role.NIGHT])
def test_no_role_edits_or_removes_what_was_written(
    database: TestDatabase, fund_id: UUID, statement: str, table: str, column: str, role: Role
) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        ledger.post(session, paid_in(), fund_id=fund_id, by=NIGHT, key="1")
    with (
        closing(psycopg.connect(database.url(role))) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.format(table, column, column))


def test_a_request_cannot_choose_a_facts_number_transaction_or_moment(database: TestDatabase, fund_id: UUID) -> None:
    for column, value in (("xid", "'1'::xid8"), ("id", "1"), ("recorded_at", "now()")):
        with database.sessions.begin(Role.APP) as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(
                text(f"INSERT INTO period (fund_id, period_end, {column}) VALUES (:f, '2026-01-31', {value})"),
                {"f": fund_id},
            )


def test_an_unbalanced_entry_through_the_orm_fails_at_commit(database: TestDatabase, fund_id: UUID) -> None:
    from domain.store.ledger_rows import EntryRow

    with (
        pytest.raises((IntegrityError, DBAPIError), match="declares 2 postings and has 0"),
        database.sessions.begin(Role.NIGHT) as session,
    ):
        session.add(
            EntryRow(
                fund_id=fund_id,
                actor_scope="x",
                idem_key="x",
                body_hash=b"",
                kind="x",
                reason="x",
                booked_on=MARCH_1,
                effective_on=MARCH_1,
                posting_count=2,
            )
        )
