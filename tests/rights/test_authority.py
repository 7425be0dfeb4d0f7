"""What the database itself lets people say about amounts, ties, lent acts and requests, whatever a page forgets."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest

from domain.parties import Role
from tests.conftest import TestDatabase
from tests.rights.test_privileges import acting, somebody

__all__ = ["somebody"]
TODAY = date.today()  # noqa: DTZ011 - a term around the day of the database
TABLES = ("authority_limit", "conflict_of_interest", "delegation", "request", "request_decision")
TIE = """INSERT INTO conflict_of_interest (recorded_by, user_id, party_id, since, words)
         SELECT %(by)s, %(whose)s, id, current_date, 'a tie' FROM party LIMIT 1"""
LEND = """INSERT INTO delegation (recorded_by, lender_id, borrower_id, acts, from_day, to_day, words)
          VALUES (%(by)s, %(lender)s, %(to)s, '["approve a deal"]', %(first)s, %(last)s, '')"""
AMOUNT = """INSERT INTO authority_limit (fund_id, recorded_by, act, role, amount_minor, valid_from, source)
            SELECT id, %(by)s, 'pay out a drawdown', 'officer', NULL, current_date, 'mine' FROM fund"""


def refused(
    database: TestDatabase, people: dict[str, UUID], by: Role, statement: str, **said: object
) -> psycopg.Error | None:
    """Say something in somebody's name and take it back; return how the database refused it, None where it did not."""
    with acting(database, people[by]) as connection:
        try:
            connection.execute(statement.encode(), {"by": people[by], **said})
        except psycopg.Error as error:
            return error
        finally:
            connection.rollback()
    return None


@pytest.mark.parametrize(("by", "may"), [(Role.OFFICER, False), (Role.BOARD, False), (Role.STEWARD, True)])
def test_only_a_steward_sets_amounts(database: TestDatabase, somebody: dict[str, UUID], by: Role, may: bool) -> None:
    assert (refused(database, somebody, by, AMOUNT) is None) is may


@pytest.mark.parametrize(
    ("by", "whose", "may"),
    [
        (Role.OFFICER, Role.OFFICER, True),
        (Role.OFFICER, Role.BOARD, False),
        (Role.STEWARD, Role.BOARD, True),
        (Role.INVESTEE, Role.INVESTEE, False),
    ],
)
def test_a_tie_is_ones_own_or_told_by_a_steward(
    database: TestDatabase, somebody: dict[str, UUID], by: Role, whose: Role, may: bool
) -> None:
    assert (refused(database, somebody, by, TIE, whose=somebody[whose]) is None) is may


@pytest.mark.parametrize(
    ("by", "lender", "to", "days", "may"),
    [
        (Role.BOARD, Role.BOARD, Role.OFFICER, 89, True),
        (Role.STEWARD, Role.BOARD, Role.OFFICER, 1, False),
        (Role.BOARD, Role.BOARD, Role.OFFICER, 90, False),
        (Role.OFFICER, Role.BOARD, Role.OFFICER, 1, False),
        (Role.STEWARD, Role.BOARD, Role.STEWARD, 1, False),
        (Role.BOARD, Role.BOARD, Role.INVESTEE, 1, False),
        (Role.BOARD, Role.BOARD, Role.BOARD, 1, False),
        (Role.INVESTEE, Role.INVESTEE, Role.OFFICER, 1, False),
    ],
    ids=[
        "the lender",
        "a steward for the lender",
        "too long",
        "who would borrow",
        "a steward to themselves",
        "to an investee",
        "to oneself",
        "an investee",
    ],
)
def test_acts_are_lent_by_whose_they_are(
    database: TestDatabase, somebody: dict[str, UUID], by: Role, lender: Role, to: Role, days: int, may: bool
) -> None:
    said = {"lender": somebody[lender], "to": somebody[to], "first": TODAY, "last": TODAY + timedelta(days=days)}
    assert (refused(database, somebody, by, LEND, **said) is None) is may


def test_nobody_speaks_in_anothers_name(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    for statement, more in ((TIE, {"whose": somebody[Role.BOARD]}), (AMOUNT, {})):
        with (
            acting(database, somebody[Role.OFFICER]) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
        ):
            connection.execute(statement.encode(), {"by": somebody[Role.BOARD], **more})


def test_an_investee_sees_nothing_of_them_and_others_only_their_own_ties(
    database: TestDatabase, somebody: dict[str, UUID]
) -> None:
    with acting(database, somebody[Role.OFFICER]) as connection:
        connection.execute(TIE.encode(), {"by": somebody[Role.OFFICER], "whose": somebody[Role.OFFICER]})
        connection.commit()
    seen = {}
    for role in (Role.OFFICER, Role.BOARD, Role.STEWARD, Role.INVESTEE):
        with acting(database, somebody[role]) as connection:
            seen[role] = connection.execute("SELECT count(*) FROM conflict_of_interest").fetchone()
    assert seen == {Role.OFFICER: (1,), Role.BOARD: (0,), Role.STEWARD: (1,), Role.INVESTEE: (0,)}
    with acting(database, somebody[Role.INVESTEE]) as connection:
        for table in TABLES:
            assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {} SET recorded_by = NULL", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_said_stays(database: TestDatabase, somebody: dict[str, UUID], table: str, verb: str) -> None:
    error = refused(database, somebody, Role.STEWARD, verb.format(table))
    assert isinstance(error, psycopg.errors.InsufficientPrivilege)
