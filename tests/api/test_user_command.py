"""``missionbook user add``: a steward lets somebody in, and the password it prints opens the door."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from api.cli import app as command
from api.database.roles import Role
from domain.errors import InputRefused, NotFound
from tests.api.conftest import Caller
from tests.conftest import TestDatabase


@pytest.fixture
def environment(database: TestDatabase) -> Mapping[str, str]:
    """The database as an operator's own server, so that the command holds no data folder."""
    others = (Role.MIGRATOR, Role.NIGHT, Role.REGISTER)
    return {
        "MISSIONBOOK_DATABASE_URL": database.url(Role.APP),
        **{f"MISSIONBOOK_DATABASE_URL_{role.value.upper()}": database.url(role) for role in others},
    }


def add(environment: Mapping[str, str], *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(
        command, ["user", "add", "--email", "eve@bank.example", "--name", "Eve", *words], env=environment, input=typed
    )


def test_the_password_it_prints_opens_the_door(
    environment: Mapping[str, str], parties: dict[str, UUID], stranger: Caller
) -> None:
    done = add(environment, "--role", "investee", "--party", "HARBOUR")
    assert done.exit_code == 0, done.output
    password = done.output.split()[-1]
    given = stranger.post("/api/v1/tokens", {"email": "eve@bank.example", "password": password})
    me = Caller(stranger.app, given.json()["token"]).get("/api/v1/me").json()
    assert (me["name"], me["role"], me["party_code"]) == ("Eve", "investee", "HARBOUR")


def test_a_password_that_was_typed_is_not_printed(environment: Mapping[str, str], stranger: Caller) -> None:
    done = add(environment, "--role", "auditor", "--ask", typed="long-enough-secret\nlong-enough-secret\n")
    assert done.exit_code == 0, done.output
    assert "long-enough-secret" not in done.output
    given = stranger.post("/api/v1/tokens", {"email": "eve@bank.example", "password": "long-enough-secret"})
    assert given.status_code == 201


def test_what_cannot_be_is_refused(environment: Mapping[str, str]) -> None:
    assert isinstance(add(environment, "--role", "investee", "--party", "NOBODY").exception, NotFound)
    assert isinstance(add(environment, "--role", "investee").exception, InputRefused)
    assert add(environment, "--role", "king").exit_code == 2


def call(environment: Mapping[str, str], *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, ["user", *words], env=environment, input=typed)


def test_a_lost_password_is_replaced_and_ends_what_it_opened(
    environment: Mapping[str, str], stranger: Caller, database: TestDatabase
) -> None:
    old = add(environment, "--role", "auditor").output.split()[-1]
    token = stranger.post("/api/v1/tokens", {"email": "eve@bank.example", "password": old}).json()["token"]
    assert Caller(stranger.app, token).get("/api/v1/me").status_code == 200
    done = call(environment, "password", "--email", " Eve@bank.example ")
    assert done.exit_code == 0, done.output
    assert "sign-ins ended: 1" in done.output
    assert Caller(stranger.app, token).get("/api/v1/me").status_code == 401
    assert stranger.post("/api/v1/tokens", {"email": "eve@bank.example", "password": old}).status_code == 401
    fresh = {"email": "eve@bank.example", "password": done.output.split()[-1]}
    assert stranger.post("/api/v1/tokens", fresh).status_code == 201
    typed = call(environment, "password", "--email", "eve@bank.example", "--ask", typed="short\nshort\n")
    assert isinstance(typed.exception, InputRefused)
    assert stranger.post("/api/v1/tokens", fresh).status_code == 201
    assert acts(database) == ["administer people and settings", "change a password"]


def test_a_person_who_left_is_let_in_no_more(
    environment: Mapping[str, str], stranger: Caller, database: TestDatabase
) -> None:
    password = add(environment, "--role", "auditor").output.split()[-1]
    said = {"email": "eve@bank.example", "password": password}
    token = stranger.post("/api/v1/tokens", said).json()["token"]
    done = call(environment, "disable", "--email", "eve@bank.example")
    assert done.exit_code == 0, done.output
    assert "sign-ins ended: 1" in done.output
    assert Caller(stranger.app, token).get("/api/v1/me").status_code == 401
    assert stranger.post("/api/v1/tokens", said).status_code == 401
    for again in ("disable", "password"):
        told = call(environment, again, "--email", "eve@bank.example").exception
        assert isinstance(told, InputRefused)
        assert "eve@bank.example can sign in no more already" in str(told)
        assert isinstance(call(environment, again, "--email", "ann@bank.example").exception, NotFound)
    assert acts(database) == ["administer people and settings", "disable a user"]


def acts(database: TestDatabase) -> list[str]:
    """What was done to users by commands, in order."""
    with database.sessions.begin(Role.NIGHT) as session:
        found = session.execute(
            text("SELECT act FROM audit WHERE subject_kind = 'user' AND act <> 'sign in' ORDER BY id")
        )
        return list(found.scalars())


def test_the_audit_of_some_days_is_asked_for_in_the_words_of_other_commands(environment: Mapping[str, str]) -> None:
    add(environment, "--role", "auditor")

    def audited(*words: str) -> str:
        done = CliRunner().invoke(command, ["audit", "--format", "csv", *words], env=environment)
        assert done.exit_code == 0, done.output
        return done.output

    assert "eve@bank.example" in audited("--from", "2001-01-01", "--to", "2199-12-31")
    assert "eve@bank.example" not in audited("--to", "2001-01-01")


def test_somebody_is_signed_out_everywhere_by_command(environment: Mapping[str, str], stranger: Caller) -> None:
    said = {"email": "eve@bank.example", "password": add(environment, "--role", "auditor").output.split()[-1]}
    tokens = [stranger.post("/api/v1/tokens", said).json()["token"] for _ in range(2)]
    done = call(environment, "sign-out", "--email", "eve@bank.example")
    assert done.exit_code == 0, done.output
    assert "sign-ins ended: 2" in done.output
    assert [Caller(stranger.app, one).get("/api/v1/me").status_code for one in tokens] == [401, 401]
    assert stranger.post("/api/v1/tokens", said).status_code == 201


def test_a_person_is_let_in_from_an_address_by_command(environment: Mapping[str, str], database: TestDatabase) -> None:
    add(environment, "--role", "auditor")
    done = call(environment, "let-in", "--email", "eve@bank.example", "--from", "203.0.113.99")
    assert done.exit_code == 0, done.output
    assert "203.0.113.99 for 30 days" in done.output
    assert isinstance(
        call(environment, "let-in", "--email", "eve@x.example", "--from", "192.0.2.9").exception, NotFound
    )
    with database.sessions.begin(Role.MIGRATOR) as session:
        known = session.execute(text("SELECT after FROM audit WHERE act = 'let in from an address'")).scalars().all()
    assert known == [{"known_at": "203.0.113.99", "for_days": 30}]
