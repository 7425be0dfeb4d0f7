"""What the database itself lets the role that serves requests do, whatever a page or a query forgets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from uuid import UUID

import psycopg
import pytest

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import parties, people
from domain.parties import PartyKind
from domain.parties import Role as PersonRole
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund

DAY = date(2026, 3, 31)

OPEN_TABLES = {
    "account": "codes and sides, no amounts",
    "alembic_version": "the number of the last migration",
    "fund": "names and mandates",
    "fund_mission": "mandates are public",
    "grand_challenge": "public",
    "indicator": "public",
    "mission": "public",
    "seal": "hashes",
    "seal_chain": "hashes",
    "seal_horizon": "one number",
    "sector": "public",
    "target": "public",
}
"""Tables without row-level security, each with the reason."""


@pytest.fixture
def somebody(database: TestDatabase) -> dict[str, UUID]:
    """A fund, an officer, a board member, a steward, and an investee's person."""
    found: dict[str, UUID] = {}
    with database.sessions.begin(Role.NIGHT) as session:
        open_fund(session)
        party = parties.add_party(session, code="ann", name="Ann's Works", kind=PartyKind.BUSINESS, by=NIGHT)
        for role in (PersonRole.OFFICER, PersonRole.BOARD, PersonRole.STEWARD, PersonRole.INVESTEE):
            found[role] = people.add_user(
                session,
                email=f"{role}@bank.example",
                name=str(role),
                role=role,
                party_id=party if role is PersonRole.INVESTEE else None,
                password="a password of the test",
                password_hash="$argon2id$kept",
                by=NIGHT,
            )
    return found


@contextmanager
def acting(database: TestDatabase, actor: UUID | None) -> Iterator[psycopg.Connection]:
    """A transaction of the role that serves requests, in somebody's name."""
    with closing(psycopg.connect(database.url(Role.APP))) as connection:
        connection.execute("SELECT set_config('missionbook.actor', %s, true)", (str(actor or ""),))
        yield connection


def test_every_table_secures_its_rows_or_says_why_not(database: TestDatabase) -> None:
    with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
        tables = owner.execute(
            """SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
               WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE 'procrastinate%'"""
        ).fetchall()
    assert len(tables) > 40
    assert {name for name, secured in tables if not secured} == set(OPEN_TABLES)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE report SET due_on = '2099-01-01'",
        "UPDATE deal SET title = 'x'",
        "UPDATE fund SET business_day = '2099-01-01'",
        "UPDATE account_limit SET balance_minor = 0",
        "UPDATE seal SET number = 1",
        "DELETE FROM answer",
        "INSERT INTO finding (fund_id) SELECT id FROM fund",
        "INSERT INTO contribution (fund_id) SELECT id FROM fund",
        "INSERT INTO exit_trigger (fund_id) SELECT id FROM fund",
        "INSERT INTO fund (code) VALUES ('x')",
        "SELECT * FROM procrastinate_jobs",
        "CREATE TABLE mine (id int)",
        "CREATE TEMP TABLE mine (id int)",
        "SET ROLE missionbook_night",
        "SELECT setval('fact_id', 1)",
    ],
)
@pytest.mark.parametrize("role", [PersonRole.INVESTEE, PersonRole.OFFICER, PersonRole.BOARD])
def test_a_request_cannot(database: TestDatabase, somebody: dict[str, UUID], statement: str, role: PersonRole) -> None:
    with acting(database, somebody[role]) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", [None, PersonRole.OFFICER, PersonRole.BOARD, PersonRole.STEWARD])
@pytest.mark.parametrize("statement", [
    "INSERT INTO app_user (email, name, role, password_hash) VALUES ('new@bank.example', 'New', 'board', 'x')",
    "UPDATE app_user SET password_hash = 'mine' WHERE role = 'board'",
    "UPDATE app_user SET disabled_at = NULL",
    "SELECT replace_password_of(uuidv7(), 'mine')",
    "SELECT disable_person(uuidv7())",
    "SELECT seal_facts()",
    "SELECT seal_facts_if_free()",
])  # fmt: skip
def test_no_request_lets_people_in_changes_them_or_seals(
    database: TestDatabase, somebody: dict[str, UUID], role: PersonRole | None, statement: str
) -> None:
    with (
        acting(database, somebody.get(role or "")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        connection.execute(statement.encode())


def test_nobody_speaks_in_anothers_name(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    said = """INSERT INTO project_mission (recorded_by, project_id, mission_id, helps)
              VALUES (%s, uuidv7(), uuidv7(), true)"""
    with (
        acting(database, somebody[PersonRole.OFFICER]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        connection.execute(said.encode(), (somebody[PersonRole.BOARD],))


def test_an_answer_is_seen_by_whom_it_was_given_to(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    officer, investee = somebody[PersonRole.OFFICER], somebody[PersonRole.INVESTEE]
    with acting(database, officer) as connection:
        connection.execute(
            "INSERT INTO answer (actor_scope, route, idem_key, body_hash) VALUES (%s, 'receipts', 'k', '')",
            (str(officer),),
        )
        connection.commit()
    for actor, seen in ((officer, 1), (investee, 0), (None, 0)):
        with acting(database, actor) as connection:
            assert connection.execute("SELECT count(*) FROM answer").fetchone() == (seen,)


def test_one_connection_that_served_an_investee_tells_the_next_one_nothing(
    database: TestDatabase, somebody: dict[str, UUID]
) -> None:
    with acting(database, somebody[PersonRole.INVESTEE]) as connection:
        assert connection.execute("SELECT name FROM party").fetchall() == [("Ann's Works",)]
        connection.commit()
        assert connection.execute("SELECT name FROM party").fetchall() == []


def test_no_function_of_the_owners_can_be_shown_a_temporary_table(database: TestDatabase) -> None:
    """PostgreSQL looks for a table among the temporary ones first, unless they are named last."""
    with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
        functions = owner.execute(
            """SELECT proname, proconfig FROM pg_proc
               WHERE pronamespace = 'public'::regnamespace AND prosecdef AND proname NOT LIKE 'procrastinate%'"""
        ).fetchall()
    assert len(functions) > 8
    assert [name for name, settings in functions if "search_path=public, pg_temp" not in settings] == []
