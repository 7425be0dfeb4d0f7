"""What the database itself asks of a step on a deal, a request, a loan of an act and an entry: whose act it is."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from api.database.roles import Role as DatabaseRole
from domain.authority import LENDABLE, MAY, Act
from domain.parties import Role
from domain.store import authority_queries
from tests.conftest import TestDatabase
from tests.desk.financed import finance, person
from tests.rights.test_privileges import acting

UTC_DAY = "(now() AT TIME ZONE 'UTC')::date"
STAGE = f"""INSERT INTO deal_stage (fund_id, recorded_by, recorded_for, deal_id, stage, happened_on, reason)
            SELECT fund_id, %(by)s, %(whose)s, id, %(stage)s, {UTC_DAY}, 'x' FROM deal"""
LEND = f"""INSERT INTO delegation (recorded_by, lender_id, borrower_id, acts, from_day, to_day, words)
           VALUES (%(by)s, %(by)s, %(to)s, to_jsonb(ARRAY[%(act)s::text]), {UTC_DAY}, {UTC_DAY}, '')"""
TIE = f"""INSERT INTO conflict_of_interest (recorded_by, user_id, party_id, since, words)
          SELECT %(by)s, %(by)s, id, {UTC_DAY}, 'a tie' FROM party WHERE id = (SELECT investee_id FROM deal)"""
PAYOUT = f"""INSERT INTO request (fund_id, recorded_by, recorded_for, kind, deal_id, instrument_id, amount_minor,
                                  effective_on, reason)
             SELECT d.fund_id, %(by)s, %(whose)s, 'payout', CASE WHEN %(names)s THEN d.id END, i.id, 1, {UTC_DAY}, 'x'
             FROM deal d JOIN instrument i ON i.deal_id = d.id"""
DECIDE = """INSERT INTO request_decision (fund_id, recorded_by, recorded_for, request_id, decision, reason)
            SELECT fund_id, %(by)s, %(whose)s, id, 'refused', 'x' FROM request"""
POST = """SELECT refused FROM post_entry((SELECT id FROM fund), %(by)s, %(by)s::text, 'k', '', 'transfer', 'x', '',
               (SELECT id FROM deal WHERE %(names)s), (SELECT business_day FROM fund),
               (SELECT business_day FROM fund), NULL, ARRAY['cash', 'cash'],
               ARRAY['EUR', 'EUR'], ARRAY[1::bigint, -1::bigint], ARRAY[NULL, NULL]::uuid[])"""


@pytest.fixture
def bank(database: TestDatabase) -> dict[str, UUID]:
    """People of every role, and a deal with a loan that was proposed."""
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        here = finance(session)
        here.propose()
        people = {Role.OFFICER: here.second, Role.BOARD: here.board} | {
            role: person(session, str(role), role) for role in (Role.RISK, Role.AUDITOR, Role.STEWARD)
        }
        found = {str(role): one.id for role, one in people.items() if one.id}
        session.execute(
            text(
                """INSERT INTO app_user (email, name, role, party_id, password_hash)
                   VALUES ('ann@x.example', 'Ann', 'investee', :party, '!')"""
            ),
            {"party": here.party_id},
        )
        found["investee"] = session.execute(text("SELECT id FROM app_user WHERE role = 'investee'")).scalar_one()
    return found


def refused(database: TestDatabase, people: dict[str, UUID], by: Role, *statements: str, **said: object) -> str | None:
    """Do something in somebody's name and take it back; return the constraint that refused it, None for none."""
    with acting(database, people[by]) as connection:
        try:
            for statement in statements:
                connection.execute(statement.encode(), {"by": people[by], "whose": None, "names": True, **said})
        except psycopg.Error as error:
            return error.diag.constraint_name or str(error)
        finally:
            connection.rollback()
    return None


def test_the_database_knows_whose_each_lent_act_is(database: TestDatabase) -> None:
    with closing(psycopg.connect(database.url(DatabaseRole.MIGRATOR))) as owner:
        known = {
            (act, role)
            for act in Act
            for role in Role
            if owner.execute("SELECT act_is_of(%s, %s)", (str(act), str(role))).fetchone() == (True,)
        }
    assert known == {(act, role) for act in LENDABLE for role in MAY[act]}


@pytest.mark.parametrize(("stage", "theirs"), [
    ("proposed", {Role.OFFICER}),
    ("appraised", {Role.OFFICER, Role.RISK}),
    ("approved", {Role.BOARD}),
    ("declined", {Role.BOARD}),
    ("withdrawn", {Role.OFFICER}),
    ("contracted", {Role.OFFICER}),
    ("active", {Role.OFFICER, Role.BOARD}),
    ("exiting", {Role.BOARD}),
    ("closed", {Role.OFFICER}),
    ("no such stage", set()),
])  # fmt: skip
def test_a_step_on_a_deal_is_of_who_has_the_act(
    database: TestDatabase, bank: dict[str, UUID], stage: str, theirs: set[Role]
) -> None:
    found = {
        role for role in Role if role is not Role.INVESTEE and refused(database, bank, role, STAGE, stage=stage) is None
    }
    assert found == theirs


def test_nobody_acts_for_who_lent_them_nothing(database: TestDatabase, bank: dict[str, UUID]) -> None:
    board, officer, risk = bank[Role.BOARD], bank[Role.OFFICER], bank[Role.RISK]
    said = {"whose": board, "stage": "approved"}
    assert refused(database, bank, Role.OFFICER, STAGE, **said) == "act_is_of_who_does_it"
    with acting(database, board) as connection:
        connection.execute(LEND.encode(), {"by": board, "to": officer, "act": "approve a deal"})
        connection.commit()
    assert refused(database, bank, Role.OFFICER, STAGE, **said) is None
    assert refused(database, bank, Role.RISK, STAGE, **said) == "act_is_of_who_does_it", "it was lent to another"
    said["stage"] = "declined"
    assert refused(database, bank, Role.OFFICER, STAGE, **said) == "act_is_of_who_does_it", "another act was lent"
    assert refused(database, bank, Role.OFFICER, STAGE, whose=risk, stage="appraised") == "act_is_of_who_does_it"


@pytest.mark.parametrize(("by", "act", "may"), [
    (Role.BOARD, "approve a deal", True),
    (Role.OFFICER, "approve a deal", False),
    (Role.STEWARD, "administer people and settings", False),
    (Role.BOARD, "fly", False),
])  # fmt: skip
def test_only_ones_own_acts_are_lent(
    database: TestDatabase, bank: dict[str, UUID], by: Role, act: str, may: bool
) -> None:
    expected = None if may else "act_is_of_who_does_it"
    assert refused(database, bank, by, LEND, to=bank[Role.RISK], act=act) == expected


def test_a_request_is_made_and_decided_by_whose_act_it_is(database: TestDatabase, bank: dict[str, UUID]) -> None:
    found = {role: refused(database, bank, role, PAYOUT) for role in (Role.OFFICER, Role.BOARD, Role.AUDITOR)}
    assert found == {
        Role.OFFICER: None, Role.BOARD: "act_is_of_who_does_it", Role.AUDITOR: "act_is_of_who_does_it"
    }  # fmt: skip
    with acting(database, bank[Role.OFFICER]) as connection:
        connection.execute(PAYOUT.encode(), {"by": bank[Role.OFFICER], "whose": None, "names": True})
        connection.commit()
    found = {role: refused(database, bank, role, DECIDE) for role in (Role.BOARD, Role.RISK, Role.STEWARD)}
    assert found == {Role.BOARD: None, Role.RISK: "act_is_of_who_does_it", Role.STEWARD: "act_is_of_who_does_it"}


def test_a_request_hides_no_deal_from_a_tie(database: TestDatabase, bank: dict[str, UUID]) -> None:
    assert refused(database, bank, Role.OFFICER, PAYOUT, names=False) == "request_names_its_deal"
    assert refused(database, bank, Role.OFFICER, TIE, PAYOUT) == "no_conflict_of_interest"


def test_entries_are_of_who_may_book_and_has_no_tie(database: TestDatabase, bank: dict[str, UUID]) -> None:
    found = {role: refused(database, bank, role, POST) for role in Role if role is not Role.INVESTEE}
    expected: dict[Role, str | None] = dict.fromkeys(found, "entries_are_of_who_posts")
    assert found == expected | {Role.OFFICER: None, Role.BOARD: None}
    assert refused(database, bank, Role.OFFICER, TIE, POST) == "no_conflict_of_interest"
    assert refused(database, bank, Role.OFFICER, TIE, POST, names=False) is None, "an entry of no deal"
    with acting(database, bank[Role.OFFICER]) as connection:
        connection.execute(LEND.encode(), {"by": bank[Role.OFFICER], "to": bank[Role.RISK], "act": "record a receipt"})
        connection.commit()
    assert refused(database, bank, Role.RISK, POST) is None, "something that books was lent to them"


def test_an_investee_learns_of_no_tie(database: TestDatabase, bank: dict[str, UUID]) -> None:
    asked = "SELECT bool_or(is_conflicted(u.id, p.id)) FROM app_user u, party p"
    with acting(database, bank[Role.OFFICER]) as connection:
        connection.execute(TIE.encode(), {"by": bank[Role.OFFICER]})
        connection.commit()
    seen = {}
    for role in (Role.RISK, Role.INVESTEE):
        with acting(database, bank[role]) as connection:
            seen[role] = connection.execute(asked.encode()).fetchone()
    assert seen == {Role.RISK: (True,), Role.INVESTEE: (False,)}


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati"])
def test_the_day_is_that_of_utc_in_every_time_zone(database: TestDatabase, zone: str) -> None:
    """Twelve hours behind and fourteen ahead: in one of the two it is another day than in UTC."""
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        session.execute(text("SELECT set_config('timezone', :zone, true)"), {"zone": zone})
        utc = session.execute(text("SELECT date(now() AT TIME ZONE 'UTC')")).scalar_one()
        assert authority_queries.today(session) == utc


def test_a_fund_keeps_its_number(database: TestDatabase, bank: dict[str, UUID]) -> None:
    with (
        closing(psycopg.connect(database.url(DatabaseRole.MIGRATOR))) as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="fund is append-only"),
    ):
        owner.execute("UPDATE fund SET id = uuidv7()")


def test_a_reader_waits_for_no_sealer(database: TestDatabase, bank: dict[str, UUID]) -> None:
    asked = "SELECT seal_facts_if_free()"
    with closing(psycopg.connect(database.url(DatabaseRole.NIGHT))) as sealer:
        sealer.execute("SELECT seal_facts()")  # holds its row
        with closing(psycopg.connect(database.url(DatabaseRole.NIGHT))) as reader:
            assert reader.execute(asked.encode()).fetchone() == (None,)
            assert reader.execute("SELECT count(*) FROM seal").fetchone() == (0,)
            reader.rollback()
            sealer.rollback()
            sealed = reader.execute(asked.encode()).fetchone()
            assert sealed is not None
            assert sealed[0] > 0
