"""Signing in and out: who gets a token, what it opens, and what a guess learns (nothing)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import people
from domain.errors import InputRefused
from tests.api.conftest import PASSWORD, Caller
from tests.conftest import TestDatabase

DAY = timedelta(days=1)


def test_a_password_opens_the_door_and_signing_out_closes_it(bank: dict[str, Caller], stranger: Caller) -> None:
    given = stranger.post("/api/v1/tokens", {"email": " Board@bank.example ", "password": PASSWORD})
    assert given.status_code == 201, given.text
    board = Caller(stranger.app, given.json()["token"])
    me = board.get("/api/v1/me").json()
    assert (me["name"], me["role"]) == ("board", "board")
    assert "approve a deal" in me["may"]
    assert "propose a deal" not in me["may"]
    assert {"waive a breach or a missed finding", "write off what is lost"}.isdisjoint(me["may"]), "not in this version"
    assert me["lent"] == []
    day = datetime.now(UTC).date()
    said = {"to": "board@bank.example", "acts": ["sign a contract"], "from_day": str(day), "to_day": str(day + DAY)}
    assert bank["officer"].post("/api/v1/delegations", said).status_code == 201
    me = board.get("/api/v1/me").json()
    assert (me["lent"], "sign a contract" in me["may"]) == (["sign a contract"], True)
    assert board("DELETE", "/api/v1/tokens/current").status_code == 204
    assert board.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(("email", "password"), [
    ("board@bank.example", "wrong-horse-battery"),
    ("nobody@bank.example", PASSWORD),
    ("board@bank.example\x00", PASSWORD),
    ("' OR 1=1 --", "' OR 1=1 --"),
    ("board@bank.example", "x" * 400),
])  # fmt: skip
def test_what_does_not_fit_gets_one_and_the_same_answer(
    bank: dict[str, Caller], stranger: Caller, email: str, password: str
) -> None:
    told = stranger.post("/api/v1/tokens", {"email": email, "password": password})
    assert told.status_code == 401
    problem = told.json()
    assert problem.pop("trace_id") == told.headers["X-Request-ID"]
    assert problem == {
        "type": "/problems/sign-in-refused",
        "title": "Sign in refused",
        "status": 401,
        "detail": "email and password do not fit together",
    }


def test_a_token_ends_after_twelve_hours_and_with_its_user(bank: dict[str, Caller], database: TestDatabase) -> None:
    assert bank["ann"].get("/api/v1/me").status_code == 200
    with database.sessions.begin(Role.MIGRATOR) as session:
        hours = session.execute(text("SELECT max(expires_at - created_at) FROM access_token")).scalar_one()
        session.execute(text("UPDATE access_token SET expires_at = clock_timestamp() - interval '1 second' "
                             "WHERE user_id = (SELECT id FROM app_user WHERE name = 'ann')"))  # fmt: skip
        session.execute(text("UPDATE app_user SET disabled_at = clock_timestamp() WHERE name = 'ben'"))
    assert round(hours.total_seconds() / 3600) == 12
    assert bank["ann"].get("/api/v1/me").status_code == 401
    assert bank["ben"].get("/api/v1/me").status_code == 401
    assert bank["officer"].get("/api/v1/me").status_code == 200


def test_no_secret_is_kept_as_it_was_told(bank: dict[str, Caller], database: TestDatabase) -> None:
    token = bank["ann"].headers["Authorization"].removeprefix("Bearer ")
    with database.sessions.begin(Role.MIGRATOR) as session:
        kept = session.execute(text("SELECT encode(token_hash, 'escape') FROM access_token")).scalars().all()
        hashes = session.execute(text("SELECT password_hash FROM app_user")).scalars().all()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token), "43 signs of 64 are more than 256 bits"
    assert not any(token in one for one in kept)
    assert all(one.startswith("$argon2id$") for one in hashes)


def test_a_user_that_cannot_be_is_refused_with_every_problem(session: Session) -> None:
    with pytest.raises(InputRefused) as refused:
        people.add_user(
            session, email="ann at home", name="", role="king", party_id=None, password="short", by=NIGHT
        )  # fmt: skip
    assert [problem.where for problem in refused.value.problems] == ["email", "name", "role", "password"]
    with pytest.raises(InputRefused, match="belongs to a party"):
        people.add_user(
            session, email="a@b.example", name="A", role="investee", party_id=None, password=PASSWORD, by=NIGHT
        )  # fmt: skip
    people.add_user(session, email="A@b.example", name="A", role="risk", party_id=None, password=PASSWORD, by=NIGHT)
    with pytest.raises(people.UserEmailTaken):
        people.add_user(session, email="a@B.example", name="A", role="risk", party_id=None, password=PASSWORD, by=NIGHT)


def test_an_unknown_email_costs_as_much_as_a_known_one(database: TestDatabase) -> None:
    with database.sessions.begin(Role.APP) as session:
        nobodys = people.password_kept(session, email="nobody@bank.example")
    assert nobodys.known is None
    # the same kind of hash with the same parameters: version, memory, passes
    assert nobodys.password_hash.split("$")[:4] == people.hash_password(PASSWORD).split("$")[:4]
    with pytest.raises(people.SignInRefused):
        people.recognise(nobodys, password="")
