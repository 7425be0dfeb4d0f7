"""What neither a request nor a night can make of sign-ins, whatever SQL it runs."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import psycopg
import pytest

from api.database.roles import Role
from domain.parties import Role as PersonRole
from tests.conftest import TestDatabase
from tests.rights.test_privileges import acting, somebody

__all__ = ["somebody"]
TOKEN = """INSERT INTO access_token (user_id, token_hash, expires_at, family_ends_at)
           VALUES (%s, sha256('t'), clock_timestamp() + %s, clock_timestamp() + %s)"""
BROWSER = """INSERT INTO web_session (user_id, secret_hash, expires_at)
             VALUES (%s, sha256('b'), clock_timestamp() + %s)"""
EVERYBODYS = "SELECT s.password_hash FROM app_user u, sign_in_of(u.email) s"


@pytest.mark.parametrize("role", [PersonRole.INVESTEE, PersonRole.OFFICER, PersonRole.STEWARD])
def test_who_is_signed_in_asks_for_no_hash(database: TestDatabase, somebody: dict[str, UUID], role: PersonRole) -> None:
    with acting(database, somebody[role]) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM app_user").fetchone() == (True,)
        assert connection.execute(EVERYBODYS.encode()).fetchall() == []
        own = connection.execute("SELECT * FROM sign_in_of(%s)", (f"{role}@bank.example",)).fetchall()
    assert own == []


@pytest.mark.parametrize(("role", "may"), [
    (PersonRole.OFFICER, True), (PersonRole.BOARD, False), (PersonRole.STEWARD, False), (None, False),
])  # fmt: skip
def test_a_request_makes_a_place_known_for_who_is_signed_in_only(
    database: TestDatabase, somebody: dict[str, UUID], role: PersonRole | None, may: bool
) -> None:
    with acting(database, somebody[role] if role else None) as connection:
        asked = "SELECT know_place(%s, sha256('here'))"
        assert connection.execute(asked, (somebody[PersonRole.OFFICER],)).fetchone() == (may,)
        connection.commit()
    with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
        rows = owner.execute("SELECT kind, failed FROM sign_in_attempt WHERE succeeded_at IS NOT NULL").fetchall()
    assert rows == ([("pair", 0)] if may else [])


def test_a_stranger_cannot_join_people_to_their_hashes(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    with acting(database, None) as connection:
        assert connection.execute(EVERYBODYS.encode()).fetchall() == []


@pytest.mark.parametrize("statement", [
    EVERYBODYS,
    "SELECT * FROM sign_in_of('officer@bank.example')",
    "UPDATE app_user SET password_hash = 'mine'",
    "UPDATE app_user SET disabled_at = NULL",
    "UPDATE app_user SET password_changed_at = NULL",
    "INSERT INTO web_session (user_id, secret_hash, expires_at) SELECT id, sha256('b'), now() FROM app_user",
    "INSERT INTO access_token (user_id) VALUES (uuidv7())",
    "INSERT INTO authority_limit (act) VALUES ('pay out a drawdown')",
    "INSERT INTO conflict_of_interest (words) VALUES ('x')",
    "INSERT INTO delegation (words) VALUES ('x')",
    "INSERT INTO request (kind) VALUES ('payout')",
    "INSERT INTO request_decision (decision) VALUES ('approved')",
    "INSERT INTO definition (kind, keys, digests) VALUES ('deal', '{}', '{}')",
    "COPY definition FROM STDIN",
])  # fmt: skip
def test_a_night_cannot(database: TestDatabase, somebody: dict[str, UUID], statement: str) -> None:
    with (
        closing(psycopg.connect(database.url(Role.NIGHT))) as night,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        night.execute(statement.encode())


def test_who_was_disabled_stays_disabled(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    person = somebody[PersonRole.OFFICER]
    asked = "SELECT disabled_at FROM app_user WHERE id = %s"
    with closing(psycopg.connect(database.url(Role.NIGHT), autocommit=True)) as night:
        night.execute("SELECT disable_person(%s)", (person,))
        first = night.execute(asked, (person,)).fetchone()
        night.execute("SELECT disable_person(%s)", (person,))
        night.execute("SELECT replace_password_of(%s, 'mine')", (person,))
        assert night.execute(asked, (person,)).fetchone() == first != (None,)
    with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
        kept = owner.execute("SELECT password_hash FROM app_user WHERE id = %s", (person,)).fetchone()
    assert kept == ("$argon2id$kept",)


@pytest.mark.parametrize(("statement", "lasts", "may"), [
    (TOKEN, ("12 hours", "7 days"), True),
    (TOKEN, ("12 hours 1 minute", "7 days"), False),
    (TOKEN, ("5 years", "5 years"), False),
    (TOKEN, ("1 hour", "7 days 1 minute"), False),
    (BROWSER, ("12 hours",), True),
    (BROWSER, ("13 hours",), False),
])  # fmt: skip
def test_a_sign_in_is_short_whoever_writes_it(
    database: TestDatabase, somebody: dict[str, UUID], statement: str, lasts: tuple[str, ...], may: bool
) -> None:
    officer = somebody[PersonRole.OFFICER]
    with acting(database, officer) as connection:
        if may:
            connection.execute(statement.encode(), (officer, *lasts))
            return
        with pytest.raises(psycopg.errors.CheckViolation, match="12 hours at most"):
            connection.execute(statement.encode(), (officer, *lasts))


@pytest.mark.parametrize(("column", "table"), [
    ("revoked_at", "access_token"), ("rotated_at", "access_token"), ("ended_at", "web_session"),
])  # fmt: skip
@pytest.mark.parametrize("role", [PersonRole.OFFICER, PersonRole.STEWARD])
def test_what_ended_stays_ended(
    database: TestDatabase, somebody: dict[str, UUID], column: str, table: str, role: PersonRole
) -> None:
    officer = somebody[PersonRole.OFFICER]
    with acting(database, officer) as connection:
        connection.execute(TOKEN.encode(), (officer, "1 hour", "1 hour"))
        connection.execute(BROWSER.encode(), (officer, "1 hour"))
        connection.execute(f"UPDATE {table} SET {column} = 'infinity'".encode())
        ended = connection.execute(f"SELECT {column} <= clock_timestamp() FROM {table}".encode()).fetchone()
        assert ended == (True,), "the moment is the database's"
        connection.commit()
    for value in ("NULL", "'infinity'"):
        with (
            acting(database, somebody[role]) as connection,
            pytest.raises(psycopg.errors.CheckViolation, match="stays ended"),
        ):
            connection.execute(f"UPDATE {table} SET {column} = {value}".encode())


def test_the_audit_names_who_is_recorded(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    officer = somebody[PersonRole.OFFICER]
    with acting(database, officer) as connection:
        connection.execute(
            """INSERT INTO audit (recorded_by, actor_name, act, subject_kind, subject, outcome)
               VALUES (%s, 'Stella Steward', 'x', 'x', 'x', 'done')""",
            (officer,),
        )
        connection.commit()
    with acting(database, somebody[PersonRole.STEWARD]) as connection:
        assert connection.execute("SELECT actor_name FROM audit WHERE act = 'x'").fetchone() == ("officer",)
