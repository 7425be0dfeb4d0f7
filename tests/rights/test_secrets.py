"""What no request can read: hashes in bulk, other people's sign-ins, and who was guessed at."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import psycopg
import pytest

from api.database.roles import Role
from domain.desk import people
from domain.parties import Role as PersonRole
from tests.conftest import TestDatabase
from tests.rights.test_privileges import acting, somebody

__all__ = ["somebody"]

BULK = [
    "SELECT password_hash FROM app_user",
    "SELECT * FROM app_user",
    "SELECT count(*) FROM app_user WHERE password_hash LIKE '$argon2id$%'",
    "SELECT token_hash FROM access_token",
    "SELECT * FROM access_token",
    "SELECT secret_hash FROM web_session",
    "SELECT * FROM web_session",
    "SELECT * FROM sign_in_attempt",
    "COPY app_user TO STDOUT",
]
"""Statements that would show a secret of more than one."""


@pytest.mark.parametrize("statement", BULK)
@pytest.mark.parametrize("role", [None, PersonRole.OFFICER, PersonRole.STEWARD])
def test_no_request_reads_hashes(
    database: TestDatabase, somebody: dict[str, UUID], statement: str, role: PersonRole | None
) -> None:
    with (
        acting(database, somebody.get(role or "")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("statement", BULK)
@pytest.mark.parametrize("role", [Role.NIGHT, Role.REGISTER])
def test_no_other_role_reads_hashes_either(database: TestDatabase, statement: str, role: Role) -> None:
    with (
        closing(psycopg.connect(database.url(role))) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("statement", [
    "UPDATE access_token SET expires_at = 'infinity'",
    "UPDATE access_token SET user_id = actor_id()",
    "UPDATE web_session SET last_used_at = 'infinity'",
    "DELETE FROM access_token",
    "DELETE FROM sign_in_attempt",
    "UPDATE sign_in_attempt SET failed = 0",
    "SELECT forget_sign_ins(0)",
    "INSERT INTO audit (act, came_from) VALUES ('x', '192.0.2.7')",
    "INSERT INTO audit (act, door) VALUES ('x', 'worker')",
])  # fmt: skip
def test_no_request_lengthens_a_sign_in_or_clears_a_count(
    database: TestDatabase, somebody: dict[str, UUID], statement: str
) -> None:
    with (
        acting(database, somebody[PersonRole.STEWARD]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("statement", ["UPDATE audit SET act = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
@pytest.mark.parametrize("role", [Role.APP, Role.NIGHT, Role.REGISTER])
def test_no_role_changes_the_audit(
    database: TestDatabase, somebody: dict[str, UUID], statement: str, role: Role
) -> None:
    with closing(psycopg.connect(database.url(role))) as connection:
        connection.execute("SELECT set_config('missionbook.actor', %s, true)", (str(somebody[PersonRole.STEWARD]),))
        # The register's connections only read, which is found before the missing right.
        refused = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
        with pytest.raises(refused, match=r"permission denied|read-only"):
            connection.execute(statement.encode())


def test_one_email_is_answered_for_one_person(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    with acting(database, None) as connection:
        asked = "SELECT name, password_hash FROM sign_in_of(%s)"
        assert connection.execute(asked, ("officer@bank.example",)).fetchall() == [("officer", "$argon2id$kept")]
        for other in ("%", "nobody@bank.example", "OFFICER@bank.example", "' OR true --"):
            assert connection.execute(asked, (other,)).fetchall() == []


@pytest.mark.parametrize(("role", "seen"), [
    (None, []),
    (PersonRole.INVESTEE, ["board", "investee", "officer", "steward"]),
    (PersonRole.OFFICER, ["board", "investee", "other", "officer", "steward"]),
])  # fmt: skip
def test_who_lists_whom(
    database: TestDatabase, somebody: dict[str, UUID], role: PersonRole | None, seen: list[str]
) -> None:
    with closing(psycopg.connect(database.url(Role.NIGHT), autocommit=True)) as night:
        night.execute("INSERT INTO party (code, name, kind, country, group_code) VALUES ('o', 'O', 'business', '', '')")
        night.execute(
            """INSERT INTO app_user (email, name, role, party_id, password_hash)
               SELECT 'o@x.example', 'other', 'investee', id, '!' FROM party WHERE code = 'o'"""
        )
    with acting(database, somebody.get(role or "")) as connection:
        found = connection.execute("SELECT name FROM app_user").fetchall()
    assert sorted(name for (name,) in found) == sorted(seen)


def test_sign_ins_are_their_owners_and_the_stewards(database: TestDatabase, somebody: dict[str, UUID]) -> None:
    officer, board, steward = (somebody[role] for role in (PersonRole.OFFICER, PersonRole.BOARD, PersonRole.STEWARD))
    add = """INSERT INTO access_token (user_id, token_hash, expires_at, family_ends_at)
             VALUES (%s, sha256('t'), now() + interval '12 hours', now() + interval '7 days')"""
    with acting(database, officer) as connection:
        connection.execute(add, (officer,))
        connection.commit()
    with acting(database, board) as connection:
        assert connection.execute("SELECT id FROM access_token").fetchall() == []
        assert connection.execute("UPDATE access_token SET revoked_at = now()").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(add, (officer,))
    with acting(database, steward) as connection:
        assert connection.execute("UPDATE access_token SET revoked_at = now()").rowcount == 1


def test_a_password_is_changed_by_its_owner_who_knows_the_old_one(
    database: TestDatabase, somebody: dict[str, UUID]
) -> None:
    change = "SELECT change_own_password(%s, 'fresh')"
    for actor, checked, done in (
        (None, "$argon2id$kept", False),
        (somebody[PersonRole.OFFICER], "another", False),
        (somebody[PersonRole.OFFICER], "$argon2id$kept", True),
    ):
        with acting(database, actor) as connection:
            assert connection.execute(change, (checked,)).fetchone() == (done,)
            connection.commit()
    with acting(database, None) as connection:
        hashes = "SELECT password_hash FROM sign_in_of(%s)"
        assert connection.execute(hashes, ("officer@bank.example",)).fetchone() == ("fresh",)
        assert connection.execute(hashes, ("board@bank.example",)).fetchone() == ("$argon2id$kept",)


def test_functions_that_act_for_the_owner_look_only_where_they_should(database: TestDatabase) -> None:
    with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
        loose = owner.execute(
            """SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
               AND proname NOT LIKE 'procrastinate%'
               AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=public%')"""
        ).fetchall()
        for_all = owner.execute(
            """SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
               AND proname NOT LIKE 'procrastinate%' AND has_function_privilege('public', oid, 'EXECUTE')
               AND proname NOT LIKE 'actor%'"""
        ).fetchall()
    assert (loose, for_all) == ([], []), "only what tells a transaction of its own actor is for everybody"


def test_functions_that_put_a_statement_together_are_known(database: TestDatabase) -> None:
    with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
        found = owner.execute(
            """SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc ~* '\\mexecute\\M'
               AND proname NOT LIKE 'procrastinate%' ORDER BY proname"""
        ).fetchall()
    # Of the name of the trigger's own table and of columns that the migration names; no row's words are among them.
    assert [name for (name,) in found] == ["digest_definitions"]


def test_what_a_browser_sends_back_with_forms_is_kept_nowhere(database: TestDatabase) -> None:
    assert people.secret_of_forms("a") != people.secret_of_forms("b")
    assert len(people.secret_of_forms("a")) == 64
    with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
        columns = owner.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'web_session'"
        ).fetchall()
    assert "csrf_token" not in [name for (name,) in columns]
