"""What no role of the database can say: of no fund, of another fund's entry, on another day, otherwise than before."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from api.database.roles import Role
from domain.authority import NIGHT
from domain.ledger import Entry, transfer
from domain.parties import Role as PersonRole
from domain.store import ledger
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund
from tests.ledger.sealing import pay_in
from tests.rights.test_privileges import acting, somebody

__all__ = ["somebody"]

OF_NO_FUND = {
    "period": "INSERT INTO period (period_end) VALUES ('2026-02-28')",
    "fund_limit": """INSERT INTO fund_limit (basis, amount_minor, valid_from, source)
                     VALUES ('ticket', 1, '2026-01-01', '')""",
    "contribution": """INSERT INTO contribution (code, party_id, amount_minor, currency, received_on, entry_id)
                       SELECT 'c', id, 100, 'GBP', '2026-03-01', %(entry)s FROM party""",
}
"""What the night's role may add, said of no fund."""

FACTS_OF_A_FUND = {
    *("authority_limit", "breach", "breach_event", "contribution", "deal_stage", "entry", "exchange_rate"),
    *("exit_trigger", "finding", "fund_limit", "instrument_terms", "observation", "period", "report_version"),
    *("request", "request_decision", "revenue_statement", "statement_line", "statement_release"),
}
FACTS_OF_THE_BANK_TOO = {
    "audit": "acts on people and on the whole book",
    "co_finance": "a project is nobody's before a fund has a deal with it",
    "conflict_of_interest": "a person's tie to a party",
    "definition": "rows of every kind",
    "delegation": "between two people",
    "project_mission": "of a project",
    "target": "a mission's own, beside a fund's",
}


@pytest.fixture
def entry(database: TestDatabase, somebody: dict[str, UUID]) -> int:
    """A tranche of 100.00 GBP paid into ``commons`` on 1 March 2026."""
    with database.sessions.begin(Role.NIGHT) as session:
        fund_id: UUID = session.execute(text("SELECT id FROM fund")).scalar_one()
    return pay_in(database, fund_id, "1")


def refused(database: TestDatabase, statement: str, entry: int = 0, role: Role = Role.NIGHT) -> str | None:
    """By what the night's role, or another, is refused a statement."""
    with (
        closing(psycopg.connect(database.url(role))) as connection,
        pytest.raises(psycopg.IntegrityError) as found,
    ):
        connection.execute(statement.encode(), {"entry": entry})
    return found.value.diag.constraint_name


@pytest.mark.parametrize("kind", OF_NO_FUND)
def test_what_belongs_to_a_fund_is_not_said_of_none(database: TestDatabase, entry: int, kind: str) -> None:
    assert refused(database, OF_NO_FUND[kind], entry) == f"{kind}_belongs_to_a_fund"


def test_every_kind_of_fact_is_of_a_fund_or_says_why_not(database: TestDatabase) -> None:
    with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
        kinds = owner.execute(
            """SELECT c.relname, EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
                                         AND k.conenforced AND pg_get_constraintdef(k.oid) LIKE
                                         'CHECK ((fund_id IS NOT NULL))%')
               FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
               WHERE pg_get_expr(d.adbin, d.adrelid) LIKE '%fact_id%'"""
        ).fetchall()
    assert {name for name, held in kinds if held} == FACTS_OF_A_FUND
    assert {name for name, held in kinds if not held} == set(FACTS_OF_THE_BANK_TOO)


CONTRIBUTION = """INSERT INTO contribution (fund_id, code, party_id, amount_minor, currency, received_on, entry_id)
                  SELECT f.id, 'c', p.id, {minor}, '{currency}', '{day}', %(entry)s FROM party p, fund f
                  WHERE f.code = '{fund}'"""
SOUND = {"minor": "10000", "currency": "GBP", "day": "2026-03-01", "fund": "commons"}


@pytest.mark.parametrize(
    "said",
    [
        {"fund": "renewal"},
        {"currency": "XXX"},
        {"day": "infinity"},
        {"day": "2026-03-02"},
        {"minor": "10001"},
    ],
)
def test_a_contribution_is_what_its_entry_booked(database: TestDatabase, entry: int, said: dict[str, str]) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        open_fund(session, "renewal")
    assert refused(database, CONTRIBUTION.format(**SOUND | said), entry) == "contribution_is_what_its_entry_booked"
    with closing(psycopg.connect(database.url(Role.NIGHT))) as connection:
        connection.execute(CONTRIBUTION.format(**SOUND).encode(), {"entry": entry})


def test_a_request_names_an_entry_of_its_fund(database: TestDatabase, somebody: dict[str, UUID], entry: int) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        open_fund(session, "renewal")
    said = """INSERT INTO request (fund_id, recorded_by, kind, entry_id, reason)
              SELECT id, %s, 'reversal', %s, 'typed twice' FROM fund WHERE code = %s"""
    officer = somebody[PersonRole.OFFICER]
    with acting(database, officer) as connection:
        connection.execute(said.encode(), (officer, entry, "commons"))
        with pytest.raises(psycopg.errors.CheckViolation, match="is one of its own fund"):
            connection.execute(said.encode(), (officer, entry, "renewal"))


def test_a_rate_is_one_of_the_funds_own_currency(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    said = """INSERT INTO exchange_rate (fund_id, recorded_by, currency, base, units, quoted_on, source)
              SELECT id, %s, 'USD', %s, 1.25, '2026-03-01', 'a bank' FROM fund"""
    officer = somebody[PersonRole.OFFICER]
    with acting(database, officer) as connection:
        connection.execute(said.encode(), (officer, "GBP"))
        with pytest.raises(psycopg.errors.CheckViolation, match="the fund's own currency was worth, not of EUR"):
            connection.execute(said.encode(), (officer, "EUR"))


@pytest.mark.parametrize(
    ("day", "constraint"),
    [
        ("1999-01-01", "business_day_goes_forwards"),
        ("2026-03-30", "business_day_goes_forwards"),
        ("infinity", "fund_days_are_in_the_book"),
        ("2200-01-01", "fund_days_are_in_the_book"),
    ],
)
def test_a_funds_book_goes_forwards_within_its_days(
    database: TestDatabase, somebody: dict[str, UUID], day: str, constraint: str
) -> None:
    for role in (Role.NIGHT, Role.MIGRATOR):
        assert refused(database, f"UPDATE fund SET business_day = '{day}'", role=role) == constraint
    with database.sessions.begin(Role.NIGHT) as session:
        session.execute(text("UPDATE fund SET business_day = '2026-04-01'"))


@pytest.mark.parametrize(
    ("booked", "constraint"), [("2026-04-01", None), ("2026-04-02", "entry_lies_on_a_day_reached")]
)
def test_a_request_books_on_no_day_that_the_funds_book_has_not_reached(
    database: TestDatabase, somebody: dict[str, UUID], booked: str, constraint: str | None
) -> None:
    """The book stands at 31 March: the day after it is open too, no later one. A night is not held to it."""
    said = f"""SELECT entry_number, refused FROM fund, post_entry(fund.id, %s, %s, 'k', '', 'test', '', '', NULL,
               '{booked}', '{booked}', NULL, '{{cash,contributed}}', '{{GBP,GBP}}', '{{1,-1}}', '{{NULL,NULL}}')"""
    officer = somebody[PersonRole.OFFICER]
    with acting(database, officer) as connection:
        if constraint is None:
            assert connection.execute(said.encode(), (officer, str(officer))).fetchone()
        else:
            with pytest.raises(psycopg.errors.CheckViolation) as found:
                connection.execute(said.encode(), (officer, str(officer)))
            assert found.value.diag.constraint_name == constraint
    with database.sessions.begin(Role.NIGHT) as session:
        day = date.fromisoformat(booked)
        sound = Entry(
            kind="test", reason="", booked_on=day, effective_on=day,
            postings=transfer(debit="cash", credit="contributed", minor=1, currency="GBP"),
        )  # fmt: skip
        fund_id = session.execute(text("SELECT id FROM fund")).scalar_one()
        assert ledger.post(session, sound, fund_id=fund_id, by=NIGHT, key="night") > 0


@pytest.mark.parametrize(
    ("codes", "currencies", "amounts"),
    [
        ("{cash,contributed,cash}", "{GBP,GBP,NULL}", "{1,-1}"),
        ("{cash,contributed,cash}", "{GBP,GBP}", "{1,-1}"),
        ("{cash,contributed}", "{GBP,GBP,GBP}", "{1,-1}"),
    ],
)
def test_no_line_of_an_entry_is_dropped_on_the_way(
    database: TestDatabase, somebody: dict[str, UUID], codes: str, currencies: str, amounts: str
) -> None:
    said = f"""SELECT post_entry(fund.id, NULL, 'x', 'k', '', 'test', '', '', NULL, '2026-03-01', '2026-03-01', NULL,
               '{codes}', '{currencies}', '{amounts}', '{{NULL,NULL}}') FROM fund"""
    assert refused(database, said) == "entry_is_complete"


ALTERED = [
    "UPDATE answer SET body = NULL, status = 500",
    "UPDATE answer SET status = NULL, body = NULL",
    "UPDATE answer SET body = '{}'",
]


@pytest.mark.parametrize("statement", ALTERED)
@pytest.mark.parametrize("role", [Role.APP, Role.NIGHT, Role.MIGRATOR])
def test_an_answer_that_was_given_is_final(
    database: TestDatabase, somebody: dict[str, UUID], statement: str, role: Role
) -> None:
    officer = somebody[PersonRole.OFFICER]
    with acting(database, officer) as connection:
        connection.execute(
            "INSERT INTO answer (actor_scope, route, idem_key, body_hash) VALUES (%s, 'receipts', 'k', '')",
            (str(officer),),
        )
        connection.execute("UPDATE answer SET status = 201, body = '\"{}\"'")
        connection.commit()
    with closing(psycopg.connect(database.url(role))) as connection:
        connection.execute("SELECT set_config('missionbook.actor', %s, true)", (str(officer),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="answer is append-only"):
            connection.execute(statement.encode())


def test_an_answer_stays(database: TestDatabase) -> None:
    for statement in ("DELETE FROM answer", "TRUNCATE answer"):
        with (
            closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="answer is append-only"),
        ):
            owner.execute(statement.encode())
