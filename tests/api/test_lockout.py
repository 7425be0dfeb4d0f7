"""Guessing passwords: how the wait grows, who has to wait, and what a guess learns of who exists (nothing)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.database.roles import Role
from api.main import build_app
from api.refusals import TooManyAttempts
from api.security import check_password
from domain.desk import people, sign_ins
from tests.api.conftest import PASSWORD, Caller
from tests.conftest import TestDatabase

HERE, THERE = "192.0.2.1", "198.51.100.7"
BOARD = "board@bank.example"


def wait_of(database: TestDatabase, email: str, address: str) -> int:
    """Attempt to sign in without looking at a password: the seconds to wait, 0 for an attempt that was counted."""
    with database.sessions.begin(Role.APP) as session:
        return sign_ins.count_attempt(session, email=email, address=address).wait_seconds


def let_time_pass(database: TestDatabase, how_long: str, *, kind: str = "%") -> None:
    """Move what was counted into the past (a time below zero lengthens every wait, so that no test races a clock)."""
    with database.sessions.begin(Role.MIGRATOR) as session:
        session.execute(
            text(
                """UPDATE sign_in_attempt SET last_at = last_at - CAST(:by AS interval),
                   not_before = not_before - CAST(:by AS interval),
                   succeeded_at = succeeded_at - CAST(:by AS interval) WHERE kind LIKE :kind"""
            ),
            {"by": how_long, "kind": kind},
        )


@pytest.mark.parametrize(("kind", "free", "waits"), [
    ("pair", 4, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]),
    ("account", 49, [1, 2, 4, 8, 16, 32, 60, 60, 60]),
    ("address", 29, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]),
])  # fmt: skip
def test_after_a_few_free_failures_each_one_doubles_the_wait(
    database: TestDatabase, kind: str, free: int, waits: list[int]
) -> None:
    with database.sessions.begin(Role.MIGRATOR) as session:
        told = session.execute(
            text("SELECT extract(epoch FROM sign_in_wait(:kind, n))::int FROM generate_series(1, :count) AS n"),
            {"kind": kind, "count": free + len(waits)},
        ).scalars()
        assert list(told) == [0] * free + waits


def test_a_wait_is_for_one_person_at_one_address(database: TestDatabase) -> None:
    assert [wait_of(database, BOARD, HERE) for _ in range(5)] == [0] * 5
    let_time_pass(database, "-100 seconds", kind="pair")
    assert 90 < wait_of(database, BOARD, HERE) <= 101
    assert wait_of(database, "risk@bank.example", HERE) == 0
    assert wait_of(database, BOARD, THERE) == 0
    let_time_pass(database, "102 seconds")
    assert wait_of(database, BOARD, HERE) == 0, "what waited was not counted"
    let_time_pass(database, "25 hours")
    assert [wait_of(database, BOARD, HERE) for _ in range(5)] == [0] * 5, "a day later it is forgotten"


def test_of_many_at_once_one_is_looked_at(database: TestDatabase) -> None:
    for _ in range(11):
        assert wait_of(database, BOARD, HERE) == 0
        let_time_pass(database, "20 minutes")
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: wait_of(database, BOARD, HERE), range(24)))
    assert waits.count(0) == 1, "the twelfth attempt makes the others wait 128 seconds"


def test_one_address_that_tries_everybody_has_to_wait(database: TestDatabase) -> None:
    assert [wait_of(database, f"{number}@bank.example", HERE) for number in range(30)] == [0] * 30
    let_time_pass(database, "-100 seconds", kind="address")
    assert wait_of(database, "another@bank.example", HERE) > 90
    assert wait_of(database, "another@bank.example", THERE) == 0


def test_one_person_who_is_tried_from_everywhere_has_to_wait(database: TestDatabase) -> None:
    for number in range(50):
        assert wait_of(database, BOARD, f"203.0.113.{number}") == 0
    let_time_pass(database, "-100 seconds", kind="account")
    assert wait_of(database, BOARD, "203.0.113.99") > 90


def test_who_guesses_from_elsewhere_cannot_keep_the_owner_out(database: TestDatabase, bank: dict[str, Caller]) -> None:
    check_password(database.sessions, email=BOARD, password=PASSWORD, address=HERE)
    for number in range(50):
        wait_of(database, BOARD, f"203.0.113.{number}")
    let_time_pass(database, "-100 seconds", kind="account")
    assert wait_of(database, BOARD, THERE) > 90
    check_password(database.sessions, email=BOARD, password=PASSWORD, address=HERE)
    assert wait_of(database, BOARD, THERE) > 90, "the owner's success does not help who guesses"


def test_the_right_password_waits_too_and_then_clears_the_count(
    database: TestDatabase, bank: dict[str, Caller]
) -> None:
    for _ in range(5):
        with pytest.raises(people.SignInRefused):
            check_password(database.sessions, email=BOARD, password="guess-guess-guess", address=HERE)
        let_time_pass(database, "5 seconds")
    let_time_pass(database, "-100 seconds")
    with pytest.raises(TooManyAttempts):
        check_password(database.sessions, email=BOARD, password=PASSWORD, address=HERE)
    let_time_pass(database, "102 seconds")
    check_password(database.sessions, email=BOARD, password=PASSWORD, address=HERE)
    assert [wait_of(database, BOARD, HERE) for _ in range(5)] == [0] * 5


def test_all_processes_count_together(database: TestDatabase, app: FastAPI, bank: dict[str, Caller]) -> None:
    guess = {"email": BOARD, "password": "guess-guess-guess"}
    doors = [Caller(app), Caller(build_app(database))]
    told = [doors[number % 2].post("/api/v1/tokens", guess).status_code for number in range(5)]
    assert told == [401] * 5
    let_time_pass(database, "-100 seconds")
    last = [door.post("/api/v1/tokens", guess) for door in doors]
    assert [one.status_code for one in last] == [429, 429]


def what_is_told(database: TestDatabase, caller: Caller, email: str) -> list[str]:
    """Seven guesses, as somebody outside sees them; the request's own number and the seconds aside."""
    seen = []
    for number in range(7):
        if number == 5:
            let_time_pass(database, "-100 seconds")
        told = caller.post("/api/v1/tokens", {"email": email, "password": "guess-guess-guess"})
        said = f"{told.status_code} {sorted(told.headers.items())} {told.text}"
        seen.append(re.sub(r"\d+", "#", said.replace(told.headers["X-Request-ID"], "")))
    return seen


def test_an_unknown_person_is_told_what_a_known_one_is(
    database: TestDatabase, bank: dict[str, Caller], stranger: Caller
) -> None:
    known = what_is_told(database, stranger, BOARD)
    let_time_pass(database, "2 days")
    unknown = what_is_told(database, stranger, "nobody@bank.example")
    assert ["sign-in-refused" in said for said in known] == [True] * 5 + [False] * 2
    assert "retry-after" in known[-1]
    assert known == unknown


def test_a_guess_writes_the_same_rows_for_known_and_unknown(database: TestDatabase, bank: dict[str, Caller]) -> None:
    def rows(email: str) -> tuple[list[Any], int]:
        with pytest.raises(people.SignInRefused):
            check_password(database.sessions, email=email, password="guess-guess-guess", address=email)
        with database.sessions.begin(Role.MIGRATOR) as session:
            counted = session.execute(
                text("SELECT kind, failed FROM sign_in_attempt ORDER BY last_at DESC, kind LIMIT 3")
            ).all()
            return list(counted), session.execute(text("SELECT count(*) FROM sign_in_attempt")).scalar_one()

    known, known_count = rows(BOARD)
    unknown, unknown_count = rows("nobody@bank.example")
    assert known == unknown
    assert unknown_count == 2 * known_count


def test_a_lockout_leaves_one_row_in_the_audit_and_no_password(
    database: TestDatabase, bank: dict[str, Caller], stranger: Caller
) -> None:
    for number in range(9):
        if number == 5:
            let_time_pass(database, "-100 seconds")
        stranger.post("/api/v1/tokens", {"email": BOARD, "password": "guess-guess-guess"})
    acts = bank["auditor"].get("/api/v1/audit?outcome=refused").json()["items"]
    assert [one["act"] for one in acts] == ["too many attempts"] + ["sign in refused"] * 5
    assert {(one["actor_name"], one["came_from"], one["door"]) for one in acts} == {(BOARD, "192.0.2.1", "api")}
    assert "guess" not in str(acts)


def test_what_was_typed_as_an_email_is_counted_as_a_hash(database: TestDatabase) -> None:
    wait_of(database, "my-password-by-mistake", HERE)
    with database.sessions.begin(Role.MIGRATOR) as session:
        kept = session.execute(text("SELECT encode(subject, 'escape') FROM sign_in_attempt")).scalars().all()
    assert len(kept) == 3
    assert not any("mistake" in one or HERE in one for one in kept)


def test_what_was_typed_as_an_email_stands_neither_in_the_audit_nor_in_the_log(
    database: TestDatabase, bank: dict[str, Caller], stranger: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    for email in ("my-password-by-mistake", "my-password-by-mistake", BOARD):
        stranger.post("/api/v1/tokens", {"email": email, "password": "guess-guess-guess"})
    bank["ann"].get("/api/v1/deals/my-password-by-mistake")
    acts = bank["auditor"].get("/api/v1/audit?outcome=refused").json()["items"]
    known, *unknown = [one["actor_name"] for one in acts if one["act"] == "sign in refused"]
    assert known == BOARD
    assert re.fullmatch(r"somebody unknown \([0-9a-f]{6}\)", unknown[0])
    assert unknown == [unknown[0]] * 2, "repeats are told apart from others"
    assert "mistake" not in str([one for one in acts if one["act"] == "sign in refused"])
    assert "mistake" not in capsys.readouterr().err


def test_a_wait_of_an_address_is_told_once_and_not_for_everybody_who_is_tried(database: TestDatabase) -> None:
    for number in range(30):
        wait_of(database, f"{number}@bank.example", HERE)
    let_time_pass(database, "-100 seconds", kind="address")
    with database.sessions.begin(Role.APP) as session:
        news = [
            sign_ins.count_attempt(session, email=f"x{number}@bank.example", address=HERE).is_news
            for number in range(5)
        ]
    assert news == [True, False, False, False, False]


def test_whoever_is_refused_without_end_leaves_a_few_rows_and_their_total(
    database: TestDatabase, bank: dict[str, Caller]
) -> None:
    for _ in range(70):
        assert bank["ann"].get(f"/api/v1/deals/{uuid4()}").status_code == 404
    acts = bank["auditor"].get("/api/v1/audit?outcome=refused&limit=100").json()["items"]
    assert [one["detail"].get("times", 1) for one in acts] == [64, 32, *range(30, 0, -1)]


@pytest.mark.parametrize(("one", "other", "is_same"), [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
    ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ("::ffff:192.0.2.1", "192.0.2.1", True),
    ("192.0.2.1", "192.0.2.2", False),
    ("", "testclient", False),
])  # fmt: skip
def test_of_ipv6_a_whole_network_counts_as_one_address(one: str, other: str, is_same: bool) -> None:
    assert (sign_ins.network_of(one) == sign_ins.network_of(other)) is is_same
